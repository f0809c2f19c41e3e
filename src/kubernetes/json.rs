//! Looking into JSON trees, and comparing them. A review does both thousands of times: `Value::pointer` allocates for each
//! key on the way, and every look-up in a `Map`, those of `==` too, hashes its key.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// In maps up to this size it is quicker to look at each key than to hash the one that is sought.
const SMALL: usize = 16;

/// What stands at a JSON pointer (RFC 6901): as `Value::pointer`.
#[must_use]
pub fn at<'a>(tree: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut here = tree;
    let mut rest = pointer;
    while !rest.is_empty() {
        let behind = rest.strip_prefix('/')?;
        let (end, escaped) = measure_key(behind);
        let (key, next) = behind.split_at_checked(end)?;
        here = match here {
            Value::Object(map) if escaped => get(map, &unescaped(key))?,
            Value::Object(map) => get(map, key)?,
            Value::Array(list) => list.get(index(key)?)?,
            _ => return None,
        };
        rest = next;
    }
    Some(here)
}

/// Where the first key of a pointer ends, and whether letters of it are escaped.
fn measure_key(pointer: &str) -> (usize, bool) {
    let mut escaped = false;
    for (index, byte) in pointer.bytes().enumerate() {
        match byte {
            b'/' => return (index, escaped),
            b'~' => escaped = true,
            _ => {}
        }
    }
    (pointer.len(), escaped)
}

/// What a map holds under a key.
#[must_use]
pub fn get<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    if map.len() > SMALL {
        return map.get(key);
    }
    map.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// Whether two trees are the same: as `==`, quick where the keys of both come in the same order.
#[must_use]
pub fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && pairs(one, other).all(|(_, value, other)| other.is_some_and(|other| equal(value, other)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        _ => one == other,
    }
}

/// Whether any text in a tree is this one; keys don't count.
#[must_use]
pub fn holds(tree: &Value, text: &str) -> bool {
    match tree {
        Value::String(found) => found == text,
        Value::Array(list) => list.iter().any(|value| holds(value, text)),
        Value::Object(map) => map.values().any(|value| holds(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Each member of one map with what the other holds under its key; no key is hashed where those of both come in the same
/// order, whatever one of them has in between.
pub fn pairs<'a>(
    one: &'a Map<String, Value>,
    other: &'a Map<String, Value>,
) -> impl Iterator<Item = (&'a String, &'a Value, Option<&'a Value>)> {
    let mut next = other.iter().peekable();
    one.iter().map(move |(key, value)| {
        let beside = next.next_if(|(name, _)| *name == key).map(|(_, value)| value);
        (key, value, beside.or_else(|| get(other, key)))
    })
}

/// A key as it stands in a pointer, without its escapes.
pub(crate) fn unescaped(key: &str) -> Cow<'_, str> {
    if key.contains('~') { Cow::Owned(key.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(key) }
}

/// An index as RFC 6901 has it: digits without a sign or a leading zero.
fn index(key: &str) -> Option<usize> {
    let plain = key == "0" || !key.starts_with(['0', '+']);
    plain.then(|| key.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn trees() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), (0..3i64).prop_map(Value::from), "[a~/]{0,2}".prop_map(Value::from)];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c~/]{0,2}", inner), 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    #[test]
    fn large_maps_are_looked_into_too() {
        let map: Map<String, Value> = (0..100).map(|number| (number.to_string(), json!(number))).collect();
        assert_eq!(get(&map, "99"), Some(&json!(99)));
        assert_eq!(get(&map, "100"), None);
    }

    proptest! {
        #[test]
        fn finds_what_serde_json_finds(tree in trees(), pointer in "(/?([a-c]|~0|~1|~|0|1|01|\\+1)){0,3}/?") {
            prop_assert_eq!(at(&tree, &pointer), tree.pointer(&pointer));
        }

        #[test]
        fn tells_apart_what_differs(one in trees(), other in trees()) {
            prop_assert_eq!(equal(&one, &other), one == other);
            prop_assert!(equal(&one, &one));
        }
    }
}
