//! The door table: how far any policy may go for each kind of request. It caps the policy's action; then the ratchet applies.

use serde_json::Value;

use super::request_kind::RequestKind;
use super::verdict::{Operation, Request};
use crate::kubernetes::has_controller;
use crate::policy::Action;
use crate::rules::{self, Finding, Strongest};

/// The strongest action at this door for a finding.
pub(crate) fn strongest_action(kind: RequestKind, request: &Request, finding: &Finding) -> Action {
    if finding.needs.is_some() {
        return Action::Audit;
    }
    let info = rules::entry(&finding.rule).map(|entry| entry.info);
    match kind {
        RequestKind::Workload if has_controller(&request.object) => Action::Warn,
        RequestKind::Workload => info.map_or(Strongest::Deny, |info| info.doors.admission).into(),
        RequestKind::Resize => info.map_or(Strongest::Audit, |info| info.at_resize.strongest(finding.severity)).into(),
        RequestKind::Scale if is_zero(&request.object) => Action::Audit, // Switching off always passes.
        RequestKind::Scale => {
            // A custom rule's finding may come from the number of replicas: where it does not, the ratchet knows it.
            let strongest = info.map_or(Strongest::Deny, |info| info.at_scale);
            // A denied autoscaler retries for ever.
            let cap = if is_controller(&request.user) { Action::Warn } else { Action::Deny };
            cap.min(strongest.into())
        }
        RequestKind::ConfigMap if finding.at.object.kind == "ConfigMap" => {
            info.map_or(Strongest::Warn, |info| info.at_config_map).into()
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

fn is_controller(user: &str) -> bool {
    user.starts_with("system:serviceaccount:kube-system:") || user.starts_with("system:kube-")
}
