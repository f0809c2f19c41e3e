//! Whether policy files can be loaded.

/// What is wrong with policy files.
#[derive(Debug)]
pub struct PolicyCheck {
    /// How many files were read.
    pub files: usize,
    /// What keeps them from being loaded, each with its place.
    pub errors: Vec<String>,
    /// What keeps an exception from counting, each with its place.
    pub warnings: Vec<String>,
}
