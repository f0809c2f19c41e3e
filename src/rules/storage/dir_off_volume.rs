//! A data directory beside the volume that was mounted for it.

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::FixSafety;
use crate::rules::profile::{DENY, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Persistence, Workload};

rule! {
    /// The data directory lies outside every mounted volume
    ///
    /// ## What it checks
    /// A server with RDB or AOF that mounts a claim writes into a mounted volume: its `dir`, else the directory in which its
    /// image starts it, lies in one. A directory that can't be seen is not judged.
    ///
    /// ## Why it matters
    /// The claim is there and stays empty. The data set lies in the container's own file system and is gone when the
    /// container is replaced, while everything looks as if it were kept.
    ///
    /// ## Fails
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cart, namespace: shop}
    /// spec:
    ///   serviceName: cart
    ///   selector: {matchLabels: {app: cart}}
    ///   template:
    ///     metadata: {labels: {app: cart}}
    ///     spec:
    ///       containers:
    ///         - {name: redis, image: "redis:7.4", args: [--appendonly, "yes"], volumeMounts: [{name: data, mountPath: /var/lib/redis}]}
    ///   volumeClaimTemplates:
    ///     - metadata: {name: data}
    ///       spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 4Gi}}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: cart, namespace: shop}
    /// spec:
    ///   serviceName: cart
    ///   selector: {matchLabels: {app: cart}}
    ///   template:
    ///     metadata: {labels: {app: cart}}
    ///     spec:
    ///       containers:
    ///         - {name: redis, image: "redis:7.4", args: [--appendonly, "yes"], volumeMounts: [{name: data, mountPath: /data}]}
    ///   volumeClaimTemplates:
    ///     - metadata: {name: data}
    ///       spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 4Gi}}}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A human must choose: the mount or the `dir` may be the wrong one, and what a running server holds has to be saved
    /// first.
    ///
    /// ## Sources
    /// The Dockerfiles of Docker Hub's `redis` and `valkey` (`WORKDIR /data`); redis.conf, `dir`.
    pub(crate) struct DirOffVolume = RuleInfo {
        id: "dir-off-volume",
        group: "storage",
        severity: Severity::High,
        fix: FixSafety::Display,
        profiles: Profiles::all(WARN).production(DENY),
    }
}

impl Rule for DirOffVolume {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for server in workload.servers() {
            let persistence = server.config.as_ref().and_then(|config| config.persistence.value());
            let (Some(storage), Some(persistence)) = (&server.storage, persistence) else { continue };
            let Some(directory) = storage.directory.value().filter(|_| *persistence != Persistence::None) else {
                continue;
            };
            // Where the directory lies in a volume, none is missed.
            let Some(mount) = storage.missed.first() else { continue };
            let message =
                format!("container {}: the data directory {directory} lies in no mounted volume", server.name);
            let fix = Fix::display(&format!("mount the volume at {directory}, or set dir to where it is mounted"));
            findings.push(Self::finding(workload, &server.name, workload.place(mount.clone()), message).fix(fix));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::storage::dir_off_volume::DirOffVolume;
    use crate::rules::testing::{finds, passes, shows};

    fn deployment(container: &str, volume: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: cart, namespace: shop}}, spec: {{template: {{spec: {{\
             containers: [{{name: redis, image: 'redis:7.4', {container}}}], volumes: [{{name: data, {volume}}}]}}}}}}}}"
        )
    }

    const CLAIM: &str = "persistentVolumeClaim: {claimName: cart}";

    #[test]
    fn a_claim_beside_the_directory_is_told() {
        let expected = "container redis: the data directory /data lies in no mounted volume";
        let text = deployment("volumeMounts: [{name: data, mountPath: /redis}]", CLAIM);
        finds::<DirOffVolume>(&text, expected);
        shows::<DirOffVolume>(&text);
        let moved = deployment("args: [--dir, /tmp], volumeMounts: [{name: data, mountPath: /data}]", CLAIM);
        finds::<DirOffVolume>(&moved, "the data directory /tmp lies");
    }

    #[test]
    fn what_is_in_a_volume_or_needs_none_passes() {
        passes::<DirOffVolume>(&deployment("volumeMounts: [{name: data, mountPath: /data}]", CLAIM));
        passes::<DirOffVolume>(&deployment(
            "args: [--dir, /redis/a], volumeMounts: [{name: data, mountPath: /redis}]",
            CLAIM,
        ));
        passes::<DirOffVolume>(&deployment("volumeMounts: [{name: data, mountPath: /redis}]", "emptyDir: {}"));
        passes::<DirOffVolume>(&deployment("volumeMounts: [{name: data, mountPath: /redis}]", "configMap: {name: x}"));
        passes::<DirOffVolume>(&deployment("command: [redis-server]", CLAIM));
        passes::<DirOffVolume>(&deployment(
            "args: [--save, ''], volumeMounts: [{name: data, mountPath: /backup}]",
            CLAIM,
        ));
    }

    #[test]
    fn volumes_that_are_there_for_other_reasons_pass() {
        for volume in ["hostPath: {path: /etc/localtime}", "csi: {driver: secrets-store.csi.k8s.io}", "emptyDir: {}"] {
            passes::<DirOffVolume>(&deployment("volumeMounts: [{name: data, mountPath: /etc/localtime}]", volume));
        }
        let read_only = "volumeMounts: [{name: data, mountPath: /seed, readOnly: true}]";
        passes::<DirOffVolume>(&deployment(read_only, CLAIM));
    }

    #[test]
    fn an_unknown_directory_is_not_judged() {
        let mounts = "volumeMounts: [{name: data, mountPath: /redis}]";
        passes::<DirOffVolume>(&deployment(&format!("args: [/redis.conf], {mounts}"), CLAIM));
        passes::<DirOffVolume>(&deployment(
            &format!("command: [sh, -c, 'cd /redis && redis-server --port 1'], {mounts}"),
            CLAIM,
        ));
    }
}
