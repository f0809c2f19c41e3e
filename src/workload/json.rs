//! Reading JSON trees whose shape nobody promised: absurd values are as good as unset.

use serde_json::Value;

/// The text at a pointer; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a pointer; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, at: &str) -> &'a [Value] {
    value.pointer(at).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The words of a list of texts; numbers and booleans count as their text, as YAML writers expect.
pub(super) fn words(value: &Value, at: &str) -> Vec<String> {
    list(value, at).iter().map(plain).collect()
}

/// A scalar as text.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        scalar => scalar.to_string(),
    }
}

/// A field whose name is not a pointer, such as an annotation.
pub(super) fn field<'a>(value: &'a Value, at: &str, key: &str) -> Option<&'a str> {
    value.pointer(at)?.get(key)?.as_str()
}
