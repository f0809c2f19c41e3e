//! From the model to the fields that `inspect -o json` prints.

use serde_json::Value;

use super::config::Persistence;
use super::fact::Fact;
use super::fields::{
    ContainerView, MemoryView, ObjectView, OriginView, ProbeView, ProbesView, StorageView, UnknownView, WorkloadView,
};
use super::model::{Container, UnknownFact, Workload};
use super::probes::{Probe, Probes};
use super::resources::Memory;
use super::role::Role;
use super::storage::{Storage, VolumeSource};
use crate::kubernetes::{ObjectRef, Place};
use crate::redis::Redacted;

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
            replicas: self.replicas.value().copied(),
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
            limit_bytes: match memory.pod_limit {
                Some(_) => memory.limit_bytes(),
                None => memory.limit.as_ref().map(|limit| limit.bytes),
            },
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
        let show = |probe: &Option<Probe>| probe.as_ref().map(ProbeView::new);
        Self { liveness: show(&probes.liveness), readiness: show(&probes.readiness), startup: show(&probes.startup) }
    }
}

impl ProbeView {
    fn new(probe: &Probe) -> Self {
        Self(Redacted::probe(&probe.declared).into_value())
    }
}

impl<'a> UnknownView<'a> {
    fn new(unknown: &'a UnknownFact) -> Self {
        Self { fact: unknown.fact, needs: &unknown.needs }
    }
}
