//! The patch of a workload: on a rollout all Safe fixes of its policy, else only what is ours put back.

use std::sync::Arc;

use serde_json::Value;

use super::patched::patched;
use crate::engine::evaluate::builtin_findings;
use crate::engine::fixes::{is_audited, is_delivered_here, is_told_with, may_apply_fix, touches_others};
use crate::engine::message;
use crate::engine::review::Review;
use crate::engine::verdict::Verdict;
use crate::kubernetes::{Inventory, json};
use crate::patch::ownership::{self, Before, Rollout, Update};
use crate::patch::{self, DeliveryPath, Entry, Evaluation, Fixed, Key, Mark};
use crate::policy::{Mode, Policies, Policy, Target};
use crate::rules::maxmemory::size;
use crate::rules::{Context, Door, Edit, Finding, Lifecycle};
use crate::workload::{Container, Workload};

pub(crate) fn patch_workload(policies: &Policies, review: Review) -> Verdict {
    let Review { request, inventory, lifecycle, new, update, .. } = review;
    let received = &request.object;
    let Some(workload) = new.filter(|workload| workload.operator.is_none()) else { return Verdict::default() };
    let policy = policies.of(&Target::workload(&workload, received));
    if policies.mode(policy) != Mode::Enforce {
        return Verdict::default();
    }
    let mut rollout = match (update, lifecycle) {
        (Some(Update::Unchanged(kept)), _) => {
            return Verdict { patch: patch::diff(received, &kept), ..Verdict::default() };
        }
        (Some(Update::Rollout(rollout)), _) => rollout,
        (None, Lifecycle::Creating) => ownership::roll_out(received, ownership::still_owned(received)),
        // It exists already, whatever the request says: nothing in it counts as ours.
        (None, Lifecycle::MayHoldData) => {
            let mark = ownership::still_owned(received);
            Rollout { object: (**received).clone(), carried: Mark::default(), mark }
        }
    };
    let stored = request.old.as_deref().unwrap_or(received);
    restore_unseen(policy, &mut rollout, &Before { received, stored }, inventory);
    let gitops = workload.gitops;
    let model = read_again(workload, received, &rollout.object, inventory);
    let owned = rollout.carried.owned_values();
    let context = Context::new(Door::Admission, lifecycle, policy.derivation).owned(owned);
    let mut fixes = Fixes { policies, policy, context: &context, inventory, told: Vec::new() };
    let fixed = fixes.apply(&mut rollout, model);
    if !fixed.converged {
        return Verdict { unsettled: true, ..Verdict::default() };
    }
    let Rollout { mut object, carried, mark } = rollout;
    if mark != Mark::of(&object) {
        mark.write(&mut object);
    }
    let mut news: Vec<&Finding> = fixed.applied.iter().collect();
    news.retain(|finding| !stands_as_before(finding, &object, &carried, &mark));
    let mut verdict = patched(patch::diff(received, &object), &news, gitops);
    let told: Vec<&Finding> =
        fixes.told.iter().filter(|finding| news.iter().any(|fixed| is_told_with(finding, fixed))).collect();
    verdict.warnings.extend(message::warnings(&told, &request.target));
    verdict.warnings = message::fit(verdict.warnings);
    verdict
}

/// The model of an object that differs from the one that `workload` was read from only by what is ours.
fn read_again(workload: Workload, read: &Value, object: &Value, inventory: &dyn Inventory) -> Option<Workload> {
    if json::equal(read, object) {
        return Some(workload);
    }
    workload.renewed(read, object).or_else(|| Workload::read(object, inventory))
}

/// The fixes of one policy.
struct Fixes<'a> {
    policies: &'a Policies,
    policy: &'a Policy,
    context: &'a Context<'a>,
    inventory: &'a dyn Inventory,
    /// What the policy only audits, and what is told with a fix all the same.
    told: Vec<Finding>,
}

impl Fixes<'_> {
    /// Applies them until none is left. `model` is that of the object.
    fn apply(&mut self, rollout: &mut Rollout, model: Option<Workload>) -> Fixed {
        let Rollout { object, carried, mark } = rollout;
        let mut model = model.map(Arc::new);
        patch::apply_to_fixpoint(object, mark, carried, &mut |object, fixed| {
            if !fixed.is_empty() {
                model = model.take().and_then(|model| model_after_fixes(model, fixed, object, self.inventory));
            }
            let Some(workload) = model.clone() else { return Evaluation::default() };
            let mut findings = builtin_findings(self.policy, self.context, &workload);
            self.told.clone_from(&findings);
            self.told.retain(|finding| is_audited(self.policies, self.policy, finding));
            findings.retain(|finding| self.includes(finding));
            Evaluation { workload: Some(workload), findings }
        })
    }

    fn includes(&self, finding: &Finding) -> bool {
        may_apply_fix(self.policies, self.policy, finding)
            && !touches_others(finding)
            && is_delivered_here(self.policy, &self.context.owned, finding)
    }
}

/// The model once these findings were fixed. Most fixes change what no configuration depends on: then nothing is read again.
fn model_after_fixes(
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

/// Whether a fix only put back what stood there before, if by another derivation: no news to anybody.
fn stands_as_before(finding: &Finding, object: &Value, carried: &Mark, mark: &Mark) -> bool {
    let edits: Vec<&Edit> = finding.fix.iter().flat_map(|fix| &fix.edits).collect();
    !edits.is_empty() && edits.into_iter().all(|edit| is_kept(edit, object, carried, mark))
}

/// Whether what an edit sets is ours in both marks, and the same.
fn is_kept(edit: &Edit, object: &Value, carried: &Mark, mark: &Mark) -> bool {
    let key = match edit {
        Edit::Directive { container, name, .. } => Some(Key::directive(container, name)),
        Edit::Set { at, .. } => patch::key_of(object, at),
    };
    let entries = key.and_then(|key| Some((carried.entries.get(&key)?, mark.entries.get(&key)?)));
    entries.is_some_and(|(before, now)| {
        (&before.via, &before.set, &before.was) == (&now.via, &now.set, &now.was)
            && before.limit_bytes() == now.limit_bytes()
    })
}

/// Where the effective configuration can't be seen, directives of ours go back; a maxmemory lowered to the new limit if
/// need be. None goes where it would no longer reach the server.
fn restore_unseen(policy: &Policy, rollout: &mut Rollout, before: &Before, inventory: &dyn Inventory) {
    let carried = rollout.carried.clone();
    if carried.entries.values().all(|entry| entry.via.is_none()) {
        return;
    }
    let Some(workload) = Workload::read(&rollout.object, inventory) else { return };
    let stored = ownership::roll_out(before.stored, carried.clone()).object;
    for (key, entry) in carried.entries.iter().filter(|(_, entry)| entry.via.is_some()) {
        let Some(server) = workload.containers.iter().find(|server| server.name == key.container) else { continue };
        if server.config.as_ref().is_some_and(|config| config.directive(&key.path).is_known()) {
            continue;
        }
        let in_args = entry.via.as_deref().and_then(DeliveryPath::parse) == Some(DeliveryPath::Args);
        let is_reached = in_args && server.hands_on_args;
        if !is_reached && !patch::starts_alike(&stored, &rollout.object, &key.container) {
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
