//! From two trees to the few operations that lead from one to the other.
//!
//! Fixes change a working copy; the patch is what that copy differs in, so it is minimal, in order, and touches only
//! paths that the object as received holds. Lists keep their common head and tail: a word appended to `args` is one `add`.

use json_patch::jsonptr::{PointerBuf, Token};
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::Value;

use crate::kubernetes::json;

/// The operations that turn `from` into `to`. `test`, `move` and `copy` are never among them: a `test` that fails would be
/// an answer 500 without our name.
#[must_use]
pub fn diff(from: &Value, to: &Value) -> Vec<PatchOperation> {
    let mut operations = Vec::new();
    walk(&mut operations, Way::Root, from, to);
    operations
}

/// How the walk came to a place: it is made into a pointer only where something differs.
#[derive(Clone, Copy)]
enum Way<'a> {
    Root,
    Key(&'a Way<'a>, &'a str),
    Index(&'a Way<'a>, usize),
}

impl Way<'_> {
    fn pointer(&self) -> PointerBuf {
        match self {
            Self::Root => PointerBuf::root(),
            Self::Key(above, key) => above.below(*key),
            Self::Index(above, index) => above.below(*index),
        }
    }

    fn below<'t>(&self, token: impl Into<Token<'t>>) -> PointerBuf {
        let mut at = self.pointer();
        at.push_back(token);
        at
    }
}

fn add(path: PointerBuf, value: &Value) -> PatchOperation {
    PatchOperation::Add(AddOperation { path, value: value.clone() })
}

fn replace(path: PointerBuf, value: &Value) -> PatchOperation {
    PatchOperation::Replace(ReplaceOperation { path, value: value.clone() })
}

fn remove(path: PointerBuf) -> PatchOperation {
    PatchOperation::Remove(RemoveOperation { path })
}

fn walk(operations: &mut Vec<PatchOperation>, at: Way, from: &Value, to: &Value) {
    match (from, to) {
        (Value::Object(before), Value::Object(after)) => {
            let mut kept = 0;
            for (key, value, other) in json::pairs(before, after) {
                match other {
                    Some(other) => {
                        kept += 1;
                        walk(operations, Way::Key(&at, key), value, other);
                    }
                    None => operations.push(remove(at.below(key.as_str()))),
                }
            }
            if kept < after.len() {
                for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                    operations.push(add(at.below(key.as_str()), value));
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => lists(operations, at, before, after),
        _ if from == to => {}
        _ => operations.push(replace(at.pointer(), to)),
    }
}

fn lists(operations: &mut Vec<PatchOperation>, at: Way, before: &[Value], after: &[Value]) {
    let same = |(one, other): &(&Value, &Value)| json::equal(one, other);
    let head = before.iter().zip(after).take_while(same).count();
    let (rest_before, rest_after) = (before.get(head..).unwrap_or_default(), after.get(head..).unwrap_or_default());
    let tail = rest_before.iter().rev().zip(rest_after.iter().rev()).take_while(same).count();
    let (middle_before, middle_after) = (rest_before.len() - tail, rest_after.len() - tail);
    let common = middle_before.min(middle_after);
    for (offset, (one, other)) in rest_before.iter().zip(rest_after).take(common).enumerate() {
        walk(operations, Way::Index(&at, head + offset), one, other);
    }
    for _ in common..middle_before {
        operations.push(remove(at.below(head + common)));
    }
    for (offset, value) in rest_after.iter().enumerate().take(middle_after).skip(common) {
        let index = head + offset;
        let path = if tail == 0 { at.below("-") } else { at.below(index) };
        operations.push(add(path, value));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn appends_words_one_by_one() {
        let from = json!({"args": ["a"]});
        let to = json!({"args": ["a", "--maxmemory", "768mb"]});
        let patch = serde_json::to_value(diff(&from, &to)).unwrap();
        assert_eq!(
            patch,
            json!([{"op": "add", "path": "/args/-", "value": "--maxmemory"}, {"op": "add", "path": "/args/-", "value": "768mb"}])
        );
    }

    fn trees() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3i64).prop_map(Value::from),
            "[a~/]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-c~/]{1,2}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn leads_from_one_to_the_other(from in trees(), to in trees()) {
            let patch = diff(&from, &to);
            let mut patched = from;
            json_patch::patch(&mut patched, &patch).unwrap();
            prop_assert_eq!(&patched, &to);
        }

        #[test]
        fn says_nothing_where_nothing_differs(tree in trees()) {
            prop_assert!(diff(&tree, &tree).is_empty());
        }
    }
}
