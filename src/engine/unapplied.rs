//! Why admission leaves alone what could be fixed safely.

use super::fixes::touches_others;
use crate::kubernetes::{Kind, KindRole};
use crate::policy::{Action, Mode, Policies, Policy, Replaces};
use crate::rules::{self, Applicability, Finding};
use crate::workload::Workload;

/// The strongest action when a workload is created: admission is not asked about every kind.
pub(crate) fn strongest_at_creation(workload: &Workload) -> Action {
    let is_asked = Kind::of(&workload.object).is_some_and(|kind| kind.role == KindRole::Workload);
    if is_asked { Action::Deny } else { Action::Audit }
}

/// Why a safe fix is not applied when the workload is created, and what would apply it; nothing for a fix that is not safe.
pub(crate) fn why_unapplied(
    policies: &Policies,
    policy: &Policy,
    workload: &Workload,
    finding: &Finding,
) -> Option<String> {
    let fix = finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe)?;
    let action = policy.action(&finding.rule, finding.severity).0;
    if strongest_at_creation(workload) < Action::Mutate {
        return Some(format!("admission is not asked about a {}", workload.object.kind));
    }
    if let Some(operator) = &workload.operator {
        return Some(format!("the operator would undo it: change the {operator}"));
    }
    let name = &policy.name;
    if action != Action::Mutate {
        let action = action.name();
        return Some(format!("policy {name} says `{action}` for this rule, and only `mutate` applies a fix"));
    }
    let mode = policies.mode(policy);
    if mode != Mode::Enforce {
        return Some(format!("policy {name} is in mode `{}`, and only `enforce` applies a fix", mode.name()));
    }
    if touches_others(finding) {
        let kind = rules::entry(&finding.rule).and_then(|entry| entry.info.fixes_kind).unwrap_or("other object");
        return Some(format!("it is applied when the {kind} is created, not with the {}", workload.object.kind));
    }
    (fix.replaces && policy.replaces == Replaces::Deny)
        .then(|| format!("policy {name} replaces no value that you wrote (`replaces: deny`)"))
}
