//! The patch of a request: Safe fixes in stages, and what is ours kept as it stands.

use std::sync::Arc;

use serde_json::Value;

use super::around::{With, life, related};
use super::doors::{Subject, has_controller};
use super::evaluate::evaluate;
use super::load::Policy;
use super::{Action, Mode, Operation, Policies, Replaces, Request, Verdict, message};
use crate::inventory::{Inventory, ObjectRef};
use crate::patch::{self, Evaluation, Mark, sticky};
use crate::rules::{self, Applicability, Context, Edit, Finding, Life, size};
use crate::workload::Workload;

pub(super) fn mutate(policies: &Policies, request: &Request, inventory: &dyn Inventory) -> Verdict {
    let policy = policies.of(&request.target.namespace);
    if policies.mode(policy) != Mode::Enforce {
        return Verdict::default();
    }
    match Subject::of(request) {
        Subject::Workload if !has_controller(&request.object) => workload(policy, request, inventory),
        Subject::Service if request.operation == Operation::Create => service(policy, request, inventory),
        _ => Verdict::default(),
    }
}

fn workload(policy: &Policy, request: &Request, inventory: &dyn Inventory) -> Verdict {
    let received = &request.object;
    let Some(workload) = Workload::read(received, inventory).filter(|workload| workload.operator.is_none()) else {
        return Verdict::default();
    };
    let stored = request.old.as_deref().unwrap_or(received);
    let life = life(request, inventory);
    let rollout = match (&request.old, life) {
        (Some(old), _) => match sticky::update(old, received) {
            sticky::Update::Unchanged(copy) => {
                return Verdict { patch: patch::diff(received, &copy), ..Verdict::default() };
            }
            sticky::Update::Rollout(rollout) => rollout,
        },
        (None, Life::New) => sticky::rollout(received, sticky::ours(received)),
        // It exists already, whatever the request says: nothing in it counts as ours.
        (None, Life::Running) => {
            sticky::Rollout { object: (**received).clone(), carried: Mark::default(), mark: sticky::ours(received) }
        }
    };
    let sticky::Rollout { mut object, carried, mut mark } = rollout;
    restore_unseen(policy, &mut object, received, stored, &carried, &mut mark, inventory);
    let ours = carried.ours();
    let context = Context { life, derivation: policy.derivation, ours: &ours, old: None, service_is_new: false };
    let gitops = workload.gitops;
    // Nothing is read twice: where nothing of ours was taken out, the first object to evaluate is the one received.
    let mut first = (object == **received).then_some(workload);
    let settled = patch::settle(&mut object, &mut mark, &carried, &mut |object, _| {
        let read = first.take().or_else(|| Workload::read(object, inventory));
        let Some(workload) = read else { return Evaluation::default() };
        let mut findings = evaluate(policy, &context, &workload);
        findings.retain(|finding| is_ours_to_mend(policy, finding) && !touches_others(finding));
        Evaluation { workload: Some(workload), findings }
    });
    if !settled.settled {
        return Verdict { unsettled: true, ..Verdict::default() };
    }
    if mark != Mark::of(&object) {
        mark.write(&mut object);
    }
    let news: Vec<&Finding> = settled.applied.iter().filter(|finding| !as_before(finding, &carried, &mark)).collect();
    verdict(patch::diff(received, &object), &news, gitops)
}

fn verdict(patch: Vec<patch::Operation>, applied: &[&Finding], gitops: Option<&str>) -> Verdict {
    let mut verdict = Verdict { patch, ..Verdict::default() };
    verdict.warnings = message::fit(applied.iter().map(|finding| message::mended(finding, gitops)).collect());
    if !applied.is_empty() {
        let mut ids: Vec<&str> = applied.iter().map(|finding| finding.rule).collect();
        ids.sort_unstable();
        ids.dedup();
        verdict.audit_annotations.insert("mended".to_owned(), ids.join(","));
    }
    verdict
}

/// Whether the policy wants this finding's fix applied.
fn is_ours_to_mend(policy: &Policy, finding: &Finding) -> bool {
    let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe) else { return false };
    policy.action(finding.rule, finding.severity).0 == Action::Mutate
        && !(fix.replaces && policy.replaces == Replaces::Deny)
}

/// Whether a fix changes another object than the finding's workload: no admission call writes to the cluster.
fn touches_others(finding: &Finding) -> bool {
    let other = |edit: &Edit| matches!(edit, Edit::Set { object: Some(object), .. } if *object != finding.workload);
    finding.fix.iter().flat_map(|fix| &fix.edits).any(other)
}

/// Whether a fix only put back what stood there before: no news to anybody.
fn as_before(finding: &Finding, carried: &Mark, mark: &Mark) -> bool {
    let containers = finding.fix.iter().flat_map(|fix| &fix.edits).filter_map(|edit| match edit {
        Edit::Maxmemory { container, .. } => Some(container),
        Edit::Set { .. } => None,
    });
    let key = |container: &String| patch::Key { container: container.clone(), path: "maxmemory".to_owned() };
    let mut containers = containers.peekable();
    containers.peek().is_some()
        && containers.all(|container| carried.entries.get(&key(container)) == mark.entries.get(&key(container)))
}

/// Where the effective configuration can't be seen, a maxmemory of ours goes back, lowered to the new limit if need be.
fn restore_unseen(
    policy: &Policy,
    object: &mut Value,
    received: &Value,
    stored: &Value,
    carried: &Mark,
    mark: &mut Mark,
    inventory: &dyn Inventory,
) {
    let maxmemory = || carried.entries.iter().filter(|(_, entry)| entry.via.is_some());
    let Some(workload) = maxmemory().next().and_then(|_| Workload::read(object, inventory)) else { return };
    for (key, entry) in maxmemory() {
        let Some(server) = workload.containers.iter().find(|server| server.name == key.container) else { continue };
        if server.config.as_ref().is_some_and(|config| config.maxmemory.known().is_some()) {
            continue;
        }
        let allowed = server.memory.limit.as_ref().and_then(|limit| policy.derivation.maxmemory(limit.bytes));
        let lower = allowed.zip(entry.maxmemory_bytes()).filter(|(allowed, set)| allowed < set);
        let wanted = lower.map(|(allowed, _)| size::directive(allowed));
        sticky::restore(object, received, stored, key, entry, wanted.as_deref(), mark);
    }
}

/// A Service that is created: headless where a StatefulSet names it as governing, or where it asks to be.
fn service(policy: &Policy, request: &Request, inventory: &dyn Inventory) -> Verdict {
    let around = With { inventory, object: Arc::clone(&request.object) };
    let context =
        Context { life: Life::New, derivation: policy.derivation, ours: &[], old: None, service_is_new: true };
    let own = ObjectRef::of(&request.object);
    let governed = related(request, inventory).into_iter().find_map(|(_, object)| {
        let workload = Workload::read(&object, &around)?;
        let findings = evaluate(policy, &context, &workload);
        findings.into_iter().find(|finding| finding.at.object == own && is_ours_to_mend(policy, finding))
    });
    let asked = || rules::asked_headless(&request.object).filter(|finding| is_ours_to_mend(policy, finding));
    let Some(finding) = governed.or_else(asked) else { return Verdict::default() };
    let mut object = (*request.object).clone();
    if patch::edit(&mut object, &mut Mark::default(), &Mark::default(), None, &finding).is_err() {
        return Verdict::default();
    }
    verdict(patch::diff(&request.object, &object), &[&finding], None)
}
