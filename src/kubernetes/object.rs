//! How an object, and a place in an object, are named. Objects themselves are JSON trees: decoding them into typed
//! structs would drop the fields that a newer API server knows, so no patch is ever made from one.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json;

/// The name of one object. `namespace` is empty for cluster-scoped objects, and where a manifest names none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// Group and version, such as `apps/v1`.
    pub api_version: String,
    /// The kind, such as `StatefulSet`.
    pub kind: String,
    /// The namespace, or nothing.
    pub namespace: String,
    /// The name; while an object is created from `generateName`, that prefix.
    pub name: String,
}

impl ObjectRef {
    /// Names an object from its parts.
    #[must_use]
    pub fn new(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Reads the name off an object. Missing or absurd fields become empty strings.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let text = |at: &str| json::at(object, at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut name = text("/metadata/name");
        if name.is_empty() {
            name = text("/metadata/generateName");
        }
        Self { api_version: text("/apiVersion"), kind: text("/kind"), namespace: text("/metadata/namespace"), name }
    }

    /// The API group: `apps` of `apps/v1`, empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

impl fmt::Display for ObjectRef {
    /// `StatefulSet shop/redis-node`, or `StatefulSet redis-node` without a namespace.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(formatter, "{} {}", self.kind, self.name)
        } else {
            write!(formatter, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// A JSON pointer (RFC 6901), such as `/spec/template/spec/containers/0`. The root is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pointer(String);

impl Pointer {
    /// The whole document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A pointer written out, already escaped. A text without its leading slash gets one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.is_empty() || text.starts_with('/') { Self(text.to_owned()) } else { Self(format!("/{text}")) }
    }

    /// The pointer to a member of what this one points at: a key (escaped here) or an index.
    #[must_use]
    pub fn key(&self, key: impl fmt::Display) -> Self {
        let mut below = String::with_capacity(self.0.len() + 24);
        below.push_str(&self.0);
        let mut below = Self(below);
        below.push(key);
        below
    }

    /// Makes this the pointer to a member of what it points at, as [`Pointer::key`] does.
    pub fn push(&mut self, key: impl fmt::Display) {
        let start = self.0.len() + 1;
        let _ = write!(self.0, "/{key}"); // To a string this never fails.
        let written = self.0.get(start..).unwrap_or_default();
        if written.contains(['~', '/']) {
            let escaped = written.replace('~', "~0").replace('/', "~1");
            self.0.truncate(start);
            self.0.push_str(&escaped);
        }
    }

    /// The pointer to a place below, given as a path that is already escaped, such as `resources/limits`.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        Self([&self.0, "/", path.trim_start_matches('/')].concat())
    }

    /// What holds this place; nothing for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// This place and all that hold it, up to the root.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The keys and indices on the way, unescaped.
    pub fn segments(&self) -> impl Iterator<Item = String> {
        self.0.split('/').skip(1).map(|segment| json::unescaped(segment).into_owned())
    }

    /// Whether it is the other, or a place below that.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What stands there in an object.
    #[must_use]
    pub fn find<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        json::at(object, &self.0)
    }

    /// The pointer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A place in an object: where a finding points, or where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Place {
    /// The object.
    pub object: ObjectRef,
    /// The place in it.
    pub at: Pointer,
    /// The line inside a text value (a key of a ConfigMap), from 1.
    pub line: Option<u32>,
    /// The column on that line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl Place {
    /// A place without a line.
    #[must_use]
    pub fn new(object: ObjectRef, at: Pointer) -> Self {
        Self { object, at, line: None, column: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_keys() {
        let pointer = Pointer::new("/metadata/annotations").key("plimsoll.dev/a~b");
        assert_eq!(pointer.as_str(), "/metadata/annotations/plimsoll.dev~1a~0b");
        assert_eq!(pointer.segments().last().as_deref(), Some("plimsoll.dev/a~b"));
        assert_eq!(pointer.parent(), Some(Pointer::new("/metadata/annotations")));
    }
}
