//! A governing Service with a cluster IP.

use serde_json::Value;

use crate::kubernetes::{ObjectRef, Place, Pointer};
use crate::rules::context::Context;
use crate::rules::finding::{Edit, Finding, Fix, Identity, Severity};
use crate::rules::info::{FixSafety, Stage};
use crate::rules::profile::{ProfileAction, Profiles, WARN};
use crate::rules::registry::{Described, Rule, rule};
use crate::workload::{GoverningService, Service, Topology, Workload};

/// On a Service: make it headless when it is created, although no StatefulSet that names it is there yet.
pub const HEADLESS_ANNOTATION: &str = "plimsoll.dev/headless";

rule! {
    /// The governing Service of a StatefulSet has a cluster IP
    ///
    /// ## What it checks
    /// The Service that `spec.serviceName` names is headless (`clusterIP: None`), and its ports equal their targets.
    ///
    /// ## Why it matters
    /// Only a headless Service gives each Pod a name of its own. Behind a cluster IP a replica that asks for its master, or
    /// a Sentinel that announces itself, gets any Pod. Low for a standalone server, which nobody asks for by Pod name.
    ///
    /// ## Fails
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cache, namespace: shop}
    /// spec:
    ///   serviceName: cache
    ///   selector: {matchLabels: {app: cache}}
    ///   template:
    ///     metadata: {labels: {app: cache}}
    ///     spec:
    ///       containers: [{name: redis, image: "redis:7.4", resources: {limits: {memory: 1Gi}}, args: [--maxmemory, 768mb]}]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: cache, namespace: shop}
    /// spec: {selector: {app: cache}, ports: [{port: 6379}]}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cache, namespace: shop}
    /// spec:
    ///   serviceName: cache
    ///   selector: {matchLabels: {app: cache}}
    ///   template:
    ///     metadata: {labels: {app: cache}}
    ///     spec:
    ///       containers: [{name: redis, image: "redis:7.4", resources: {limits: {memory: 1Gi}}, args: [--maxmemory, 768mb]}]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: cache, namespace: shop}
    /// spec: {clusterIP: None, selector: {app: cache}, ports: [{port: 6379}]}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// Safe while the Service itself is created, where a StatefulSet names it or it carries the annotation
    /// `plimsoll.dev/headless: "true"`, and no port is mapped: a headless Service ignores `targetPort`. Later a cluster IP
    /// can't be changed: the message gives the commands.
    ///
    /// ## Sources
    /// Kubernetes, "Headless Services".
    pub(crate) struct GoverningServiceNotHeadless = RuleInfo {
        id: "governing-service-not-headless",
        group: "network",
        severity: Severity::High,
        fix: FixSafety::Safe,
        profiles: Profiles::all(WARN.by_severity(&[(Severity::High, ProfileAction::MutateOrWarn)]))
            .production(WARN.by_severity(&[(Severity::High, ProfileAction::MutateOrDeny)])),
        stage: Some(Stage::Network),
        fixes_kind: Some("Service"),
        needs: &["Service"],
    }
}

impl Rule for GoverningServiceNotHeadless {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let Some(governing) = &workload.governing else { return };
        let Some(service) = governing.service.value() else { return };
        let severity = severity(workload.topology);
        let at = |path: &str| Place::new(service.object.clone(), Pointer::new(path));
        let by_name = workload.place(Pointer::new("/spec/serviceName"));
        if !service.headless {
            let message = format!(
                "governing Service {} is not headless: its Pods have no names of their own",
                service.object.name
            );
            findings.push(
                Self::finding(workload, "serviceName", at("/spec/clusterIP"), message)
                    .severity(severity)
                    .fix(make_headless(context, governing, service))
                    .related(by_name, "named here"),
            );
        } else if !service.mapped_ports.is_empty() {
            let message = format!(
                "governing Service {} is headless, which ignores its port mapping {}",
                service.object.name,
                service.mapped_ports.join(", ")
            );
            let fix = Fix::display("make port equal targetPort");
            let finding =
                Self::finding(workload, "ports", at("/spec/ports"), message).severity(Severity::Low.min(severity));
            findings.push(finding.fix(fix).related(by_name, "named here"));
        }
    }
}

/// A Service that is created without being headless, although its annotation asks for it. The fix is Safe where every port
/// equals its target: no StatefulSet is known yet through which a named one could be resolved.
#[must_use]
pub fn asked_headless(service: &Value) -> Option<Finding> {
    let annotations = service.pointer("/metadata/annotations")?;
    let asks = annotations.get(HEADLESS_ANNOTATION).and_then(Value::as_str) == Some("true");
    let spec = service.get("spec")?;
    let text = |field: &str| spec.get(field).and_then(Value::as_str).unwrap_or_default();
    let plain = matches!(text("type"), "" | "ClusterIP") && text("clusterIP").is_empty();
    if !asks || !plain {
        return None;
    }
    let ports = spec.get("ports").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);

    let object = ObjectRef::of(service);
    let at = Pointer::new("/spec/clusterIP");
    let fix = if ports.iter().all(is_straight) {
        Fix::safe("make it headless: clusterIP None").add(at.clone(), "None")
    } else {
        Fix::display("make port equal targetPort: a headless Service ignores the mapping")
    };
    let message = format!("Service {} asks to be headless", object.name);
    let place = Place::new(object.clone(), at);
    let info = GoverningServiceNotHeadless::INFO;
    let identity = Identity { rule: info.id.into(), workload: object, subject: "clusterIP".to_owned() };
    Some(Finding::new(identity, info.severity, place, message).fix(fix))
}

/// Whether a port leads to the same one of the Pods.
fn is_straight(port: &Value) -> bool {
    matches!(port.get("targetPort"), None | Some(Value::Null)) || port.get("targetPort") == port.get("port")
}

fn severity(topology: Topology) -> Severity {
    match topology {
        Topology::Standalone | Topology::Unknown => Severity::Low,
        Topology::Replication | Topology::Sentinel | Topology::Cluster => Severity::High,
    }
}

fn make_headless(context: &Context, governing: &GoverningService, service: &Service) -> Fix {
    let name = &service.object.name;
    if context.service_is_new && service.mapped_ports.is_empty() && service.unresolved_ports.is_empty() {
        let edit = Edit::Set {
            object: Some(service.object.clone()),
            at: Pointer::new("/spec/clusterIP"),
            value: Value::from("None"),
        };
        let fix = Fix::safe("make it headless: clusterIP None");
        let fix = if service.allocated { fix.replacing() } else { fix };
        return fix.edit(edit);
    }
    if !service.mapped_ports.is_empty() {
        let ports = service.mapped_ports.join(", ");
        return Fix::display(&format!(
            "a headless Service ignores its port mapping {ports}: make port equal targetPort first"
        ));
    }
    match &governing.other_headless {
        Some(other) => {
            Fix::unsafe_(&format!("set serviceName to {other}, which is headless and selects the same Pods"))
                .replace(Pointer::new("/spec/serviceName"), other.clone())
        }
        None => Fix::display(&format!(
            "a cluster IP can't be changed: kubectl delete service {name}, then apply it with clusterIP: None"
        )),
    }
}
