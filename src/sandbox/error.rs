//! Why an object gets no verdict.

use super::client::ClientError;
use crate::admission::StartError;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("internal error: the webhook's answer has no {0}")]
    Answer(&'static str),
    #[error("internal error: {0} can't be loaded")]
    NotLoaded(&'static str),
    #[error("internal error: the webhook's patch does not fit: {0}")]
    Patch(#[from] json_patch::PatchError),
}
