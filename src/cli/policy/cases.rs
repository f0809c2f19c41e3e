//! The cases of `policy test`: manifests, what is expected of each Redis workload in them, and what admission would do.
//!
//! `cases/NAME/expect.yaml` lists the workloads; every other file there is a manifest; `before.yaml`, where it is there,
//! holds the objects as they are stored already, and what stands in it too is sent as an update. `.yml` will do as well.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::files::{list_yaml_files, usage_of_all};
use crate::cli::args::text_file;
use crate::cli::failure::Failure;
use crate::engine::{Outcome, ask};
use crate::kubernetes::{Inventory, Lookup, ObjectRef, Seen, Snapshot};
use crate::manifests::{self, Document, Manifests};
use crate::policy::{Labels, Policies, Typed};
use crate::report::CaseResult;
use crate::workload::Workload;
use crate::yaml::{Diagnostic, Path as YamlPath};

/// The files of a case that are no manifests, without their ending.
const EXPECT: &str = "expect";
const BEFORE: &str = "before";
const WHOLE_CASE: &str = "a folder with `expect.yaml` and manifests";

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    name: String,
    expected: Vec<Expected>,
    objects: Vec<Arc<Value>>,
    before: Vec<Arc<Value>>,
    /// All of them.
    all: Snapshot,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Expect {
    workloads: Vec<Expected>,
}

/// What is expected of one workload. The lists hold rule ids, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    #[serde(default)]
    namespace: String,
    name: String,
    /// Nothing is denied where this is not there.
    #[serde(default)]
    denied: Vec<String>,
    /// Not looked at where this is not there.
    warned: Option<Vec<String>>,
    /// Not looked at where this is not there.
    patched: Option<Vec<String>>,
}

impl Case {
    /// All cases of a folder, by name. What is expected may name the rules of these policies.
    pub(crate) fn read_all(folder: &Path, policies: &Policies) -> Result<Vec<Self>, Failure> {
        const EXPECTED: &str = "a folder `cases` with a folder for each case, beside the policies";
        let usage = |what: String| Failure::Usage(format!("{}: {what}", folder.display()));
        let entries = fs::read_dir(folder).map_err(|error| usage(text_file::why(&error, false, EXPECTED)))?;
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.retain(|path| path.is_dir());
        folders.sort();
        if folders.is_empty() {
            return Err(usage(format!("holds no case; expected {EXPECTED}")));
        }
        folders.iter().map(|folder| Self::read(folder, policies)).collect()
    }

    fn read(folder: &Path, policies: &Policies) -> Result<Self, Failure> {
        let (mut expect, mut before, mut manifests) = (Vec::new(), Vec::new(), Vec::new());
        for path in list_yaml_files(folder, WHOLE_CASE)? {
            match path.file_stem().and_then(OsStr::to_str) {
                Some(EXPECT) => expect.push(path),
                Some(BEFORE) => before.push(path),
                _ => manifests.push(path),
            }
        }
        let usage = |what: &str| Failure::Usage(format!("{}: {what}", folder.display()));
        let expected = match expect.as_slice() {
            [path] => read_expected(path, policies)?,
            [] => return Err(usage("holds no `expect.yaml`, which lists the workloads and what is expected of them")),
            _ => return Err(usage("holds both `expect.yaml` and `expect.yml`; one is expected")),
        };
        let (objects, before) = (read_objects(&manifests)?, read_objects(&before)?);
        Ok(Self {
            name: folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            expected,
            all: Snapshot::complete(objects.iter().chain(&before)),
            objects,
            before,
        })
    }

    /// Runs it.
    pub(crate) fn run(&self, policies: &Policies) -> CaseResult {
        CaseResult { name: self.name.clone(), wrong: self.find_wrong(policies), notes: self.notes() }
    }

    /// What does not come out as expected, a line each.
    fn find_wrong(&self, policies: &Policies) -> Vec<String> {
        let mut wrong = Vec::new();
        let policies = &policies.clone().with_namespaces(self.namespaces());
        let workloads: Vec<&Arc<Value>> =
            self.objects.iter().filter(|object| Workload::read(object, self).is_some()).collect();
        for expected in &self.expected {
            match workloads.iter().find(|object| expected.names(&ObjectRef::of(object))) {
                Some(object) => wrong.extend(expected.compare(&self.outcome(policies, object))),
                None => wrong.push(format!("{}: is no Redis workload among the manifests", expected.title())),
            }
        }
        for name in workloads.iter().map(|object| ObjectRef::of(object)) {
            if !self.expected.iter().any(|expected| expected.names(&name)) {
                wrong.push(format!("{name}: expect.yaml does not say what is expected of it"));
            }
        }
        wrong
    }

