//! The door table: how far any policy may go for each kind of request. It caps the policy's action; then the ratchet applies.

use serde_json::Value;

use super::verdict::{Operation, Request};
use crate::kubernetes::ObjectRef;
use crate::policy::Action;
use crate::rules::{self, Finding, Strongest};

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
    let info = rules::entry(&finding.rule).map(|entry| entry.info);
    match subject {
        Subject::Workload if has_controller(&request.object) => Action::Warn,
        Subject::Workload => info.map_or(Strongest::Deny, |info| info.doors.admission).into(),
        Subject::Resize => info.map_or(Strongest::Audit, |info| info.at_resize.strongest(finding.severity)).into(),
        Subject::Scale if is_zero(&request.object) => Action::Audit, // Switching off always passes.
        Subject::Scale => {
            // A custom rule's finding may come from the number of replicas: where it does not, the ratchet knows it.
            let strongest = info.map_or(Strongest::Deny, |info| info.at_scale);
            // A denied autoscaler retries for ever.
            let cap = if is_controller(&request.user) { Action::Warn } else { Action::Deny };
            cap.min(strongest.into())
        }
        Subject::ConfigMap if finding.at.object.kind == "ConfigMap" => {
            info.map_or(Strongest::Warn, |info| info.at_config_map).into()
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
