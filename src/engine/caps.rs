//! The door table: how far any policy may go for each kind of request. It caps the policy's action; then the ratchet applies.

use serde_json::Value;

use super::verdict::{Operation, Request};
use crate::kubernetes::ObjectRef;
use crate::policy::Action;
use crate::rules::{Finding, Severity};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A StatefulSet, Deployment or DaemonSet, or a Pod that nobody controls.
    Workload,
    /// A Pod that a controller made from its template.
    Child,
    /// A Pod whose resources change in place.
    Resize,
    /// The scale of one.
    Scale,
    /// A ConfigMap.
    ConfigMap,
    /// A Service.
    Service,
    /// A `PersistentVolumeClaim`.
    Claim,
    /// Nothing that is ours to judge.
    Other,
}

/// Kinds that are judged as workloads.
pub(crate) const WORKLOAD_KINDS: [&str; 3] = ["StatefulSet", "Deployment", "DaemonSet"];

impl Subject {
    pub(crate) fn of(request: &Request) -> Self {
        let target = &request.target;
        match (target.group(), target.kind.as_str(), request.subresource.as_deref()) {
            ("apps", kind, None) if WORKLOAD_KINDS.contains(&kind) => Self::Workload,
            ("apps", kind, Some("scale")) if WORKLOAD_KINDS.contains(&kind) => Self::Scale,
            ("", "Pod", None) => Self::of_pod(&request.object),
            ("", "Pod", Some("resize")) => Self::Resize,
            ("", "ConfigMap", None) => Self::ConfigMap,
            ("", "Service", None) => Self::Service,
            ("", "PersistentVolumeClaim", None) => Self::Claim,
            _ => Self::Other,
        }
    }

    /// Whether it is judged by the workloads around it: what they had before this request is none of its doing.
    pub(crate) fn is_neighbour(self) -> bool {
        matches!(self, Self::ConfigMap | Self::Service | Self::Claim)
    }

    /// What a Job starts runs to an end: a client, whatever its image.
    fn of_pod(pod: &Value) -> Self {
        match controller(pod) {
            None => Self::Workload,
            Some(owner) if owner.kind == "Job" => Self::Other,
            Some(_) => Self::Child,
        }
    }
}

/// The strongest action at this door for a finding.
pub(crate) fn cap(subject: Subject, request: &Request, finding: &Finding) -> Action {
    if finding.needs.is_some() {
        return Action::Audit;
    }
    match subject {
        Subject::Workload if has_controller(&request.object) => Action::Warn,
        Subject::Workload if finding.rule == "governing-service-missing" => Action::Warn, // It may be applied a moment later.
        Subject::Resize => match (finding.rule.as_str(), finding.severity) {
            ("maxmemory-above-ratio", Severity::High) => Action::Deny, // What even an idle server needs does not fit.
            ("maxmemory-above-ratio" | "maxmemory-fixed-while-limit-changes", _) => Action::Warn,
            _ => Action::Audit,
        },
        Subject::Scale if is_zero(&request.object) => Action::Audit, // Switching off always passes.
        Subject::Scale if !is_topology(finding) => Action::Audit,
        Subject::Scale if is_controller(&request.user) => Action::Warn, // A denied autoscaler retries for ever.
        Subject::Workload | Subject::Scale => Action::Deny,
        Subject::ConfigMap if finding.rule == "config-not-accepted" && finding.at.object.kind == "ConfigMap" => {
            Action::Deny
        }
        // A denied child would turn the drain of a node into an outage.
        Subject::ConfigMap | Subject::Service | Subject::Claim | Subject::Child => Action::Warn,
        Subject::Other => Action::Off,
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

/// Whether an object belongs to a controller, which would only make it again.
pub(crate) fn has_controller(object: &Value) -> bool {
    controller(object).is_some()
}

/// The controller that an object belongs to, in the object's own namespace.
pub(crate) fn controller(object: &Value) -> Option<ObjectRef> {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owner = owners.into_iter().flatten().find(|owner| owner.get("controller") == Some(&Value::Bool(true)))?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    Some(ObjectRef::new(text("apiVersion"), text("kind"), namespace, text("name")))
}
