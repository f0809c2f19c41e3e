//! The model as JSON: what `inspect -o json` prints, a contract (`docs/schemas/inspect.schema.json`).

use serde_json::{Map, Value, json};

use super::model::{Container, Known, Persistence, Probes, Role, Setting, Workload};
use super::storage::{Storage, VolumeSource};
use crate::kubernetes::Place;
use crate::redis::Redacted;

impl Workload {
    /// One element of `workloads` in the JSON of `inspect`: null where unset, and named under `unknown` where unseen.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let main =
            self.servers().next().or_else(|| self.containers.iter().find(|container| container.role == Role::Sentinel));
        let config = main.and_then(|main| main.config.as_ref());
        let maxmemory = config.and_then(|config| setting(&config.maxmemory)).filter(|setting| setting.value > 0);
        let policy = config.and_then(|config| setting(&config.maxmemory_policy));
        let governing = self.governing.as_ref();
        let service = governing.and_then(|governing| governing.service.known()).and_then(Option::as_ref);
        let quorum = self.sentinels.as_ref().and_then(|sentinels| setting(&sentinels.quorum));
        json!({
            "apiVersion": self.object.api_version,
            "kind": self.object.kind,
            "namespace": self.object.namespace,
            "name": self.object.name,
            "flavour": self.flavour.name(),
            "topology": self.topology.name(),
            "replicas": self.replicas,
            "containers": self.containers.iter().map(container).collect::<Vec<_>>(),
            "memory": main.map(memory),
            "maxmemory_bytes": maxmemory.map(|setting| setting.value),
            "maxmemory_origin": maxmemory.map(|setting| origin(&setting.origin)),
            "maxmemory_policy": policy.map(|setting| setting.value.clone()),
            "persistence": config.and_then(|config| config.persistence.known()).map_or("unknown", |found| Persistence::name(*found)),
            "storage": main.and_then(|main| main.storage.as_ref()).map(storage),
            "sentinels": self.sentinels.as_ref().and_then(|sentinels| sentinels.count),
            "quorum": quorum.map(|setting| setting.value),
            "governing_service": governing.map(|governing| governing.name.clone()).filter(|name| !name.is_empty()),
            "governing_service_headless": service.map(|service| service.headless),
            "probes": main.map(|main| probes(&main.probes)),
            "unknown": self.unknown.iter().map(|unknown| json!({"fact": unknown.fact, "needs": unknown.needs})).collect::<Vec<_>>(),
        })
    }
}

fn setting<T>(known: &Known<Option<Setting<T>>>) -> Option<&Setting<T>> {
    known.known().and_then(Option::as_ref)
}

fn container(container: &Container) -> Value {
    json!({
        "name": container.name,
        "role": container.role.name(),
        "memory": memory(container),
        "probes": probes(&container.probes),
    })
}

fn memory(container: &Container) -> Value {
    json!({
        "request_bytes": container.memory.request.as_ref().map(|amount| amount.bytes),
        "limit_bytes": container.memory.limit.as_ref().map(|amount| amount.bytes),
    })
}

fn storage(storage: &Storage) -> Value {
    let volume = storage.volume.known().and_then(Option::as_ref);
    let claim = volume.and_then(|volume| volume.source.claim());
    let source = match &storage.volume {
        Known::Known(volume) => volume.as_ref().map_or("none", |volume| volume.source.name()),
        Known::Unknown(_) => "unknown",
    };
    let name = volume.and_then(|volume| match &volume.source {
        VolumeSource::Claim(name, _) => Some(name),
        _ => None,
    });
    json!({
        "directory": storage.directory.known(),
        "volume": volume.map(|volume| &volume.name),
        "source": source,
        "claim": name,
        "storage_bytes": claim.and_then(|claim| claim.storage.as_ref()).map(|storage| storage.bytes),
        "access_modes": claim.map_or(&[][..], |claim| &claim.access_modes),
        "storage_class": claim.and_then(|claim| claim.storage_class.as_ref()),
    })
}

fn probes(probes: &Probes) -> Value {
    let declared: Map<String, Value> =
        [("liveness", &probes.liveness), ("readiness", &probes.readiness), ("startup", &probes.startup)]
            .into_iter()
            .map(|(name, probe)| {
                (
                    name.to_owned(),
                    probe.as_ref().map_or(Value::Null, |probe| Redacted::probe(&probe.declared).into_value()),
                )
            })
            .collect();
    Value::Object(declared)
}

fn origin(place: &Place) -> Value {
    json!({"object": place.object, "at": place.at, "line": place.line})
}
