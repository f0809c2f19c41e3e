//! Denials and warnings: the policy's action, capped by mode and door, then the ratchet.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::caps::{self, Subject};
use super::evaluate::evaluate;
use super::message;
use super::related::{Models, With, Without, life, related};
use super::verdict::{Judged, Operation, Request, Verdict};
use crate::kubernetes::{Inventory, ObjectRef};
use crate::patch::ownership;
use crate::policy::{Action, Exception, Policies, Policy, Replaces, Target};
use crate::rules::{Applicability, Context, Finding, Life};
use crate::workload::{Container, Workload};

pub(crate) fn validate(policies: &Policies, request: &Request, inventory: &dyn Inventory, models: &Models) -> Verdict {
    let subject = Subject::of(request);
    let mut extra = Vec::new();
    let (findings, before) = match subject {
        Subject::Workload | Subject::Child | Subject::Scale | Subject::Resize => {
            workload(policies, request, inventory, models)
        }
        Subject::ConfigMap | Subject::Service | Subject::Claim => {
            if subject == Subject::ConfigMap {
                extra = hidden_directives(request, inventory);
            }
            neighbours(policies, request, inventory)
        }
        Subject::Other => return Verdict::default(),
    };
    let late = subject == Subject::Workload && life(request, inventory) == Life::Running;
    let judged: Vec<Judged> = findings
        .into_iter()
        .filter_map(|(policy, finding)| {
            let cap = policies.mode(policy).cap();
            let mut action = respond(policy, &finding).min(cap).min(caps::cap(subject, request, &finding));
            if finding.needs.is_some() && request.operation == Operation::Create && subject == Subject::Workload {
                action = Action::Warn.min(cap);
            }
            let old_news = before.iter().any(|before| before.is_same(&finding) && finding.gap <= before.gap);
            if old_news && subject.is_neighbour() {
                return None; // Not this request's doing.
            }
            if old_news || (late && request.operation == Operation::Create) {
                action = action.min(Action::Warn);
            }
            let suppressed_by = policies.excepted(policy, &finding).map(Exception::title);
            let judged = Judged { finding, action, suppressed_by, patches: Vec::new() };
            (action != Action::Off).then_some(judged)
        })
        .collect();
    verdict(judged, extra, &request.target)
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

/// The policy's action for a finding that still stands: what could have been mended follows `otherwise`.
pub(crate) fn respond(policy: &Policy, finding: &Finding) -> Action {
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

/// Findings with the policy that judges each.
type Found<'a> = Vec<(&'a Policy, Finding)>;

fn workload<'a>(
    policies: &'a Policies,
    request: &Request,
    inventory: &dyn Inventory,
    models: &Models,
) -> (Found<'a>, Vec<Finding>) {
    let Models { object: Some(new), old } = models else { return (Vec::new(), Vec::new()) };
    let policy = policies.of(&Target::workload(new, &request.object));
    let life = life(request, inventory);
    let of = |object: &Value, workload: &Workload, old: Option<&Workload>| {
        let ours = ownership::still_owned(object).owned_values();
        let context = Context { life, derivation: policy.derivation, ours: &ours, old, service_is_new: false };
        evaluate(policy, &context, workload)
    };
    let before = match (&request.old, old) {
        (Some(object), Some(workload)) => of(object, workload, None),
        _ => Vec::new(),
    };
    (of(&request.object, new, old.as_ref()).into_iter().map(|finding| (policy, finding)).collect(), before)
}

/// The findings on the workloads around a ConfigMap, Service or claim, with it as it will be and as it was.
fn neighbours<'a>(policies: &'a Policies, request: &Request, inventory: &dyn Inventory) -> (Found<'a>, Vec<Finding>) {
    let after = With { inventory, object: Arc::clone(&request.object) };
    let service_is_new = request.operation == Operation::Create;
    let (mut findings, mut before) = (Vec::new(), Vec::new());
    for (workload, object) in related(request, inventory) {
        let policy = policies.of(&Target::workload(&workload, &object));
        let ours = ownership::still_owned(&object).owned_values();
        let derivation = policy.derivation;
        let context = Context { life: Life::Running, derivation, ours: &ours, old: None, service_is_new };
        let read = |inventory: &dyn Inventory| {
            let workload = Workload::read(&object, inventory);
            workload.map_or(Vec::new(), |workload| evaluate(policy, &context, &workload))
        };
        let seen = read(&after).into_iter().filter(|finding| finding.needs.is_none());
        findings.extend(seen.map(|finding| (policy, finding)));
        before.extend(with_old(request, inventory, &read));
    }
    (findings, before)
}

fn with_old<T>(request: &Request, inventory: &dyn Inventory, read: &dyn Fn(&dyn Inventory) -> T) -> T {
    match &request.old {
        Some(old) => read(&With { inventory, object: Arc::clone(old) }),
        None => read(&Without { inventory, object: ObjectRef::of(&request.object) }),
    }
}

/// Warnings of directives that a ConfigMap now sets, while ours hide them until the next rollout.
fn hidden_directives(request: &Request, inventory: &dyn Inventory) -> Vec<String> {
    let mut warnings = Vec::new();
    for (_, object) in related(request, inventory) {
        let carried = ownership::still_owned(&object);
        let entries = carried.entries.iter().filter(|(_, entry)| entry.via.is_some());
        let names: BTreeSet<String> = entries.map(|(key, _)| key.path.clone()).collect();
        if names.is_empty() {
            continue;
        }
        let bare = ownership::roll_out(&object, carried).object;
        let read = |inventory: &dyn Inventory| Workload::read(&bare, inventory);
        let after = read(&With { inventory, object: Arc::clone(&request.object) });
        let before = with_old(request, inventory, &read);
        for name in names.iter().filter(|name| values(after.as_ref(), name) != values(before.as_ref(), name)) {
            let object = ObjectRef::of(&object);
            warnings.push(format!("{name} takes effect at the next rollout of {}/{}", object.kind, object.name));
        }
    }
    warnings
}

/// The value of a directive in each server, as far as it can be seen.
fn values(workload: Option<&Workload>, directive: &str) -> Option<Vec<Option<String>>> {
    let value = |server: &Container| {
        let setting = server.config.as_ref()?.directive(directive);
        Some(setting.known()?.as_ref()?.value.clone())
    };
    workload.map(|workload| workload.servers().map(value).collect())
}
