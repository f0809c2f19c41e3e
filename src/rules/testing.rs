//! What the tests of rules share: a fragment of a container becomes a StatefulSet, and the helpers prove the laws on it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::context::{Context, Lifecycle};
use super::finding::{Applicability, Finding};
use super::info::Door;
use super::maxmemory::derivation::Derivation;
use super::registry::Rule;
use crate::kubernetes::{Lookup, ObjectRef, Seen, Snapshot};
use crate::patch;
use crate::workload::Workload;

/// Objects from YAML: whole ones, or fragments of a container that are put into a StatefulSet.
pub(crate) struct Fixture {
    pub(crate) objects: Vec<Arc<Value>>,
    pub(crate) inventory: Snapshot,
}

impl Fixture {
    pub(crate) fn new(text: &str) -> Self {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
        let objects: Vec<Arc<Value>> = documents.into_iter().map(|document| Arc::new(whole(document))).collect();
        let mut inventory = Snapshot::new();
        for object in &objects {
            inventory.insert_object(Arc::clone(object));
        }
        // What the fixture does not hold is not there.
        for object in &objects {
            for reference in Workload::read(object, &inventory).map_or(Vec::new(), |workload| workload.references) {
                if !inventory.holds(&reference) {
                    let seen = match &reference {
                        Lookup::All(kind, _) => {
                            let all = objects.iter().filter(|object| object["kind"] == kind.name);
                            Seen::Found(all.map(Arc::clone).collect())
                        }
                        _ => Seen::Absent,
                    };
                    inventory.insert(reference, seen);
                }
            }
        }
        Self { objects, inventory }
    }

    /// What a rule finds on all workloads of the fixture. Two fragments are one container before and after an update.
    pub(crate) fn findings(&self, rule: &dyn super::registry::Check) -> Vec<Finding> {
        let workloads: Vec<Workload> =
            self.objects.iter().filter_map(|object| Workload::read(object, &self.inventory)).collect();
        let update = workloads.len() == 2 && workloads[0].object == workloads[1].object;
        let mut findings = Vec::new();
        for (index, workload) in workloads.iter().enumerate() {
            let old = (update && index == 1).then(|| &workloads[0]);
            let lifecycle = if update { Lifecycle::MayHoldData } else { Lifecycle::Creating };
            let context = Context::new(Door::Admission, lifecycle, Derivation::default()).old(old);
            rule.check(&context, &mut findings, workload);
        }
        findings
    }
}

fn whole(document: Value) -> Value {
    if document.get("kind").is_some() {
        return document;
    }
    let mut container = json!({"name": "redis", "image": "redis:7.4"});
    container.as_object_mut().unwrap().extend(document.as_object().unwrap().clone());
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "cache", "namespace": "shop"},
        "spec": {
            "replicas": 1,
            "serviceName": "cache",
            "selector": {"matchLabels": {"app": "cache"}},
            "template": {"metadata": {"labels": {"app": "cache"}}, "spec": {"containers": [container]}},
        },
    })
}

fn findings<R: Rule>(fragment: &str) -> Vec<Finding> {
    Fixture::new(fragment).findings(&R::default())
}

#[track_caller]
fn only<R: Rule>(fragment: &str) -> Finding {
    let mut findings = findings::<R>(fragment);
    assert_eq!(findings.len(), 1, "one finding of {} in {fragment}: {findings:#?}", R::INFO.id);
    findings.remove(0)
}

/// The rule is silent.
#[track_caller]
pub(crate) fn passes<R: Rule>(fragment: &str) {
    let findings = findings::<R>(fragment);
    assert!(findings.is_empty(), "{fragment}: {findings:#?}");
}

/// The rule has one finding with these words in its message.
#[track_caller]
pub(crate) fn finds<R: Rule>(fragment: &str, words: &str) {
    let finding = only::<R>(fragment);
    assert!(finding.message.contains(words), "{:?} is not in {:?}", words, finding.message);
}

/// The rule has one finding that a human must fix.
#[track_caller]
pub(crate) fn shows<R: Rule>(fragment: &str) {
    let finding = only::<R>(fragment);
    let trust = finding.fix.map(|fix| fix.applicability);
    assert_eq!(trust, Some(Applicability::Display), "{fragment}");
}

/// The rule has one finding, whose fix is Safe, leads to `fixed`, and leaves nothing to find or to fix.
#[track_caller]
pub(crate) fn fixes<R: Rule>(fragment: &str, fixed: &str) {
    let finding = only::<R>(fragment);
    assert_eq!(finding.fix.as_ref().map(|fix| fix.applicability), Some(Applicability::Safe), "{finding:#?}");
    let fixture = Fixture::new(fragment);
    let workload = Workload::read(&fixture.objects[0], &fixture.inventory).unwrap();
    let mut object = (*fixture.objects[0]).clone();
    patch::apply_fix(&mut object, Some(&workload), &finding).unwrap();
    let expected = Fixture::new(fixed);
    assert_eq!(object, *expected.objects[0], "the fix of {}", R::INFO.id);
    passes::<R>(fixed);
    // The fix touches nothing but what it says.
    assert_eq!(ObjectRef::of(&object), finding.workload);
}
