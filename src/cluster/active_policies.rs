//! Which policies are in force: the last set without an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde_json::Value;

use super::conditions::{PolicyState, generation};
use crate::kubernetes::ObjectRef;
use crate::policy::{Labels, Policies, Refused};

/// What the watches held at one moment.
pub(crate) struct ClusterState {
    /// Policies and exceptions; nothing where they are not watched.
    pub(crate) own: Option<[Vec<Arc<Value>>; 2]>,
    pub(crate) namespaces: BTreeMap<String, Labels>,
    /// Why some of it may be stale.
    pub(crate) troubles: Vec<String>,
}

impl ClusterState {
    /// A base with the labels of namespaces, and these policies with the exceptions seen over it.
    pub(crate) fn build(
        &self,
        base: &Policies,
        policies: &[Arc<Value>],
        exceptions: &[Arc<Value>],
    ) -> (Policies, Vec<Refused>) {
        let base = base.clone().with_namespaces(self.namespaces.clone());
        base.of_objects(policies.iter().chain(exceptions).map(|object| &**object))
    }
}

/// How many policies there are, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PolicyCounts {
    /// In force.
    pub active: usize,
    /// With an error.
    pub refused: usize,
    /// Watches that fail.
    pub failing_watches: usize,
}

/// Puts sets of policies into force.
pub(crate) struct ActivePolicies {
    base: Policies,
    in_force: Arc<ArcSwap<Policies>>,
    /// The policies of the last set without an error.
    last_good: Option<Vec<Arc<Value>>>,
    pub(crate) counts: PolicyCounts,
    logged: LoggedState,
}

/// What was logged last, so that only changes are.
#[derive(Default, PartialEq)]
struct LoggedState {
    names: Vec<String>,
    refused: Vec<String>,
    troubles: Vec<String>,
}

impl ActivePolicies {
    pub(crate) fn new(base: Policies, in_force: Arc<ArcSwap<Policies>>) -> Self {
        Self { base, in_force, last_good: None, counts: PolicyCounts::default(), logged: LoggedState::default() }
    }

    /// Puts what was seen into force. Gives what the statuses should say, where our kinds are watched.
    pub(crate) fn update(&mut self, state: ClusterState) -> Option<PolicyState> {
        let Some([policies, exceptions]) = &state.own else {
            let set = self.base.clone().with_namespaces(state.namespaces);
            self.put_into_force(set, &[], state.troubles);
            return None;
        };
        let (built, refused) = state.build(&self.base, policies, exceptions);
        let is_refused = |object: &Arc<Value>| refused.iter().any(|refused| refused.object == ObjectRef::of(object));
        let is_good = !policies.iter().any(is_refused);
        // Before there was a good set, what is good of this one holds.
        let (set, used) = match &self.last_good {
            Some(good) if !is_good => (state.build(&self.base, good, exceptions).0, good.clone()),
            _ => (built, policies.iter().filter(|object| !is_refused(object)).map(Arc::clone).collect()),
        };
        if is_good {
            self.last_good = Some(policies.clone());
        }
        let wanted = PolicyState {
            policies: policies.clone(),
            exceptions: exceptions.clone(),
            in_force: used.iter().map(|object| (ObjectRef::of(object).name, generation(object))).collect(),
            refused,
            set: set.clone().at(Timestamp::now()),
        };
        self.put_into_force(set, &wanted.refused, state.troubles);
        Some(wanted)
    }

    fn put_into_force(&mut self, set: Policies, refused: &[Refused], troubles: Vec<String>) {
        let names: Vec<String> = set.names().map(str::to_owned).collect();
        self.in_force.store(Arc::new(set));
        self.counts = PolicyCounts { active: names.len(), refused: refused.len(), failing_watches: troubles.len() };
        let refused = refused.iter().map(describe_refusal).collect();
        self.log_changes(LoggedState { names, refused, troubles });
    }

    fn log_changes(&mut self, state: LoggedState) {
        if state.names != self.logged.names {
            tracing::info!(policies = state.names.join(","), "policies in force");
        }
        for line in state.refused.iter().filter(|line| !self.logged.refused.contains(line)) {
            tracing::warn!(diagnostics = line, "this can't be used; the last good policies stay in force");
        }
        for line in state.troubles.iter().filter(|line| !self.logged.troubles.contains(line)) {
            tracing::warn!(trouble = line, "what is watched may be stale");
        }
        self.logged = state;
    }
}

fn describe_refusal(refused: &Refused) -> String {
    let diagnostics: Vec<String> = refused.diagnostics.iter().map(ToString::to_string).collect();
    format!("{}: {}", refused.object, diagnostics.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(name: &str, generation: i64, spec: impl Into<Value>) -> Arc<Value> {
        Arc::new(json!({
            "apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy",
            "metadata": {"name": name, "generation": generation}, "spec": spec.into(),
        }))
    }

    fn active() -> ActivePolicies {
        let base = Policies::profile("baseline").unwrap();
        let in_force = Arc::new(ArcSwap::from_pointee(base.clone()));
        ActivePolicies::new(base, in_force)
    }

    impl ActivePolicies {
        /// The names in force after these policies were seen.
        fn sees(&mut self, policies: &[Arc<Value>]) -> Vec<String> {
            let own = Some([policies.to_vec(), Vec::new()]);
            self.update(ClusterState { own, namespaces: BTreeMap::new(), troubles: Vec::new() });
            self.in_force.load().names().map(str::to_owned).collect()
        }
    }

    #[test]
    fn a_set_with_a_diagnostic_keeps_the_last_good_one() {
        let mut active = active();
        let one = policy("one", 1, json!({"priority": 1}));
        let two = policy("two", 1, json!({"priority": 2}));
        let broken = policy("two", 2, json!({"priority": 2, "mode": "strict"}));
        assert_eq!(active.sees(&[Arc::clone(&one), two]), ["two", "one"]);
        assert_eq!(active.sees(&[Arc::clone(&one), Arc::clone(&broken)]), ["two", "one"]);
        assert_eq!(active.sees(std::slice::from_ref(&broken)), ["two", "one"], "nor does anything else of it count");
        assert_eq!(active.counts.refused, 1);
        assert_eq!(active.sees(std::slice::from_ref(&one)), ["one"]);
        assert_eq!(active.counts.refused, 0);
        assert_eq!(active.sees(&[]), [""; 0]);
    }

    #[test]
    fn before_there_was_a_good_set_what_is_good_holds() {
        let mut active = active();
        let one = policy("one", 1, json!({"priority": 1}));
        let broken = policy("two", 1, json!({"priorty": 2}));
        assert_eq!(active.sees(&[one, broken]), ["one"]);
    }

    #[test]
    fn of_two_with_a_priority_the_older_holds() {
        let mut active = active();
        let (mut older, mut newer) = (json!(*policy("b", 1, json!({}))), json!(*policy("a", 1, json!({}))));
        older["metadata"]["creationTimestamp"] = json!("2027-01-01T00:00:00Z");
        newer["metadata"]["creationTimestamp"] = json!("2027-01-02T00:00:00Z");
        assert_eq!(active.sees(&[Arc::new(newer), Arc::new(older)]), ["b"]);
    }
}
