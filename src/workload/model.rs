//! The normalised model of one Redis workload: what the rules read. Every value says where it comes from, and what
//! could not be seen is [`Known::Unknown`], never left out.

use serde_json::Value;

use super::directives::Directives;
use super::storage::Storage;
use crate::kubernetes::{ObjectRef, Place, Pointer, Quantity, Reference};

/// A value that may be hidden from us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// Seen, or certainly unset.
    Known(T),
    /// Not seen; the text says what it would take (`ConfigMap shop/redis-scripts`).
    Unknown(String),
}

impl<T> Known<T> {
    /// The value, where it was seen.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// What it would take to see it.
    pub fn needs(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(needs) => Some(needs),
        }
    }
}

/// One workload that runs Redis servers or Sentinels.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name.
    pub object: ObjectRef,
    /// Who made its manifest.
    pub flavour: Flavour,
    /// How its servers belong together.
    pub topology: Topology,
    /// `spec.replicas`, 1 where unset; nothing for a DaemonSet or a bare Pod.
    pub replicas: Option<u64>,
    /// Where the Pod template is: `/spec/template` (the root for a bare Pod).
    pub template: Pointer,
    /// All containers and native sidecars, in order. Ordinary init containers are left out.
    pub containers: Vec<Container>,
    /// How a Deployment replaces its Pods; nothing for other kinds.
    pub strategy: Option<Strategy>,
    /// `spec.serviceName`, for StatefulSets.
    pub governing: Option<GoverningService>,
    /// The Sentinels of this workload; nothing where it runs none.
    pub sentinels: Option<Sentinels>,
    /// Whether the manifest is tracked by a GitOps tool, by its labels or annotations.
    pub gitops: Option<&'static str>,
    /// The kind of the operator's resource that owns it: then that is what a user can edit, and this is never patched.
    pub operator: Option<String>,
    /// What could not be seen, by the field names of the model's JSON.
    pub unknown: Vec<UnknownFact>,
    /// Everything that was looked at, or should be: what a door has to fetch.
    pub references: Vec<Reference>,
}

impl Workload {
    /// The containers that run a Redis server.
    pub fn servers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| container.role == Role::Server)
    }

    /// The containers that run a server or a Sentinel.
    pub fn redis_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| matches!(container.role, Role::Server | Role::Sentinel))
    }

    /// A place in the workload's own object.
    #[must_use]
    pub fn place(&self, at: Pointer) -> Place {
        Place::new(self.object.clone(), at)
    }
}

/// Who made a manifest, as far as its shape tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// bitnami/redis and bitnami/valkey.
    Bitnami,
    /// bitnami/redis-cluster and bitnami/valkey-cluster.
    BitnamiCluster,
    /// An official image, with or without arguments.
    Official,
    /// A shell command or start script of somebody's own.
    Script,
    /// Anything else that runs a Redis server.
    Plain,
}

impl Flavour {
    /// The name in the model's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bitnami => "bitnami",
            Self::BitnamiCluster => "bitnami-cluster",
            Self::Official => "official",
            Self::Script => "script",
            Self::Plain => "plain",
        }
    }
}

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

/// What a container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs redis-server, valkey-server or keydb-server.
    Server,
    /// Runs a Sentinel.
    Sentinel,
    /// Runs `redis_exporter`.
    Exporter,
    /// A Redis image or command that serves nothing.
    Client,
    /// A proxy in front of Redis.
    Proxy,
    /// Nothing to do with Redis.
    Other,
    /// Looks like Redis, without proof: reported, never patched.
    Unknown,
}

impl Role {
    /// The name in the model's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Sentinel => "sentinel",
            Self::Exporter => "exporter",
            Self::Client => "client",
            Self::Proxy => "proxy",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
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
    /// How a directive reaches this server; of one directive [`Container::delivery_of`] knows more.
    pub delivery: Delivery,
}

/// Memory request and limit as declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// `resources.requests.memory`. Unset while a limit stands means that the API server copies the limit.
    pub request: Option<Amount>,
    /// `resources.limits.memory`.
    pub limit: Option<Amount>,
    /// The limit in bytes that a LimitRange gives each Pod where `limit` is unset; the request then comes with it.
    pub default_limit: Option<u64>,
}

impl Memory {
    /// The limit that will hold, in bytes: the declared one, else that of a LimitRange.
    #[must_use]
    pub fn limit_bytes(&self) -> Option<u64> {
        self.limit.as_ref().map(|limit| limit.bytes).or(self.default_limit)
    }

    /// That limit as people write it: as declared, else as a whole number of `Mi` where it is one.
    #[must_use]
    pub fn limit_text(&self) -> Option<String> {
        let declared = self.limit.as_ref().map(|limit| limit.text.clone());
        declared.or_else(|| self.default_limit.map(|bytes| Quantity::of_bytes(bytes).to_string()))
    }
}

/// A declared amount of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// In bytes, rounded up as the API server does.
    pub bytes: u64,
    /// As written, such as `1Gi`.
    pub text: String,
    /// Where it is written.
    pub at: Pointer,
}

