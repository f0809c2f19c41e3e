//! Judging what nobody is applying: manifests, and objects as a cluster has them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::evaluate::evaluate;
use super::{Action, Exception, Judged, ObjectPatch, Policies, Target};
use crate::patch::{self, Mark, sticky};
use crate::rules::{Applicability, Context, Edit, Finding, Life};
use crate::workload::{Inventory, ObjectRef, Seen, Workload};

/// Judges a workload that nobody is applying: a manifest as its CREATE would be, an object that a cluster has stored
/// (it has a uid) as what runs. `object` is the object that `workload` was read from.
#[must_use]
pub fn judge(policies: &Policies, workload: &Workload, object: &Value, inventory: &dyn Inventory) -> Vec<Judged> {
    let policy = policies.of(&Target::workload(workload, object));
    let cap = policies.mode(policy).cap();
    let ours = sticky::ours(object).ours();
    let is_stored = object.pointer("/metadata/uid").is_some();
    let life = if is_stored { Life::Running } else { Life::New };
    let context = Context { life, derivation: policy.derivation, ours: &ours, old: None, service_is_new: !is_stored };
    let judge = |finding: Finding| {
        let action = match finding.needs {
            Some(_) => Action::Audit,
            None => policy.action(&finding.rule, finding.severity).0.min(cap),
        };
        let patches = patches(&finding, workload, object, inventory);
        let suppressed_by = policies.excepted(policy, &finding).map(Exception::title);
        (action != Action::Off).then_some(Judged { finding, action, suppressed_by, patches })
    };
    evaluate(policy, &context, workload).into_iter().filter_map(judge).collect()
}

/// The fix of a finding as one patch for each object that it touches.
fn patches(finding: &Finding, workload: &Workload, object: &Value, inventory: &dyn Inventory) -> Vec<ObjectPatch> {
    let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability != Applicability::Display) else {
        return Vec::new();
    };
    let target = |edit: &Edit| match edit {
        Edit::Set { object: Some(object), .. } => object.clone(),
        _ => finding.workload.clone(),
    };
    let mut targets: BTreeMap<ObjectRef, Value> = BTreeMap::new();
    for name in fix.edits.iter().map(target) {
        let before = if name == finding.workload { Some(object.clone()) } else { found(inventory, &name) };
        if let Some(before) = before {
            targets.insert(name, before);
        }
    }
    let patch = |(name, before): (ObjectRef, Value)| {
        let mut after = before.clone();
        patch::edit(&mut after, &mut Mark::default(), &Mark::default(), Some(workload), finding).ok()?;
        let patch = patch::diff(&before, &after);
        (!patch.is_empty()).then_some(ObjectPatch { object: name, patch })
    };
    targets.into_iter().filter_map(patch).collect()
}

fn found(inventory: &dyn Inventory, name: &ObjectRef) -> Option<Value> {
    match inventory.object(name) {
        Seen::Found(object) => Some(object.clone()),
        Seen::Absent | Seen::Unknown(_) => None,
    }
}
