//! Memory requests and limits as declared.

use serde_json::Value;

use super::json::plain;
use super::{Amount, Memory};
use crate::inventory::Pointer;
use crate::inventory::quantity::Quantity;

/// The memory of a container. What is no amount, or a negative one, counts as unset: the API server refuses it anyway.
pub(super) fn memory(container: &Value, at: &Pointer) -> Memory {
    let of = |path: &str| {
        let value = container.pointer(&format!("/{path}"))?;
        let text = plain(value);
        let bytes = Quantity::parse(&text).ok()?.bytes()?;
        Some(Amount { bytes, text, at: at.join(path) })
    };
    Memory { request: of("resources/requests/memory"), limit: of("resources/limits/memory") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
