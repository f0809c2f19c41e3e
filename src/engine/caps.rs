//! The door table: how far any policy may go for each kind of request. It caps the policy's action; then the ratchet applies.

use serde_json::Value;

use super::request_kind::RequestKind;
use super::verdict::{Operation, Request};
use crate::kubernetes::has_controller;
use crate::policy::Action;
use crate::rules::{Finding, Severity};

/// The strongest action at this door for a finding.
pub(crate) fn strongest_action(kind: RequestKind, request: &Request, finding: &Finding) -> Action {
    if finding.needs.is_some() {
        return Action::Audit;
    }
    match kind {
        RequestKind::Workload if has_controller(&request.object) => Action::Warn,
        RequestKind::Workload if finding.rule == "governing-service-missing" => Action::Warn, // It may be applied a moment later.
        RequestKind::Resize => match (finding.rule.as_str(), finding.severity) {
            ("maxmemory-above-ratio", Severity::High) => Action::Deny, // What even an idle server needs does not fit.
            ("maxmemory-above-ratio" | "maxmemory-fixed-while-limit-changes", _) => Action::Warn,
            _ => Action::Audit,
        },
        RequestKind::Scale if is_zero(&request.object) => Action::Audit, // Switching off always passes.
        RequestKind::Scale if !is_topology(finding) => Action::Audit,
        RequestKind::Scale if is_controller(&request.user) => Action::Warn, // A denied autoscaler retries for ever.
        RequestKind::Workload | RequestKind::Scale => Action::Deny,
        RequestKind::ConfigMap if finding.rule == "config-not-accepted" && finding.at.object.kind == "ConfigMap" => {
            Action::Deny
        }
        // A denied child would turn the drain of a node into an outage.
        RequestKind::ConfigMap | RequestKind::Service | RequestKind::Claim | RequestKind::Child => Action::Warn,
        RequestKind::Other => Action::Off,
    }
}

/// Whether an UPDATE has to pass whatever it holds: denying the removal of a finalizer would hang the deletion.
pub(crate) fn is_being_deleted(request: &Request) -> bool {
    let marked = |object: &Value| object.pointer("/metadata/deletionTimestamp").is_some_and(|value| !value.is_null());
    request.operation == Operation::Update && (marked(&request.object) || request.old.as_deref().is_some_and(marked))
}

fn is_zero(object: &Value) -> bool {
    object.pointer("/spec/replicas").and_then(Value::as_u64) == Some(0)
}

/// Whether a finding may come from a number of replicas. A custom rule's may: where it does not, the ratchet knows it.
fn is_topology(finding: &Finding) -> bool {
    if finding.rule == "deployment-shares-claim" {
        return false; // It comes from the strategy.
    }
    finding.rule.is_custom() || crate::rules::entry(&finding.rule).is_some_and(|entry| entry.info.group == "topology")
}

fn is_controller(user: &str) -> bool {
    user.starts_with("system:serviceaccount:kube-system:") || user.starts_with("system:kube-")
}
