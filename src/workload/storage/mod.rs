//! Where a server writes its data set: the directory, the volume that it lies in, and the claim behind that.
//!
//! The directory is the configuration's `dir`, else what the image is known to start in; of any other image it is unknown.
//! A claim that can't be seen is unknown too, and so is one that is not there: it may be applied a moment later.

use std::collections::BTreeMap;

use serde_json::Value;

use super::config::{Read, flags_variable};
use super::fact::Fact;
use super::model::{Amount, Workload};
use super::start::entrypoint::Process;
use super::start::filesystem::{Mounts, normalise};
use super::{delivery, detect};
use crate::kubernetes::{ObjectRef, Pointer, Quantity, Reference, Seen, list, plain, text};

/// Where a server writes its data set.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The directory of its RDB and AOF files, absolute.
    pub directory: Fact<String>,
    /// The volume that the directory lies in; nothing where that is the container's own file system, which ends with it.
    /// Known without the directory where the container mounts nothing that a server could write to.
    pub volume: Fact<Volume>,
    /// The mounts of claims that outlive a Pod, where the directory lies in no volume. Other volumes may be there for other
    /// reasons: the node's time zone, secrets through a driver.
    pub missed: Vec<Pointer>,
}

impl Storage {
    /// What it would take to see the volume, and the claim behind it.
    #[must_use]
    pub fn needs(&self) -> Option<&str> {
        match &self.volume {
            Fact::Unknown(needs) => Some(needs),
            Fact::Set(Volume { source: VolumeSource::Claim(_, claim), .. }) => claim.needs(),
            Fact::Set(_) | Fact::Unset => None,
        }
    }

    /// The volume and the claim behind it, where there is one and it is seen.
    #[must_use]
    pub fn claimed(&self) -> Option<(&Volume, &Claim)> {
        let volume = self.volume.value()?;
        Some((volume, volume.source.claim()?))
    }
}

/// The volume that holds a data set.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Its name in the Pod template.
    pub name: String,
    /// The mount in the container.
    pub mount: Pointer,
    /// What it is.
    pub source: VolumeSource,
}

/// What a volume is.
#[derive(Debug, Clone)]
pub enum VolumeSource {
    /// A claim for each Pod of a StatefulSet: the smallest of those that are seen, else the template.
    ClaimTemplate(Claim),
    /// A claim by its name.
    Claim(String, Fact<Claim>),
    /// A claim that is made for a Pod and ends with it.
    EphemeralClaim(Claim),
    /// A directory that ends with the Pod.
    EmptyDir,
    /// A directory of the node.
    HostPath,
    /// Any other kind.
    Other,
}

impl VolumeSource {
    /// The name in the model's JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClaimTemplate(_) => "claim-template",
            Self::Claim(_, _) => "claim",
            Self::EphemeralClaim(_) => "ephemeral-claim",
            Self::EmptyDir => "empty-dir",
            Self::HostPath => "host-path",
            Self::Other => "other",
        }
    }

    /// The claim behind it, where there is one and it is seen.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        match self {
            Self::ClaimTemplate(claim) | Self::EphemeralClaim(claim) => Some(claim),
            Self::Claim(_, claim) => claim.value(),
            Self::EmptyDir | Self::HostPath | Self::Other => None,
        }
    }

    /// Whether it outlives the Pod.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Self::EphemeralClaim(_) | Self::EmptyDir)
    }
}

/// What is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The object that it is written in: the claim itself, or the workload with its template.
    pub object: ObjectRef,
    /// The storage: what is asked for, or what a bound claim got where that is more. `at` is a place in `object`.
    pub storage: Option<Amount>,
    /// As written: `ReadWriteOnce`, `ReadWriteOncePod`, `ReadWriteMany`, `ReadOnlyMany`.
    pub access_modes: Vec<String>,
    /// The name of its storage class; nothing where that is the cluster's default.
    pub storage_class: Option<String>,
}

