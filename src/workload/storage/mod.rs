//! Where a server writes its data set: the directory, the volume that it lies in, and the claim behind that.

use super::fact::Fact;
use crate::kubernetes::Pointer;

mod claim;
mod directory;
pub(crate) mod read;
mod volumes;

pub use self::claim::Claim;

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
}

#[cfg(test)]
mod tests;
