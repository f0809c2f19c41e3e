//! Who would be denied, patched, restarted or warned by another policy, and what it costs.
//!
//! The manifests count as stored already, as the old policy would have stored them. Each workload is asked about twice
//! under either policy: created anew, and rolled out (its Pod template changed by somebody, as `kubectl rollout restart`
//! does). No policy restarts anything by itself.

mod change;
mod memory;
mod pods;
mod policies;
mod scope;
mod summary;
mod workload;

pub(crate) use self::change::Change;
pub(crate) use self::memory::{NamespaceMemory, Quota, Remaining};
pub(crate) use self::policies::{NO_POLICY, NamedPolicies};
pub(crate) use self::summary::{RuleChanges, Summary};
pub(crate) use self::workload::WorkloadImpact;

use crate::manifests::{ManifestSet, ManifestWorkload};

/// What another policy changes.
#[derive(Debug)]
pub(crate) struct Impact {
    /// The names of the policies.
    pub(crate) policies: Change<String>,
    /// How many Kubernetes objects were read.
    pub(crate) objects: usize,
    pub(crate) workloads: Vec<WorkloadImpact>,
    /// The namespaces whose memory requests change, or whose quota is known.
    pub(crate) namespaces: Vec<NamespaceMemory>,
}

impl Impact {
    /// Asks both policies about all workloads.
    pub(crate) fn measure(
        policies: &Change<NamedPolicies>,
        workloads: &[ManifestWorkload],
        manifests: &ManifestSet,
    ) -> Self {
        let workloads: Vec<WorkloadImpact> =
            workloads.iter().map(|workload| WorkloadImpact::measure(policies, workload)).collect();
        Self {
            policies: policies.map(|policies| policies.name.clone()),
            objects: manifests.objects,
            namespaces: NamespaceMemory::measure(&workloads, manifests),
            workloads,
        }
    }
}
