//! How the servers of a release belong together, how its Pods are replaced, and its Sentinels.

use super::fact::{Fact, Setting};

pub(crate) mod read;
mod watch;

/// How the servers of a release belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// One server, or several that know nothing of each other.
    Standalone,
    /// A master and replicas without Sentinels.
    Replication,
    /// Sentinels watch a master.
    Sentinel,
    /// Redis Cluster.
    Cluster,
    /// Not to be seen.
    Unknown,
}

impl Topology {
    /// The one of several that says most of how servers belong together.
    pub(crate) fn strongest(topologies: impl Iterator<Item = Self>) -> Option<Self> {
        const FROM_STRONGEST: [Topology; 4] =
            [Topology::Cluster, Topology::Sentinel, Topology::Replication, Topology::Standalone];
        let found: Vec<Self> = topologies.collect();
        FROM_STRONGEST.into_iter().find(|topology| found.contains(topology))
    }

    /// The name in the model's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Replication => "replication",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
            Self::Unknown => "unknown",
        }
    }
}

/// How a Deployment replaces its Pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The old Pods are gone before new ones start.
    Recreate,
    /// Old and new Pods overlap; also where nothing is written.
    Rolling {
        /// Whether a new Pod starts before an old one is told to end: `maxSurge` above 0, 25% where unset.
        surges: bool,
    },
}

/// The Sentinels of one workload.
#[derive(Debug, Clone)]
pub struct Sentinels {
    /// Replicas times Sentinel containers; nothing where the workload does not say how many Pods there are (a Pod, a
    /// DaemonSet, a number that is none).
    pub count: Option<u64>,
    /// The effective quorum with its place.
    pub quorum: Fact<Setting<u64>>,
    /// The hosts of the masters that they watch, as far as they are written out.
    pub hosts: Vec<String>,
}
