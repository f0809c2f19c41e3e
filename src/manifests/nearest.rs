//! The manifests as one of them sees them: of several objects of one name it means the one nearest to its file.

use std::sync::Arc;

use serde_json::Value;

use super::document::Document;
use super::set::{ManifestSet, folder};
use crate::kubernetes::{Inventory, Lookup, ObjectRef, Seen};

/// The inventory as one document sees it: of several objects of one name it means the one nearest to its file.
#[derive(Clone, Copy)]
pub(crate) struct NearestFirst<'a> {
    set: &'a ManifestSet,
    document: &'a Document,
}

impl<'a> NearestFirst<'a> {
    /// The manifests as `document` sees them.
    pub(super) fn new(set: &'a ManifestSet, document: &'a Document) -> Self {
        Self { set, document }
    }

    /// The nearest document of a name; the document itself, where it is its own.
    pub(super) fn find(&self, name: &ObjectRef) -> Option<&'a Document> {
        if *name == self.document.name {
            return Some(self.document);
        }
        self.set.named(name).max_by_key(|document| closeness(&self.document.file, &document.file))
    }

    /// Whether the controller that made this object is given too.
    pub(super) fn has_owner(&self) -> bool {
        let owners = self.document.value().pointer("/metadata/ownerReferences").and_then(Value::as_array);
        let namespace = &self.document.name.namespace;
        owners.into_iter().flatten().any(|owner| {
            let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default();
            let is_given = |kind: &str, name: &str| {
                let version = if kind == "Deployment" { "apps/v1" } else { text("apiVersion") };
                self.find(&ObjectRef::new(version, kind, namespace, name)).is_some()
            };
            let behind = text("name").rsplit_once('-').filter(|_| text("kind") == "ReplicaSet");
            is_given(text("kind"), text("name")) || behind.is_some_and(|(name, _)| is_given("Deployment", name))
        })
    }
}

impl Inventory for NearestFirst<'_> {
    fn look(&self, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
        let name = match lookup {
            Lookup::Object(name) => name,
            // Manifests are about to be applied: nothing runs yet.
            Lookup::Pods(_, _) => return Seen::Absent,
            Lookup::All(kind, _) => return self.set.list(kind, lookup),
        };
        match self.find(name).map(Document::value) {
            // A file that is gone since it was read.
            None => Seen::Absent,
            Some(value) if value.is_null() => Seen::Absent,
            Some(value) => Seen::Found(std::slice::from_ref(value)),
        }
    }
}

/// How many folders two files share, and whether they are one file.
fn closeness(one: &str, other: &str) -> (bool, usize) {
    let shared = folder(one).split('/').zip(folder(other).split('/')).take_while(|(one, other)| one == other).count();
    (one == other, shared)
}
