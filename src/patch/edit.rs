//! Places in a JSON tree: writing to them, and making the way there.

use serde_json::{Map, Value};

use crate::kubernetes::Pointer;

/// Why a place can't be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{at}` can't be written: {why}")]
pub struct TreeError {
    at: Pointer,
    why: &'static str,
}

pub(crate) fn error(at: &Pointer, why: &'static str) -> TreeError {
    TreeError { at: at.clone(), why }
}

/// Puts `value` at a place, making the objects on the way, and returns what stood there. Nulls on the way count as unset,
/// as they do for Kubernetes. Lists are never made; `-` appends to one.
///
/// # Errors
/// When something on the way is neither object nor list, or a list has no such index. Nothing is changed then: once an
/// object had to be made, nothing stands in the way any more.
pub(crate) fn set(tree: &mut Value, at: &Pointer, value: Value) -> Result<Option<Value>, TreeError> {
    let mut here = tree;
    let segments: Vec<String> = at.segments().collect();
    let Some((last, way)) = segments.split_last() else {
        return Ok(Some(std::mem::replace(here, value)));
    };
    for segment in way {
        here = match here {
            Value::Array(list) => {
                index(segment).and_then(|index| list.get_mut(index)).ok_or_else(|| error(at, "no such index"))?
            }
            other => object(other, at)?.entry(segment.as_str()).or_insert(Value::Null),
        };
    }
    match here {
        Value::Array(list) if last == "-" => {
            list.push(value);
            Ok(None)
        }
        Value::Array(list) => {
            let place = index(last).and_then(|index| list.get_mut(index)).ok_or_else(|| error(at, "no such index"))?;
            Ok(Some(std::mem::replace(place, value)))
        }
        other => Ok(object(other, at)?.insert(last.clone(), value).filter(|before| !before.is_null())),
    }
}

/// The same for who need not know what stood there. Returns whether anything was changed.
///
/// # Errors
/// As [`set`].
pub(crate) fn put(tree: &mut Value, at: &Pointer, value: Value) -> Result<bool, TreeError> {
    let before = at.find(tree).is_some_and(|before| *before == value);
    set(tree, at, value).map(|_| !before)
}

/// Takes out what stands at a place, if anything does.
pub(crate) fn remove(tree: &mut Value, at: &Pointer) -> Option<Value> {
    let parent = tree.pointer_mut(at.parent()?.as_str())?;
    let last = at.segments().last()?;
    match parent {
        Value::Object(map) => map.shift_remove(&last),
        Value::Array(list) => index(&last).filter(|index| *index < list.len()).map(|index| list.remove(index)),
        _ => None,
    }
}

fn object<'a>(value: &'a mut Value, at: &Pointer) -> Result<&'a mut Map<String, Value>, TreeError> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().ok_or_else(|| error(at, "something on the way is no object"))
}

/// An index as RFC 6901 has it: digits without a leading zero.
fn index(segment: &str) -> Option<usize> {
    let plain = segment == "0" || (!segment.starts_with('0') && segment.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| segment.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn makes_the_way_and_returns_what_stood_there() {
        let mut tree = json!({"containers": [{"resources": null}]});
        let at = Pointer::new("/containers/0/resources/limits/memory");
        assert_eq!(set(&mut tree, &at, json!("1Gi")), Ok(None));
        assert_eq!(set(&mut tree, &at, json!("2Gi")), Ok(Some(json!("1Gi"))));
        assert_eq!(tree, json!({"containers": [{"resources": {"limits": {"memory": "2Gi"}}}]}));
    }

    #[test]
    fn refuses_what_is_no_place() {
        let mut tree = json!({"containers": [], "name": "x"});
        for absurd in ["/containers/0/name", "/containers/00", "/name/x", "/containers/x"] {
            assert!(set(&mut tree, &Pointer::new(absurd), json!(1)).is_err(), "{absurd}");
        }
        assert_eq!(remove(&mut tree, &Pointer::new("/containers/3")), None);
        assert_eq!(remove(&mut tree, &Pointer::root()), None);
    }
}
