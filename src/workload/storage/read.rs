//! From a server's start to where it writes its data set.

use serde_json::Value;

use super::directory::read_directory;
use super::volumes::Volumes;
use super::{Storage, VolumeSource};
use crate::kubernetes::{Pointer, list, text};
use crate::workload::config::read::Read;
use crate::workload::fact::Fact;
use crate::workload::model::Workload;
use crate::workload::start::Startup;

/// The storage of one server container; `read` is what the server reads at start.
pub(crate) fn read_storage(start: &Startup, read: &Read) -> Storage {
    let volumes = Volumes { start };
    let mounts = data_mounts(start, &volumes);
    let directory = read_directory(start, read);
    let volume = match &directory {
        _ if mounts.is_empty() => Fact::Unset,
        Fact::Set(directory) => volumes.volume_of(directory),
        Fact::Unset => Fact::Unset,
        Fact::Unknown(needs) => Fact::Unknown(needs.clone()),
    };
    if directory.is_unknown() {
        // Looked up together with what hides the directory, a claim costs no round of its own.
        for (_, name) in &mounts {
            drop(volumes.read_source(name));
        }
    }
    let mut missed = Vec::new();
    if volume.is_unset() {
        for (at, name) in mounts {
            if let Some(VolumeSource::ClaimTemplate(_) | VolumeSource::Claim(_, _)) = volumes.read_source(name) {
                missed.push(at);
            }
        }
    }
    Storage { directory, volume, missed }
}

/// The mounts that a server could write a data set to: where each is, and the name of its volume.
fn data_mounts<'a>(start: &Startup<'a>, volumes: &Volumes) -> Vec<(Pointer, &'a str)> {
    let mut mounts = Vec::new();
    for (index, mount) in list(start.container, "/volumeMounts").iter().enumerate() {
        let name = text(mount, "/name");
        if mount.get("readOnly") != Some(&Value::Bool(true)) && volumes.may_hold_data(name) {
            mounts.push((start.at.join("volumeMounts").key(index), name));
        }
    }
    mounts
}

impl Workload {
    /// Whether Pods of a workload mount this claim: a volume names it, or it is what a claim template makes for one of them.
    #[must_use]
    pub fn mounts_claim(object: &Value, claim: &str) -> bool {
        let pod = if text(object, "/kind") == "Pod" { "" } else { "/spec/template" };
        let volumes = list(object, &format!("{pod}/spec/volumes"));
        let set = text(object, "/metadata/name");
        let templates = list(object, "/spec/volumeClaimTemplates");
        volumes.iter().any(|volume| text(volume, "/persistentVolumeClaim/claimName") == claim)
            || templates.iter().any(|template| parse_ordinal(claim, text(template, "/metadata/name"), set).is_some())
    }
}

/// The ordinal of the Pod that a claim of a template is for.
fn parse_ordinal(claim: &str, template: &str, set: &str) -> Option<u32> {
    let ordinal = claim.strip_prefix(template)?.strip_prefix('-')?;
    ordinal.strip_prefix(set)?.strip_prefix('-')?.parse().ok()
}
