//! Why a command ends without having done its work.

/// What its exit code says: 1, it failed to run; 2, arguments, configuration or policies are wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It could not run.
    #[error("{0}")]
    Run(String),
    /// Arguments, configuration or policies are wrong.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Run(_) => 1,
            Self::Usage(_) => 2,
        }
    }
}
