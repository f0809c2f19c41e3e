//! What was looked up, and what each look-up saw.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::inventory::{Inventory, Seen};
use super::kinds::Kind;
use super::lookup::Lookup;
use super::object::ObjectRef;

/// Look-ups and their answers. What was not looked up is unknown; in a [complete](Snapshot::complete) one it is absent.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    seen: HashMap<Lookup, Seen<Vec<Arc<Value>>>>,
    is_complete: bool,
}

impl Snapshot {
    /// A snapshot in which nothing was looked up.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All that there is: these objects, by their names and in the lists of their kinds. Of two with one name the first
    /// counts.
    #[must_use]
    pub fn complete<'a>(objects: impl IntoIterator<Item = &'a Arc<Value>>) -> Self {
        let mut seen: HashMap<Lookup, Seen<Vec<Arc<Value>>>> = HashMap::new();
        for object in objects {
            let name = ObjectRef::of(object);
            if let Some(kind) = Kind::of(&name) {
                let list = Lookup::All(kind, name.namespace.clone());
                if let Seen::Found(listed) = seen.entry(list).or_insert_with(|| Seen::Found(Vec::new())) {
                    listed.push(Arc::clone(object));
                }
            }
            seen.entry(Lookup::Object(name)).or_insert_with(|| Seen::Found(vec![Arc::clone(object)]));
        }
        Self { seen, is_complete: true }
    }

    /// Records the answer to a look-up, replacing an earlier one.
    pub fn insert(&mut self, lookup: Lookup, seen: Seen<Vec<Arc<Value>>>) {
        self.seen.insert(lookup, seen);
    }

    /// Records one object under its own name.
    pub fn insert_object(&mut self, object: Arc<Value>) {
        self.insert(Lookup::Object(ObjectRef::of(&object)), Seen::Found(vec![object]));
    }

    /// Records the answers to the look-ups of all workloads of a namespace that have a Pod template, kind by kind.
    pub fn insert_workloads(&mut self, namespace: &str, seen: &Seen<Vec<Arc<Value>>>) {
        for kind in Kind::with_template() {
            let lookup = Lookup::All(kind, namespace.to_owned());
            let of_kind = match seen {
                Seen::Found(objects) => {
                    let of_kind = objects.iter().filter(|object| Kind::of(&ObjectRef::of(object)) == Some(kind));
                    Seen::Found(of_kind.map(Arc::clone).collect())
                }
                other => other.clone(),
            };
            self.insert(lookup, of_kind);
        }
    }

    /// Whether this was looked up, whatever the answer.
    #[must_use]
    pub fn holds(&self, lookup: &Lookup) -> bool {
        self.seen.contains_key(lookup)
    }

    /// Drops the answers that told nothing: who asks again may learn more.
    pub fn forget_unknown(&mut self) {
        self.seen.retain(|_, seen| !matches!(seen, Seen::Unknown(_)));
    }

    /// How many look-ups it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// All objects that were found; one that several look-ups found comes several times.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.seen.values().flat_map(|seen| match seen {
            Seen::Found(objects) => objects.as_slice(),
            Seen::Absent | Seen::Unknown(_) => &[],
        })
    }
}

impl Inventory for Snapshot {
    fn look(&self, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
        match self.seen.get(lookup) {
            Some(Seen::Found(objects)) if objects.is_empty() => Seen::Absent,
            Some(Seen::Found(objects)) => Seen::Found(objects),
            Some(Seen::Absent) => Seen::Absent,
            Some(Seen::Unknown(needs)) => Seen::Unknown(needs.clone()),
            None if self.is_complete => Seen::Absent,
            None => Seen::Unknown(lookup.needs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_not_looked_up_is_unknown() {
        let mut snapshot = Snapshot::new();
        assert!(matches!(snapshot.service("shop", "redis"), Seen::Unknown(_)));
        snapshot.insert(Lookup::Object(ObjectRef::new("v1", "Service", "shop", "redis")), Seen::Absent);
        assert_eq!(snapshot.service("shop", "redis"), Seen::Absent);
    }

    #[test]
    fn a_complete_one_lists_every_kind_of_the_table() {
        for kind in Kind::all() {
            let object = json!({
                "apiVersion": kind.api_version, "kind": kind.name, "metadata": {"namespace": "shop", "name": "a"},
            });
            let snapshot = Snapshot::complete([&Arc::new(object)]);
            let found = |namespace: &str| snapshot.look(&Lookup::All(kind, namespace.to_owned()));
            assert!(matches!(found("shop"), Seen::Found([_])), "{kind:?}");
            assert_eq!(found("other"), Seen::Absent);
        }
    }
}
