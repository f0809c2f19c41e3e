//! Reading JSON trees whose shape nobody promised: absurd values are as good as unset.

use serde_json::Value;

use super::json::{at, get};

/// A member of an object.
pub(crate) fn member<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    get(value.as_object()?, key)
}

/// The text at a pointer; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    at(value, pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a pointer; empty where there is none.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    at(value, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The words of a list of texts; numbers and booleans count as their text, as YAML writers expect.
pub(crate) fn words(value: &Value, pointer: &str) -> Vec<String> {
    list(value, pointer).iter().map(plain).collect()
}

/// A scalar as text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        scalar => scalar.to_string(),
    }
}

/// A field whose name is not a pointer, such as an annotation.
pub(crate) fn field<'a>(value: &'a Value, pointer: &str, key: &str) -> Option<&'a str> {
    member(at(value, pointer)?, key)?.as_str()
}
