//! The one way from a request to a verdict: read, look up what is missing, read again, decide. It does no look-up itself:
//! whoever asks fetches, at once or one after the other, with or without waiting.

use std::sync::Arc;

use serde_json::Value;

use super::related;
use super::request_kind::RequestKind;
use super::review::{Earlier, Review};
use super::verdict::{Hook, Request, Verdict};
use crate::kubernetes::{Lookup, Seen, Snapshot};
use crate::patch::ownership::Update;
use crate::policy::Policies;

/// How often more may be looked up: a workload, what it names, what that names.
const MAX_ROUNDS: usize = 3;

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// All of these are to be looked up, at once, and their answers to be [recorded](Resolution::record).
    LookUp(Vec<Lookup>),
    /// It is decided.
    Done(Box<Verdict>),
}

/// A request on its way to a verdict.
#[derive(Debug)]
pub struct Resolution {
    policies: Policies,
    hook: Hook,
    request: Request,
    seen: Snapshot,
    rounds: usize,
    /// The workloads that say the name of the object under review, once they were sought.
    candidates: Option<Vec<Arc<Value>>>,
    /// For a mutation, what an update does to values of ours, once that was told.
    update: Option<Update>,
}

impl Resolution {
    /// A request of which this was seen already.
    #[must_use]
    pub fn new(policies: Policies, hook: Hook, request: Request, seen: Snapshot) -> Self {
        Self { policies, hook, request, seen, rounds: 0, candidates: None, update: None }
    }

    /// The next step. After the last round of look-ups it decides by what was seen.
    pub fn advance(&mut self) -> Step {
        loop {
            self.seek_candidates();
            let earlier = Earlier { candidates: self.candidates.as_deref(), update: self.update.take() };
            let review = Review::read_after(self.hook, &self.request, &self.seen, earlier);
            let mut missing = review.missing(&self.policies);
            missing.retain(|lookup| !self.seen.holds(lookup));
            if missing.is_empty() || self.rounds == MAX_ROUNDS {
                return Step::Done(Box::new(review.decide(&self.policies)));
            }
            self.update = review.update;
            self.rounds += 1;
            self.refuse_foreign(&mut missing);
            if !missing.is_empty() {
                return Step::LookUp(missing);
            }
        }
    }

    /// Records what a look-up saw.
    pub fn record(&mut self, lookup: Lookup, seen: Seen<Vec<Arc<Value>>>) {
        self.seen.insert(lookup, seen);
    }

    /// All that was seen.
    #[must_use]
    pub fn into_seen(self) -> Snapshot {
        self.seen
    }

    fn seek_candidates(&mut self) {
        let kind = RequestKind::of(&self.request);
        if self.candidates.is_none() && kind.is_judged_by_workloads() {
            self.candidates = related::candidates(kind, &self.request, &self.seen);
        }
    }

    /// A user may name an object of another namespace, which he may not be allowed to read: none is looked into.
    fn refuse_foreign(&mut self, missing: &mut Vec<Lookup>) {
        let namespace = &self.request.target.namespace;
        for lookup in missing.extract_if(.., |lookup| lookup.namespace() != namespace) {
            self.seen.insert(lookup, Seen::Unknown("a look into another namespace".to_owned()));
        }
    }
}

/// The verdict on a request, where a look-up answers at once.
#[must_use]
pub fn resolve(
    policies: &Policies,
    hook: Hook,
    request: Request,
    fetch: &mut dyn FnMut(&Lookup) -> Seen<Vec<Arc<Value>>>,
) -> Verdict {
    let mut resolution = Resolution::new(policies.clone(), hook, request, Snapshot::new());
    loop {
        match resolution.advance() {
            Step::Done(verdict) => return *verdict,
            Step::LookUp(lookups) => {
                for lookup in lookups {
                    let seen = fetch(&lookup);
                    resolution.record(lookup, seen);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::verdict::Operation;
    use crate::kubernetes::ObjectRef;

    fn set_of(namespace: &str, replicas: u64) -> Arc<Value> {
        Arc::new(json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a", "namespace": namespace},
            "spec": {"replicas": replicas, "serviceName": "a", "template": {
                "spec": {"containers": [{"name": "redis", "image": "redis:7"}]},
            }},
        }))
    }

    /// What a validation of the set in namespace `shop` looks up, where nothing is found.
    fn look_ups(policies: &Policies, set: Arc<Value>) -> Vec<Lookup> {
        let mut target = ObjectRef::of(&set);
        target.namespace = "shop".to_owned();
        let (operation, user) = (Operation::Create, String::new());
        let request = Request { operation, subresource: None, target, object: set, old: None, user };
        let mut asked = Vec::new();
        let _ = resolve(policies, Hook::Validate, request, &mut |lookup| {
            asked.push(lookup.clone());
            Seen::Absent
        });
        asked
    }

    #[test]
    fn others_namespaces_are_not_looked_into() {
        let asked = look_ups(&Policies::profile("production").unwrap(), set_of("other", 1));
        assert!(asked.iter().all(|lookup| lookup.namespace() == "shop"), "{asked:?}");
    }

    #[test]
    fn a_custom_rule_asks_for_nothing_that_it_can_not_read() {
        let rule = "{name: a, message: m, expression: 'workload.kind != \"Pod\"'}";
        let policy = format!(
            "{{apiVersion: plimsoll.dev/v1alpha1, kind: RedisPolicy, metadata: {{name: p}}, spec: {{customRules: [{rule}]}}}}"
        );
        let policies = Policies::parse(&[("mine.yaml".to_owned(), policy)]).unwrap();
        let asked = look_ups(&policies, set_of("shop", 3));
        let kinds: Vec<&str> = asked.iter().filter_map(Lookup::kind).map(|kind| kind.name).collect();
        assert!(kinds.contains(&"Service") && !kinds.contains(&"PodDisruptionBudget"), "{kinds:?}");
    }
}
