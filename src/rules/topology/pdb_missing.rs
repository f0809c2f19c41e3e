//! Several Redis Pods without a PodDisruptionBudget.

use crate::kubernetes::Pointer;
use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{Doors, FixSafety};
use crate::rules::profile::{AUDIT, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Topology, Workload};

rule! {
    /// No PodDisruptionBudget covers the Pods of a workload
    ///
    /// ## What it checks
    /// From two replicas on, a PodDisruptionBudget of the namespace selects the Pods.
    ///
    /// ## Why it matters
    /// Without one the drain of nodes, as at an upgrade of the cluster, may evict all Pods at once: a master with its
    /// replicas, or the majority of the Sentinels, so that no failover can be agreed on.
    ///
    /// ## Fails
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cache, namespace: shop}
    /// spec:
    ///   replicas: 3
    ///   serviceName: cache
    ///   selector: {matchLabels: {app: cache}}
    ///   template:
    ///     metadata: {labels: {app: cache}}
    ///     spec: {containers: [{name: redis, image: "redis:7.4", args: [--maxmemory, 768mb]}]}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cache, namespace: shop}
    /// spec:
    ///   replicas: 3
    ///   serviceName: cache
    ///   selector: {matchLabels: {app: cache}}
    ///   template:
    ///     metadata: {labels: {app: cache}}
    ///     spec: {containers: [{name: redis, image: "redis:7.4", args: [--maxmemory, 768mb]}]}
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: {name: cache, namespace: shop}
    /// spec: {maxUnavailable: 1, selector: {matchLabels: {app: cache}}}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A human must choose: a budget also stops drains, so how many Pods may be away is a decision. It is not checked at
    /// admission, where a list of all budgets would cost more than the warning is worth.
    ///
    /// ## Sources
    /// Kubernetes, "Specifying a Disruption Budget for your Application".
    pub(crate) struct PdbMissing = RuleInfo {
        id: "pdb-missing",
        group: "topology",
        severity: Severity::Medium,
        fix: FixSafety::Display,
        profiles: Profiles::all(AUDIT).production(WARN),
        doors: Doors::FILES_AND_CLUSTER,
        needs: &["PodDisruptionBudget"],
    }
}

impl Rule for PdbMissing {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let Some(replicas) = workload.replicas.value().filter(|replicas| **replicas > 1) else { return };
        if !workload.disruption_budgets.is_unset() {
            return; // One covers them, or the engine reports what it would take to see it.
        }
        let what = if workload.topology == Topology::Sentinel { "a majority of the Sentinels" } else { "all of them" };
        let message = format!("no PodDisruptionBudget covers its {replicas} Pods: a drain may evict {what} at once");
        let fix = Fix::display("create a PodDisruptionBudget with maxUnavailable: 1 and the Pods' labels as selector");
        let place = workload.place(Pointer::new("/spec/replicas"));
        findings.push(Self::finding(workload, "replicas", place, message).fix(fix));
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{finds, passes, shows};
    use crate::rules::topology::pdb_missing::PdbMissing;

    const SET: &str = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: cache, namespace: shop}, spec: {replicas: 2, \
                       template: {metadata: {labels: {app: cache}}, spec: {containers: [{name: redis, image: 'redis:7.4'}]}}}}";

    fn with_budget(namespace: &str, selector: &str) -> String {
        format!(
            "{SET}\n---\n{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: b, namespace: {namespace}}}, \
             spec: {{minAvailable: 1, selector: {selector}}}}}"
        )
    }

    #[test]
    fn any_budget_that_selects_the_pods_will_do() {
        shows::<PdbMissing>(SET);
        passes::<PdbMissing>(&with_budget("shop", "{matchLabels: {app: cache}}"));
        passes::<PdbMissing>(&with_budget("shop", "{}"));
        finds::<PdbMissing>(&with_budget("shop", "{matchLabels: {app: other}}"), "its 2 Pods");
    }

    #[test]
    fn one_pod_needs_none() {
        passes::<PdbMissing>("{args: [--maxmemory, 1gb]}");
        passes::<PdbMissing>(&SET.replace("replicas: 2", "replicas: 1"));
    }
}
