//! A data set that is written where nothing lasts.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::kubernetes::Pointer;
use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::FixSafety;
use crate::rules::profile::{DENY, OFF, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Container, Fact, Persistence, Storage, VolumeSource, Workload};

/// The parameters.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct StorageEphemeral {
    /// Whether save points that nobody wrote, redis-server's defaults, count as well (default false).
    even_by_default: bool,
}

rule! {
    /// A data set that is to be kept lies on a volume that does not last
    ///
    /// ## What it checks
    /// The data directory of a server with an append-only file or save points that somebody wrote lies on a volume that
    /// outlives the Pod: not on an emptyDir, a claim that is made for the Pod, or the container's own file system. Where a
    /// claim is mounted beside the directory `dir-off-volume` speaks; a directory that can't be seen is not judged.
    ///
    /// ## Why it matters
    /// The server writes its data set down so that it survives a restart, and the first Pod that is evicted, moved or rolled
    /// out starts empty. An empty master is then copied by its replicas.
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
    ///         - {name: redis, image: "redis:7.4", args: [--appendonly, "yes"], volumeMounts: [{name: data, mountPath: /data}]}
    ///       volumes: [{name: data, emptyDir: {}}]
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
    /// `evenByDefault`: whether save points that nobody wrote count as well, since redis-server saves unless it is told not
    /// to (false; true in `production`). `save ""` and `appendonly no` say that nothing is to be kept.
    ///
    /// ## Fix safety
    /// A human must choose: a claim costs money, and a set's claim template can't be added later.
    ///
    /// ## Sources
    /// Redis, "Redis persistence"; Kubernetes, "Volumes", emptyDir; "Ephemeral Volumes".
    StorageEphemeral = RuleInfo {
        id: "storage-ephemeral",
        group: "storage",
        severity: Severity::High,
        fix: FixSafety::Display,
        profiles: Profiles::all(WARN).production(DENY.params(&[("evenByDefault", "true")])).cache(OFF),
    }
}

impl Rule for StorageEphemeral {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for server in workload.servers() {
            let Some(storage) = server.storage.as_ref().filter(|_| self.is_to_be_kept(server)) else { continue };
            let Some((place, what)) = loses(storage) else { continue };
            let at = place.cloned().unwrap_or_else(|| server.at.join("volumeMounts"));
            let message = format!("container {}: its data set is written to {what}", server.name);
            let fix =
                Fix::display("mount a claim at the data directory, or turn persistence off (save \"\", appendonly no)");
            findings.push(Self::finding(workload, &server.name, workload.place(at), message).fix(fix));
        }
    }
}

impl StorageEphemeral {
    fn is_to_be_kept(&self, server: &Container) -> bool {
        let Some(config) = &server.config else { return false };
        let is_on = config.persistence.value().is_some_and(|persistence| *persistence != Persistence::None);
        is_on && (config.persistence_chosen || self.even_by_default)
    }
}

/// The mount, if any, and what it is, where a data set does not outlive its Pod.
fn loses(storage: &Storage) -> Option<(Option<&Pointer>, &'static str)> {
    let volume = match &storage.volume {
        Fact::Set(volume) => volume,
        // Beside a claim `dir-off-volume` speaks.
        Fact::Unset => {
            return storage.missed.is_empty().then_some((None, "the container's own file system, which ends with it"));
        }
        Fact::Unknown(_) => return None,
    };
    match volume.source {
        VolumeSource::EmptyDir => Some((Some(&volume.mount), "an emptyDir, which ends with the Pod")),
        VolumeSource::EphemeralClaim(_) => Some((Some(&volume.mount), "an ephemeral volume, which ends with the Pod")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::storage::storage_ephemeral::StorageEphemeral;
    use crate::rules::testing::{Fixture, finds, passes, shows};

    /// A server that mounts this at `/data`.
    fn deployment(args: &str, volume: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: cart, namespace: shop}}, spec: {{template: {{spec: {{\
             containers: [{{name: redis, image: 'redis:7.4', args: [{args}], volumeMounts: [{{name: data, mountPath: /data}}]}}], \
             volumes: [{{name: data, {volume}}}]}}}}}}}}"
        )
    }

    const AOF: &str = "--appendonly, 'yes'";

    #[test]
    fn what_ends_with_the_pod_keeps_nothing() {
        finds::<StorageEphemeral>(
            &deployment(AOF, "emptyDir: {}"),
            "container redis: its data set is written to an emptyDir",
        );
        finds::<StorageEphemeral>(
            &deployment(AOF, "ephemeral: {volumeClaimTemplate: {spec: {}}}"),
            "an ephemeral volume",
        );
        finds::<StorageEphemeral>("args: [--appendonly, 'yes']", "the container's own file system");
        finds::<StorageEphemeral>("args: [--save, '60', '1']", "the container's own file system");
        finds::<StorageEphemeral>(
            "{image: 'mine/redis-server:1', command: [redis-server], args: [--appendonly, 'yes']}",
            "own",
        );
        shows::<StorageEphemeral>(&deployment(AOF, "emptyDir: {}"));
    }

    #[test]
    fn what_lasts_passes() {
        for volume in ["persistentVolumeClaim: {claimName: x}", "hostPath: {path: /mnt}", "nfs: {server: nas, path: /}"]
        {
            passes::<StorageEphemeral>(&deployment(AOF, volume));
        }
        // A claim beside the directory is another rule's.
        passes::<StorageEphemeral>(&deployment(
            "--appendonly, 'yes', --dir, /tmp",
            "persistentVolumeClaim: {claimName: x}",
        ));
    }

    #[test]
    fn a_server_that_keeps_nothing_or_that_is_not_seen_passes() {
        passes::<StorageEphemeral>(&deployment("--save, '', --appendonly, 'no'", "emptyDir: {}"));
        passes::<StorageEphemeral>(&deployment("/redis.conf", "emptyDir: {}"));
        let hidden = deployment(AOF, "emptyDir: {}").replace("redis:7.4", "mirror.example/redis:7.4");
        passes::<StorageEphemeral>(&hidden);
    }

    #[test]
    fn the_servers_own_save_points_count_where_a_policy_says_so() {
        let text = deployment("", "emptyDir: {}");
        passes::<StorageEphemeral>(&text);
        let found = Fixture::new(&text).findings(&StorageEphemeral { even_by_default: true });
        assert_eq!(found.len(), 1, "{found:#?}");
        let silent = Fixture::new("args: [--save, '']").findings(&StorageEphemeral { even_by_default: true });
        assert!(silent.is_empty(), "{silent:#?}");
    }
}
