//! The mark: which values of a workload are ours, as an annotation on the workload (not on its Pod template, where it
//! would roll out).
//!
//! `{"v":1,"redis/maxmemory":{"via":"args","set":"768mb","limit":"1Gi","derive":"ratio:0.75"},
//! "redis/resources.requests.memory":{"set":"1Gi","was":"256Mi"}}`. The key is the container and the JSON path in it, or
//! the directive of its server; no `was` means that we added the value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kubernetes::{Pointer, Quantity, json};
use crate::rules::maxmemory::size;
use crate::rules::{Derived, OwnedValue, OwnedValues};

/// The annotation on the workload.
pub const ANNOTATION: &str = "plimsoll.dev/applied";

const VERSION: u64 = 1;

/// The values of one workload that are ours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mark {
    /// By container and path in it.
    pub entries: BTreeMap<Key, Entry>,
}

/// A place that survives a change of order: the container's name and the path in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The container.
    pub container: String,
    /// The path, joined by dots: `resources.requests.memory`; or the name of a directive, `maxmemory`.
    pub path: String,
}

impl Key {
    /// Of a directive of a container's server.
    #[must_use]
    pub fn directive(container: &str, name: &str) -> Self {
        Self { container: container.to_owned(), path: name.to_owned() }
    }
}

/// One value of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// For a directive, by which path it is delivered: `args`, `env:NAME` or `overlay:<mountPath>:<key>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// What we set.
    pub set: Value,
    /// What the user had written, where we replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Value>,
    /// For a derived directive, the limit that it was derived from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// For a derived directive, how it was derived: `ratio:0.75`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derive: Option<String>,
}

impl Mark {
    /// Reads the mark of an object. Anything unreadable counts as no mark: then nothing is ours.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let text =
            json::at(object, "/metadata/annotations").and_then(|all| all.get(ANNOTATION)).and_then(Value::as_str);
        text.and_then(Self::parse).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut raw: BTreeMap<String, Value> = serde_json::from_str(text).ok()?;
        if raw.remove("v").as_ref().and_then(Value::as_u64) != Some(VERSION) {
            return None;
        }
        Some(Self { entries: raw.into_iter().filter_map(|(key, value)| parse_entry(&key, value)).collect() })
    }

    /// Writes the mark into an object, or takes it out where nothing is ours.
    pub fn write(&self, object: &mut Value) {
        let at = Pointer::new("/metadata/annotations").key(ANNOTATION);
        if self.entries.is_empty() {
            crate::patch::edit::remove(object, &at);
            return;
        }
        let mut text = json!({"v": VERSION});
        for (key, entry) in &self.entries {
            text[format!("{}/{}", key.container, key.path)] = json!(entry);
        }
        // An object whose metadata is no object can't be stored anyway.
        let _ = crate::patch::edit::set(object, &at, Value::from(text.to_string()));
    }

    /// What the rules need to know of it.
    #[must_use]
    pub fn owned_values(&self) -> OwnedValues {
        self.entries.iter().map(|(key, entry)| entry.owned_value(key)).collect()
    }

    /// An entry of another directive that reaches the same container by the same path.
    pub(crate) fn beside(&self, key: &Key, via: &str) -> Option<&Entry> {
        let mut others = self.entries.iter().filter(|(other, _)| *other != key && other.container == key.container);
        others.find(|(_, entry)| entry.via.as_deref() == Some(via)).map(|(_, entry)| entry)
    }
}

/// An entry under `container/path`; nothing where it is none.
fn parse_entry(key: &str, value: Value) -> Option<(Key, Entry)> {
    let (container, path) = key.split_once('/')?;
    let key = Key { container: container.to_owned(), path: path.to_owned() };
    Some((key, serde_json::from_value(value).ok()?))
}

impl Entry {
    /// Of a directive that was added.
    pub(crate) fn delivered(via: String, value: &str, derived: Option<&Derived>) -> Self {
        let limit = derived.map(|derived| derived.limit.clone());
        let derive = derived.map(|derived| derived.by.clone());
        Self { via: Some(via), set: Value::from(value), was: None, limit, derive }
    }

    pub(crate) fn owned_value(&self, key: &Key) -> OwnedValue {
        let is_maxmemory = key.path == size::MAXMEMORY;
        let maxmemory = if is_maxmemory { self.maxmemory_bytes().zip(self.limit_bytes()) } else { None };
        OwnedValue { container: key.container.clone(), path: key.path.clone(), maxmemory }
    }

    /// The memory size that we set, in bytes, where it is a directive that takes one.
    #[must_use]
    pub fn maxmemory_bytes(&self) -> Option<u64> {
        let set = self.set.as_str().filter(|_| self.via.is_some())?;
        size::of_directive(set)
    }

    /// The limit that it was derived from, in bytes.
    #[must_use]
    pub fn limit_bytes(&self) -> Option<u64> {
        Quantity::parse(self.limit.as_deref()?).ok()?.bytes()
    }
}

/// Whether two values are the same to the API server: amounts by value, everything else as it stands.
#[must_use]
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    one == other || quantity(one).is_some_and(|one| quantity(other).is_some_and(|other| one == other))
}

/// An amount, as text or as a number.
fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let mut mark = Mark::default();
        let key = Key::directive("redis", "maxmemory");
        let entry = Entry {
            via: Some("args".into()),
            set: json!("768mb"),
            was: None,
            limit: Some("1Gi".into()),
            derive: Some("ratio:0.75".into()),
        };
        mark.entries.insert(key, entry);
        let mut object = json!({"metadata": {"name": "x"}});
        mark.write(&mut object);
        assert_eq!(
            object["metadata"]["annotations"][ANNOTATION],
            r#"{"v":1,"redis/maxmemory":{"via":"args","set":"768mb","limit":"1Gi","derive":"ratio:0.75"}}"#
        );
        assert_eq!(Mark::of(&object), mark);
        assert_eq!(mark.owned_values().maxmemory("redis"), Some((768 << 20, 1 << 30)));
        Mark::default().write(&mut object);
        assert_eq!(Mark::of(&object), Mark::default());
    }

    #[test]
    fn an_unreadable_mark_is_none() {
        for text in ["", "{", "[]", r#"{"v":2,"a/b":{"set":1}}"#, r#"{"v":1,"a":{"set":1},"b/c":3}"#] {
            let object = json!({"metadata": {"annotations": {ANNOTATION: text}}});
            assert_eq!(Mark::of(&object), Mark::default(), "{text}");
        }
    }

    #[test]
    fn amounts_are_the_same_by_value() {
        assert!(same(&json!("1024Mi"), &json!("1Gi")));
        assert!(same(&json!(5), &json!(5)));
        assert!(!same(&json!("a"), &json!("b")));
    }
}