    /// What the author may not have meant, though it may be right.
    fn notes(&self) -> Vec<String> {
        let manifests: BTreeSet<ObjectRef> = self.objects.iter().map(|object| ObjectRef::of(object)).collect();
        let mut notes = Vec::new();
        for object in &self.before {
            let name = ObjectRef::of(object);
            if !manifests.contains(&name) && Workload::read(object, self).is_some() {
                notes.push(format!("{name} of before.yaml: no manifest has this name, so it is not updated"));
            }
        }
        notes
    }

    /// The labels of the Namespaces among the manifests, by which a policy may match.
    fn namespaces(&self) -> BTreeMap<String, Labels> {
        let all = self.objects.iter().chain(&self.before);
        all.filter_map(|object| manifests::namespace_labels(object)).collect()
    }

    fn outcome(&self, policies: &Policies, object: &Arc<Value>) -> Outcome {
        let target = ObjectRef::of(object);
        let old = self.before.iter().find(|before| ObjectRef::of(before) == target);
        ask(policies, object, old, self)
    }
}

/// What a file expects.
fn read_expected(path: &Path, policies: &Policies) -> Result<Vec<Expected>, Failure> {
    let (name, text) = text_file::read(path, "what is expected of the workloads")?;
    let read = Typed::<Expect>::read(&name, &text).map_err(|errors| usage_of_all(&errors.0))?;
    let mut errors = Vec::new();
    for (index, one) in read.value.workloads.iter().enumerate() {
        let at = YamlPath::root("workloads").index(index);
        if read.value.workloads.iter().take(index).any(|other| other.title() == one.title()) {
            let what = format!("{} is listed twice; write one entry with all that is expected", one.title());
            errors.push(Diagnostic::new(at.clone(), what));
        }
        for (field, rules) in one.lists() {
            for (index, rule) in rules.iter().enumerate() {
                let at = at.key(field).index(index);
                errors.extend(policies.unknown_rule(rule).map(|message| Diagnostic::new(at, message)));
            }
        }
    }
    if errors.is_empty() { Ok(read.value.workloads) } else { Err(usage_of_all(&read.with_spans(errors))) }
}

fn read_objects(paths: &[PathBuf]) -> Result<Vec<Arc<Value>>, Failure> {
    let manifests = Manifests::read(paths);
    match manifests.diagnostics.first() {
        Some(diagnostic) => Err(Failure::Usage(diagnostic.to_string())),
        None => Ok(manifests.documents.into_iter().map(Document::into_value).collect()),
    }
}

/// A cluster that holds the objects of the case and nothing else. No Pods run in it: what stands in `before.yaml` is
/// updated.
impl Inventory for Case {
    fn look(&self, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
        self.all.look(lookup)
    }
}

impl Expected {
    fn names(&self, object: &ObjectRef) -> bool {
        self.kind == object.kind && self.name == object.name && self.namespace == object.namespace
    }

    fn title(&self) -> String {
        ObjectRef::new("", &self.kind, &self.namespace, &self.name).to_string()
    }

    /// What is expected, by the name of its field.
    fn lists(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        let lists =
            [("denied", Some(&self.denied)), ("warned", self.warned.as_ref()), ("patched", self.patched.as_ref())];
        lists.into_iter().filter_map(|(field, rules)| Some((field, rules?.as_slice())))
    }

    fn compare(&self, outcome: &Outcome) -> Vec<String> {
        let mut wrong = Vec::new();
        for (field, rules) in self.lists() {
            let found = match field {
                "denied" => &outcome.denied,
                "warned" => &outcome.warned,
                _ => &outcome.patched,
            };
            let expected: BTreeSet<String> = rules.iter().cloned().collect();
            if expected != *found {
                let (expected, found) = (join_ids(&expected), join_ids(found));
                wrong.push(format!("{}: {field}: expected {expected}, found {found}", self.title()));
            }
        }
        if outcome.unsettled {
            wrong.push(format!("{}: its fixes did not settle, so nothing is patched", self.title()));
        }
        wrong
    }
}

fn join_ids(rules: &BTreeSet<String>) -> String {
    format!("[{}]", rules.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
}
