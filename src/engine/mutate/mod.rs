//! The patch of a request: Safe fixes in stages, and what is ours kept as it stands.

pub(crate) mod config_map;
mod pod;
mod service;
mod workload;

use json_patch::PatchOperation;

use super::caps::has_controller;
use super::message;
use super::request_kind::RequestKind;
use super::review::Review;
use super::verdict::{Operation, Verdict};
use crate::policy::{Action, DeliveryMode, Policies, Policy, Replaces};
use crate::rules::{Applicability, Edit, Finding, OwnedValues};

pub(crate) fn mutate(policies: &Policies, review: Review) -> Verdict {
    let request = review.request;
    let is_created = request.operation == Operation::Create;
    match review.kind {
        // The template of a Pod that exists can't be changed.
        RequestKind::Workload if request.target.kind == "Pod" && !is_created => Verdict::default(),
        RequestKind::Workload if !has_controller(&request.object) => workload::patch_workload(policies, review),
        RequestKind::Child if is_created => pod::patch_pod(policies, &review),
        RequestKind::ConfigMap => config_map::patch_config_map(policies, &review),
        RequestKind::Service if is_created => service::patch_service(policies, &review),
        _ => Verdict::default(),
    }
}

/// The verdict of a patch that applies the fixes of these findings.
fn patched(patch: Vec<PatchOperation>, applied: &[&Finding], gitops: Option<&str>) -> Verdict {
    let mut verdict = Verdict { patch, ..Verdict::default() };
    verdict.warnings = message::fit(applied.iter().map(|finding| message::mended(finding, gitops)).collect());
    if !applied.is_empty() {
        let mut ids: Vec<&str> = applied.iter().map(|finding| finding.rule.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        verdict.audit_annotations.insert("mended".to_owned(), ids.join(","));
    }
    verdict
}

/// Whether the policy wants this finding's fix applied.
pub(crate) fn may_apply_fix(policies: &Policies, policy: &Policy, finding: &Finding) -> bool {
    let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe) else { return false };
    policy.action(&finding.rule, finding.severity).0 == Action::Mutate
        && !(fix.replaces && policy.replaces == Replaces::Deny)
        && policies.excepted(policy, finding).is_none()
}

/// Whether a directive goes into the workload itself: under another `delivery` only where it is ours there already.
pub(crate) fn is_delivered_here(policy: &Policy, owned: &OwnedValues, finding: &Finding) -> bool {
    let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    policy.delivery == DeliveryMode::Auto
        || edits.all(|edit| match edit {
            Edit::Directive { container, name, .. } => owned.contains(container, name),
            Edit::Set { .. } => true,
        })
}

/// Whether a fix changes another object than the finding's workload: no admission call writes to the cluster.
pub(crate) fn touches_others(finding: &Finding) -> bool {
    let other = |edit: &Edit| matches!(edit, Edit::Set { object: Some(object), .. } if *object != finding.workload);
    finding.fix.iter().flat_map(|fix| &fix.edits).any(other)
}