impl Claim {
    /// Reads the `spec` of a claim that stands at `at` in an object, and what a bound claim got.
    fn read(object: ObjectRef, at: &Pointer, spec: &Value, got: Option<&Value>) -> Self {
        let amount = |value: Option<&Value>| {
            let text = plain(value?);
            let bytes = Quantity::parse(&text).ok()?.bytes()?;
            Some(Amount { bytes, text, at: at.join("resources/requests/storage") })
        };
        let asked = amount(spec.pointer("/resources/requests/storage"));
        let class = text(spec, "/storageClassName");
        Self {
            object,
            // Of two that are equal the last is taken: as it was written.
            storage: amount(got).into_iter().chain(asked).max_by_key(|amount| amount.bytes),
            access_modes: crate::kubernetes::words(spec, "/accessModes")
                .into_iter()
                .filter(|mode| !mode.is_empty())
                .collect(),
            storage_class: (!class.is_empty()).then(|| class.to_owned()),
        }
    }

    /// Reads a claim of the cluster's.
    fn of(claim: &Value) -> Self {
        let spec = claim.get("spec").unwrap_or(&Value::Null);
        Self::read(ObjectRef::of(claim), &Pointer::new("/spec"), spec, claim.pointer("/status/capacity/storage"))
    }

    /// Whether only one node, or one Pod, may write to it at a time.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        let has = |mode: &str| self.access_modes.iter().any(|of| of == mode);
        (has("ReadWriteOnce") || has("ReadWriteOncePod")) && !has("ReadWriteMany")
    }
}

impl Workload {
    /// Whether Pods of a workload mount this claim: a volume names it, or it is what a claim template makes for one of them.
    #[must_use]
    pub fn mounts_claim(object: &Value, claim: &str) -> bool {
        let pod = if text(object, "/kind") == "Pod" { "" } else { "/spec/template" };
        let volumes = list(object, &format!("{pod}/spec/volumes"));
        let set = text(object, "/metadata/name");
        let made = |template: &Value| {
            let ordinal = claim.strip_prefix(text(template, "/metadata/name"))?.strip_prefix('-')?;
            ordinal.strip_prefix(set)?.strip_prefix('-')?.parse::<u32>().ok()
        };
        volumes.iter().any(|volume| text(volume, "/persistentVolumeClaim/claimName") == claim)
            || list(object, "/spec/volumeClaimTemplates").iter().any(|template| made(template).is_some())
    }
}

/// Live claims of a set are looked for up to this many Pods.
const MOST_CLAIMS: u64 = 16;

/// The storage of one server container, which stands at `at`.
pub(crate) fn storage(
    mounts: &Mounts,
    process: &Process,
    read: &Read,
    variables: &BTreeMap<String, String>,
    at: &Pointer,
) -> Storage {
    let reader = Reader { mounts, at };
    let all: Vec<_> = list(mounts.container, "/volumeMounts").iter().enumerate().collect();
    let holds_data = |(_, mount): &(usize, &Value)| {
        mount.get("readOnly") != Some(&Value::Bool(true)) && reader.may_hold_data(text(mount, "/name"))
    };
    let directory = directory(mounts, process, read, variables);
    let volume = match &directory {
        _ if !all.iter().any(holds_data) => Fact::Unset,
        Fact::Set(directory) => reader.volume_of(directory),
        Fact::Unset => Fact::Unset,
        Fact::Unknown(needs) => Fact::Unknown(needs.clone()),
    };
    let mut missed = Vec::new();
    if directory.is_unknown() {
        // Looked up together with what hides the directory, a claim costs no round of its own.
        for (_, mount) in all.iter().filter(|mount| holds_data(mount)) {
            drop(reader.source(text(mount, "/name")));
        }
    }
    if volume.is_unset() {
        let claimed = |(index, mount): &(usize, &Value)| {
            let source = reader.source(text(mount, "/name"))?;
            let is_claim = matches!(source, VolumeSource::ClaimTemplate(_) | VolumeSource::Claim(_, _));
            is_claim.then(|| at.join("volumeMounts").key(index))
        };
        missed = all.iter().filter(|mount| holds_data(mount)).filter_map(claimed).collect();
    }
    Storage { directory, volume, missed }
}

