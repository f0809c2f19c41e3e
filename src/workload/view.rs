//! The model as `inspect -o json` prints it: a contract. Its schema, `docs/schemas/inspect.schema.json`, is made of these
//! types; a new field of the model is a field here.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::fact::Fact;
use super::model::{Container, Persistence, UnknownFact, Workload};
use super::probes::{Probe, Probes};
use super::redact::redact_probe;
use super::resources::Memory;
use super::role::Role;
use super::storage::{Storage, VolumeSource};
use crate::kubernetes::{ObjectRef, Place};

/// Null where unset; what could not be seen is null too and named under `unknown`. `memory`, `maxmemory_*`, `storage` and
/// `probes` speak of the server container, or of the Sentinel in a workload of Sentinels alone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "workload")]
pub struct WorkloadView<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    flavour: &'static str,
    #[schemars(extend("enum" = ["standalone", "replication", "sentinel", "cluster", "unknown"]))]
    topology: &'static str,
    replicas: Option<u64>,
    containers: Vec<ContainerView<'a>>,
    memory: Option<MemoryView>,
    /// Null for none and for 0.
    #[schemars(range(min = 1))]
    maxmemory_bytes: Option<u64>,
    maxmemory_origin: Option<OriginView<'a>>,
    maxmemory_policy: Option<&'a str>,
    #[schemars(extend("enum" = ["aof", "rdb", "both", "none", "unknown"]))]
    persistence: &'static str,
    storage: Option<StorageView<'a>>,
    sentinels: Option<u64>,
    quorum: Option<u64>,
    governing_service: Option<&'a str>,
    governing_service_headless: Option<bool>,
    probes: Option<ProbesView>,
    unknown: Vec<UnknownView<'a>>,
}

/// The name of an object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "object")]
struct ObjectView<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "container")]
struct ContainerView<'a> {
    name: &'a str,
    #[schemars(extend("enum" = ["server", "sentinel", "exporter", "client", "proxy", "other", "unknown"]))]
    role: &'static str,
    memory: MemoryView,
    probes: ProbesView,
}

/// As declared; a null request beside a limit is copied from it by the API server.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "memory")]
struct MemoryView {
    request_bytes: Option<u64>,
    limit_bytes: Option<u64>,
}

/// Where a value comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "origin")]
struct OriginView<'a> {
    object: ObjectView<'a>,
    #[schemars(regex(pattern = "^(/.*)?$"))]
    at: &'a str,
    /// Inside the value, such as the key of a ConfigMap.
    #[schemars(range(min = 1))]
    line: Option<u32>,
}

/// Where the server writes its data set. `directory` is null where it is not known, which `unknown` tells where it matters:
/// where a volume is mounted that could hold it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "storage")]
struct StorageView<'a> {
    directory: Option<&'a str>,
    /// The name in the Pod template; null for the container's own file system.
    volume: Option<&'a str>,
    #[schemars(extend("enum" = [
        "claim-template", "claim", "ephemeral-claim", "empty-dir", "host-path", "other", "none", "unknown"
    ]))]
    source: &'static str,
    /// The name that the volume gives, for `claim`.
    claim: Option<&'a str>,
    /// What is claimed, or what a bound claim got where that is more; of a set's claims the smallest that is seen.
    storage_bytes: Option<u64>,
    access_modes: &'a [String],
    /// Null for the cluster's default.
    storage_class: Option<&'a str>,
}

/// As declared, without passwords.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "probes")]
struct ProbesView {
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    liveness: Option<Value>,
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    readiness: Option<Value>,
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    startup: Option<Value>,
}

/// A field that could not be seen, and what it would take.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "unknown")]
struct UnknownView<'a> {
    fact: &'static str,
    needs: &'a str,
}

