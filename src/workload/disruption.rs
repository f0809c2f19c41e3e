//! The PodDisruptionBudgets that cover the Pods of a workload.

use serde_json::Value;

use super::fact::Fact;
use super::start::pod::Pod;
use crate::kubernetes::{Kind, Lookup, ObjectRef, Seen, json, selects};

/// The budgets of the namespace that select the Pods; unset where none does. A workload of one Pod is not asked about: a
/// drain takes it in any case.
pub(crate) fn read_disruption_budgets(pod: &Pod, replicas: Option<u64>) -> Fact<Vec<ObjectRef>> {
    if replicas.is_none_or(|replicas| replicas < 2) {
        return Fact::Unset;
    }
    let lookup = Lookup::All(&Kind::POD_DISRUPTION_BUDGET, pod.namespace.to_owned());
    let budgets = match pod.inventory.look(&lookup) {
        Seen::Found(budgets) => budgets,
        Seen::Absent => return Fact::Unset,
        Seen::Unknown(_) => return Fact::Unknown(format!("PodDisruptionBudget objects of {}", pod.namespace)),
    };
    let labels = json::at(pod.template, "/metadata/labels").and_then(Value::as_object);
    let mut covering = Vec::new();
    for budget in budgets {
        if selects(json::at(budget, "/spec/selector"), labels) {
            covering.push(ObjectRef::of(budget));
        }
    }
    if covering.is_empty() { Fact::Unset } else { Fact::Set(covering) }
}
