//! Where two states of an object differ.

use serde_json::{Value, json};

use crate::patch;

/// The JSON pointers at which a patch would make `after` of `before`.
pub(crate) fn changed_paths(before: &Value, after: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    for operation in patch::diff(before, after) {
        paths.extend(json!(operation).get("path").and_then(Value::as_str).map(str::to_owned));
    }
    paths
}
