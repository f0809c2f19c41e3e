//! A derived maxmemory in the mounted ConfigMap, where a policy wants it there (`delivery: configmap`), and with it the
//! maxmemory-policy that the policy gives to servers without one.
//!
//! It is written where exactly one known workload reads the ConfigMap and that one has no maxmemory: when the ConfigMap is
//! created and no Pod of the workload is ready (it may be made anew, or be optional); later only where a line of ours
//! stood. The user's own maxmemory ends ours.

use std::sync::Arc;

use serde_json::Value;

use crate::engine::evaluate::builtin_findings;
use crate::engine::related::RelatedWorkload;
use crate::engine::review::Review;
use crate::engine::verdict::{Operation, Verdict};
use crate::kubernetes::{Layered, ObjectRef};
use crate::patch::{self, Line};
use crate::policy::{Action, Mode, Policies, Policy, Target};
use crate::rules::maxmemory::size;
use crate::rules::{self, Context, Derived, Door, Edit, Lifecycle, OwnedValues};
use crate::workload::{Container, Workload};

/// The directive that is written.
const MAXMEMORY: &str = "maxmemory";

pub(crate) fn patch_config_map(policies: &Policies, review: &Review) -> Verdict {
    let request = review.request;
    let Some(policy) = policy(policies, review) else { return Verdict::default() };
    // A line of ours that comes in with a CREATE counts as one that stood before.
    let stored = request.old.as_deref().unwrap_or(&request.object);
    let is_wanted = policy.adds_to_config_map(MAXMEMORY);
    if patch::lines(stored).is_empty() && !(is_wanted && request.operation == Operation::Create) {
        return Verdict::default();
    }
    let mut object = (*request.object).clone();
    patch::take_out_lines(&mut object);
    let wanted = wanted_lines(policy, review, stored, &object);
    if wanted.is_empty() {
        patch::keep_lines(&mut object, stored);
    }
    for line in &wanted {
        if patch::put_line(&mut object, line).is_err() {
            return Verdict::default();
        }
    }
    Verdict { patch: patch::diff(&request.object, &object), ..Verdict::default() }
}

/// The policy of the one workload that reads the ConfigMap; of the namespace where none is seen.
fn policy<'a>(policies: &'a Policies, review: &Review) -> Option<&'a Policy> {
    let policy = match review.related.first() {
        Some(RelatedWorkload { workload, object }) => policies.of(&Target::workload(workload, object)),
        None => policies.of(&Target::namespace(&review.request.target.namespace)),
    };
    (policies.mode(policy) == Mode::Enforce).then_some(policy)
}

/// The lines that `object`, which holds none of ours, should end with, as far as the one workload that reads it is seen.
fn wanted_lines(policy: &Policy, review: &Review, stored: &Value, object: &Value) -> Vec<Line> {
    let Some((maxmemory, workload)) = maxmemory_line(policy, review, stored, object) else { return Vec::new() };
    let before = patch::lines(stored);
    let beside = policy_lines(policy, &workload, &maxmemory.key);
    let mut lines = vec![maxmemory];
    for line in beside {
        // On data that was never evicted a policy is no fix of ours.
        if before.is_empty() || before.iter().any(|stood| stood.name == line.name) {
            lines.push(line);
        }
    }
    lines
}

/// What the policy gives to a server together with a maxmemory.
fn policy_lines(policy: &Policy, workload: &Workload, key: &str) -> Vec<Line> {
    let context = Context::new(Door::Admission, Lifecycle::Creating, policy.derivation);
    let mut lines = Vec::new();
    for finding in builtin_findings(policy, &context, workload) {
        let told_with = rules::entry(&finding.rule).and_then(|entry| entry.info.told_with);
        let is_fixed = policy.action(&finding.rule, finding.severity).0 == Action::Mutate;
        if told_with != Some(size::MAXMEMORY) || !is_fixed {
            continue;
        }
        for edit in finding.fix.into_iter().flat_map(|fix| fix.edits) {
            if let Edit::Directive { name, value, derived, .. } = edit {
                lines.push(Line { key: key.to_owned(), name, value, derived });
            }
        }
    }
    lines
}

/// The line of maxmemory, and the workload that reads it.
fn maxmemory_line(policy: &Policy, review: &Review, stored: &Value, object: &Value) -> Option<(Line, Workload)> {
    let lines = patch::lines(stored);
    let [RelatedWorkload { object: reader, .. }] = review.related.as_slice() else { return None };
    if lines.is_empty() && is_ready(reader) {
        return None;
    }
    let without_lines = Layered::with(review.inventory, Arc::new(object.clone()));
    let workload = Workload::read(reader, &without_lines).filter(|workload| workload.operator.is_none())?;
    let servers: Vec<&Container> = workload.servers().collect();
    let [server] = *servers.as_slice() else { return None };
    let key = winning_key(server, &ObjectRef::of(object))?;
    let before = lines.iter().find(|line| line.key == key && line.name == size::MAXMEMORY);
    if before.is_none() && !lines.is_empty() {
        return None;
    }
    let owned: OwnedValues = before.iter().map(|line| line.owned_by(&server.name)).collect();
    let context = Context::new(Door::Admission, Lifecycle::Creating, policy.derivation).owned(owned);
    let (limit, text) = server.memory.limit_bytes().zip(server.memory.limit_text())?;
    let maxmemory = context.maxmemory_for(&workload, server, limit)?;
    let derived = Some(Derived { limit: text, by: policy.derivation.name() });
    let line = Line { key, name: size::MAXMEMORY.to_owned(), value: size::directive(maxmemory), derived };
    Some((line, workload))
}

/// Whether any Pod of a stored workload serves, and so may hold data.
fn is_ready(workload: &Value) -> bool {
    let counts =
        ["/status/readyReplicas", "/status/numberReady"].iter().filter_map(|at| workload.pointer(at)?.as_u64());
    counts.sum::<u64>() > 0
}

/// The key of the ConfigMap that the server reads last, where it has no maxmemory yet.
fn winning_key(server: &Container, config_map: &ObjectRef) -> Option<String> {
    let config = server.config.as_ref()?;
    let last = config.files.last().filter(|place| place.object == *config_map)?;
    if config.maxmemory.is_unknown() || config.maxmemory.value().is_some_and(|set| set.value > 0) {
        return None;
    }
    last.at.segments().last()
}
