//! From an object to the model: each container's process, role and configuration, then what they make together.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::config::{self, Read};
use super::fact::Fact;
use super::model::{Config, Container, Delivery, Flavour, Probes, Role, Strategy, Topology, UnknownFact, Workload};
use super::start::entrypoint::{self, Process};
use super::start::filesystem::{self, Mounts};
use super::start::script::Script;
use super::storage::{self, Storage};
use super::{delivery, detect, network, probes, resources, topology};
use crate::kubernetes::{self, Inventory, ObjectRef, Pointer, Reference, json, list, text};

const KINDS: [(&str, &str); 4] = [("apps", "StatefulSet"), ("apps", "Deployment"), ("apps", "DaemonSet"), ("", "Pod")];

/// Objects with more containers than this are not read: no Pod of that size ever ran.
const MOST_CONTAINERS: usize = 256;

impl Workload {
    /// Reads a StatefulSet, Deployment, DaemonSet or Pod. `None` where it runs no Redis that we know of.
    ///
    /// What the model needs beyond the object is listed in [`Workload::references`]; where `inventory` does not hold
    /// it yet the fact is unknown, and a second reading with a fuller inventory tells more.
    #[must_use]
    pub fn read(object: &Value, inventory: &dyn Inventory) -> Option<Self> {
        Self::look(object, inventory).ok()
    }

    /// The same, saying why it is none: what has to be seen to know whether a start script runs Redis; nothing where it is
    /// certain that none runs.
    ///
    /// # Errors
    /// Where the object runs no Redis that we know of.
    pub fn look(object: &Value, inventory: &dyn Inventory) -> Result<Self, Vec<Reference>> {
        let name = ObjectRef::of(object);
        if !KINDS.contains(&(name.group(), name.kind.as_str())) {
            return Err(Vec::new());
        }
        let template = if name.kind == "Pod" { Pointer::root() } else { Pointer::new("/spec/template") };
        let reader = Reader { object, inventory, template_at: template, references: RefCell::new(BTreeSet::new()) };
        reader.workload(name)
    }
}

struct Reader<'a> {
    object: &'a Value,
    inventory: &'a dyn Inventory,
    template_at: Pointer,
    references: RefCell<BTreeSet<Reference>>,
}

/// One container on the way to the model.
struct Seen<'a> {
    value: &'a Value,
    at: Pointer,
    mounts: Mounts<'a>,
    process: Process,
    role: Role,
    variables: std::collections::BTreeMap<String, String>,
    read: Option<Read>,
}

impl<'a> Reader<'a> {
    fn workload(&'a self, name: ObjectRef) -> Result<Workload, Vec<Reference>> {
        let Some(template) = self.template_at.find(self.object) else { return Err(Vec::new()) };
        let containers = self.containers(template);
        if containers.len() > MOST_CONTAINERS {
            return Err(Vec::new());
        }
        let volumes = filesystem::volumes(template);
        let see = |(at, container)| self.see(template, &volumes, &name, at, container);
        let seen: Vec<Seen> = containers.into_iter().map(see).collect();
        if !seen.iter().any(|seen| matches!(seen.role, Role::Server | Role::Sentinel | Role::Unknown)) {
            let hidden = seen.iter().any(|seen| seen.process.unseen.is_some());
            return Err(if hidden { self.looked_at() } else { Vec::new() });
        }
        let replicas = match name.kind.as_str() {
            "DaemonSet" | "Pod" => None,
            _ => Some(json::at(self.object, "/spec/replicas").and_then(Value::as_u64).unwrap_or(1)),
        };
        let namespace = name.namespace.clone();
        let governing = network::governing(self.object, &namespace, self.inventory, &self.references);
        let topologies: Vec<Topology> = seen.iter().filter_map(topology_of).collect();
        let mut workload = Workload {
            flavour: flavour(&seen),
            topology: topology::of_workload(&topologies),
            replicas,
            template: self.template_at.clone(),
            containers: Vec::new(),
            strategy: (name.kind == "Deployment").then(|| strategy(self.object)),
            governing,
            sentinels: sentinels(&seen, replicas),
            gitops: gitops(self.object),
            operator: operator(self.object),
            unknown: Vec::new(),
            references: Vec::new(),
            object: name,
        };
        let servers = seen.iter().filter(|seen| seen.role == Role::Server).count();
        workload.containers = seen.into_iter().map(|seen| container(seen, servers)).collect();
        self.default_limits(&mut workload);
        workload.unknown = unknown(&workload);
        workload.references = self.looked_at();
        Ok(workload)
    }

