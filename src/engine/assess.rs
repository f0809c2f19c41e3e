//! Judging what nobody is applying: manifests, and objects as a cluster has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::evaluate::evaluate;
use super::fixes::{is_audited, is_told_with, may_apply_fix, touches_others};
use super::mutate::mutate;
use super::review::Review;
use super::unapplied::{strongest_at_creation, why_unapplied};
use super::validate::action_without_fix;
use super::verdict::{Hook, Judged, ObjectPatch, Operation, Request};
use crate::kubernetes::{Inventory, ObjectRef, Seen};
use crate::patch::{self, ownership};
use crate::policy::{Action, Exception, Policies, Target};
use crate::rules::{self, Applicability, Context, Door, Edit, Finding, Lifecycle, Strongest};
use crate::workload::Workload;

/// Judges a workload that nobody is applying: a manifest as its CREATE would be, an object that a cluster has stored
/// (it has a uid) as what runs. `object` is the object that `workload` was read from.
#[must_use]
pub fn judge(policies: &Policies, workload: &Workload, object: &Value, inventory: &dyn Inventory) -> Vec<Judged> {
    let policy = policies.of(&Target::workload(workload, object));
    let cap = policies.mode(policy).cap().min(strongest_at_creation(workload));
    let is_stored = object.pointer("/metadata/uid").is_some();
    let (door, lifecycle) =
        if is_stored { (Door::Cluster, Lifecycle::MayHoldData) } else { (Door::Files, Lifecycle::Creating) };
    let context = Context::new(door, lifecycle, policy.derivation)
        .owned(ownership::still_owned(object).owned_values())
        .service_is_new(!is_stored);
    let findings = evaluate(policy, &context, workload);
    // Another object is not fixed when the workload comes: Helm creates Services before the sets that they govern.
    let is_applied = |finding: &Finding| may_apply_fix(policies, policy, finding) && !touches_others(finding);
    let is_created = lifecycle == Lifecycle::Creating && findings.iter().any(is_applied);
    let left = is_created.then(|| findings_after_fixes(policies, workload, object, inventory)).flatten();
    let mut fixed: Vec<Finding> = Vec::new();
    for finding in &findings {
        // What can't be fixed by itself may go with what is fixed before: a limit that is derived gives a maxmemory.
        let follows = left.as_ref().is_some_and(|left| !left.iter().any(|left| left.is_same(finding)));
        let mutates = policy.action(&finding.rule, finding.severity).0 == Action::Mutate;
        if is_applied(finding) || (mutates && follows) {
            fixed.push(finding.clone());
        }
    }
    let mut judged = Vec::new();
    for finding in findings {
        let is_told = cap > Action::Warn
            && is_audited(policies, policy, &finding)
            && fixed.iter().any(|fixed| is_told_with(&finding, fixed));
        let action = if fixed.contains(&finding) {
            Action::Mutate
        } else if is_told {
            Action::Warn
        } else {
            action_without_fix(policy, &finding).min(strongest_at_admission(&finding))
        }
        .min(cap);
        if action == Action::Off {
            continue;
        }
        let unapplied = if action == Action::Mutate || is_stored {
            None
        } else {
            why_unapplied(policies, policy, workload, &finding)
        };
        let patches = patches(&finding, workload, object, inventory);
        let suppressed_by = policies.excepted(policy, &finding).map(Exception::title);
        judged.push(Judged { patches, unapplied, ..Judged::new(finding, action, suppressed_by) });
    }
    judged
}

/// The strongest action of a finding's rule at admission, where it is checked there at all.
fn strongest_at_admission(finding: &Finding) -> Action {
    let admission = rules::entry(&finding.rule).map_or(Strongest::Deny, |entry| entry.info.doors.admission);
    if admission == Strongest::Never { Action::Deny } else { admission.into() }
}

/// What our rules still find on a manifest once it is created; nothing where it is not patched.
fn findings_after_fixes(
    policies: &Policies,
    workload: &Workload,
    object: &Value,
    inventory: &dyn Inventory,
) -> Option<Vec<Finding>> {
    let request = Request {
        operation: Operation::Create,
        subresource: None,
        target: workload.object.clone(),
        object: Arc::new(object.clone()),
        old: None,
        user: String::new(),
    };
    let review = Review::with_model(Hook::Mutate, &request, inventory, workload.clone());
    let patch = mutate(policies, review).patch;
    let mut created = object.clone();
    json_patch::patch(&mut created, &patch).ok().filter(|()| !patch.is_empty())?;
    let workload = Workload::read(&created, inventory)?.watched_as(workload);
    let policy = policies.of(&Target::workload(&workload, &created));
    let owned = ownership::still_owned(&created).owned_values();
    let context = Context::new(Door::Files, Lifecycle::Creating, policy.derivation).owned(owned);
    Some(evaluate(policy, &context, &workload))
}

/// The fix of a finding as one patch for each object that it touches.
fn patches(finding: &Finding, workload: &Workload, object: &Value, inventory: &dyn Inventory) -> Vec<ObjectPatch> {
    let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability != Applicability::Display) else {
        return Vec::new();
    };
    let mut targets: BTreeMap<ObjectRef, Value> = BTreeMap::new();
    for edit in &fix.edits {
        let name = match edit {
            Edit::Set { object: Some(object), .. } => object,
            _ => &finding.workload,
        };
        let before = if *name == finding.workload { Some(object.clone()) } else { found(inventory, name) };
        if let Some(before) = before {
            targets.insert(name.clone(), before);
        }
    }
    let mut patches = Vec::new();
    for (name, before) in targets {
        let mut after = before.clone();
        if patch::apply_fix(&mut after, Some(workload), finding).is_err() {
            continue;
        }
        let patch = patch::diff(&before, &after);
        if !patch.is_empty() {
            patches.push(ObjectPatch { object: name, patch });
        }
    }
    patches
}

fn found(inventory: &dyn Inventory, name: &ObjectRef) -> Option<Value> {
    match inventory.object(name) {
        Seen::Found(object) => Some(object.clone()),
        Seen::Absent | Seen::Unknown(_) => None,
    }
}
