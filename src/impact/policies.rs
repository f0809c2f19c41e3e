//! The policies that are compared.

use std::sync::Arc;

use serde_json::Value;

use crate::engine::{Outcome, ask};
use crate::manifests::{ManifestSet, ManifestWorkload};
use crate::policy::{Policies, Target};

/// How a cluster without Plimsoll is called.
pub(crate) const NO_POLICY: &str = "none";

/// Policies under a name; nobody is asked where there are none.
pub(crate) struct NamedPolicies {
    /// Such as `profile baseline`.
    pub(crate) name: String,
    pub(crate) policies: Option<Policies>,
}

impl NamedPolicies {
    /// With the labels of the Namespaces among the manifests.
    pub(crate) fn with_namespaces_of(self, manifests: &ManifestSet) -> Self {
        let policies = self.policies.map(|policies| policies.with_namespaces(manifests.namespaces()));
        Self { name: self.name, policies }
    }

    /// What becomes of `object`, created or updated from `old`.
    pub(crate) fn simulate(
        &self,
        workload: &ManifestWorkload,
        object: &Arc<Value>,
        old: Option<&Arc<Value>>,
    ) -> Outcome {
        match &self.policies {
            Some(policies) => ask(policies, object, old, workload.inventory()),
            None => Outcome { stored: Arc::clone(object), ..Outcome::default() },
        }
    }

    /// The name of the policy that holds for a workload.
    pub(crate) fn policy_for(&self, workload: &ManifestWorkload) -> String {
        let Some(policies) = &self.policies else { return NO_POLICY.to_owned() };
        policies.of(&Target::workload(&workload.workload, workload.object())).name.clone()
    }
}