    fn looked_at(&self) -> Vec<Reference> {
        self.references.borrow().iter().cloned().collect()
    }

    /// Servers and Sentinels without a limit get that of a LimitRange, where one of the namespace gives it.
    fn default_limits(&self, workload: &mut Workload) {
        let redis = |container: &&mut Container| matches!(container.role, Role::Server | Role::Sentinel);
        let without = |container: &&mut Container| container.memory.limit.is_none();
        for container in workload.containers.iter_mut().filter(redis).filter(without) {
            let reference = Reference::LimitRanges(workload.object.namespace.clone());
            if let kubernetes::Seen::Found(ranges) = self.inventory.look(&reference) {
                container.memory.default_limit = resources::default_limit(ranges);
            }
            self.references.borrow_mut().insert(reference);
        }
    }

    /// The containers and native sidecars: an init container with `restartPolicy: Always` is one.
    fn containers(&self, template: &'a Value) -> Vec<(Pointer, &'a Value)> {
        let spec = self.template_at.join("spec");
        let all = |name: &'static str| {
            let at = spec.key(name);
            list(template, &format!("/spec/{name}"))
                .iter()
                .enumerate()
                .map(move |(index, container)| (at.key(index), container))
        };
        let sidecars = all("initContainers").filter(|(_, container)| text(container, "/restartPolicy") == "Always");
        all("containers").chain(sidecars).filter(|(_, container)| container.is_object()).collect()
    }

    fn see<'b>(
        &'b self,
        template: &'b Value,
        volumes: &'b [(&'b str, &'b Value)],
        name: &ObjectRef,
        at: Pointer,
        value: &'b Value,
    ) -> Seen<'b> {
        let namespace = text(self.object, "/metadata/namespace");
        debug_assert_eq!(namespace, name.namespace);
        let mounts = Mounts {
            object: self.object,
            namespace,
            volumes,
            by_path: filesystem::mounts(value),
            template,
            template_at: self.template_at.clone(),
            container: value,
            inventory: self.inventory,
            references: &self.references,
            script: RefCell::new(Script::default()),
        };
        let variables = filesystem::variables(&mounts);
        let process = entrypoint::process(&mounts, &variables);
        let role = detect::role(value, &process);
        let sentinel = role == Role::Sentinel;
        let read = matches!(role, Role::Server | Role::Sentinel)
            .then(|| config::read(&mounts, &process, &variables, &at, sentinel));
        Seen { value, at, mounts, process, role, variables, read }
    }
}

fn topology_of(seen: &Seen) -> Option<Topology> {
    let read = seen.read.as_ref()?;
    Some(topology::of_container(&seen.mounts, &seen.process, read, &seen.variables, seen.role == Role::Sentinel))
}

fn sentinels(seen: &[Seen], replicas: Option<u64>) -> Option<super::model::Sentinels> {
    let watchers: Vec<&Seen> = seen.iter().filter(|seen| seen.role == Role::Sentinel).collect();
    let first = watchers.first()?;
    let read = first.read.as_ref()?;
    let count = replicas.map(|replicas| replicas.saturating_mul(u64::try_from(watchers.len()).unwrap_or(1)));
    Some(topology::sentinels(count, &first.mounts, &first.process, read, &first.at))
}

fn container(seen: Seen, servers: usize) -> Container {
    let delivery = match (&seen.read, seen.role) {
        (Some(read), Role::Server) => delivery::delivery(&seen.mounts, &seen.process, read, &seen.at, servers),
        _ => Delivery::Display("it runs no Redis server".to_owned()),
    };
    let storage = seen
        .read
        .as_ref()
        .filter(|_| seen.role == Role::Server)
        .map(|read| storage::storage(&seen.mounts, &seen.process, read, &seen.variables, &seen.at));
    Container {
        storage,
        name: text(seen.value, "/name").to_owned(),
        role: seen.role,
        image: text(seen.value, "/image").to_owned(),
        memory: resources::memory(seen.value, &seen.at),
        probes: probes::probes(seen.value, &seen.at, Probes::default()),
        config: seen.read.map(|read| read.config),
        delivery,
        at: seen.at,
    }
}

