//! What was looked up, and what each look-up saw.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::object::ObjectRef;

/// What a look-up saw. A forbidden or failed look-up is [`Seen::Unknown`], never [`Seen::Absent`].
#[derive(Debug, Clone, PartialEq)]
pub enum Seen<T> {
    /// It is there.
    Found(T),
    /// The look-up was answered, and it is not there.
    Absent,
    /// It could not be seen; the text says what it would take.
    Unknown(String),
}

impl<T> Seen<T> {
    /// What was found, if anything.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Absent | Self::Unknown(_) => None,
        }
    }
}

/// Something that the model needs to see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// One object by name.
    Object(ObjectRef),
    /// All StatefulSets, Deployments and DaemonSets of a namespace.
    Workloads(String),
    /// All Pods of a namespace that carry these labels (sorted by key).
    Pods(String, Vec<(String, String)>),
    /// All LimitRanges of a namespace.
    LimitRanges(String),
}

/// The objects around a workload, read-only.
pub trait Inventory {
    /// What is known of `reference`: an empty list is `Absent`.
    fn look(&self, reference: &Reference) -> Seen<&[Arc<Value>]>;

    /// One object.
    fn object(&self, object: &ObjectRef) -> Seen<&Value> {
        self.first(&Reference::Object(object.clone()))
    }

    /// The first of the objects that a reference means.
    fn first(&self, reference: &Reference) -> Seen<&Value> {
        match self.look(reference) {
            Seen::Found(objects) => objects.first().map_or(Seen::Absent, |object| Seen::Found(object)),
            Seen::Absent => Seen::Absent,
            Seen::Unknown(needs) => Seen::Unknown(needs),
        }
    }

    /// A ConfigMap.
    fn config_map(&self, namespace: &str, name: &str) -> Seen<&Value> {
        self.object(&ObjectRef::new("v1", "ConfigMap", namespace, name))
    }

    /// A Service.
    fn service(&self, namespace: &str, name: &str) -> Seen<&Value> {
        self.object(&ObjectRef::new("v1", "Service", namespace, name))
    }
}

/// Look-ups and their answers. What was not looked up is unknown.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    seen: HashMap<Reference, Seen<Vec<Arc<Value>>>>,
}

impl Snapshot {
    /// A snapshot in which nothing was looked up.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records the answer to a look-up, replacing an earlier one.
    pub fn insert(&mut self, reference: Reference, seen: Seen<Vec<Arc<Value>>>) {
        self.seen.insert(reference, seen);
    }

    /// Records one object under its own name.
    pub fn insert_object(&mut self, object: Arc<Value>) {
        self.insert(Reference::Object(ObjectRef::of(&object)), Seen::Found(vec![object]));
    }

    /// Whether this was looked up, whatever the answer.
    #[must_use]
    pub fn holds(&self, reference: &Reference) -> bool {
        self.seen.contains_key(reference)
    }
}

impl Inventory for Snapshot {
    fn look(&self, reference: &Reference) -> Seen<&[Arc<Value>]> {
        match self.seen.get(reference) {
            Some(Seen::Found(objects)) if objects.is_empty() => Seen::Absent,
            Some(Seen::Found(objects)) => Seen::Found(objects),
            Some(Seen::Absent) => Seen::Absent,
            Some(Seen::Unknown(needs)) => Seen::Unknown(needs.clone()),
            None => Seen::Unknown(match reference {
                Reference::Object(object) => format!("a look at {object}"),
                Reference::Workloads(namespace) => format!("a list of the workloads in {namespace}"),
                Reference::Pods(namespace, _) => format!("a list of the Pods in {namespace}"),
                Reference::LimitRanges(namespace) => format!("a list of the LimitRanges in {namespace}"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_looked_up_is_unknown() {
        let mut snapshot = Snapshot::new();
        assert!(matches!(snapshot.service("shop", "redis"), Seen::Unknown(_)));
        snapshot.insert(Reference::Object(ObjectRef::new("v1", "Service", "shop", "redis")), Seen::Absent);
        assert_eq!(snapshot.service("shop", "redis"), Seen::Absent);
    }
}
