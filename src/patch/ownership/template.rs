//! Whether two objects have the same Pod template: then nothing rolls out.

use serde_json::{Map, Value};

use super::mark::same;
use crate::kubernetes::{Pointer, json};
use crate::patch::container_path;

/// Whether two objects have the same Pod template: amounts by value, unset and empty alike.
pub(crate) fn same_template(one: &Value, other: &Value) -> bool {
    let [one, other] = [one, other].map(|object| template_of(object).find(object).unwrap_or(&Value::Null));
    alike(one, other, false)
}

fn template_of(object: &Value) -> Pointer {
    if object.get("kind").and_then(Value::as_str) == Some("Pod") {
        Pointer::new("/spec")
    } else {
        container_path::template(object)
    }
}

fn alike(one: &Value, other: &Value, amounts: bool) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => maps_alike(one, other, amounts),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other, amounts))
        }
        _ if amounts => same(one, other),
        _ => one == other || (is_empty(one) && is_empty(other)),
    }
}

fn maps_alike(one: &Map<String, Value>, other: &Map<String, Value>, amounts: bool) -> bool {
    let mut shared = 0;
    let held = json::pairs(one, other).all(|(key, value, other)| match other {
        Some(other) => {
            shared += 1;
            alike(value, other, amounts || key == "requests" || key == "limits")
        }
        None => is_empty(value),
    });
    held && (shared == other.len() || other.iter().all(|(key, value)| one.contains_key(key) || is_empty(value)))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
