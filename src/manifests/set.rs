//! What `check` and `inspect` share: the manifests given, as one inventory in which what is not among them is absent.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::{Map, Value};

use super::{Document, Manifests, Mistake, places};
use crate::cli::Failure;
use crate::engine::{self, IGNORE, Judged};
use crate::kubernetes::{Inventory, Kind, KindRole, Lookup, ObjectRef, Place, Seen, Snapshot};
use crate::policy::{self, Labels, Policies, Target};
use crate::report::Spot;
use crate::workload::Workload;

/// Which manifests are read.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// Files and folders, or `-` for standard input, which is also read when nothing is named and something is piped in.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The namespace of objects that name none, as `kubectl apply -n` would give them.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

impl Input {
    /// Files and folders that a command names in another way.
    pub(crate) fn of(paths: Vec<PathBuf>, namespace: Option<String>) -> Self {
        Self { paths, namespace }
    }

    /// Reads all of it, and says on standard error what could not be read.
    pub(crate) fn read(&self) -> Result<Around, Failure> {
        let mut paths = self.paths.clone();
        if paths.is_empty() {
            if io::stdin().is_terminal() {
                return Err(Failure::Usage(
                    "name files or folders, or pipe manifests in: `helm template … | plimsoll check -`".to_owned(),
                ));
            }
            paths.push(PathBuf::from("-"));
        }
        let mut around = Around::new(Manifests::read_kept(&paths, is_kept), self.namespace.as_deref());
        around.mistakes.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        tell(&around.mistakes);
        if around.objects == 0 && around.mistakes.is_empty() {
            let _ = writeln!(io::stderr(), "plimsoll: no Kubernetes object was given");
        }
        Ok(around)
    }
}

/// Whoever checks a folder of templates has read the first few.
const MOST_TOLD: usize = 20;

/// Says on standard error what is wrong with what was given.
pub(crate) fn tell(mistakes: &[Mistake]) {
    let mut stderr = io::stderr().lock();
    for mistake in mistakes.iter().take(MOST_TOLD) {
        let _ = writeln!(stderr, "plimsoll: {}", printable(&mistake.to_string()));
    }
    if mistakes.len() > MOST_TOLD {
        let _ = writeln!(stderr, "plimsoll: and {} more like these", mistakes.len() - MOST_TOLD);
    }
}

/// Names in files may hold anything, escape sequences included.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Says that objects of ours among the manifests count for nothing: nobody would notice.
fn tell_own(documents: &[Document]) {
    let own = documents.iter().filter(|document| ObjectRef::of(&document.value).group() == policy::GROUP);
    let note = |document: &Document| Mistake {
        file: Arc::clone(&document.file),
        line: Some(document.line),
        column: None,
        what: format!(
            "{} does not count here: `check` and `try` take it by --policy, `policy impact` as its first file",
            ObjectRef::of(&document.value)
        ),
    };
    tell(&own.map(note).collect::<Vec<_>>());
}

/// Workloads are kept, and kinds that may say something about one: by their labels Namespaces decide which policy holds,
/// and a default `PriorityClass` which quotas count a Pod. All else is counted and dropped.
fn is_kept(object: &Value) -> bool {
    let name = ObjectRef::of(object);
    let says_something = |kind: &Kind| kind.role != KindRole::Controller; // The workload behind it says all.
    name.group() == policy::GROUP || Kind::of(&name).is_some_and(says_something)
}

/// All manifests together.
pub(crate) struct Around {
    /// What could not be read.
    pub(crate) mistakes: Vec<Mistake>,
    /// How many Kubernetes objects were read.
    pub(crate) objects: usize,
    /// Whether a path that was named is not there, or may not be read.
    pub(crate) absent: bool,
    documents: Vec<Document>,
    /// Where objects of this name are in `documents`; several, where folders hold the same application.
    named: HashMap<ObjectRef, Vec<usize>>,
    /// All of them, without regard to where each was found.
    all: Snapshot,
}

/// A workload among its manifests.
pub(crate) struct Understood<'a> {
    pub(crate) workload: Workload,
    document: &'a Document,
    near: Near<'a>,
}

