//! The normalised model of one Redis workload: what the rules read. Every value says where it comes from, and what
//! could not be seen is unknown, never left out.

use serde_json::Value;

use super::config::Config;
use super::fact::Fact;
use super::flavours::Flavour;
use super::network::GoverningService;
use super::probes::Probes;
use super::resources::{Memory, PodMemory};
use super::role::Role;
use super::storage::Storage;
use super::topology::{Sentinels, Strategy, Topology};
use crate::kubernetes::{Lookup, ObjectRef, Place, Pointer};

/// One workload that runs Redis servers or Sentinels.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name.
    pub object: ObjectRef,
    /// Who made its manifest.
    pub flavour: Flavour,
    /// How its servers belong together.
    pub topology: Topology,
    /// `spec.replicas`, 1 where that is unset; unset for a DaemonSet or a bare Pod, unknown where no number stands there.
    pub replicas: Fact<u64>,
    /// Where the Pod template is: `/spec/template` (the root for a bare Pod).
    pub template: Pointer,
    /// The memory of the whole Pod, which its containers share.
    pub pod_memory: PodMemory,
    /// All containers and native sidecars, in order. Ordinary init containers are left out.
    pub containers: Vec<Container>,
    /// How a Deployment replaces its Pods; nothing for other kinds.
    pub strategy: Option<Strategy>,
    /// `spec.serviceName`, for StatefulSets.
    pub governing: Option<GoverningService>,
    /// The Sentinels of this workload; nothing where it runs none.
    pub sentinels: Option<Sentinels>,
    /// The workload whose Sentinels watch its servers, where that is another one.
    pub watched_by: Option<ObjectRef>,
    /// The PodDisruptionBudgets that cover the Pods; unset where none does, and for a single Pod.
    pub disruption_budgets: Fact<Vec<ObjectRef>>,
    /// Whether the manifest is tracked by a GitOps tool, by its labels or annotations.
    pub gitops: Option<&'static str>,
    /// The kind of the operator's resource that owns it: then that is what a user can edit, and this is never patched.
    pub operator: Option<String>,
    /// What could not be seen, by the field names of the model's JSON.
    pub unknown: Vec<UnknownFact>,
    /// Everything that was looked at, or should be: what a door has to fetch.
    pub references: Vec<Lookup>,
}

impl Workload {
    /// The containers that run a Redis server.
    pub fn servers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| container.role == Role::Server)
    }

    /// The containers that run a server or a Sentinel.
    pub fn redis_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| container.role.is_redis())
    }

    /// A place in the workload's own object.
    #[must_use]
    pub fn place(&self, at: Pointer) -> Place {
        Place::new(self.object.clone(), at)
    }
}

/// One container.
#[derive(Debug, Clone)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Where it is: `/spec/template/spec/containers/0`.
    pub at: Pointer,
    /// The image as written.
    pub image: String,
    /// Memory request and limit as declared.
    pub memory: Memory,
    /// The probes as declared.
    pub probes: Probes,
    /// What the process reads at start; nothing for containers that are neither server nor Sentinel.
    pub config: Option<Config>,
    /// Where the server writes its data set; nothing for containers that run no server.
    pub storage: Option<Storage>,
    /// Whether words at the end of `args` reach the program: no shell or script stands between.
    pub hands_on_args: bool,
    /// How a directive reaches this server; of one directive [`Container::delivery_of`] knows more.
    pub delivery: Delivery,
}

/// How a directive reaches a server: the one place where it takes effect and wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Two words at the end of `args`.
    Args,
    /// Two words in an environment variable that the image's entrypoint appends, such as `REDIS_EXTRA_FLAGS`.
    Env(String),
    /// The mounted folder of configuration files is swapped for one in which the winning file ends in our line.
    Overlay(Overlay),
    /// No place that is ours to write: a human must choose; the text says why, and where the line belongs.
    Display(String),
    /// The start could not be followed; the text says what it would take.
    Unknown(String),
}

/// What the overlay needs to know; `patch` builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// The volume that is mounted, by the user's name.
    pub volume: String,
    /// The volume as the user wrote it.
    pub source: Value,
    /// The mount in the server container.
    pub mount: Pointer,
    /// Its `mountPath`.
    pub mount_path: String,
    /// The ConfigMap.
    pub config_map: String,
    /// The key whose file is read last.
    pub key: String,
}

/// A fact that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFact {
    /// The field of the model's JSON.
    pub fact: &'static str,
    /// What it would take to see it.
    pub needs: String,
    /// Where in the workload the question arises.
    pub at: Pointer,
}
