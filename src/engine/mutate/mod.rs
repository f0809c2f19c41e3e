//! The patch of a request: Safe fixes in stages, and what is ours kept as it stands.

pub(crate) mod config_map;

use std::sync::Arc;

use json_patch::PatchOperation;
use serde_json::Value;

use super::caps::{Subject, has_controller};
use super::evaluate::mendable;
use super::message;
use super::related::{Models, With, life, owners, related};
use super::verdict::{Operation, Request, Verdict};
use crate::kubernetes::{Inventory, ObjectRef, Seen, json};
use crate::patch::ownership::{self, Before, Rollout, Update};
use crate::patch::{self, Entry, Evaluation, Key, Mark};
use crate::policy::{Action, DeliveryMode, Mode, Policies, Policy, Replaces, Target};
use crate::rules::maxmemory::size;
use crate::rules::{self, Applicability, Context, Edit, Finding, Life, OwnedValue};
use crate::workload::{Container, Workload};

pub(crate) fn mutate(policies: &Policies, request: &Request, inventory: &dyn Inventory, models: Models) -> Verdict {
    match Subject::of(request) {
        // The template of a Pod that exists can't be changed.
        Subject::Workload if request.target.kind == "Pod" && request.operation == Operation::Update => {
            Verdict::default()
        }
        Subject::Workload if !has_controller(&request.object) => workload(policies, request, inventory, models.object),
        Subject::Child if request.operation == Operation::Create => child(policies, request, inventory, models.object),
        Subject::ConfigMap => config_map::mutate(policies, request, inventory),
        Subject::Service if request.operation == Operation::Create => service(policies, request, inventory),
        _ => Verdict::default(),
    }
}

fn workload(policies: &Policies, request: &Request, inventory: &dyn Inventory, model: Option<Workload>) -> Verdict {
    let received = &request.object;
    let Some(workload) = model.filter(|workload| workload.operator.is_none()) else { return Verdict::default() };
    let policy = policies.of(&Target::workload(&workload, received));
    if policies.mode(policy) != Mode::Enforce {
        return Verdict::default();
    }
    let stored = request.old.as_deref().unwrap_or(received);
    let life = life(request, inventory);
    let mut rollout = match (&request.old, life) {
        (Some(old), _) => match ownership::update(old, received) {
            Update::Unchanged(copy) => {
                return Verdict { patch: patch::diff(received, &copy), ..Verdict::default() };
            }
            Update::Rollout(rollout) => rollout,
        },
        (None, Life::New) => ownership::roll_out(received, ownership::still_owned(received)),
        // It exists already, whatever the request says: nothing in it counts as ours.
        (None, Life::Running) => {
            let mark = ownership::still_owned(received);
            Rollout { object: (**received).clone(), carried: Mark::default(), mark }
        }
    };
    restore_unseen(policy, &mut rollout, &Before { received, stored }, inventory);
    let Rollout { mut object, carried, mut mark } = rollout;
    let ours = carried.owned_values();
    let context = Context { life, derivation: policy.derivation, ours: &ours, old: None, service_is_new: false };
    let gitops = workload.gitops;
    let unlike = |model: Workload| model.renewed(received, &object).or_else(|| Workload::read(&object, inventory));
    let first = if json::equal(received, &object) { Some(workload) } else { unlike(workload) };
    let mut model = first.map(Arc::new);
    let fixed = patch::apply_to_fixpoint(&mut object, &mut mark, &carried, &mut |object, fixed| {
        if !fixed.is_empty() {
            model = model.take().and_then(|model| after_fixes(model, fixed, object, inventory));
        }
        let Some(workload) = model.clone() else { return Evaluation::default() };
        let mut findings = mendable(policy, &context, &workload);
        findings.retain(|finding| is_ours_to_mend(policies, policy, finding) && !touches_others(finding));
        findings.retain(|finding| is_delivered_here(policy, &ours, finding));
        Evaluation { workload: Some(workload), findings }
    });
    if !fixed.converged {
        return Verdict { unsettled: true, ..Verdict::default() };
    }
    if mark != Mark::of(&object) {
        mark.write(&mut object);
    }
    let news: Vec<&Finding> =
        fixed.applied.iter().filter(|finding| !as_before(finding, &object, &carried, &mark)).collect();
    verdict(patch::diff(received, &object), &news, gitops)
}

/// The model once these findings were fixed. Most fixes change what no configuration depends on: then nothing is read again.
fn after_fixes(
    mut model: Arc<Workload>,
    fixed: &[Finding],
    object: &Value,
    inventory: &dyn Inventory,
) -> Option<Arc<Workload>> {
    let mut edits = fixed.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits);
    let only_amounts = edits.all(|edit| matches!(edit, Edit::Set { at, .. } if model.is_amount(at)));
    if only_amounts && Arc::make_mut(&mut model).renew(object) {
        return Some(model);
    }
    Workload::read(object, inventory).map(Arc::new)
}

fn verdict(patch: Vec<PatchOperation>, applied: &[&Finding], gitops: Option<&str>) -> Verdict {
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
pub(crate) fn is_ours_to_mend(policies: &Policies, policy: &Policy, finding: &Finding) -> bool {
    let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe) else { return false };
    policy.action(&finding.rule, finding.severity).0 == Action::Mutate
        && !(fix.replaces && policy.replaces == Replaces::Deny)
        && policies.excepted(policy, finding).is_none()
}

