//! A namespace in memory: what an API server with our two webhooks would store, without one.

use std::sync::Arc;

use plimsoll::engine::{self, Hook, Judged, Operation, Request, Verdict};
use plimsoll::kubernetes::{Inventory as _, ObjectRef, Snapshot};
use plimsoll::policy::Policies;
use plimsoll::workload::Workload;
use serde_json::Value;

use super::policy::policies_with_only;

/// A namespace in memory that stores what the engine lets through, in the order of the manifests.
pub(crate) struct Namespace {
    pub(crate) snapshot: Snapshot,
    pub(crate) policies: Policies,
}

/// Whether a warning comes from this rule.
pub(crate) fn warns_of(verdict: &Verdict, rule: &str) -> bool {
    verdict.warnings.iter().any(|warning| warning.starts_with(&format!("{rule}: ")))
}

impl Namespace {
    pub(crate) fn new(profile: &str) -> Self {
        Self { snapshot: Snapshot::complete([]), policies: Policies::profile(profile).unwrap() }
    }

    /// A namespace under a profile of which only these rules are on.
    pub(crate) fn with_only(profile: &str, rules: &[&str]) -> Self {
        Self { snapshot: Snapshot::complete([]), policies: policies_with_only(profile, rules, "") }
    }

    pub(crate) fn request(object: &Arc<Value>, old: Option<&Arc<Value>>) -> Request {
        Request {
            operation: if old.is_some() { Operation::Update } else { Operation::Create },
            subresource: None,
            target: ObjectRef::of(object),
            object: Arc::clone(object),
            old: old.map(Arc::clone),
            user: "jane".to_owned(),
        }
    }

    /// What is not stored is not there.
    pub(crate) fn decide(&mut self, hook: Hook, request: &Request) -> Verdict {
        engine::resolve(&self.policies, hook, request.clone(), &mut |lookup| self.snapshot.answer(lookup))
    }

    /// Mutates, validates, stores.
    pub(crate) fn apply(&mut self, object: &Value, old: Option<&Arc<Value>>) -> (Arc<Value>, Verdict) {
        let received = Arc::new(object.clone());
        let mutated = self.decide(Hook::Mutate, &Self::request(&received, old));
        assert!(!mutated.unsettled, "{} does not settle", ObjectRef::of(object));
        assert!(mutated.denial.is_none());
        let mut stored = object.clone();
        json_patch::patch(&mut stored, &mutated.patch).unwrap();
        let stored = Arc::new(stored);
        let verdict = self.decide(Hook::Validate, &Self::request(&stored, old));
        assert!(verdict.patch.is_empty());
        self.snapshot.insert_object(Arc::clone(&stored));
        (stored, verdict)
    }

    pub(crate) fn judge(&self, object: &Value) -> Vec<Judged> {
        let Some(workload) = Workload::read(object, &self.snapshot) else { return Vec::new() };
        engine::judge(&self.policies, &workload, object, &self.snapshot)
    }
}
