//! The topology of a container and of its workload, from the configuration, the image and the environment.

use super::{Sentinels, Topology};
use crate::kubernetes::{ObjectRef, Place};
use crate::workload::config::read::{Read, file_place};
use crate::workload::fact::{Fact, Setting};
use crate::workload::flavours;
use crate::workload::start::Startup;

/// What one server container says of the topology; `read` is what it reads.
pub(crate) fn read_server_topology(start: &Startup, read: &Read) -> Topology {
    let enabled = read.loaded.last("cluster-enabled").and_then(|applied| applied.words.first()?.text());
    let said = flavours::topology(start);
    if enabled.is_some_and(|value| value.eq_ignore_ascii_case("yes")) || said == Some(Topology::Cluster) {
        return Topology::Cluster;
    }
    let words = &start.process.argv;
    let follows = read.loaded.last("replicaof").is_some()
        || words.iter().any(|word| matches!(word.as_str(), "--replicaof" | "--slaveof"));
    match said {
        _ if follows => Topology::Replication,
        Some(topology) => topology,
        None if read.config.unseen.is_some() => Topology::Unknown,
        None => Topology::Standalone,
    }
}

/// The Sentinels of a workload, of which `start` is one; `read` is what that reads.
pub(crate) fn read_sentinels(count: Option<u64>, start: &Startup, read: &Read) -> Sentinels {
    // The script writes the truth; the file it starts from is not it.
    if let (Some((value, line)), Some(place)) = (start.mounts.script.quorum, &start.process.script_at) {
        let origin = Place { line: Some(line), ..place.clone() };
        return Sentinels { count, quorum: Fact::Set(Setting { value, origin }) };
    }
    let monitors = read.loaded.sentinel_monitors();
    let quorum = match (&read.config.unseen, monitors.first()) {
        (_, Some(monitor)) => {
            let origin = file_place(&start.mounts, &monitor.origin)
                .unwrap_or_else(|| Place::new(ObjectRef::of(start.pod.object), start.at.clone()));
            Fact::Set(Setting { value: u64::from(monitor.quorum), origin })
        }
        (Some(needs), None) => Fact::Unknown(needs.clone()),
        (None, None) => Fact::Unknown("the `sentinel monitor` line, which something writes at start".to_owned()),
    };
    Sentinels { count, quorum }
}
