//! The topology of a container and of its workload, from the configuration, the image and the environment.

use super::{Sentinels, Topology};
use crate::redis::Applied;
use crate::workload::config::SEVERAL_WAYS;
use crate::workload::config::load::LoadedWay;
use crate::workload::config::read::Read;
use crate::workload::fact::{Fact, Setting};
use crate::workload::flavours;
use crate::workload::start::Startup;

/// What one server container says of the topology; `read` is what it reads.
pub(crate) fn read_server_topology(start: &Startup, read: &Read) -> Topology {
    let enabled = |way: &LoadedWay| way.loaded.last("cluster-enabled").is_some_and(is_yes);
    let said = flavours::topology(start);
    if read.ways.iter().any(enabled) || said == Some(Topology::Cluster) {
        return Topology::Cluster;
    }
    let is_option = |word: &String| matches!(word.as_str(), "--replicaof" | "--slaveof");
    let follows = read.ways.iter().any(|way| way.loaded.last("replicaof").is_some())
        || start.process.ways.iter().any(|way| way.argv.iter().any(is_option));
    match said {
        _ if follows => Topology::Replication,
        Some(topology) => topology,
        None if read.config.unseen.is_some() => Topology::Unknown,
        None => Topology::Standalone,
    }
}

fn is_yes(applied: &Applied) -> bool {
    applied.words.first().and_then(|word| word.text()).is_some_and(|word| word.eq_ignore_ascii_case("yes"))
}

/// The Sentinels of a workload; `read` is what the first of them reads.
pub(crate) fn read_sentinels(count: Option<u64>, read: &Read) -> Sentinels {
    let first = read.ways.first();
    let monitors = first.map(|way| way.loaded.sentinel_monitors()).unwrap_or_default();
    let hosts = monitors.into_iter().map(|monitor| monitor.host).collect();
    let monitor = first.and_then(|way| Some((way, way.loaded.sentinel_monitors().into_iter().next()?)));
    let is_alike = read.are_alike(|loaded| loaded.sentinel_monitors().first().map(|monitor| monitor.quorum));
    let quorum = match (&read.config.unseen, monitor) {
        (_, Some(_)) if !is_alike => Fact::Unknown(SEVERAL_WAYS.to_owned()),
        (None, Some((way, monitor))) => {
            let origin = way.places.of_origin(&monitor.origin);
            Fact::Set(Setting { value: u64::from(monitor.quorum), origin })
        }
        (Some(needs), _) => Fact::Unknown(needs.clone()),
        (None, None) => Fact::Unknown("the `sentinel monitor` line, which something writes at start".to_owned()),
    };
    Sentinels { count, quorum, hosts }
}