/// Whether a directive goes into the workload itself: under another `delivery` only where it is ours there already.
pub(crate) fn is_delivered_here(policy: &Policy, ours: &[OwnedValue], finding: &Finding) -> bool {
    let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    policy.delivery == DeliveryMode::Auto
        || edits.all(|edit| match edit {
            Edit::Directive { container, name, .. } => {
                ours.iter().any(|ours| ours.container == *container && ours.path == *name)
            }
            Edit::Set { .. } => true,
        })
}

/// Whether a fix changes another object than the finding's workload: no admission call writes to the cluster.
pub(crate) fn touches_others(finding: &Finding) -> bool {
    let other = |edit: &Edit| matches!(edit, Edit::Set { object: Some(object), .. } if *object != finding.workload);
    finding.fix.iter().flat_map(|fix| &fix.edits).any(other)
}

/// Whether a fix only put back what stood there before, if by another derivation: no news to anybody.
fn as_before(finding: &Finding, object: &Value, carried: &Mark, mark: &Mark) -> bool {
    let key = |edit: &Edit| match edit {
        Edit::Directive { container, name, .. } => Some(Key::directive(container, name)),
        Edit::Set { at, .. } => patch::key_of(object, at),
    };
    let standing = |mark: &Mark, key: &Key| {
        let entry = mark.entries.get(key)?;
        Some((entry.via.clone(), entry.set.clone(), entry.was.clone(), entry.limit_bytes()))
    };
    let stands = |edit: &Edit| {
        let key = key(edit)?;
        Some(standing(carried, &key)? == standing(mark, &key)?)
    };
    let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits).peekable();
    edits.peek().is_some() && edits.all(|edit| stands(edit) == Some(true))
}

/// Where the effective configuration can't be seen, directives of ours go back; a maxmemory lowered to the new limit if
/// need be.
fn restore_unseen(policy: &Policy, rollout: &mut Rollout, before: &Before, inventory: &dyn Inventory) {
    let carried = rollout.carried.clone();
    let directives = || carried.entries.iter().filter(|(_, entry)| entry.via.is_some());
    let Some(workload) = directives().next().and_then(|_| Workload::read(&rollout.object, inventory)) else { return };
    for (key, entry) in directives() {
        let Some(server) = workload.containers.iter().find(|server| server.name == key.container) else { continue };
        if server.config.as_ref().is_some_and(|config| config.directive(&key.path).known().is_some()) {
            continue;
        }
        let wanted = lowered(policy, &workload, server, entry).filter(|_| key.path == size::MAXMEMORY);
        rollout.restore(before, key, wanted.as_deref());
    }
}

/// A maxmemory of ours that is above what the limit of now allows, lowered to that.
fn lowered(policy: &Policy, workload: &Workload, server: &Container, entry: &Entry) -> Option<String> {
    let allowed = policy.derivation.maxmemory_for(workload, server, server.memory.limit_bytes()?)?;
    (allowed < entry.maxmemory_bytes()?).then(|| size::directive(allowed))
}

/// A Pod that a controller makes: a maxmemory of ours follows a limit that somebody changed on the way (a
/// VerticalPodAutoscaler, a LimitRange). Nothing else is ever touched, or the controller would fight.
fn child(policies: &Policies, request: &Request, inventory: &dyn Inventory, model: Option<Workload>) -> Verdict {
    let Some(Seen::Found(owner)) = owners(request, inventory).last().map(|owner| inventory.object(owner)) else {
        return Verdict::default();
    };
    let Some(pod) = model.filter(|pod| pod.operator.is_none()) else { return Verdict::default() };
    let policy = policies.of(&Target::workload(&pod, &request.object));
    if policies.mode(policy) != Mode::Enforce {
        return Verdict::default();
    }
    let mut object = (*request.object).clone();
    let followed = ownership::follow_limits(&mut object, &Mark::of(owner), &|key, derived_from| {
        let server = pod.servers().find(|server| server.name == key.container && key.path == size::MAXMEMORY)?;
        let limit = server.memory.limit_bytes().filter(|limit| *limit != derived_from)?;
        policy.derivation.maxmemory_for(&pod, server, limit).map(size::directive)
    });
    let mut verdict = Verdict { patch: patch::diff(&request.object, &object), ..Verdict::default() };
    if followed {
        verdict.audit_annotations.insert("mended".to_owned(), "maxmemory-fixed-while-limit-changes".to_owned());
    }
    verdict
}

/// A Service that is created: headless where a StatefulSet names it as governing, or where it asks to be.
fn service(policies: &Policies, request: &Request, inventory: &dyn Inventory) -> Verdict {
    let around = With { inventory, object: Arc::clone(&request.object) };
    let own = ObjectRef::of(&request.object);
    let mends = |policy: &Policy, finding: &Finding| {
        policies.mode(policy) == Mode::Enforce && is_ours_to_mend(policies, policy, finding)
    };
    let governed = related(request, inventory).into_iter().find_map(|(_, object)| {
        let workload = Workload::read(&object, &around)?;
        let policy = policies.of(&Target::workload(&workload, &object));
        let derivation = policy.derivation;
        let context = Context { life: Life::New, derivation, ours: &[], old: None, service_is_new: true };
        let findings = mendable(policy, &context, &workload);
        findings.into_iter().find(|finding| finding.at.object == own && mends(policy, finding))
    });
    let of_namespace = policies.of(&Target::namespace(&request.target.namespace));
    let asked = || rules::asked_headless(&request.object).filter(|finding| mends(of_namespace, finding));
    let Some(finding) = governed.or_else(asked) else { return Verdict::default() };
    let mut object = (*request.object).clone();
    if patch::apply_fix(&mut object, None, &finding).is_err() {
        return Verdict::default();
    }
    verdict(patch::diff(&request.object, &object), &[&finding], None)
}
