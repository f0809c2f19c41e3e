//! The volumes that a container mounts, and the claims behind them.
//!
//! A claim that can't be seen is unknown, and so is one that is not there: it may be applied a moment later.

use serde_json::Value;

use super::claim::Claim;
use super::{Volume, VolumeSource};
use crate::kubernetes::{ObjectRef, Pointer, Seen, list, text};
use crate::workload::fact::Fact;
use crate::workload::start::Startup;

/// Live claims of a set are looked for up to this many Pods.
const MAX_CLAIMS: u64 = 16;

/// Reads the volumes of one container.
pub(super) struct Volumes<'a> {
    pub(super) start: &'a Startup<'a>,
}

impl Volumes<'_> {
    /// Whether a server could write a data set to this volume: configuration is read-only.
    pub(super) fn may_hold_data(&self, name: &str) -> bool {
        const READ_ONLY: [&str; 4] = ["configMap", "secret", "projected", "downwardAPI"];
        let volume = self.start.pod.volume(name);
        let is_read_only = READ_ONLY.iter().any(|kind| volume.and_then(|volume| source_of(volume, kind)).is_some());
        self.claim_template(name).is_some() || !is_read_only
    }

    pub(super) fn volume_of(&self, directory: &str) -> Fact<Volume> {
        let Some((index, mount, _)) = self.start.mounts.mount(directory) else { return Fact::Unset };
        let name = text(mount, "/name");
        match self.read_source(name) {
            None => Fact::Unknown(format!("volume {name}, which the Pod template does not have")),
            Some(source) => Fact::Set(Volume {
                name: name.to_owned(),
                mount: self.start.at.join("volumeMounts").key(index),
                source,
            }),
        }
    }

    /// The claim template of a StatefulSet with this name, and where it stands. It wins over a volume of the same name.
    fn claim_template(&self, name: &str) -> Option<(Pointer, &Value)> {
        let templates = list(self.start.pod.object, "/spec/volumeClaimTemplates");
        let index = templates.iter().position(|template| text(template, "/metadata/name") == name)?;
        Some((Pointer::new("/spec/volumeClaimTemplates").key(index), templates.get(index)?))
    }

    /// What the volume of this name is; nothing where the Pod template has none.
    pub(super) fn read_source(&self, name: &str) -> Option<VolumeSource> {
        let own_ref = || ObjectRef::of(self.start.pod.object);
        if let Some((at, template)) = self.claim_template(name) {
            let spec = template.get("spec").unwrap_or(&Value::Null);
            let written = Claim::read(own_ref(), &at.join("spec"), spec, None);
            return Some(VolumeSource::ClaimTemplate(self.smallest_claim(name).unwrap_or(written)));
        }
        let volume = self.start.pod.volume(name)?;
        if let Some(claim) = source_of(volume, "persistentVolumeClaim") {
            let name = text(claim, "/claimName");
            return Some(VolumeSource::Claim(name.to_owned(), self.find_claim(name)));
        }
        if let Some(ephemeral) = source_of(volume, "ephemeral") {
            let index = self.start.pod.volumes.iter().position(|(volume, _)| *volume == name)?;
            let at = self.start.pod.template_at.join("spec/volumes").key(index);
            let spec = ephemeral.pointer("/volumeClaimTemplate/spec").unwrap_or(&Value::Null);
            let claim = Claim::read(own_ref(), &at.join("ephemeral/volumeClaimTemplate/spec"), spec, None);
            return Some(VolumeSource::EphemeralClaim(claim));
        }
        Some(if source_of(volume, "hostPath").is_some() {
            VolumeSource::HostPath
        } else if source_of(volume, "emptyDir").is_some() || !names_a_kind(volume) {
            VolumeSource::EmptyDir
        } else {
            VolumeSource::Other
        })
    }

    fn claim_ref(&self, name: &str) -> ObjectRef {
        ObjectRef::new("v1", "PersistentVolumeClaim", self.start.pod.namespace, name)
    }

    fn find_claim(&self, name: &str) -> Fact<Claim> {
        let object = self.claim_ref(name);
        match self.start.pod.inventory.object(&object) {
            Seen::Found(claim) => Fact::Set(Claim::read_object(claim)),
            Seen::Absent => Fact::Unknown(format!("{object}, which is not there (yet)")),
            Seen::Unknown(_) => Fact::Unknown(object.to_string()),
        }
    }

    /// The smallest of the claims that the Pods of a set have already: a template can't be changed, its claims can grow.
    /// The first of them is asked for; of the others those count that somebody put into the inventory.
    fn smallest_claim(&self, template: &str) -> Option<Claim> {
        let pod = self.start.pod;
        let name = text(pod.object, "/metadata/name");
        if name.is_empty() || text(pod.object, "/kind") != "StatefulSet" {
            return None;
        }
        let number = |at: &str| pod.object.pointer(at).and_then(Value::as_u64);
        let first = number("/spec/ordinals/start").unwrap_or(0);
        let count = number("/spec/replicas").unwrap_or(1).clamp(1, MAX_CLAIMS);
        let claim_of = |ordinal: u64| self.claim_ref(&format!("{template}-{name}-{ordinal}"));
        let mut claims = Vec::new();
        claims.extend(pod.inventory.object(&claim_of(first)).found());
        for ordinal in (first..first.saturating_add(count)).skip(1) {
            claims.extend(pod.beside.object(&claim_of(ordinal)).found());
        }
        let claims = claims.into_iter().map(Claim::read_object);
        claims.min_by_key(|claim| claim.storage.as_ref().map(|storage| storage.bytes))
    }
}

/// What a volume says of itself under this kind.
fn source_of<'a>(volume: &'a Value, kind: &str) -> Option<&'a Value> {
    volume.get(kind).filter(|source| !source.is_null())
}

/// Whether a volume says what it is: the API server makes any other an emptyDir.
fn names_a_kind(volume: &Value) -> bool {
    let fields = volume.as_object().into_iter().flatten();
    fields.filter(|(field, source)| *field != "name" && !source.is_null()).count() > 0
}
