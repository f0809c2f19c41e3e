//! A StatefulSet whose governing Service does not exist.

use crate::kubernetes::Pointer;
use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{Door, Doors, FixSafety};
use crate::rules::profile::{DENY, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Topology, Workload};

rule! {
    /// A StatefulSet has no governing Service
    ///
    /// ## What it checks
    /// `spec.serviceName` of a StatefulSet that runs Redis names a Service of its namespace.
    ///
    /// ## Why it matters
    /// The governing Service gives each Pod its name in DNS. Without it replicas don't find their master, Sentinels don't
    /// find each other, and Cluster nodes lose each other when their addresses change. Medium for a standalone server; low
    /// for files, among which the Service need not be.
    ///
    /// ## Fails
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cache, namespace: shop}
    /// spec:
    ///   serviceName: cache-headles
    ///   selector: {matchLabels: {app: cache}}
    ///   template:
    ///     metadata: {labels: {app: cache}}
    ///     spec:
    ///       containers: [{name: redis, image: "redis:7.4", resources: {limits: {memory: 1Gi}}, args: [--maxmemory, 768mb]}]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: cache-headless, namespace: shop}
    /// spec: {clusterIP: None, selector: {app: cache}, ports: [{port: 6379}]}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cache, namespace: shop}
    /// spec:
    ///   serviceName: cache-headless
    ///   selector: {matchLabels: {app: cache}}
    ///   template:
    ///     metadata: {labels: {app: cache}}
    ///     spec:
    ///       containers: [{name: redis, image: "redis:7.4", resources: {limits: {memory: 1Gi}}, args: [--maxmemory, 768mb]}]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: cache-headless, namespace: shop}
    /// spec: {clusterIP: None, selector: {app: cache}, ports: [{port: 6379}]}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A human must choose: `serviceName` can't be changed after creation. At admission it only warns, since the Service
    /// may be applied a moment later.
    ///
    /// ## Sources
    /// Kubernetes, "StatefulSets", limitations.
    pub(crate) struct GoverningServiceMissing = RuleInfo {
        id: "governing-service-missing",
        group: "network",
        severity: Severity::High,
        fix: FixSafety::Display,
        profiles: Profiles::all(WARN).production(DENY),
        // The Service may be applied a moment later.
        doors: Doors::WARN_AT_ADMISSION,
        needs: &["Service"],
    }
}

impl Rule for GoverningServiceMissing {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let Some(governing) = &workload.governing else { return };
        let mut severity = if workload.topology == Topology::Standalone { Severity::Medium } else { Severity::High };
        let (message, fix) = if governing.name.is_empty() {
            let message = "serviceName is empty: the Pods get no names in DNS".to_owned();
            (
                message,
                "create a headless Service (clusterIP: None) with the Pods' labels as selector, and recreate the \
                       StatefulSet with its name as serviceName, which can't be changed later",
            )
        } else if governing.service.is_unset() && context.door == Door::Files {
            // Another chart, or a cluster, may hold it.
            let message = format!("serviceName names Service {}, which is not among the files given", governing.name);
            let fix = "give its manifest too; if there is none, create a headless Service (clusterIP: None) of that name \
                       with the Pods' labels as selector";
            severity = Severity::Low;
            (message, fix)
        } else if governing.service.is_unset() {
            let message = format!("serviceName names Service {}, which is not in the namespace", governing.name);
            (message, "create a headless Service (clusterIP: None) of that name with the Pods' labels as selector")
        } else {
            return;
        };
        let place = workload.place(Pointer::new("/spec/serviceName"));
        findings.push(Self::finding(workload, "serviceName", place, message).severity(severity).fix(Fix::display(fix)));
    }
}