/// The directory of the RDB and AOF files.
fn directory(mounts: &Mounts, process: &Process, read: &Read, variables: &BTreeMap<String, String>) -> Fact<String> {
    if let Some(needs) = &read.config.unseen {
        return Fact::Unknown(needs.clone());
    }
    let written = read.loaded.last("dir").and_then(|dir| dir.words.first()?.text().map(str::to_owned));
    let known = match (&written, &read.loaded.directory) {
        (Some(written), Some(_)) if crate::redis::has_placeholder(written.as_bytes()) => {
            return Fact::Unknown("the final value of dir".to_owned());
        }
        (Some(written), Some(directory)) => {
            let is_seen = written.starts_with('/') || start_directory(mounts, process).is_some();
            is_seen.then(|| directory.clone())
        }
        _ => start_directory(mounts, process).or_else(|| bitnami_directory(mounts, process, read, variables)),
    };
    let Some(directory) = known else {
        let image = detect::image_name(text(mounts.container, "/image"));
        return Fact::Unknown(format!("the directory in which image {image} starts its server"));
    };
    Fact::Set(normalise(&directory).into_owned())
}

/// The working directory at the start: the manifest's, else that of Docker Hub's `redis` and `valkey` (their Dockerfiles
/// say `WORKDIR /data`). Nothing where a script moves elsewhere.
fn start_directory(mounts: &Mounts, process: &Process) -> Option<String> {
    if process.scripted && mounts.script.borrow().moves {
        return None;
    }
    match text(mounts.container, "/workingDir") {
        "" => delivery::is_official(text(mounts.container, "/image")).then(|| "/data".to_owned()),
        directory => directory.starts_with('/').then(|| directory.to_owned()),
    }
}

/// What Bitnami's entrypoints write into the configuration that they make where none is mounted.
fn bitnami_directory(
    mounts: &Mounts,
    process: &Process,
    read: &Read,
    variables: &BTreeMap<String, String>,
) -> Option<String> {
    let image = text(mounts.container, "/image");
    flags_variable(mounts.container, process).filter(|_| image.contains("bitnami") && read.loaded.files.is_empty())?;
    let (variable, default) = match detect::image_name(image) {
        "redis" | "redis-cluster" => ("REDIS_DATA_DIR", "/bitnami/redis/data"),
        "valkey" | "valkey-cluster" => ("VALKEY_DATA_DIR", "/bitnami/valkey/data"),
        _ => return None,
    };
    let is_hidden = list(mounts.container, "/env").iter().any(|entry| text(entry, "/name") == variable);
    match variables.get(variable) {
        Some(directory) if !directory.is_empty() => Some(directory.clone()),
        Some(_) => Some(default.to_owned()),
        None => (!is_hidden).then(|| default.to_owned()),
    }
}

struct Reader<'a> {
    mounts: &'a Mounts<'a>,
    at: &'a Pointer,
}

