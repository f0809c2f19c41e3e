//! All manifests that were given, as one inventory in which what is not among them is absent.

use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use memchr::memmem;
use serde_json::Value;

use super::document::Document;
use super::labels::namespace_labels;
use super::read::{Keep, Manifests};
use super::unjudged::Unjudged;
use crate::kubernetes::{Inventory as _, Kind, KindRole, Lookup, ObjectRef, Seen, Snapshot};
use crate::policy::{self, Labels};
use crate::workload::Reading;
use crate::yaml::Diagnostic;

/// What holds one of these may well be a Redis; of all else the model says whether it can be.
const HINTS: [&str; 8] = ["redis", "valkey", "keydb", "sentinel", "6379", "maxmemory", "appendonly", "plimsoll.dev"];

/// All manifests together.
pub(crate) struct ManifestSet {
    /// What could not be read.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What is not judged as it stands.
    pub(crate) unjudged: Vec<Unjudged>,
    /// Names that are defined more than once in one folder.
    pub(crate) repeats: Vec<Diagnostic>,
    /// How many Kubernetes objects were read.
    pub(crate) objects: usize,
    /// Whether a path that was named is not there, or may not be read.
    pub(crate) absent: bool,
    documents: Vec<Document>,
    /// The indices of `documents` by name; several of one name, where folders hold the same application.
    by_name: Vec<usize>,
    /// The objects of each kind by their namespaces, once somebody asks for them.
    lists: HashMap<&'static Kind, OnceLock<Snapshot>>,
}

impl ManifestSet {
    /// Reads files and folders, and standard input for `-`. Objects that name no namespace get this one.
    pub(crate) fn read(paths: &[PathBuf], namespace: Option<&str>) -> Self {
        Self::new(Manifests::read_chosen(paths, choose), namespace)
    }

    fn new(manifests: Manifests, namespace: Option<&str>) -> Self {
        let Manifests { mut documents, mut diagnostics, unjudged, objects, absent } = manifests;
        if let Some(namespace) = namespace {
            for document in &mut documents {
                document.put_into(namespace);
            }
        }
        let repeats = find_repeats(&documents);
        diagnostics.sort_by(|one, other| place_of(one).cmp(&place_of(other)));
        let mut by_name: Vec<usize> = (0..documents.len()).collect();
        by_name.sort_by_key(|index| documents.get(*index).map(|document| &document.name));
        let lists = Kind::all().iter().map(|kind| (kind, OnceLock::new())).collect();
        Self { diagnostics, unjudged, repeats, objects, absent, documents, by_name, lists }
    }

    /// Says that objects of ours among the manifests count for nothing: nobody would notice.
    pub(crate) fn find_own_objects(&self) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for document in self.documents.iter().filter(|document| document.name.group() == policy::GROUP) {
            let help = "`check` and `try` take it by --policy, `policy impact` as its first file";
            diagnostics.push(document.diagnostic(format!("{} does not count here: {help}", document.name)));
        }
        diagnostics
    }

    /// All objects of a kind, in the order of the files.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        let documents = self.documents.iter().filter(move |document| document.name.kind == kind);
        documents.map(|document| &**document.value()).filter(|object| !object.is_null())
    }

    /// The labels of the Namespaces among the manifests, by which a policy may match.
    pub(crate) fn namespaces(&self) -> BTreeMap<String, Labels> {
        self.of_kind("Namespace").filter_map(namespace_labels).collect()
    }

    /// The documents that may hold a Redis workload: their trees were kept.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &Document> {
        let kept = self.documents.iter().filter(|document| document.value.get().is_some());
        kept.filter(|document| Kind::of(&document.name).is_some_and(|kind| kind.template.is_some()))
    }

    /// The documents of a name.
    pub(super) fn named(&self, name: &ObjectRef) -> impl Iterator<Item = &Document> {
        let documents = &self.documents;
        let start =
            self.by_name.partition_point(|index| documents.get(*index).is_some_and(|document| document.name < *name));
        let following = self.by_name.get(start..).unwrap_or_default().iter();
        following.filter_map(|index| self.documents.get(*index)).take_while(move |document| document.name == *name)
    }

    /// All objects of a kind in a namespace.
    pub(super) fn list(&self, kind: &'static Kind, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
        let Some(list) = self.lists.get(kind) else { return Seen::Absent };
        list.get_or_init(|| self.read_all(kind)).look(lookup)
    }

    fn read_all(&self, kind: &'static Kind) -> Snapshot {
        let documents = self.documents.iter().filter(|document| Kind::of(&document.name) == Some(kind));
        Snapshot::complete(documents.map(Document::value))
    }
}

/// What is kept of an object while files are read.
fn choose(name: &ObjectRef, object: &Value, text: &[u8]) -> Keep {
    let Some(kind) = Kind::of(name) else {
        return if name.group() == policy::GROUP { Keep::Value } else { Keep::Nothing };
    };
    match kind.role {
        KindRole::Workload | KindRole::Controller if may_be_redis(object, text) => Keep::Value,
        // By their labels Namespaces decide which policy holds, and a default PriorityClass which quotas count a Pod.
        KindRole::Surroundings | KindRole::Policy => Keep::Value,
        KindRole::Configuration | KindRole::Neighbour if kind.listed => Keep::Value,
        // Of a workload that is no Redis nothing more is asked; the others count where a workload names them.
        KindRole::Workload | KindRole::Controller | KindRole::Configuration | KindRole::Neighbour => Keep::Name,
    }
}

/// Whether a workload may be a Redis: its start script may lie in a ConfigMap, which nobody has read yet.
fn may_be_redis(object: &Value, text: &[u8]) -> bool {
    let is_hinted = HINTS.iter().any(|hint| memmem::find(text, hint.as_bytes()).is_some());
    is_hinted || !matches!(Reading::of_object(object, &Snapshot::new()), Reading::NotRedis)
}

fn place_of(diagnostic: &Diagnostic) -> (Option<&str>, Option<usize>) {
    (diagnostic.file.as_deref(), diagnostic.span.map(|span| span.start.line))
}

/// What a folder holds is applied together, or is two stages of one application: all of one name are judged, each as if it
/// counted. The same name in two folders is another cluster's, or another stage's.
fn find_repeats(documents: &[Document]) -> Vec<Diagnostic> {
    let mut last: HashMap<(&str, &ObjectRef), &Document> = HashMap::new();
    let mut repeats = Vec::new();
    for document in documents.iter().rev().filter(|document| document.is_named) {
        match last.entry((folder(&document.file), &document.name)) {
            Entry::Vacant(free) => drop(free.insert(document)),
            Entry::Occupied(winner) => {
                let (name, file, line) = (&document.name, &winner.get().file, winner.get().line);
                let message =
                    format!("{name} is defined again at {file}:{line}; applied together, only that one counts");
                repeats.push(document.diagnostic(message));
            }
        }
    }
    repeats.reverse();
    repeats
}

/// The folder that a file lies in.
pub(super) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
