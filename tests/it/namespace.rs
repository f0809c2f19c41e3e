//! A namespace in memory: what an API server with our two webhooks would store, without one.

use std::sync::Arc;

use plimsoll::engine::{self, Hook, Judged, Operation, Request, Verdict};
use plimsoll::kubernetes::{ObjectRef, Seen, Snapshot};
use plimsoll::policy::Policies;
use plimsoll::workload::Workload;
use serde_json::Value;

/// A namespace in memory that stores what the engine lets through, in the order of the manifests.
pub(crate) struct Namespace {
    pub(crate) snapshot: Snapshot,
    pub(crate) policies: Policies,
}

impl Namespace {
    pub(crate) fn new(profile: &str) -> Self {
        Self { snapshot: Snapshot::new(), policies: Policies::profile(profile).unwrap() }
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
    fn look_up(&mut self, request: &Request) {
        for _ in 0..3 {
            for reference in engine::references(request, &self.snapshot) {
                if !self.snapshot.holds(&reference) {
                    self.snapshot.insert(reference, Seen::Absent);
                }
            }
        }
    }

    pub(crate) fn decide(&mut self, hook: Hook, request: &Request) -> Verdict {
        self.look_up(request);
        engine::decide(&self.policies, hook, request, &self.snapshot)
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
