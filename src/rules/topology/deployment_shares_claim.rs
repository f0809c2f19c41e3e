//! A Deployment that starts a new server while the old one still holds the claim.

use crate::kubernetes::{Place, Pointer};
use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::FixSafety;
use crate::rules::profile::{Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Strategy, VolumeSource, Workload};

rule! {
    /// A Deployment's rollout puts two servers on one claim
    ///
    /// ## What it checks
    /// A Deployment whose server keeps its data on a claim that one node at a time may write to (`ReadWriteOnce`,
    /// `ReadWriteOncePod`) replaces its Pods by `Recreate`. Where nothing is written the strategy is `RollingUpdate` with a
    /// surge of 25%, which makes one Pod at least. A claim that can't be seen is not judged.
    ///
    /// ## Why it matters
    /// The new Pod starts while the old one has the claim. On another node it waits for a volume that is never let go, and
    /// the rollout hangs. On the same node both servers write the same files: the new one starts from an older snapshot, and
    /// what was written last is lost. Low with `maxSurge: 0`: the old Pod is told to end first, and may still be writing.
    ///
    /// ## Fails
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: cart, namespace: shop}
    /// spec:
    ///   selector: {matchLabels: {app: cart}}
    ///   template:
    ///     metadata: {labels: {app: cart}}
    ///     spec:
    ///       containers: [{name: redis, image: "redis:7.4", volumeMounts: [{name: data, mountPath: /data}]}]
    ///       volumes: [{name: data, persistentVolumeClaim: {claimName: cart}}]
    /// ---
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: cart, namespace: shop}
    /// spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 4Gi}}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: cart, namespace: shop}
    /// spec:
    ///   strategy: {type: Recreate}
    ///   selector: {matchLabels: {app: cart}}
    ///   template:
    ///     metadata: {labels: {app: cart}}
    ///     spec:
    ///       containers: [{name: redis, image: "redis:7.4", volumeMounts: [{name: data, mountPath: /data}]}]
    ///       volumes: [{name: data, persistentVolumeClaim: {claimName: cart}}]
    /// ---
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: cart, namespace: shop}
    /// spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 4Gi}}}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A human must choose: `Recreate` means a moment without a server at each rollout, a StatefulSet another kind of object.
    ///
    /// ## Sources
    /// Kubernetes, "Deployments", strategy; "Persistent Volumes", access modes.
    pub(crate) struct DeploymentSharesClaim = RuleInfo {
        id: "deployment-shares-claim",
        group: "topology",
        severity: Severity::Medium,
        fix: FixSafety::Display,
        profiles: Profiles::all(WARN),
        needs: &["PersistentVolumeClaim"],
    }
}

impl Rule for DeploymentSharesClaim {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let Some(Strategy::Rolling { surges }) = workload.strategy else { return };
        let claimed = workload.servers().filter_map(|server| server.storage.as_ref()?.claimed());
        // Servers of one Pod may share a volume; an ephemeral claim is each Pod's own.
        let mut shared = claimed
            .filter(|(volume, claim)| matches!(volume.source, VolumeSource::Claim(_, _)) && claim.is_exclusive());
        let Some((volume, claim)) = shared.next() else { return };
        let (severity, why) = if surges {
            (Severity::Medium, "the old one has it: the rollout hangs, or two servers write")
        } else {
            (Severity::Low, "the old one may still write its last")
        };
        let mode = if claim.access_modes.iter().any(|mode| mode == "ReadWriteOnce") { "Once" } else { "OncePod" };
        let message =
            format!("volume {}: RollingUpdate starts a Pod on a ReadWrite{mode} claim while {why}", volume.name);
        let place = workload.place(Pointer::new("/spec/strategy"));
        let modes = Place::new(claim.object.clone(), Pointer::new("/spec/accessModes"));
        let fix = Fix::display("set the strategy to Recreate, or use a StatefulSet");
        let finding = Self::finding(workload, &volume.name, place, message).severity(severity);
        findings.push(finding.related(modes, "the claim").fix(fix));
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::finding::Severity;
    use crate::rules::testing::{Fixture, finds, passes, shows};
    use crate::rules::topology::deployment_shares_claim::DeploymentSharesClaim;

    fn workload(kind: &str, more: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: cart, namespace: shop}}, spec: {{{more} \
             template: {{spec: {{containers: [{{name: redis, image: 'redis:7.4', volumeMounts: [{{name: data, mountPath: /data}}]}}], \
             volumes: [{{name: data, persistentVolumeClaim: {{claimName: cart}}}}]}}}}}}}}\n"
        )
    }

    fn claim(modes: &str) -> String {
        format!(
            "---\n{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: cart, namespace: shop}}, spec: {{accessModes: [{modes}]}}}}"
        )
    }

    fn deployment(strategy: &str) -> String {
        format!("{}{}", workload("Deployment", strategy), claim("ReadWriteOnce"))
    }

    #[test]
    fn an_unset_strategy_is_a_rolling_update_that_surges() {
        for strategy in [
            "",
            "strategy: {},",
            "strategy: {type: RollingUpdate},",
            "strategy: {rollingUpdate: {maxUnavailable: 1}},",
            "strategy: {rollingUpdate: {maxSurge: 1%}},",
        ] {
            let expected = "volume data: RollingUpdate starts a Pod on a ReadWriteOnce claim while the old one has it";
            finds::<DeploymentSharesClaim>(&deployment(strategy), expected);
            shows::<DeploymentSharesClaim>(&deployment(strategy));
        }
    }

    #[test]
    fn without_a_surge_it_is_less_likely() {
        for surge in ["0", "'0%'", "'0'"] {
            let text = deployment(&format!("strategy: {{rollingUpdate: {{maxSurge: {surge}, maxUnavailable: 1}}}},"));
            let finding = Fixture::new(&text).findings(&DeploymentSharesClaim {}).remove(0);
            assert_eq!(finding.severity, Severity::Low, "{surge}");
        }
    }

    #[test]
    fn recreate_and_other_kinds_pass() {
        passes::<DeploymentSharesClaim>(&deployment("strategy: {type: Recreate},"));
        passes::<DeploymentSharesClaim>(&format!("{}{}", workload("StatefulSet", ""), claim("ReadWriteOnce")));
    }

    #[test]
    fn only_a_claim_that_is_seen_and_exclusive_counts() {
        passes::<DeploymentSharesClaim>(&workload("Deployment", ""));
        passes::<DeploymentSharesClaim>(&format!("{}{}", workload("Deployment", ""), claim("ReadWriteMany")));
        passes::<DeploymentSharesClaim>(&format!(
            "{}{}",
            workload("Deployment", ""),
            claim("ReadWriteOnce, ReadWriteMany")
        ));
        finds::<DeploymentSharesClaim>(
            &format!("{}{}", workload("Deployment", ""), claim("ReadWriteOncePod")),
            "a ReadWriteOncePod claim",
        );
        let scratch = deployment("").replace("mountPath: /data", "mountPath: /scratch");
        passes::<DeploymentSharesClaim>(&scratch);
    }
}
