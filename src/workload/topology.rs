//! How the servers of a release belong together, and how many Sentinels there are.

use std::collections::BTreeMap;

use super::config::Read;
use super::fact::Fact;
use super::model::{Sentinels, Setting, Topology};
use super::start::entrypoint::Process;
use super::start::filesystem::Mounts;
use crate::kubernetes::{ObjectRef, Place, Pointer, Seen, json, text};

/// What one server or Sentinel container says of the topology.
pub(crate) fn of_container(
    mounts: &Mounts,
    process: &Process,
    read: &Read,
    variables: &BTreeMap<String, String>,
    sentinel: bool,
) -> Topology {
    if sentinel {
        return Topology::Sentinel;
    }
    let image = super::detect::image_name(text(mounts.container, "/image"));
    let cluster =
        read.loaded.last("cluster-enabled").and_then(|applied| applied.words.first()?.text().map(str::to_owned));
    if cluster.is_some_and(|value| value.eq_ignore_ascii_case("yes"))
        || image.ends_with("-cluster")
        || variables.contains_key("REDIS_NODES")
    {
        return Topology::Cluster;
    }
    let follows = read.loaded.last("replicaof").is_some()
        || process.argv.iter().any(|word| matches!(word.as_str(), "--replicaof" | "--slaveof"));
    let mode = ["REDIS_REPLICATION_MODE", "VALKEY_REPLICATION_MODE"].iter().find_map(|name| variables.get(*name));
    if follows || mode.is_some_and(|mode| matches!(mode.as_str(), "replica" | "slave")) {
        return Topology::Replication;
    }
    // Bitnami calls a lone server `master` too; the scripts of a release with replicas hold theirs.
    if mode.is_some() && has_replica_script(mounts, process) {
        return Topology::Replication;
    }
    if read.config.unseen.is_some() && mode.is_none() { Topology::Unknown } else { Topology::Standalone }
}

fn has_replica_script(mounts: &Mounts, process: &Process) -> bool {
    let Some(place) = process.script_at.as_ref().filter(|place| place.object.kind == "ConfigMap") else { return false };
    match mounts.inventory.object(&place.object) {
        Seen::Found(config_map) => json::at(config_map, "/data/start-replica.sh").is_some(),
        Seen::Absent | Seen::Unknown(_) => false,
    }
}

/// The topology of a workload whose containers say these.
pub(crate) fn of_workload(containers: &[Topology]) -> Topology {
    let strongest = [Topology::Cluster, Topology::Sentinel, Topology::Replication, Topology::Standalone];
    strongest.into_iter().find(|topology| containers.contains(topology)).unwrap_or(Topology::Unknown)
}

/// The Sentinels of a workload; `read` is what one of them reads.
pub(crate) fn sentinels(
    count: Option<u64>,
    mounts: &Mounts,
    process: &Process,
    read: &Read,
    at: &Pointer,
) -> Sentinels {
    let script = mounts.script.borrow();
    // The script writes the truth; the file it starts from is not it.
    if let (Some((value, line)), Some(place)) = (script.quorum, &process.script_at) {
        let origin = Place { line: Some(line), ..place.clone() };
        return Sentinels { count, quorum: Fact::Set(Setting { value, origin }) };
    }
    let monitors = read.loaded.sentinel_monitors();
    let quorum = match (&read.config.unseen, monitors.first()) {
        (_, Some(monitor)) => {
            let origin = super::config::file_place(mounts, &monitor.origin)
                .unwrap_or_else(|| Place::new(ObjectRef::of(mounts.object), at.clone()));
            Fact::Set(Setting { value: u64::from(monitor.quorum), origin })
        }
        (Some(needs), None) => Fact::Unknown(needs.clone()),
        (None, None) => Fact::Unknown("the `sentinel monitor` line, which something writes at start".to_owned()),
    };
    Sentinels { count, quorum }
}
