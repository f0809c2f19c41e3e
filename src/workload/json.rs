//! Reading JSON trees whose shape nobody promised: absurd values are as good as unset.

use serde_json::Value;

/// What stands at a pointer of ours, which never holds an escape: `Value::pointer` allocates for each part of it.
fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, key| match value {
        Value::Object(map) => map.get(key),
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The text at a pointer; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    at(value, pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a pointer; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    at(value, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The words of a list of texts; numbers and booleans count as their text, as YAML writers expect.
pub(super) fn words(value: &Value, pointer: &str) -> Vec<String> {
    list(value, pointer).iter().map(plain).collect()
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
pub(super) fn field<'a>(value: &'a Value, pointer: &str, key: &str) -> Option<&'a str> {
    at(value, pointer)?.get(key)?.as_str()
}
