//! All manifests that were given, as one inventory in which what is not among them is absent.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use memchr::memmem;
use serde_json::Value;

use super::document::Document;
use super::labels::namespace_labels;
use super::read::{Keep, Manifests};
use crate::kubernetes::{Inventory, Kind, KindRole, Lookup, ObjectRef, Seen, Snapshot};
use crate::policy::{self, Labels};
use crate::workload::Reading;
use crate::yaml::Diagnostic;

/// What holds one of these may well be a Redis; of all else the model says whether it can be.
const HINTS: [&str; 8] = ["redis", "valkey", "keydb", "sentinel", "6379", "maxmemory", "appendonly", "plimsoll.dev"];

/// All manifests together.
pub(crate) struct ManifestSet {
    /// What could not be read, and what counts for nothing.
    pub(crate) diagnostics: Vec<Diagnostic>,
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
        let Manifests { mut documents, mut diagnostics, objects, absent } = manifests;
        if let Some(namespace) = namespace {
            for document in &mut documents {
                document.put_into(namespace);
            }
        }
        let documents = drop_repeats(documents, &mut diagnostics);
        diagnostics.sort_by(|one, other| place_of(one).cmp(&place_of(other)));
        let mut by_name: Vec<usize> = (0..documents.len()).collect();
        by_name.sort_by_key(|index| documents.get(*index).map(|document| &document.name));
        let lists = Kind::all().iter().map(|kind| (kind, OnceLock::new())).collect();
        Self { diagnostics, objects, absent, documents, by_name, lists }
    }

    /// Says that objects of ours among the manifests count for nothing: nobody would notice.
    pub(crate) fn find_own_objects(&self) -> Vec<Diagnostic> {
        let own = self.documents.iter().filter(|document| document.name.group() == policy::GROUP);
        let note = |document: &Document| {
            let help = "`check` and `try` take it by --policy, `policy impact` as its first file";
            document.diagnostic(format!("{} does not count here: {help}", document.name))
        };
        own.map(note).collect()
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
        kept.filter(|document| Kind::of(&document.name).is_some_and(|kind| kind.role == KindRole::Workload))
    }

    /// The documents of a name.
    fn named(&self, name: &ObjectRef) -> impl Iterator<Item = &Document> {
        let name_of = |index: &usize| self.documents.get(*index).map(|document| &document.name);
        let start = self.by_name.partition_point(|index| name_of(index) < Some(name));
        let following = self.by_name.get(start..).unwrap_or_default().iter();
        following.filter_map(|index| self.documents.get(*index)).take_while(move |document| document.name == *name)
    }

    /// All objects of a kind in a namespace.
    fn list(&self, kind: &'static Kind, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
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
        KindRole::Workload if may_be_redis(object, text) => Keep::Value,
        KindRole::Workload => Keep::Name,
        // By their labels Namespaces decide which policy holds, and a default PriorityClass which quotas count a Pod.
        KindRole::Surroundings | KindRole::Policy => Keep::Value,
        KindRole::Configuration | KindRole::Neighbour if kind.listed => Keep::Value,
        // They count where a workload names them.
        KindRole::Configuration | KindRole::Neighbour => Keep::Name,
        // The workload behind it says all.
        KindRole::Controller => Keep::Nothing,
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

/// What a folder holds is applied together: of two objects of one name there the last wins, and a diagnostic says so. The
/// same name in two folders is another cluster's, or another stage's.
fn drop_repeats(documents: Vec<Document>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Document> {
    let mut last: HashMap<(&str, &ObjectRef), usize> = HashMap::new();
    let mut repeated = Vec::with_capacity(documents.len());
    for (index, document) in documents.iter().enumerate().rev() {
        let winner = *last.entry((folder(&document.file), &document.name)).or_insert(index);
        let winner = documents.get(winner).filter(|_| winner != index && document.is_named);
        repeated.push(winner.map(|winner| {
            let (name, file, line) = (&document.name, &winner.file, winner.line);
            document.diagnostic(format!("{name} stands again at {file}:{line}, which wins"))
        }));
    }
    repeated.reverse();
    let mut kept = Vec::with_capacity(documents.len());
    for (document, repeat) in documents.into_iter().zip(repeated) {
        match repeat {
            None => kept.push(document),
            Some(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    kept
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

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
            let (kind, name) = match (text("kind"), text("name").rsplit_once('-')) {
                ("ReplicaSet", Some((deployment, _))) => ("Deployment", deployment),
                (kind, _) => (kind, text("name")),
            };
            self.find(&ObjectRef::new("apps/v1", kind, namespace, name)).is_some()
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
