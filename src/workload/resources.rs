//! Memory requests and limits as declared.

use std::sync::Arc;

use serde_json::Value;

use crate::kubernetes::{Pointer, Quantity, json, list, plain, text};

/// Memory request and limit as declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// `resources.requests.memory`. Unset while a limit stands means that the API server copies the limit.
    pub request: Option<Amount>,
    /// `resources.limits.memory`.
    pub limit: Option<Amount>,
    /// The limit in bytes that a LimitRange gives each Pod where `limit` is unset; the request then comes with it.
    pub default_limit: Option<u64>,
}

impl Memory {
    /// The limit that will hold, in bytes: the declared one, else that of a LimitRange.
    #[must_use]
    pub fn limit_bytes(&self) -> Option<u64> {
        self.limit.as_ref().map(|limit| limit.bytes).or(self.default_limit)
    }

    /// That limit as people write it: as declared, else as a whole number of `Mi` where it is one.
    #[must_use]
    pub fn limit_text(&self) -> Option<String> {
        let declared = self.limit.as_ref().map(|limit| limit.text.clone());
        declared.or_else(|| self.default_limit.map(|bytes| Quantity::of_bytes(bytes).to_string()))
    }
}

/// A declared amount of memory or storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// In bytes, rounded up as the API server does.
    pub bytes: u64,
    /// As written, such as `1Gi`.
    pub text: String,
    /// Where it is written.
    pub at: Pointer,
}

impl Amount {
    /// Reads an amount that is written at `at`; nothing where it is none, or negative.
    pub(crate) fn read(value: &Value, at: Pointer) -> Option<Self> {
        let text = plain(value);
        let bytes = Quantity::parse(&text).ok()?.bytes()?;
        Some(Self { bytes, text, at })
    }
}

/// The memory of a container. What is no amount, or a negative one, counts as unset: the API server refuses it anyway.
pub(crate) fn read_memory(container: &Value, at: &Pointer) -> Memory {
    let read = |path: &str| Amount::read(json::at(container, path)?, at.join(path));
    Memory { request: read("/resources/requests/memory"), limit: read("/resources/limits/memory"), default_limit: None }
}

/// The memory limit, in bytes, that a LimitRange of the namespace gives containers without one.
pub(crate) fn default_limit(limit_ranges: &[Arc<Value>]) -> Option<u64> {
    let limits = limit_ranges.iter().flat_map(|range| list(range, "/spec/limits"));
    let mut defaults = limits.filter(|limit| text(limit, "/type") == "Container").filter_map(|limit| {
        let default = json::at(limit, "/default/memory")?;
        Quantity::parse(&plain(default)).ok()?.bytes()
    });
    defaults.next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_limit_range_gives_containers_a_limit() {
        let range = |limits: Value| vec![Arc::new(json!({"spec": {"limits": limits}}))];
        let found = default_limit(&range(
            json!([{"type": "Pod", "max": {"memory": "2Gi"}}, {"type": "Container", "default": {"memory": "1Gi"}}]),
        ));
        assert_eq!(found, Some(1 << 30));
        assert_eq!(default_limit(&range(json!([{"type": "Container", "max": {"memory": "2Gi"}}]))), None);
    }

    #[test]
    fn absurd_amounts_count_as_unset() {
        let at = Pointer::new("/c");
        let read = |memory: Value| read_memory(&json!({"resources": {"limits": {"memory": memory}}}), &at).limit;
        assert_eq!(read(json!("1Gi")).map(|limit| limit.bytes), Some(1 << 30));
        assert_eq!(read(json!(1024)).map(|limit| limit.text), Some("1024".to_owned()));
        for absurd in [json!("-1Gi"), json!("lots"), json!(null), json!({}), json!([1])] {
            assert_eq!(read(absurd.clone()), None, "{absurd}");
        }
    }
}
