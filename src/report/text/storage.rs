//! Where a server writes its data set, in words.

use crate::workload::{Claim, Fact, Storage, VolumeSource};

/// The directory, the volume and the claim.
pub(crate) fn storage(storage: &Storage) -> String {
    let directory = storage.directory.value().map_or("directory unknown", String::as_str);
    match &storage.volume {
        Fact::Unknown(needs) => format!("unknown, needs {needs}"),
        Fact::Unset => format!("{directory}, in no volume: it ends with the container"),
        Fact::Set(volume) => format!("{directory}, in volume {}: {}", volume.name, source(&volume.source)),
    }
}

fn source(source: &VolumeSource) -> String {
    match source {
        VolumeSource::ClaimTemplate(claim) if claim.object.kind == "PersistentVolumeClaim" => {
            format!("a claim for each Pod, the smallest of {}", claimed(claim))
        }
        VolumeSource::ClaimTemplate(claim) => format!("a claim for each Pod, of {}", claimed(claim)),
        VolumeSource::Claim(name, Fact::Set(claim)) => format!("claim {name}, of {}", claimed(claim)),
        VolumeSource::Claim(name, Fact::Unknown(needs)) => format!("claim {name}, unknown, needs {needs}"),
        VolumeSource::Claim(name, Fact::Unset) => format!("claim {name}, not found"),
        VolumeSource::EphemeralClaim(claim) => format!("a claim that ends with the Pod, of {}", claimed(claim)),
        VolumeSource::EmptyDir => "an emptyDir, which ends with the Pod".to_owned(),
        VolumeSource::HostPath => "a directory of the node".to_owned(),
        VolumeSource::Other => "neither a claim nor a directory of the node".to_owned(),
    }
}

fn claimed(claim: &Claim) -> String {
    let storage = claim.storage.as_ref().map_or("no size", |storage| storage.text.as_str());
    let modes = claim.access_modes.join(" ");
    let class = claim.storage_class.as_ref().map(|class| format!("class {class}")).unwrap_or_default();
    let parts = [storage, &modes, &class].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}
