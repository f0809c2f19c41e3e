//! Sentinels too few to agree.

use crate::kubernetes::Pointer;
use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Stage, Strongest};
use crate::rules::profile::{DENY, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Role, Workload};

/// The fewest Sentinels of which one may be lost and the others still agree.
const ENOUGH: u64 = 3;

rule! {
    /// Too few Sentinels to agree on a failover
    ///
    /// ## What it checks
    /// At least three Sentinels watch a master: the replicas of the workload times its Sentinel containers, also after a
    /// scale down. A workload scaled to 0 is at rest and passes.
    ///
    /// ## Why it matters
    /// A failover needs the agreement of a majority of all Sentinels. With two, the loss of one, which is what happens when
    /// the node of a master and its Sentinel goes away, leaves no majority: there is no failover at all.
    ///
    /// ## Fails
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: sentinels, namespace: shop}
    /// spec:
    ///   replicas: 2
    ///   selector: {matchLabels: {app: sentinels}}
    ///   template:
    ///     metadata: {labels: {app: sentinels}}
    ///     spec:
    ///       containers: [{name: sentinel, image: "redis:7.4", command: [redis-sentinel, /data/sentinel.conf]}]
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: sentinels, namespace: shop}
    /// spec:
    ///   replicas: 3
    ///   selector: {matchLabels: {app: sentinels}}
    ///   template:
    ///     metadata: {labels: {app: sentinels}}
    ///     spec:
    ///       containers: [{name: sentinel, image: "redis:7.4", command: [redis-sentinel, /data/sentinel.conf]}]
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// Unsafe: more replicas cost memory, claims and a synchronisation each.
    ///
    /// ## Sources
    /// Redis, "High availability with Redis Sentinel"; bitnami/charts#4239.
    pub(crate) struct TooFewSentinels = RuleInfo {
        id: "too-few-sentinels",
        group: "topology",
        severity: Severity::High,
        fix: FixSafety::Unsafe,
        profiles: Profiles::all(WARN).production(DENY),
        stage: Some(Stage::Topology),
        at_scale: Strongest::Deny,
    }
}

impl Rule for TooFewSentinels {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let Some(sentinels) = &workload.sentinels else { return };
        let Some(count) = sentinels.count.filter(|count| (1..ENOUGH).contains(count)) else { return };
        let Some(container) = workload.containers.iter().find(|container| container.role == Role::Sentinel) else {
            return;
        };
        let noun = if count == 1 { "Sentinel watches" } else { "Sentinels watch" };
        let message =
            format!("{count} {noun} the master: after the loss of one there is no majority, hence no failover");
        let at = Pointer::new("/spec/replicas");
        let per_pod = count / workload.replicas.value().copied().unwrap_or(1).max(1);
        let replicas = ENOUGH.div_ceil(per_pod.max(1));
        let fix = Fix::unsafe_(&format!("set replicas to {replicas}")).replace(at.clone(), replicas);
        #[expect(clippy::cast_precision_loss, reason = "counts below three")]
        let gap = (ENOUGH - count) as f64 / ENOUGH as f64;
        findings.push(Self::finding(workload, &container.name, workload.place(at), message).fix(fix).gap(gap));
    }
}
