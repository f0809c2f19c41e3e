//! What is known of an operator.

use serde_json::Value;

use crate::kubernetes::text;

/// An operator that makes Redis workloads.
pub(crate) struct Operator {
    /// The API group of its custom resources. All its kinds count: a new one may own workloads too.
    pub(crate) group: &'static str,
}

impl Operator {
    /// Whether an owner reference names one of its custom resources.
    pub(crate) fn owns_by(&self, owner: &Value) -> bool {
        let version = text(owner, "/apiVersion").strip_prefix(self.group);
        version.is_some_and(|version| version.starts_with('/'))
    }
}
