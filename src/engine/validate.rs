//! Denials and warnings: the policy's action, capped by mode and door, then the ratchet.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::caps::strongest_action;
use super::evaluate::evaluate;
use super::message;
use super::needs::Needs;
use super::related::RelatedWorkload;
use super::request_kind::RequestKind;
use super::review::Review;
use super::verdict::{Hook, Judged, Operation, Verdict};
use crate::kubernetes::{Layered, ObjectRef};
use crate::patch::ownership;
use crate::policy::{Action, Exception, Policies, Policy, Replaces, Target};
use crate::rules::{Applicability, Context, Door, Finding, Lifecycle};
use crate::workload::{Container, Workload};

/// What is found now, with the policy that judges each, and what was found before the request.
#[derive(Default)]
struct Findings<'a> {
    now: Vec<(&'a Policy, Finding)>,
    before: Vec<Finding>,
}

pub(crate) fn validate(policies: &Policies, review: &Review) -> Verdict {
    let mut extra = Vec::new();
    let findings = match review.kind {
        RequestKind::Workload | RequestKind::Child | RequestKind::Scale | RequestKind::Resize => {
            workload_findings(policies, review)
        }
        RequestKind::ConfigMap => {
            extra = hidden_directives(review);
            neighbour_findings(policies, review)
        }
        RequestKind::Service | RequestKind::Claim => neighbour_findings(policies, review),
        RequestKind::Other => return Verdict::default(),
    };
    let mut judged = Vec::new();
    for (policy, finding) in findings.now {
        let mode = policies.mode(policy).cap();
        let action = action_at_admission(policy, review, &finding, &findings.before).min(mode);
        if action > Action::Off {
            let suppressed_by = policies.excepted(policy, &finding).map(Exception::title);
            judged.push(Judged::new(finding, action, suppressed_by));
        }
    }
    verdict(judged, extra, &review.request.target)
}

/// The policy's action, capped by the door and by the ratchet. Off for what is not this request's doing.
fn action_at_admission(policy: &Policy, review: &Review, finding: &Finding, before: &[Finding]) -> Action {
    let is_created = review.request.operation == Operation::Create;
    let is_workload = review.kind == RequestKind::Workload;
    let is_old = before.iter().any(|before| before.is_same(finding) && finding.gap <= before.gap);
    if is_old && review.kind.is_judged_by_workloads() {
        return Action::Off;
    }
    let strongest = strongest_action(review.kind, review.request, finding);
    let mut action = action_without_fix(policy, finding).min(strongest);
    if finding.needs.is_some() && is_created && is_workload {
        action = Action::Warn;
    }
    let may_hold_data = is_workload && is_created && review.lifecycle == Lifecycle::MayHoldData;
    if is_old || may_hold_data { action.min(Action::Warn) } else { action }
}

fn verdict(judged: Vec<Judged>, extra: Vec<String>, target: &ObjectRef) -> Verdict {
    let counts = |judged: &&Judged| judged.suppressed_by.is_none();
    let of = |action: Action| judged.iter().filter(counts).filter(move |judged| judged.action == action);
    let denied: Vec<String> = of(Action::Deny).map(|judged| message::denial_line(&judged.finding, target)).collect();
    let warned: Vec<&Finding> = of(Action::Warn).map(|judged| &judged.finding).collect();
    let mut warnings = message::warnings(&warned, target);
    warnings.extend(extra);
    let mut verdict = Verdict { warnings: message::fit(warnings), ..Verdict::default() };
    if !denied.is_empty() {
        verdict.denial = Some(denied.join("\n"));
    }
    let mut entries: Vec<String> = judged
        .iter()
        .filter(counts)
        .map(|judged| format!("{}={}", judged.finding.rule, judged.action.name()))
        .collect();
    entries.sort_unstable();
    entries.dedup();
    if !entries.is_empty() {
        verdict.audit_annotations.insert("findings".to_owned(), entries.join(","));
    }
    let by =
        judged.iter().filter_map(|judged| Some(format!("{}={}", judged.finding.rule, judged.suppressed_by.as_ref()?)));
    let excepted: BTreeSet<String> = by.collect();
    if !excepted.is_empty() {
        verdict.audit_annotations.insert("excepted".to_owned(), excepted.into_iter().collect::<Vec<_>>().join(","));
    }
    verdict.judged = judged;
    verdict
}

