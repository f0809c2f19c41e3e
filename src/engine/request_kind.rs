//! What a request is about.

use serde_json::Value;

use super::verdict::Request;
use crate::kubernetes::{Kind, KindRole, controller};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
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

impl RequestKind {
    pub(crate) fn of(request: &Request) -> Self {
        let Some(kind) = Kind::of(&request.target) else { return Self::Other };
        match (kind.role, kind.name, request.subresource.as_deref()) {
            (KindRole::Workload, "Pod", None) => Self::of_pod(&request.object),
            (KindRole::Workload, "Pod", Some("resize")) => Self::Resize,
            (KindRole::Workload, "Pod", Some(_)) => Self::Other,
            (KindRole::Workload, _, None) => Self::Workload,
            (KindRole::Workload, _, Some("scale")) => Self::Scale,
            (_, "ConfigMap", None) => Self::ConfigMap,
            (_, "Service", None) => Self::Service,
            (_, "PersistentVolumeClaim", None) => Self::Claim,
            _ => Self::Other,
        }
    }

    /// Whether it is about a workload, or a part of one.
    pub(crate) fn is_workload(self) -> bool {
        matches!(self, Self::Workload | Self::Child | Self::Resize | Self::Scale)
    }

    /// Whether it is judged by the workloads around it: what they had before this request is none of its doing.
    pub(crate) fn is_judged_by_workloads(self) -> bool {
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
