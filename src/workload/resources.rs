//! Memory requests and limits as declared.

use std::sync::Arc;

use serde_json::Value;

use super::model::{Amount, Memory};
use crate::kubernetes::{Pointer, Quantity, json, list, plain, text};

/// The memory of a container. What is no amount, or a negative one, counts as unset: the API server refuses it anyway.
pub(crate) fn memory(container: &Value, at: &Pointer) -> Memory {
    let of = |path: &str| {
        let value = json::at(container, path)?;
        let text = plain(value);
        let bytes = Quantity::parse(&text).ok()?.bytes()?;
        Some(Amount { bytes, text, at: at.join(path) })
    };
    Memory { request: of("/resources/requests/memory"), limit: of("/resources/limits/memory"), default_limit: None }
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
        let read = |memory: Value| super::memory(&json!({"resources": {"limits": {"memory": memory}}}), &at).limit;
        assert_eq!(read(json!("1Gi")).map(|limit| limit.bytes), Some(1 << 30));
        assert_eq!(read(json!(1024)).map(|limit| limit.text), Some("1024".to_owned()));
        for absurd in [json!("-1Gi"), json!("lots"), json!(null), json!({}), json!([1])] {
            assert_eq!(read(absurd.clone()), None, "{absurd}");
        }
    }
}