impl Around {
    fn new(manifests: Manifests, namespace: Option<&str>) -> Self {
        let Manifests { mut documents, mut mistakes, objects, absent } = manifests;
        if let Some(namespace) = namespace {
            for document in &mut documents {
                put_into(document, namespace);
            }
        }
        let documents = without_repeats(documents, &mut mistakes);
        tell_own(&documents);
        let mut named: HashMap<ObjectRef, Vec<usize>> = HashMap::new();
        for (index, document) in documents.iter().enumerate() {
            named.entry(ObjectRef::of(&document.value)).or_default().push(index);
        }
        let all = Snapshot::complete(documents.iter().map(|document| &document.value));
        Self { mistakes, objects, absent, documents, named, all }
    }

    /// All objects of a kind, in the order of the files.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        let objects = self.documents.iter().map(|document| &*document.value);
        objects.filter(move |object| object.get("kind").and_then(Value::as_str) == Some(kind))
    }

    /// The labels of the Namespaces among the manifests, by which a policy may match.
    pub(crate) fn namespaces(&self) -> BTreeMap<String, Labels> {
        self.documents.iter().filter_map(|document| namespace(&document.value)).collect()
    }

    /// The Redis workloads, in the order of the files. Children of a workload that is given too are left to it.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = Understood<'_>> {
        self.documents.iter().filter_map(|document| {
            let near = Near { around: self, document };
            let workload = Workload::read(&document.value, &near).filter(|_| !near.has_owner())?;
            Some(Understood { workload, document, near })
        })
    }
}

/// Says which policies ask for labels of a namespace that is not among the manifests: then another one has judged.
pub(crate) fn tell_waiting(policies: &Policies, workloads: &[Understood]) {
    let workloads = workloads.iter();
    let named = workloads.map(|understood| (&understood.document.file, &understood.workload, &**understood.object()));
    tell(&waiting(policies, named));
}

/// The same as mistakes, each once, for workloads with the files and the objects that they were read from.
pub(crate) fn waiting<'a>(
    policies: &Policies,
    workloads: impl IntoIterator<Item = (&'a Arc<str>, &'a Workload, &'a Value)>,
) -> Vec<Mistake> {
    let (mut told, mut mistakes) = (BTreeSet::new(), Vec::new());
    for (file, workload, object) in workloads {
        let target = Target::workload(workload, object);
        let Some(policy) = policies.waits_for_labels(&target) else { continue };
        let namespace = &workload.object.namespace;
        if told.insert((&policy.name, namespace)) {
            let what = format!(
                "policy {} asks for labels of namespace {namespace}, which are not known here, so policy {} counts; \
                 give the manifest of the Namespace too",
                policy.name,
                policies.of(&target).name
            );
            mistakes.push(Mistake::of_file(file, what));
        }
    }
    mistakes
}

/// The name and the labels of a Namespace, by which a policy may match; nothing for any other object.
pub(crate) fn namespace(object: &Value) -> Option<(String, Labels)> {
    let name = ObjectRef::of(object);
    let is_one = name.kind == "Namespace" && name.group().is_empty();
    is_one.then(|| (name.name.clone(), named(&name.name, policy::labels_of(object))))
}

/// The labels with the one that the API server gives every namespace: its name.
pub(crate) fn named(namespace: &str, mut labels: Labels) -> Labels {
    labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
    labels
}

