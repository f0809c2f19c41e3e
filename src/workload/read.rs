//! From an object to the model: how each container starts, its role and configuration, then what they make together.

use serde_json::Value;

use super::config::read::{Read, read_config};
use super::delivery::delivery;
use super::detect::detect_role;
use super::disruption::read_disruption_budgets;
use super::fact::Fact;
use super::flavours::{Flavour, Flavours};
use super::model::{Container, Delivery, Workload};
use super::network::read_governing_service;
use super::operators;
use super::pod_memory::share_pod_limit;
use super::probes::{Probes, read_probes};
use super::reading::Reading;
use super::resources::{read_memory, read_pod_memory};
use super::role::Role;
use super::start::Startup;
use super::start::pod::Pod;
use super::start::prepared::Prepared;
use super::storage::read::read_storage;
use super::topology::read::{read_sentinels, read_server_topology};
use super::topology::{Sentinels, Strategy, Topology};
use super::unknown::unknown_facts;
use crate::kubernetes::{
    Inventory, Kind, KindRole, Lookup, ObjectRef, Pointer, Recorder, Seen, has_controller, json, list, plain, text,
};

/// Objects with more containers than this are not read: no Pod of that size ever ran.
const MAX_CONTAINERS: usize = 256;

impl Workload {
    /// Reads a StatefulSet, Deployment, DaemonSet or Pod, or a `ReplicaSet` or `ReplicationController` that nobody controls.
    /// `None` where it runs no Redis that we know of.
    ///
    /// What the model needs beyond the object is listed in [`Workload::references`]; where `inventory` does not hold
    /// it yet the fact is unknown, and a second reading with a fuller inventory tells more.
    #[must_use]
    pub fn read(object: &Value, inventory: &dyn Inventory) -> Option<Self> {
        Reading::of_object(object, inventory).workload()
    }
}

impl Reading {
    /// Reads a StatefulSet, Deployment, DaemonSet or Pod; see [`Workload::read`].
    #[must_use]
    pub fn of_object(object: &Value, inventory: &dyn Inventory) -> Self {
        let name = ObjectRef::of(object);
        let Some(kind) = Kind::of(&name) else { return Self::NotRedis };
        if kind.role == KindRole::Controller && has_controller(object) {
            return Self::NotRedis; // The workload behind it says all.
        }
        let Some(template_at) = kind.template.map(Pointer::new) else { return Self::NotRedis };
        let Some(template) = template_at.find(object) else { return Self::NotRedis };
        let recorder = Recorder::new(inventory);
        let pod = Pod {
            object,
            namespace: text(object, "/metadata/namespace"),
            template,
            template_at,
            volumes: Pod::volumes_of(template),
            inventory: &recorder,
            beside: inventory,
        };
        let reading = read_workload(&pod, name);
        let references = recorder.into_references();
        match reading {
            Self::Workload(workload) => Self::Workload(Box::new(Workload { references, ..*workload })),
            Self::NotRedis => Self::NotRedis,
            Self::Undecided(_) => Self::Undecided(references),
        }
    }
}

/// One container on the way to the model.
struct StartedContainer<'a> {
    start: Startup<'a>,
    role: Role,
    /// What a server or Sentinel reads at start.
    read: Option<Read>,
}

/// The reading of an object of this name, without its references.
fn read_workload(pod: &Pod, name: ObjectRef) -> Reading {
    let declared = declared_containers(pod);
    if declared.len() > MAX_CONTAINERS {
        return Reading::NotRedis;
    }
    let prepared = Prepared::of_pod(pod, &Flavours);
    let mut containers = Vec::with_capacity(declared.len());
    for (at, container) in declared {
        containers.push(StartedContainer::read(Startup::follow(pod, (at, container), &prepared)));
    }
    if !containers.iter().any(|container| container.role.is_redis() || container.role == Role::Unknown) {
        let is_hidden = containers.iter().any(|container| container.start.process.unread.is_some());
        return if is_hidden { Reading::Undecided(Vec::new()) } else { Reading::NotRedis };
    }
    let replicas = read_replicas(&name.kind, pod.object);
    let number = replicas.value().copied();
    let redis = containers.iter().find(|container| container.role.is_redis());
    let topologies = containers.iter().filter_map(StartedContainer::read_topology);
    let servers = containers.iter().filter(|container| container.role == Role::Server).count();
    let mut workload = Workload {
        flavour: Flavour::of_container(redis.map(|redis| &redis.start)),
        topology: Topology::strongest(topologies).unwrap_or(Topology::Unknown),
        replicas,
        pod_memory: read_pod_memory(pod.object, &pod.template_at),
        template: pod.template_at.clone(),
        strategy: (name.kind == "Deployment").then(|| read_strategy(pod.object)),
        governing: read_governing_service(pod.object, pod.namespace, pod.inventory),
        sentinels: find_sentinels(&containers, number),
        watched_by: None,
        disruption_budgets: read_disruption_budgets(pod, number),
        gitops: gitops_tool(pod.object),
        operator: operators::owning_kind(pod.object).map(str::to_owned),
        containers: containers.into_iter().map(|container| container.into_model(servers)).collect(),
        unknown: Vec::new(),
        references: Vec::new(),
        object: name,
    };
    add_default_limits(&mut workload, pod.inventory);
    share_pod_limit(&mut workload.containers, &workload.pod_memory);
    workload.unknown = unknown_facts(&workload);
    Reading::Workload(Box::new(workload))
}

