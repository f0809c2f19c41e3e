//! What became of an object that was applied.

use std::sync::Arc;

use serde_json::Value;

use crate::kubernetes::ObjectRef;

/// What became of one object.
pub(crate) struct AppliedObject {
    pub(crate) object: ObjectRef,
    /// As stored before; nothing where it is new.
    pub(crate) old: Option<Arc<Value>>,
    /// As the webhook received it.
    pub(crate) received: Value,
    /// As it is after the webhook's patch.
    pub(crate) patched: Value,
    pub(crate) warnings: Vec<String>,
    /// Why it is refused; nothing where it is stored.
    pub(crate) refusal: Option<Refusal>,
    /// Why no webhook is called for it; it is stored as it is.
    pub(crate) kept_away: Option<String>,
    /// Which conditions could not be evaluated.
    pub(crate) notes: Vec<String>,
}

/// A refusal.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The webhook that refuses, as the API server calls it.
    pub(crate) webhook: String,
    pub(crate) message: String,
}