/// The probes of a container.
#[derive(Debug, Clone, Default)]
pub struct Probes {
    /// Restarts the container when it fails.
    pub liveness: Option<Probe>,
    /// Takes the Pod out of its Services when it fails.
    pub readiness: Option<Probe>,
    /// Holds the others back until it succeeds.
    pub startup: Option<Probe>,
}

impl Probes {
    /// The probes that are declared, with their field names.
    pub fn declared(&self) -> impl Iterator<Item = (&'static str, &Probe)> {
        [("livenessProbe", &self.liveness), ("readinessProbe", &self.readiness), ("startupProbe", &self.startup)]
            .into_iter()
            .filter_map(|(name, probe)| probe.as_ref().map(|probe| (name, probe)))
    }
}

/// One probe, with the API server's defaults filled in.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Where it is.
    pub at: Pointer,
    /// Seconds before the first try; 0 where unset.
    pub initial_delay_seconds: i64,
    /// Seconds that one try may take; 1 where unset.
    pub timeout_seconds: i64,
    /// Seconds between tries; 10 where unset.
    pub period_seconds: i64,
    /// Tries until it counts as failed; 3 where unset.
    pub failure_threshold: i64,
    /// The time limit that the probe's own command carries, where the script is known.
    pub inner: Option<InnerTimeout>,
    /// Whether it runs a command whose own time limit we can't see.
    pub script_unknown: bool,
    /// The probe as declared.
    pub declared: Value,
}

/// The time limit inside a probe's command: `…/ping_readiness_local.sh 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerTimeout {
    /// In seconds.
    pub seconds: i64,
    /// The command word that holds it, as a pointer.
    pub at: Pointer,
    /// That word before the number.
    pub before: String,
    /// That word behind the number.
    pub after: String,
}

impl InnerTimeout {
    /// The command word with another number of seconds in it.
    #[must_use]
    pub fn raised(&self, seconds: i64) -> String {
        format!("{}{seconds}{}", self.before, self.after)
    }
}

/// What a server or Sentinel reads at start, with arguments and included files.
#[derive(Debug, Clone)]
pub struct Config {
    /// The effective maxmemory in bytes: `None` where nobody sets one. A `maxmemory 0` is `Some` with 0 bytes.
    pub maxmemory: Known<Option<Setting<u64>>>,
    /// The effective maxmemory-policy.
    pub maxmemory_policy: Known<Option<Setting<String>>>,
    /// Whether the data set is written to disk.
    pub persistence: Known<Persistence>,
    /// Whether somebody wrote that it is: an append-only file that is on, or save points other than the server's own.
    pub persistence_chosen: bool,
    /// The files of objects that it reads, in order: the last one wins.
    pub files: Vec<Place>,
    /// The hard limit of a replica's output buffer, in bytes, 0 for none; nothing where it could not be seen.
    pub replica_buffer_bytes: Option<u64>,
    /// What redis-server refuses in it, with places.
    pub problems: Vec<ConfigProblem>,
    /// What could not be read, if anything: no fix that depends on the effective configuration is applied then.
    pub unseen: Option<String>,
    /// What [`Config::directive`] looks up.
    pub(crate) directives: Directives,
}

/// A value with the place that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The object, the JSON pointer in it and the line inside.
    pub origin: Place,
}

/// How a server writes its data set to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// The append-only file.
    Aof,
    /// Snapshots.
    Rdb,
    /// Both.
    Both,
    /// Neither.
    None,
}

impl Persistence {
    /// Whether there is an append-only file.
    #[must_use]
    pub fn is_aof(self) -> bool {
        matches!(self, Self::Aof | Self::Both)
    }

    /// The name in the model's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aof => "aof",
            Self::Rdb => "rdb",
            Self::Both => "both",
            Self::None => "none",
        }
    }
}

/// Something in a configuration that redis-server refuses, or that we can't judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where.
    pub place: Place,
    /// The directive, where one is named.
    pub directive: Option<String>,
    /// What is wrong; never a secret value.
    pub message: String,
    /// Whether every version in use refuses it. Else it is an unknown fact.
    pub certain: bool,
}

/// The governing Service of a StatefulSet.
#[derive(Debug, Clone)]
pub struct GoverningService {
    /// `spec.serviceName`; empty where unset.
    pub name: String,
    /// The Service.
    pub service: Known<Option<Service>>,
    /// Another headless Service of the namespace whose selector equals the template's needs, by name.
    pub other_headless: Option<String>,
}

/// A Service, as far as rules need it.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub object: ObjectRef,
    /// Whether `clusterIP` is `None`.
    pub headless: bool,
    /// Whether it exists, or is given, with a cluster IP that can no longer be changed.
    pub allocated: bool,
    /// Ports whose number differs from their target: a headless Service ignores the mapping. Texts like `6379 -> 6380`.
    pub mapped_ports: Vec<String>,
    /// Named target ports that could not be resolved through the Pod template.
    pub unresolved_ports: Vec<String>,
}

/// The Sentinels of one workload.
#[derive(Debug, Clone)]
pub struct Sentinels {
    /// Replicas times Sentinel containers; nothing where the workload does not say how many Pods there are (a Pod, a
    /// DaemonSet).
    pub count: Option<u64>,
    /// The effective quorum with its place.
    pub quorum: Known<Option<Setting<u64>>>,
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