/// Gives a namespace to an object that names none.
fn put_into(document: &mut Document, namespace: &str) {
    let name = ObjectRef::of(&document.value);
    if !name.namespace.is_empty() || name.kind == "Namespace" {
        return;
    }
    let object = Arc::make_mut(&mut document.value).as_object_mut();
    let metadata = object.map(|object| object.entry("metadata").or_insert_with(|| Value::Object(Map::new())));
    if let Some(Value::Object(metadata)) = metadata {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
}

/// What a folder holds is applied together: of two objects of one name there the last wins, and a mistake says so. The
/// same name in two folders is another cluster's, or another stage's.
fn without_repeats(documents: Vec<Document>, mistakes: &mut Vec<Mistake>) -> Vec<Document> {
    let key = |document: &Document| (folder(&document.file).to_owned(), ObjectRef::of(&document.value));
    let place = |document: &Document| (Arc::clone(&document.file), document.line);
    let mut last = HashMap::new();
    for (index, document) in documents.iter().enumerate() {
        last.insert(key(document), (index, place(document)));
    }
    let mut kept = Vec::with_capacity(documents.len());
    for (index, document) in documents.into_iter().enumerate() {
        let has_name = document.value.pointer("/metadata/name").is_some();
        match last.get(&key(&document)).filter(|(winner, _)| has_name && *winner != index) {
            None => kept.push(document),
            Some((_, (file, line))) => {
                let what = format!("{} stands again at {file}:{line}, which wins", ObjectRef::of(&document.value));
                mistakes.push(Mistake { file: document.file, line: Some(document.line), column: None, what });
            }
        }
    }
    kept
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The inventory as one document sees it: of several objects of one name it means the one nearest to its file.
#[derive(Clone, Copy)]
struct Near<'a> {
    around: &'a Around,
    document: &'a Document,
}

impl<'a> Near<'a> {
    fn find(&self, name: &ObjectRef) -> Option<&'a Document> {
        if *name == ObjectRef::of(&self.document.value) {
            return Some(self.document);
        }
        let all = self.around.named.get(name)?.iter().filter_map(|index| self.around.documents.get(*index));
        all.max_by_key(|document| closeness(&self.document.file, &document.file))
    }

    /// Whether the controller that made this object is given too.
    fn has_owner(&self) -> bool {
        let owners = self.document.value.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        let namespace = ObjectRef::of(&self.document.value).namespace;
        owners.into_iter().flatten().any(|owner| {
            let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default();
            let (kind, name) = match (text("kind"), text("name").rsplit_once('-')) {
                ("ReplicaSet", Some((deployment, _))) => ("Deployment", deployment),
                (kind, _) => (kind, text("name")),
            };
            self.find(&ObjectRef::new("apps/v1", kind, &namespace, name)).is_some()
        })
    }
}

impl Inventory for Near<'_> {
    fn look(&self, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
        match lookup {
            Lookup::Object(name) => match self.find(name) {
                Some(document) => Seen::Found(std::slice::from_ref(&document.value)),
                None => Seen::Absent,
            },
            // Manifests are about to be applied: nothing runs yet.
            Lookup::Pods(_, _) => Seen::Absent,
            Lookup::All(_, _) => self.around.all.look(lookup),
        }
    }
}

/// How many folders two files share, and whether they are one file.
fn closeness(one: &str, other: &str) -> (bool, usize) {
    let shared = folder(one).split('/').zip(folder(other).split('/')).take_while(|(one, other)| one == other).count();
    (one == other, shared)
}

impl Understood<'_> {
    /// The object as it is written.
    pub(crate) fn object(&self) -> &Arc<Value> {
        &self.document.value
    }

    /// The other manifests, as it sees them.
    pub(crate) fn around(&self) -> &dyn Inventory {
        &self.near
    }

    /// Everything found on it, with what its annotation suppresses marked.
    pub(crate) fn judge(&self, policies: &Policies) -> Vec<Judged> {
        let mut judged = engine::judge(policies, &self.workload, &self.document.value, &self.near);
        engine::suppress(&mut judged, &self.workload, &self.document.value);
        judged
    }

    /// The words in its annotation that are no rule's id.
    pub(crate) fn unknown_rules(&self) -> impl Iterator<Item = Mistake> {
        engine::unknown_words(&self.document.value).map(|word| {
            let (file, line) = (Arc::clone(&self.document.file), Some(self.document.line));
            let what = format!("{}: annotation {IGNORE} names `{word}`, which is no rule", self.workload.object);
            Mistake { file, line, column: None, what }
        })
    }

    /// The document that a place is in; nothing where the object is not among the manifests.
    pub(crate) fn document_of(&self, place: &Place) -> Option<&Document> {
        self.near.find(&place.object)
    }
}

/// Where places are in their files; nothing where a place's object is not among the manifests.
pub(crate) fn spots(wanted: &[(&Understood, &Place)]) -> Vec<Option<Spot>> {
    let documents: Vec<_> =
        wanted.iter().map(|(understood, place)| Some((understood.document_of(place)?, *place))).collect();
    let known: Vec<_> = documents.iter().flatten().copied().collect();
    let mut found = places::find(&known).into_iter();
    documents.iter().map(|document| document.as_ref().and_then(|_| found.next())).collect()
}
