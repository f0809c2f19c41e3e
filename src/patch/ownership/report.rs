//! What became of the values in a mark: whether each still stands in the object.

use serde_json::Value;

use super::mark::{self, Entry, Key, Mark};
use super::owned::still_owned;
use crate::patch::container_path;

/// A value that we applied, and what stands there now.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedValue {
    /// The container and the path in it.
    pub key: Key,
    /// What the mark says.
    pub entry: Entry,
    /// Whether the object still holds what we set.
    pub holds: bool,
    /// The value that stands there now; nothing for a directive, which stands in words, variables or files.
    pub now: Option<Value>,
    /// The memory limit of the container now.
    pub limit: Option<Value>,
}

/// All values in an object's mark.
#[must_use]
pub fn applied_values(object: &Value) -> Vec<AppliedValue> {
    let owned = still_owned(object);
    let value = |key: &Key| container_path::of_key(object, key)?.find(object).cloned();
    let mut values = Vec::new();
    for (key, entry) in Mark::of(object).entries {
        let limit = Key { container: key.container.clone(), path: "resources.limits.memory".to_owned() };
        values.push(AppliedValue {
            holds: owned.entries.contains_key(&key),
            now: if entry.via.is_none() { value(&key) } else { None },
            limit: value(&limit),
            key,
            entry,
        });
    }
    values
}

impl AppliedValue {
    /// The limit of now, where a directive was derived from another one.
    #[must_use]
    pub fn limit_changed(&self) -> Option<String> {
        let then = Value::from(self.entry.limit.clone()?);
        let now = self.limit.as_ref().filter(|now| !mark::same(&then, now))?;
        Some(now.as_str().map_or_else(|| now.to_string(), str::to_owned))
    }
}
