//! What became of the values in a mark: whether each still stands in the object.

use serde_json::Value;

use super::mark::{self, Entry, Key, Mark};
use super::update;
use crate::patch::container_path;

/// A value of ours, and what stands there now.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The container and the path in it.
    pub key: Key,
    /// What the mark says.
    pub entry: Entry,
    /// Whether the object still holds what we set.
    pub holds: bool,
    /// The value that stands there now; nothing for a maxmemory, which stands in words, variables or files.
    pub now: Option<Value>,
    /// The memory limit of the container now.
    pub limit: Option<Value>,
}

/// All values in an object's mark.
#[must_use]
pub fn standing(object: &Value) -> Vec<Standing> {
    let ours = update::ours(object);
    let value = |key: &Key| container_path::of_key(object, key)?.find(object).cloned();
    let limit =
        |key: &Key| value(&Key { container: key.container.clone(), path: "resources.limits.memory".to_owned() });
    let of = |(key, entry): (Key, Entry)| Standing {
        holds: ours.entries.contains_key(&key),
        now: if entry.via.is_none() { value(&key) } else { None },
        limit: limit(&key),
        key,
        entry,
    };
    Mark::of(object).entries.into_iter().map(of).collect()
}

impl Standing {
    /// The limit of now, where a maxmemory was derived from another one.
    #[must_use]
    pub fn limit_changed(&self) -> Option<String> {
        let then = Value::from(self.entry.limit.clone()?);
        let now = self.limit.as_ref().filter(|now| !mark::same(&then, now))?;
        Some(now.as_str().map_or_else(|| now.to_string(), str::to_owned))
    }
}
