//! The cases of `policy test`: manifests, what is expected of each Redis workload in them, and what admission would do.
//!
//! `cases/NAME/expect.yaml` lists the workloads; every other file there is a manifest; `before.yaml`, where it is there,
//! holds the objects as they are stored already, and what stands in it too is sent as an update.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::asked::{Outcome, ask};
use super::{Failure, files};
use crate::cli::judging;
use crate::cli::manifests::Manifests;
use crate::inventory::{Inventory, ObjectRef, Reference, Seen};
use crate::policy::{Labels, Policies};
use crate::workload::Workload;

const EXPECT: &str = "expect.yaml";
const BEFORE: &str = "before.yaml";

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    name: String,
    expected: Vec<Expected>,
    objects: Vec<Arc<Value>>,
    before: Vec<Arc<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    workloads: Vec<Expected>,
}

/// What is expected of one workload. The lists hold rule ids, all of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    #[serde(default)]
    namespace: String,
    name: String,
    /// Nothing is denied where this is not there.
    #[serde(default)]
    denied: BTreeSet<String>,
    /// Not looked at where this is not there.
    warned: Option<BTreeSet<String>>,
    /// Not looked at where this is not there.
    patched: Option<BTreeSet<String>>,
}

impl Case {
    /// All cases of a folder, by name.
    pub(super) fn all(folder: &Path) -> Result<Vec<Self>, Failure> {
        let entries = fs::read_dir(folder).map_err(|error| Failure::Usage(format!("{}: {error}", folder.display())))?;
        let mut folders: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        if folders.is_empty() {
            return Err(Failure::Usage(format!("{}: holds no case", folder.display())));
        }
        folders.iter().map(|folder| Self::read(folder)).collect()
    }

    fn read(folder: &Path) -> Result<Self, Failure> {
        let usage = |path: &Path, what: String| Failure::Usage(format!("{}{what}", path.display()));
        let path = folder.join(EXPECT);
        let text = fs::read_to_string(&path).map_err(|error| usage(&path, format!(": {error}")))?;
        let expect: Expect = serde_saphyr::from_str(&text).map_err(|error| {
            let line = error.location().map_or(String::new(), |at| format!(":{}", at.line()));
            let what = error.without_snippet().to_string();
            usage(&path, format!("{line}: {}", what.lines().next().unwrap_or_default()))
        })?;
        let is = |path: &PathBuf, name: &str| path.file_name().is_some_and(|file| file == name);
        let (before, rest): (Vec<_>, Vec<_>) = files(folder)?.into_iter().partition(|path| is(path, BEFORE));
        let manifests: Vec<PathBuf> = rest.into_iter().filter(|path| !is(path, EXPECT)).collect();
        Ok(Self {
            name: folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            expected: expect.workloads,
            objects: objects(&manifests)?,
            before: objects(&before)?,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What does not come out as expected, a line each.
    pub(super) fn run(&self, policies: &Policies) -> Vec<String> {
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
                wrong.push(format!("{name}: {EXPECT} does not say what is expected of it"));
            }
        }
        wrong
    }

    /// The labels of the Namespaces among the manifests, by which a policy may match.
    fn namespaces(&self) -> BTreeMap<String, Labels> {
        let all = self.objects.iter().chain(&self.before);
        all.filter_map(|object| judging::namespace(object)).collect()
    }

    fn outcome(&self, policies: &Policies, object: &Arc<Value>) -> Outcome {
        let target = ObjectRef::of(object);
        let old = self.before.iter().find(|before| ObjectRef::of(before) == target);
        ask(policies, object, old, self)
    }
}

fn objects(paths: &[PathBuf]) -> Result<Vec<Arc<Value>>, Failure> {
    let manifests = Manifests::read(paths);
    match manifests.mistakes.first() {
        Some(mistake) => Err(Failure::Usage(mistake.to_string())),
        None => Ok(manifests.documents.into_iter().map(|document| document.value).collect()),
    }
}

/// A cluster that holds the objects of the case and nothing else; of the Pods only what `before.yaml` says.
impl Inventory for Case {
    fn look(&self, reference: &Reference) -> Seen<&[Arc<Value>]> {
        let Reference::Object(name) = reference else { return Seen::Absent };
        match self.objects.iter().chain(&self.before).find(|object| ObjectRef::of(object) == *name) {
            Some(object) => Seen::Found(std::slice::from_ref(object)),
            None => Seen::Absent,
        }
    }
}

impl Expected {
    fn names(&self, object: &ObjectRef) -> bool {
        self.kind == object.kind && self.name == object.name && self.namespace == object.namespace
    }

    fn title(&self) -> String {
        ObjectRef::new("", &self.kind, &self.namespace, &self.name).to_string()
    }

    fn compare(&self, outcome: &Outcome) -> Vec<String> {
        let lists = [
            ("denied", Some(&self.denied), &outcome.denied),
            ("warned", self.warned.as_ref(), &outcome.warned),
            ("patched", self.patched.as_ref(), &outcome.patched),
        ];
        let wrong = |(what, expected, found): (&str, Option<&BTreeSet<String>>, &BTreeSet<String>)| {
            let expected = expected.filter(|expected| *expected != found)?;
            Some(format!("{}: {what}: expected {}, found {}", self.title(), listed(expected), listed(found)))
        };
        let mut wrong: Vec<String> = lists.into_iter().filter_map(wrong).collect();
        if outcome.unsettled {
            wrong.push(format!("{}: its fixes did not settle, so nothing is patched", self.title()));
        }
        wrong
    }
}

fn listed(rules: &BTreeSet<String>) -> String {
    format!("[{}]", rules.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
}
