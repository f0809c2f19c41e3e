//! The impact of a policy as JSON: what `policy impact -o json` prints, `docs/schemas/impact.schema.json`.

use serde_json::{Value, json};

use super::VERSION;
use crate::engine::Outcome;
use crate::impact::{Change, Impact, NamespaceMemory, Quota, Remaining, Summary, WorkloadImpact};
use crate::report::format::ToJson;

impl ToJson for Impact {
    fn to_json(&self) -> Value {
        let summary = Summary::count(&self.workloads);
        json!({
            "version": VERSION,
            "old": self.policies.old,
            "new": self.policies.new,
            "workloads": self.workloads.iter().map(workload_json).collect::<Vec<_>>(),
            "namespaces": self.namespaces.iter().map(namespace_json).collect::<Vec<_>>(),
            "summary": {
                "denied": summary.denied,
                "deniedAtRollout": summary.denied_at_rollout,
                "patched": summary.patched,
                "changedAtRollout": summary.changed_at_rollout,
                "warned": summary.warned,
            },
        })
    }
}

fn workload_json(workload: &WorkloadImpact) -> Value {
    json!({
        "workload": workload.object,
        "policy": {"old": workload.policy.old, "new": workload.policy.new},
        "create": outcomes_json(&workload.create),
        "rollout": workload.rollout.as_ref().map(outcomes_json),
        "changes": workload.changed_paths(),
    })
}

fn outcomes_json(outcomes: &Change<Outcome>) -> Value {
    json!({"old": outcome_json(&outcomes.old), "new": outcome_json(&outcomes.new)})
}

fn outcome_json(outcome: &Outcome) -> Value {
    json!({
        "denied": outcome.denied,
        "warned": outcome.warned,
        "patched": outcome.patched,
        "settled": !outcome.unsettled,
    })
}

fn namespace_json(memory: &NamespaceMemory) -> Value {
    json!({
        "namespace": memory.namespace,
        "added_bytes": memory.added.bytes,
        "for_each_node_bytes": memory.added.each_node,
        "quotas": memory.quotas.iter().map(quota_json).collect::<Vec<_>>(),
    })
}

fn quota_json(quota: &Quota) -> Value {
    let left = quota.left.as_ref().ok();
    let assumes = left
        .filter(|left| left.assumes_no_default_class)
        .map(|_| format!("Pods that name no PriorityClass have none: {}", Remaining::ASSUMPTION));
    json!({
        "name": quota.name,
        "hard_bytes": quota.hard,
        "left_bytes": left.map(|left| left.bytes),
        "for_each_node_bytes": left.map(|left| left.each_node),
        "scopes": left.map(|left| &left.scopes),
        "assumes": assumes,
        "undecided": quota.left.as_ref().err(),
    })
}