impl Reader<'_> {
    /// Whether a server could write a data set to this volume: configuration is read-only.
    fn may_hold_data(&self, name: &str) -> bool {
        const READ_ONLY: [&str; 4] = ["configMap", "secret", "projected", "downwardAPI"];
        let is = |kind: &str| {
            let source = self.mounts.volume(name).and_then(|volume| volume.get(kind));
            source.is_some_and(|source| !source.is_null())
        };
        self.template(name).is_some() || !READ_ONLY.into_iter().any(is)
    }

    fn volume_of(&self, directory: &str) -> Fact<Volume> {
        let Some((index, mount, _)) = self.mounts.mount(directory) else { return Fact::Unset };
        let name = text(mount, "/name");
        match self.source(name) {
            None => Fact::Unknown(format!("volume {name}, which the Pod template does not have")),
            Some(source) => {
                Fact::Set(Volume { name: name.to_owned(), mount: self.at.join("volumeMounts").key(index), source })
            }
        }
    }

    /// The claim template of a StatefulSet with this name, and where it stands. It wins over a volume of the same name.
    fn template(&self, name: &str) -> Option<(Pointer, &Value)> {
        let templates = list(self.mounts.object, "/spec/volumeClaimTemplates");
        let index = templates.iter().position(|template| text(template, "/metadata/name") == name)?;
        Some((Pointer::new("/spec/volumeClaimTemplates").key(index), templates.get(index)?))
    }

    /// What the volume of this name is; nothing where the Pod template has none.
    fn source(&self, name: &str) -> Option<VolumeSource> {
        let own = || ObjectRef::of(self.mounts.object);
        if let Some((at, template)) = self.template(name) {
            let spec = template.get("spec").unwrap_or(&Value::Null);
            let written = Claim::read(own(), &at.join("spec"), spec, None);
            return Some(VolumeSource::ClaimTemplate(self.smallest(name).unwrap_or(written)));
        }
        let volume = self.mounts.volume(name)?;
        let of = |kind: &str| volume.get(kind).filter(|source| !source.is_null());
        Some(if let Some(claim) = of("persistentVolumeClaim") {
            let name = text(claim, "/claimName");
            VolumeSource::Claim(name.to_owned(), self.claim(name))
        } else if let Some(ephemeral) = of("ephemeral") {
            let volumes = list(self.mounts.template, "/spec/volumes");
            let index = volumes.iter().position(|volume| text(volume, "/name") == name)?;
            let at = self.mounts.template_at.join("spec/volumes").key(index).join("ephemeral/volumeClaimTemplate/spec");
            let spec = ephemeral.pointer("/volumeClaimTemplate/spec").unwrap_or(&Value::Null);
            VolumeSource::EphemeralClaim(Claim::read(own(), &at, spec, None))
        } else if of("hostPath").is_some() {
            VolumeSource::HostPath
        } else if of("emptyDir").is_some() || !names_a_kind(volume) {
            VolumeSource::EmptyDir
        } else {
            VolumeSource::Other
        })
    }

    fn claim_name(&self, name: &str) -> ObjectRef {
        ObjectRef::new("v1", "PersistentVolumeClaim", self.mounts.namespace, name)
    }

    fn claim(&self, name: &str) -> Fact<Claim> {
        let object = self.claim_name(name);
        let reference = Reference::Object(object.clone());
        self.mounts.references.borrow_mut().insert(reference);
        match self.mounts.inventory.object(&object) {
            Seen::Found(claim) => Fact::Set(Claim::of(claim)),
            Seen::Absent => Fact::Unknown(format!("{object}, which is not there (yet)")),
            Seen::Unknown(_) => Fact::Unknown(object.to_string()),
        }
    }

    /// The smallest of the claims that the Pods of a set have already: a template can't be changed, its claims can grow.
    /// The first of them is asked for; of the others those count that somebody put into the inventory.
    fn smallest(&self, template: &str) -> Option<Claim> {
        let set = self.mounts.object;
        let name = text(set, "/metadata/name");
        if name.is_empty() || text(set, "/kind") != "StatefulSet" {
            return None;
        }
        let number = |at: &str| set.pointer(at).and_then(Value::as_u64);
        let first = number("/spec/ordinals/start").unwrap_or(0);
        let count = number("/spec/replicas").unwrap_or(1).clamp(1, MOST_CLAIMS);
        let of = |ordinal: u64| self.claim_name(&format!("{template}-{name}-{ordinal}"));
        self.mounts.references.borrow_mut().insert(Reference::Object(of(first)));
        let claims = (first..first.saturating_add(count))
            .filter_map(|ordinal| self.mounts.inventory.object(&of(ordinal)).found());
        claims.map(Claim::of).min_by_key(|claim| claim.storage.as_ref().map(|storage| storage.bytes))
    }
}

/// Whether a volume says what it is: the API server makes any other an emptyDir.
fn names_a_kind(volume: &Value) -> bool {
    let fields = volume.as_object().into_iter().flatten();
    fields.filter(|(field, source)| *field != "name" && !source.is_null()).count() > 0
}

#[cfg(test)]
mod tests;
