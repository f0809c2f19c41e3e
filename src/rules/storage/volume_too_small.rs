//! A claim that can't hold two copies of the data set.

use crate::kubernetes::{Place, Quantity};
use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::gap::share;
use crate::rules::info::FixSafety;
use crate::rules::maxmemory::size;
use crate::rules::profile::{AUDIT, OFF, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Claim, Container, Persistence, VolumeSource, Workload};

rule! {
    /// The claim is too small for two copies of the data set
    ///
    /// ## What it checks
    /// The claim that holds the data directory of a server with RDB or AOF has at least 2 x maxmemory; 2 x the memory limit
    /// where no maxmemory is set. Of a set's claims the smallest counts, before there are any the template; of a bound claim
    /// what it got, where that is more than it asks for. A claim that can't be seen is not judged.
    ///
    /// ## Why it matters
    /// A snapshot and a rewrite of the append-only file are written beside the file that they replace: for a moment there
    /// are two, each as large as the data set. On a full disk saves fail, writes are refused, and an append-only file that
    /// is cut off keeps the server from starting.
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
    ///       containers:
    ///         - {name: redis, image: "redis:7.4", args: [--maxmemory, 768mb], volumeMounts: [{name: data, mountPath: /data}]}
    ///   volumeClaimTemplates:
    ///     - metadata: {name: data}
    ///       spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
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
    ///       containers:
    ///         - {name: redis, image: "redis:7.4", args: [--maxmemory, 768mb], volumeMounts: [{name: data, mountPath: /data}]}
    ///   volumeClaimTemplates:
    ///     - metadata: {name: data}
    ///       spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1536Mi}}}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A human must choose: storage costs money, a claim grows only where its class allows it and never shrinks, and a claim
    /// template can't be changed after creation.
    ///
    /// ## Sources
    /// Redis, "Redis persistence", log rewriting and how snapshots work; Kubernetes, "Expanding Persistent Volumes Claims".
    pub(crate) struct VolumeTooSmall = RuleInfo {
        id: "volume-too-small",
        group: "storage",
        severity: Severity::Medium,
        fix: FixSafety::Display,
        profiles: Profiles::all(AUDIT).production(WARN).cache(OFF),
        needs: &["PersistentVolumeClaim"],
    }
}

impl Rule for VolumeTooSmall {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for server in workload.servers() {
            let persistence = server.config.as_ref().and_then(|config| config.persistence.value());
            if !persistence.is_some_and(|persistence| *persistence != Persistence::None) {
                continue;
            }
            let claimed = server.storage.as_ref().and_then(|storage| storage.claimed());
            let (Some((volume, claim)), Some(data)) = (claimed, DataSet::of(workload, server)) else { continue };
            let (Some(storage), needed) = (&claim.storage, data.bytes.saturating_mul(2)) else { continue };
            if storage.bytes >= needed {
                continue;
            }
            let message =
                format!("container {}: its claim of {} is below 2 x {}", server.name, storage.text, data.text);
            let place = Place::new(claim.object.clone(), storage.at.clone());
            let mut finding = Self::finding(workload, &server.name, place, message)
                .gap(share(needed - storage.bytes, needed))
                .fix(grow_claim(&volume.source, claim, needed));
            if let Some(origin) = data.origin {
                finding = finding.related(origin, "what the data set may grow to");
            }
            findings.push(finding);
        }
    }
}

/// How large a data set may grow.
struct DataSet {
    bytes: u64,
    text: String,
    origin: Option<Place>,
}

impl DataSet {
    fn of(workload: &Workload, server: &Container) -> Option<Self> {
        let maxmemory = &server.config.as_ref()?.maxmemory;
        if maxmemory.is_unknown() {
            return None;
        }
        if let Some(setting) = maxmemory.value().filter(|setting| setting.value > 0) {
            let text = format!("maxmemory {}", size::directive(setting.value));
            return Some(Self { bytes: setting.value, text, origin: Some(setting.origin.clone()) });
        }
        let (bytes, text) = server.memory.limit_bytes().zip(server.memory.limit_text())?;
        let origin = server.memory.limit_written().map(|limit| workload.place(limit.at.clone()));
        Some(Self { bytes, text: format!("the memory limit {text} (no maxmemory is set)"), origin })
    }
}

