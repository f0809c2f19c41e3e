//! The objects around a workload, read-only, and what a look-up of one sees.

use std::sync::Arc;

use serde_json::Value;

use super::lookup::Lookup;
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

/// The objects around a workload, read-only.
pub trait Inventory {
    /// What is known of `lookup`: an empty list is `Absent`.
    fn look(&self, lookup: &Lookup) -> Seen<&[Arc<Value>]>;

    /// The same, to be kept.
    fn answer(&self, lookup: &Lookup) -> Seen<Vec<Arc<Value>>> {
        match self.look(lookup) {
            Seen::Found(objects) => Seen::Found(objects.to_vec()),
            Seen::Absent => Seen::Absent,
            Seen::Unknown(needs) => Seen::Unknown(needs),
        }
    }

    /// One object.
    fn object(&self, object: &ObjectRef) -> Seen<&Value> {
        self.first(&Lookup::Object(object.clone()))
    }

    /// The first of the objects that a look-up means.
    fn first(&self, lookup: &Lookup) -> Seen<&Value> {
        match self.look(lookup) {
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
