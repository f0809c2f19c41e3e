//! Why a call has no verdict.

use super::envelope_error::EnvelopeError;

/// Why a call has no verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoVerdict {
    /// The body can't be answered as a review.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The review failed; `onError` decides.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Why a review failed, as its answer says it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum InternalError {
    #[error("internal error in plimsoll on this object; its log names the place")]
    Panic,
    #[error("plimsoll had no time left of what the API server gives it")]
    Deadline,
}
