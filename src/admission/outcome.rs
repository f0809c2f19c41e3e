//! How a review ended.

use crate::engine::Verdict;

/// How a review ended, as the metrics and the log name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered without the engine: the request does not concern Redis.
    Skipped,
    Allowed,
    Warned,
    Patched,
    Denied,
    /// An internal error; `onError` decided.
    Failed,
}

impl Outcome {
    pub(crate) fn from_verdict(verdict: &Verdict) -> Self {
        if verdict.denial.is_some() {
            Self::Denied
        } else if !verdict.patch.is_empty() {
            Self::Patched
        } else if !verdict.warnings.is_empty() {
            Self::Warned
        } else {
            Self::Allowed
        }
    }

    /// The value of the label `result`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Allowed => "allowed",
            Self::Warned => "warned",
            Self::Patched => "patched",
            Self::Denied => "denied",
            Self::Failed => "fault",
        }
    }
}