fn flavour(seen: &[Seen]) -> Flavour {
    let Some(first) = seen.iter().find(|seen| matches!(seen.role, Role::Server | Role::Sentinel)) else {
        return Flavour::Plain;
    };
    let image = text(first.value, "/image");
    let name = detect::image_name(image);
    let bitnami = image.contains("bitnami");
    if bitnami && name.ends_with("-cluster") {
        Flavour::BitnamiCluster
    } else if bitnami {
        Flavour::Bitnami
    } else if first.process.scripted {
        Flavour::Script
    } else if matches!(name, "redis" | "valkey") {
        Flavour::Official
    } else {
        Flavour::Plain
    }
}

/// How a Deployment replaces its Pods.
fn strategy(object: &Value) -> Strategy {
    if text(object, "/spec/strategy/type") == "Recreate" {
        return Strategy::Recreate;
    }
    let surge = object.pointer("/spec/strategy/rollingUpdate/maxSurge").map(crate::kubernetes::plain);
    // A share is rounded up: any but 0% makes at least one.
    let is_none = surge.is_some_and(|surge| surge.trim_end_matches('%').parse() == Ok(0_u64));
    Strategy::Rolling { surges: !is_none }
}

/// The GitOps tool that tracks a manifest, by the labels and annotations that only it writes.
fn gitops(object: &Value) -> Option<&'static str> {
    let has = |prefix: &str| {
        ["/metadata/annotations", "/metadata/labels"].iter().any(|at| {
            let map = json::at(object, at).and_then(Value::as_object);
            map.into_iter().flatten().any(|(key, _)| key.starts_with(prefix))
        })
    };
    if has("argocd.argoproj.io/") {
        Some("Argo CD")
    } else if has("kustomize.toolkit.fluxcd.io/") || has("helm.toolkit.fluxcd.io/") {
        Some("Flux")
    } else {
        None
    }
}

/// The kind of the custom resource that owns a workload.
fn operator(object: &Value) -> Option<String> {
    const GROUPS: [&str; 4] =
        ["databases.spotahome.com/", "redis.redis.opstreelabs.in/", "hyperspike.io/", "valkey.io/"];
    let owners = list(object, "/metadata/ownerReferences");
    let owner = owners.iter().find(|owner| GROUPS.iter().any(|group| text(owner, "/apiVersion").starts_with(group)))?;
    Some(text(owner, "/kind").to_owned())
}

/// What the model could not see, by the field names of its JSON.
fn unknown(workload: &Workload) -> Vec<UnknownFact> {
    let mut facts = Vec::new();
    let mut push = |fact: &'static str, needs: Option<&str>, at: &Pointer| {
        if let Some(needs) = needs.filter(|_| !facts.iter().any(|known: &UnknownFact| known.fact == fact)) {
            facts.push(UnknownFact { fact, needs: needs.to_owned(), at: at.clone() });
        }
    };
    for container in &workload.containers {
        if container.role == Role::Unknown {
            push("role", Some("to know whether this image runs a Redis server"), &container.at);
        }
        let Some(Config { maxmemory, maxmemory_policy, persistence, .. }) =
            container.config.as_ref().filter(|_| container.role == Role::Server)
        else {
            continue;
        };
        push("maxmemory_bytes", maxmemory.needs(), &container.at);
        push("maxmemory_policy", maxmemory_policy.needs(), &container.at);
        push("persistence", persistence.needs(), &container.at);
        push("storage", container.storage.as_ref().and_then(Storage::needs), &container.at);
    }
    let root = Pointer::root();
    if let Some(sentinels) = &workload.sentinels {
        push("quorum", sentinels.quorum.needs(), &root);
        if sentinels.count.is_none() {
            push("sentinels", Some("how many Pods like this there are"), &root);
        }
    }
    if let Some(Fact::Unknown(needs)) = workload.governing.as_ref().map(|governing| &governing.service) {
        push("governing_service_headless", Some(needs), &Pointer::new("/spec/serviceName"));
    }
    if workload.topology == Topology::Unknown {
        push("topology", Some("the configuration of its servers"), &root);
    }
    facts
}
