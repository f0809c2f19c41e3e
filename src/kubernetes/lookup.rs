//! What can be looked up: an object by its name, all objects of a kind, or Pods by their labels.

use serde_json::Value;

use super::kinds::Kind;
use super::object::ObjectRef;

/// Something that has to be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// One object by name.
    Object(ObjectRef),
    /// All objects of a kind in a namespace.
    All(&'static Kind, String),
    /// Whether a namespace has Pods that carry these labels (sorted by key): one of them is enough.
    Pods(String, Vec<(String, String)>),
}

impl Lookup {
    /// The namespace that it looks into.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Object(name) => &name.namespace,
            Self::All(_, namespace) | Self::Pods(namespace, _) => namespace,
        }
    }

    /// The kind that it is about; nothing for one that is not in the table.
    #[must_use]
    pub fn kind(&self) -> Option<&'static Kind> {
        match self {
            Self::Object(name) => Kind::of(name),
            Self::All(kind, _) => Some(kind),
            Self::Pods(_, _) => Kind::find("", "Pod"),
        }
    }

    /// Whether it means this object, whose name is `name`.
    #[must_use]
    pub fn means(&self, name: &ObjectRef, object: &Value) -> bool {
        match self {
            Self::Object(wanted) => wanted == name,
            Self::All(kind, namespace) => is_of_kind(name, kind) && name.namespace == *namespace,
            Self::Pods(namespace, labels) => {
                name.kind == "Pod" && name.namespace == *namespace && carries(object, labels)
            }
        }
    }

    /// What it would take to see it, as messages say it.
    #[must_use]
    pub fn needs(&self) -> String {
        match self {
            Self::Object(name) => format!("a look at {name}"),
            Self::All(kind, namespace) => format!("a list of {} in {namespace}", kind.plural),
            Self::Pods(namespace, _) => format!("a list of pods in {namespace}"),
        }
    }
}

fn is_of_kind(name: &ObjectRef, kind: &Kind) -> bool {
    name.kind == kind.name && name.group() == kind.group()
}

fn carries(object: &Value, labels: &[(String, String)]) -> bool {
    let found = object.pointer("/metadata/labels");
    labels.iter().all(|(key, value)| found.and_then(|found| found.get(key)?.as_str()) == Some(value))
}