/// The containers and native sidecars: an init container with `restartPolicy: Always` is one.
fn declared_containers<'a>(pod: &Pod<'a>) -> Vec<(Pointer, &'a Value)> {
    let mut containers = Vec::new();
    for (field, is_init) in [("containers", false), ("initContainers", true)] {
        let at = pod.template_at.join("spec").key(field);
        for (index, container) in list(pod.template, &format!("/spec/{field}")).iter().enumerate() {
            let runs_on = !is_init || text(container, "/restartPolicy") == "Always";
            if runs_on && container.is_object() {
                containers.push((at.key(index), container));
            }
        }
    }
    containers
}

impl<'a> StartedContainer<'a> {
    fn read(start: Startup<'a>) -> Self {
        let role = detect_role(start.container, &start.process);
        let read = role.is_redis().then(|| read_config(&start, role == Role::Sentinel));
        Self { start, role, read }
    }

    /// What it says of the topology.
    fn read_topology(&self) -> Option<Topology> {
        match self.role {
            Role::Sentinel => Some(Topology::Sentinel),
            _ => Some(read_server_topology(&self.start, self.read.as_ref()?)),
        }
    }

    /// The container as the model has it, in a Pod of so many servers.
    fn into_model(self, servers: usize) -> Container {
        let server = self.read.as_ref().filter(|_| self.role == Role::Server);
        let delivery = match server {
            Some(read) => delivery(&self.start, read, servers),
            None => Delivery::Display("it runs no Redis server".to_owned()),
        };
        let storage = server.map(|read| read_storage(&self.start, read));
        let Startup { container, at, process, .. } = self.start;
        Container {
            name: text(container, "/name").to_owned(),
            role: self.role,
            image: text(container, "/image").to_owned(),
            memory: read_memory(container, &at),
            probes: read_probes(container, &at, Probes::default()),
            config: self.read.map(|read| read.config),
            storage,
            hands_on_args: !process.scripted,
            delivery,
            at,
        }
    }
}

fn find_sentinels(containers: &[StartedContainer], replicas: Option<u64>) -> Option<Sentinels> {
    let mut sentinels = containers.iter().filter(|container| container.role == Role::Sentinel);
    let first = sentinels.next()?;
    let per_pod = u64::try_from(1 + sentinels.count()).unwrap_or(1);
    let count = replicas.map(|replicas| replicas.saturating_mul(per_pod));
    Some(read_sentinels(count, first.read.as_ref()?))
}

/// Servers and Sentinels without a limit get that of a LimitRange, where one of the namespace gives it.
fn add_default_limits(workload: &mut Workload, inventory: &dyn Inventory) {
    for container in &mut workload.containers {
        if !container.role.is_redis()
            || container.memory.limit.is_some()
            || container.memory.malformed_limit().is_some()
        {
            continue;
        }
        let reference = Lookup::All(&Kind::LIMIT_RANGE, workload.object.namespace.clone());
        match inventory.look(&reference) {
            Seen::Found(ranges) => container.memory.add_defaults(ranges),
            Seen::Absent => {}
            Seen::Unknown(needs) => container.memory.default_unseen = Some(needs),
        }
    }
}

/// How many Pods an object of this kind wants.
fn read_replicas(kind: &str, object: &Value) -> Fact<u64> {
    if matches!(kind, "DaemonSet" | "Pod") {
        return Fact::Unset;
    }
    let Some(replicas) = json::at(object, "/spec/replicas").filter(|replicas| !replicas.is_null()) else {
        return Fact::Set(1);
    };
    let unknown = || Fact::Unknown("a whole number in spec.replicas: Kubernetes refuses what stands there".to_owned());
    replicas.as_u64().map_or_else(unknown, Fact::Set)
}

/// How a Deployment replaces its Pods.
fn read_strategy(object: &Value) -> Strategy {
    if text(object, "/spec/strategy/type") == "Recreate" {
        return Strategy::Recreate;
    }
    let surge = object.pointer("/spec/strategy/rollingUpdate/maxSurge").map(plain);
    // A share is rounded up: any but 0% makes at least one.
    let is_none = surge.is_some_and(|surge| surge.trim_end_matches('%').parse() == Ok(0_u64));
    Strategy::Rolling { surges: !is_none }
}

/// The GitOps tool that tracks a manifest, by the labels and annotations that only it writes.
fn gitops_tool(object: &Value) -> Option<&'static str> {
    const TOOLS: [(&str, &str); 3] = [
        ("argocd.argoproj.io/", "Argo CD"),
        ("kustomize.toolkit.fluxcd.io/", "Flux"),
        ("helm.toolkit.fluxcd.io/", "Flux"),
    ];
    let tool = TOOLS.iter().find(|(prefix, _)| has_key_under(object, prefix))?;
    Some(tool.1)
}

/// Whether an object has a label or annotation with this prefix.
fn has_key_under(object: &Value, prefix: &str) -> bool {
    let maps = [json::at(object, "/metadata/annotations"), json::at(object, "/metadata/labels")];
    let mut keys = maps.into_iter().flatten().filter_map(Value::as_object).flat_map(|map| map.keys());
    keys.any(|key| key.starts_with(prefix))
}
