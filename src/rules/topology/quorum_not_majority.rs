//! A quorum that no number of Sentinels reaches, or that too few do.

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Strongest};
use crate::rules::profile::{ProfileAction, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::Workload;

rule! {
    /// The quorum of the Sentinels is not their majority
    ///
    /// ## What it checks
    /// The effective quorum of each Sentinel workload against the number of its Sentinels.
    ///
    /// ## Why it matters
    /// High where the quorum exceeds the Sentinels: they never agree that the master is down. Medium where it equals them:
    /// the loss of one, which is likely the master's own, ends every failover. Low below a majority: legal, since Redis
    /// needs a majority to authorise the failover anyway, but a minority starts elections that it can't win.
    ///
    /// ## Fails
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
    ///       containers:
    ///         - {name: sentinel, image: "redis:7.4", command: [redis-sentinel, /etc/redis/sentinel.conf], volumeMounts: [{name: conf, mountPath: /etc/redis}]}
    ///       volumes: [{name: conf, configMap: {name: sentinels}}]
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: sentinels, namespace: shop}
    /// data: {sentinel.conf: "sentinel monitor main 10.0.0.1 6379 4\n"}
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
    ///       containers:
    ///         - {name: sentinel, image: "redis:7.4", command: [redis-sentinel, /etc/redis/sentinel.conf], volumeMounts: [{name: conf, mountPath: /etc/redis}]}
    ///       volumes: [{name: conf, configMap: {name: sentinels}}]
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: sentinels, namespace: shop}
    /// data: {sentinel.conf: "sentinel monitor main 10.0.0.1 6379 2\n"}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A human must choose: the quorum stands in a script or file that Sentinel itself rewrites.
    ///
    /// ## Sources
    /// Redis, "High availability with Redis Sentinel".
    pub(crate) struct QuorumNotMajority = RuleInfo {
        id: "quorum-not-majority",
        group: "topology",
        severity: Severity::High,
        fix: FixSafety::Display,
        profiles: Profiles::all(WARN.by_severity(&[(Severity::High, ProfileAction::Deny)])).cache(WARN),
        at_scale: Strongest::Deny,
    }
}

impl Rule for QuorumNotMajority {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let Some(sentinels) = &workload.sentinels else { return };
        let Some(quorum) = sentinels.quorum.value() else { return };
        let Some(count) = sentinels.count.filter(|count| *count > 0) else { return };
        let value = quorum.value;
        let majority = count / 2 + 1;
        let (severity, why) = if value > count {
            (Severity::High, "they can never agree that the master is down")
        } else if value == count {
            (Severity::Medium, "the loss of one ends every failover")
        } else if value < majority {
            (Severity::Low, "a minority starts elections that it can't win")
        } else {
            return;
        };
        let noun = if count == 1 { "Sentinel" } else { "Sentinels" };
        let message = format!("quorum {value} of {count} {noun}: {why}");
        let fix = if majority < count {
            Fix::display(&format!("set the quorum to {majority}, the majority of {count}"))
        } else {
            Fix::display("run three Sentinels with a quorum of 2")
        };
        #[expect(clippy::cast_precision_loss, reason = "a gap is compared, not added up")]
        let gap = value.abs_diff(majority) as f64 / majority as f64;
        let finding = Self::finding(workload, "quorum", quorum.origin.clone(), message).severity(severity);
        findings.push(finding.fix(fix).gap(gap));
    }
}