fn grow_claim(source: &VolumeSource, claim: &Claim, needed: u64) -> Fix {
    const MIB: u64 = 1 << 20;
    let enough = Quantity::of_bytes(needed.div_ceil(MIB).saturating_mul(MIB));
    let is_live = claim.object.kind == "PersistentVolumeClaim";
    Fix::display(&match source {
        VolumeSource::ClaimTemplate(_) if is_live => format!("grow each claim of the set to {enough} or more"),
        VolumeSource::ClaimTemplate(_) => format!("claim {enough} or more: the template can't be changed later"),
        _ if is_live => format!("grow the claim to {enough} or more"),
        _ => format!("claim {enough} or more"),
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::storage::volume_too_small::VolumeTooSmall;
    use crate::rules::testing::{finds, passes, shows};

    /// A set whose claims are of this size.
    fn set(container: &str, storage: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: cache, namespace: shop}}, spec: {{serviceName: cache, \
             template: {{spec: {{containers: [{{name: redis, image: 'redis:7.4', \
             volumeMounts: [{{name: data, mountPath: /data}}], {container}}}]}}}}, \
             volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{resources: {{requests: {{storage: {storage}}}}}}}}}]}}}}"
        )
    }

    fn claim(name: &str, asked: &str, got: &str) -> String {
        format!(
            "---\n{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {name}, namespace: shop}}, \
             spec: {{resources: {{requests: {{storage: {asked}}}}}}}, status: {{capacity: {{storage: {got}}}}}}}"
        )
    }

    /// A Deployment whose volume names the claim `cache`.
    fn named(container: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: cache, namespace: shop}}, spec: {{template: {{spec: {{\
             containers: [{{name: redis, image: 'redis:7.4', volumeMounts: [{{name: data, mountPath: /data}}], {container}}}], \
             volumes: [{{name: data, persistentVolumeClaim: {{claimName: cache}}}}]}}}}}}}}\n"
        )
    }

    #[test]
    fn twice_the_data_set_is_enough() {
        passes::<VolumeTooSmall>(&set("args: [--maxmemory, 1gb]", "2Gi"));
        let expected = "container redis: its claim of 2147483647 is below 2 x maxmemory 1024mb";
        finds::<VolumeTooSmall>(&set("args: [--maxmemory, 1gb]", "2147483647"), expected);
        passes::<VolumeTooSmall>(&set("args: [--maxmemory, 1gb], resources: {limits: {memory: 8Gi}}", "2Gi"));
    }

    #[test]
    fn the_limit_counts_where_no_maxmemory_is_set() {
        let expected = "its claim of 1Gi is below 2 x the memory limit 1Gi (no maxmemory is set)";
        finds::<VolumeTooSmall>(&set("resources: {limits: {memory: 1Gi}}", "1Gi"), expected);
        finds::<VolumeTooSmall>(&set("args: [--maxmemory, '0'], resources: {limits: {memory: 1Gi}}", "1Gi"), expected);
        passes::<VolumeTooSmall>(&set("resources: {}", "1Mi"));
    }

    #[test]
    fn a_server_that_writes_nothing_needs_nothing() {
        passes::<VolumeTooSmall>(&set("args: [--save, '', --appendonly, 'no', --maxmemory, 1gb]", "1Gi"));
        finds::<VolumeTooSmall>(&set("args: [--save, '', --appendonly, 'yes', --maxmemory, 1gb]", "1Gi"), "1Gi");
        // Whether it writes anything, and how much, is in a file that nobody sees.
        passes::<VolumeTooSmall>(&set("args: [/etc/redis.conf], resources: {limits: {memory: 1Gi}}", "1Gi"));
    }

    #[test]
    fn a_volume_that_holds_something_else_is_not_judged() {
        passes::<VolumeTooSmall>(&set("args: [--dir, /tmp, --maxmemory, 1gb]", "1Gi"));
    }

    #[test]
    fn a_named_claim_is_judged_where_it_is_seen() {
        let deployment = named("args: [--maxmemory, 1gb]");
        passes::<VolumeTooSmall>(&deployment);
        finds::<VolumeTooSmall>(&format!("{deployment}{}", claim("cache", "1Gi", "1Gi")), "its claim of 1Gi");
        passes::<VolumeTooSmall>(&format!("{deployment}{}", claim("cache", "1Gi", "10Gi")));
        passes::<VolumeTooSmall>(&format!("{deployment}{}", claim("other", "1Gi", "1Gi")));
        shows::<VolumeTooSmall>(&format!("{deployment}{}", claim("cache", "1Gi", "1Gi")));
    }

    #[test]
    fn claims_that_have_grown_make_up_for_the_template() {
        let small = format!("{}\n", set("args: [--maxmemory, 1gb]", "1Gi"));
        finds::<VolumeTooSmall>(&small, "its claim of 1Gi");
        passes::<VolumeTooSmall>(&format!("{small}{}", claim("data-cache-0", "2Gi", "2Gi")));
        let large = format!("{}\n", set("args: [--maxmemory, 1gb]", "4Gi"));
        finds::<VolumeTooSmall>(&format!("{large}{}", claim("data-cache-0", "1Gi", "1Gi")), "its claim of 1Gi");
    }

    #[test]
    fn says_what_would_do() {
        let fixture = crate::rules::testing::Fixture::new(&set("args: [--maxmemory, 700mb]", "1Gi"));
        let finding = fixture.findings(&VolumeTooSmall {}).remove(0);
        assert_eq!(finding.fix.unwrap().description, "claim 1400Mi or more: the template can't be changed later");
        assert!((finding.gap - 376.0 / 1400.0).abs() < 1e-9, "{}", finding.gap);
        assert_eq!(finding.at.at.as_str(), "/spec/volumeClaimTemplates/0/spec/resources/requests/storage");
    }

    #[test]
    fn absurd_sizes_do_not_overflow() {
        finds::<VolumeTooSmall>(&set("args: [--maxmemory, '18446744073709551615']", "1Ei"), "1Ei");
    }
}