/// The policy's action for a finding that still stands: what could have been fixed follows `otherwise`.
pub(crate) fn action_without_fix(policy: &Policy, finding: &Finding) -> Action {
    if finding.needs.is_some() {
        return Action::Audit;
    }
    let (action, otherwise) = policy.action(&finding.rule, finding.severity);
    if action != Action::Mutate {
        return action;
    }
    let replaces = finding.fix.as_ref().is_some_and(|fix| fix.replaces && fix.applicability == Applicability::Safe);
    if replaces && policy.replaces == Replaces::Deny { Action::Deny } else { otherwise }
}

fn workload_findings<'a>(policies: &'a Policies, review: &Review) -> Findings<'a> {
    let Some(new) = &review.new else { return Findings::default() };
    let request = review.request;
    let policy = policies.of(&Target::workload(new, &request.object));
    let before = match (&request.old, &review.old) {
        (Some(object), Some(workload)) => evaluate(policy, &read_context(review, policy, object, None), workload),
        _ => Vec::new(),
    };
    let context = read_context(review, policy, &request.object, review.old.as_ref());
    let mut now = evaluate(policy, &context, new);
    // What no active rule needs was not looked up, so nobody has to hear that it could not be seen.
    let needs = Needs::of_hook(Hook::Validate, policies, policy, request);
    now.retain(|finding| finding.needs.as_deref().is_none_or(|takes| needs.include_unseen(takes)));
    Findings { now: now.into_iter().map(|finding| (policy, finding)).collect(), before }
}

/// What the rules are told besides a workload under review.
fn read_context<'a>(review: &Review, policy: &Policy, object: &Value, old: Option<&'a Workload>) -> Context<'a> {
    let owned = ownership::still_owned(object).owned_values();
    Context::new(Door::Admission, review.lifecycle, policy.derivation).owned(owned).old(old)
}

/// The findings on the workloads around a ConfigMap, Service or claim, with it as it will be and as it was.
fn neighbour_findings<'a>(policies: &'a Policies, review: &Review) -> Findings<'a> {
    let before = before_request(review);
    let mut findings = Findings::default();
    for RelatedWorkload { workload, object } in &review.related {
        let policy = policies.of(&Target::workload(workload, object));
        let context = Context::new(Door::Admission, Lifecycle::MayHoldData, policy.derivation)
            .owned(ownership::still_owned(object).owned_values())
            .service_is_new(review.request.operation == Operation::Create);
        let seen = evaluate(policy, &context, workload).into_iter().filter(|finding| finding.needs.is_none());
        findings.now.extend(seen.map(|finding| (policy, finding)));
        if let Some(workload) = Workload::read(object, &before) {
            findings.before.extend(evaluate(policy, &context, &workload));
        }
    }
    findings
}

/// What there was before a request.
fn before_request<'a>(review: &Review<'a>) -> Layered<'a> {
    match &review.request.old {
        Some(old) => Layered::with(review.inventory, Arc::clone(old)),
        None => Layered::without(review.inventory, ObjectRef::of(&review.request.object)),
    }
}

/// Warnings of directives that a ConfigMap now sets, while ours hide them until the next rollout.
fn hidden_directives(review: &Review) -> Vec<String> {
    let before = before_request(review);
    let after = Layered::with(review.inventory, Arc::clone(&review.request.object));
    let mut warnings = Vec::new();
    for RelatedWorkload { object, .. } in &review.related {
        let carried = ownership::still_owned(object);
        let entries = carried.entries.iter().filter(|(_, entry)| entry.via.is_some());
        let names: BTreeSet<String> = entries.map(|(key, _)| key.path.clone()).collect();
        if names.is_empty() {
            continue;
        }
        let bare = ownership::roll_out(object, carried).object;
        let (before, after) = (Workload::read(&bare, &before), Workload::read(&bare, &after));
        for name in names.iter().filter(|name| values(after.as_ref(), name) != values(before.as_ref(), name)) {
            let object = ObjectRef::of(object);
            warnings.push(format!("{name} takes effect at the next rollout of {}/{}", object.kind, object.name));
        }
    }
    warnings
}

/// The value of a directive in each server, as far as it can be seen.
fn values(workload: Option<&Workload>, directive: &str) -> Option<Vec<Option<String>>> {
    workload.map(|workload| workload.servers().map(|server| read_value(server, directive)).collect())
}

fn read_value(server: &Container, directive: &str) -> Option<String> {
    let setting = server.config.as_ref()?.directive(directive);
    Some(setting.value()?.value.clone())
}