impl Workload {
    /// One element of `workloads` in the JSON of `inspect`.
    #[must_use]
    pub fn view(&self) -> WorkloadView<'_> {
        let first_of = |role| self.containers.iter().find(move |container| container.role == role);
        let main = first_of(Role::Server).or_else(|| first_of(Role::Sentinel));
        let config = main.and_then(|main| main.config.as_ref());
        let maxmemory = config.and_then(|config| config.maxmemory.value()).filter(|setting| setting.value > 0);
        let policy = config.and_then(|config| config.maxmemory_policy.value());
        let persistence = config.and_then(|config| config.persistence.value());
        let governing = self.governing.as_ref();
        let quorum = self.sentinels.as_ref().and_then(|sentinels| sentinels.quorum.value());
        WorkloadView {
            api_version: &self.object.api_version,
            kind: &self.object.kind,
            namespace: &self.object.namespace,
            name: &self.object.name,
            flavour: self.flavour.name(),
            topology: self.topology.name(),
            replicas: self.replicas,
            containers: self.containers.iter().map(ContainerView::new).collect(),
            memory: main.map(|main| MemoryView::new(&main.memory)),
            maxmemory_bytes: maxmemory.map(|setting| setting.value),
            maxmemory_origin: maxmemory.map(|setting| OriginView::new(&setting.origin)),
            maxmemory_policy: policy.map(|setting| setting.value.as_str()),
            persistence: persistence.map_or("unknown", |persistence| Persistence::name(*persistence)),
            storage: main.and_then(|main| main.storage.as_ref()).map(StorageView::new),
            sentinels: self.sentinels.as_ref().and_then(|sentinels| sentinels.count),
            quorum: quorum.map(|setting| setting.value),
            governing_service: governing.map(|governing| governing.name.as_str()).filter(|name| !name.is_empty()),
            governing_service_headless: governing.and_then(|governing| Some(governing.service.value()?.headless)),
            probes: main.map(|main| ProbesView::new(&main.probes)),
            unknown: self.unknown.iter().map(UnknownView::new).collect(),
        }
    }

    /// The same as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self.view()).unwrap_or_default()
    }
}

impl<'a> ObjectView<'a> {
    fn new(object: &'a ObjectRef) -> Self {
        Self { api_version: &object.api_version, kind: &object.kind, namespace: &object.namespace, name: &object.name }
    }
}

impl<'a> ContainerView<'a> {
    fn new(container: &'a Container) -> Self {
        Self {
            name: &container.name,
            role: container.role.name(),
            memory: MemoryView::new(&container.memory),
            probes: ProbesView::new(&container.probes),
        }
    }
}

impl MemoryView {
    fn new(memory: &Memory) -> Self {
        Self {
            request_bytes: memory.request.as_ref().map(|request| request.bytes),
            limit_bytes: memory.limit.as_ref().map(|limit| limit.bytes),
        }
    }
}

impl<'a> OriginView<'a> {
    fn new(place: &'a Place) -> Self {
        Self { object: ObjectView::new(&place.object), at: place.at.as_str(), line: place.line }
    }
}

impl<'a> StorageView<'a> {
    fn new(storage: &'a Storage) -> Self {
        let volume = storage.volume.value();
        let claim = volume.and_then(|volume| volume.source.claim());
        Self {
            directory: storage.directory.value().map(String::as_str),
            volume: volume.map(|volume| volume.name.as_str()),
            source: match &storage.volume {
                Fact::Set(volume) => volume.source.name(),
                Fact::Unset => "none",
                Fact::Unknown(_) => "unknown",
            },
            claim: match volume.map(|volume| &volume.source) {
                Some(VolumeSource::Claim(name, _)) => Some(name),
                _ => None,
            },
            storage_bytes: claim.and_then(|claim| Some(claim.storage.as_ref()?.bytes)),
            access_modes: claim.map_or(&[], |claim| &claim.access_modes),
            storage_class: claim.and_then(|claim| claim.storage_class.as_deref()),
        }
    }
}

impl ProbesView {
    fn new(probes: &Probes) -> Self {
        let show = |probe: &Option<Probe>| probe.as_ref().map(|probe| redact_probe(&probe.declared));
        Self { liveness: show(&probes.liveness), readiness: show(&probes.readiness), startup: show(&probes.startup) }
    }
}

impl<'a> UnknownView<'a> {
    fn new(unknown: &'a UnknownFact) -> Self {
        Self { fact: unknown.fact, needs: &unknown.needs }
    }
}
