//! What becomes of one workload under either policy: created anew, and rolled out.

use std::sync::Arc;

use serde_json::{Value, json};

use super::change::Change;
use super::policies::NamedPolicies;
use crate::engine::{Outcome, changed_paths};
use crate::kubernetes::ObjectRef;
use crate::manifests::ManifestWorkload;

/// What `kubectl rollout restart` changes.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// What becomes of one workload.
#[derive(Debug)]
pub(crate) struct WorkloadImpact {
    pub(crate) object: ObjectRef,
    /// The names of the policies that hold for it.
    pub(crate) policy: Change<String>,
    /// What happens when it is created anew.
    pub(crate) create: Change<Outcome>,
    /// What happens at its next rollout; nothing for a bare Pod.
    pub(crate) rollout: Option<Change<Outcome>>,
}

impl WorkloadImpact {
    /// Asks both policies about it.
    pub(crate) fn measure(policies: &Change<NamedPolicies>, workload: &ManifestWorkload) -> Self {
        let object = workload.object();
        let create = policies.map(|policies| policies.simulate(workload, object, None));
        // What a cluster has stored is stored as it is; a manifest as the old policy left it.
        let is_stored = object.pointer("/metadata/uid").is_some();
        let stored = if is_stored { Arc::clone(object) } else { Arc::clone(&create.old.stored) };
        let restarted = restart_pods(object).map(Arc::new);
        let rollout =
            restarted.map(|restarted| policies.map(|policies| policies.simulate(workload, &restarted, Some(&stored))));
        let policy = policies.map(|policies| policies.policy_for(workload));
        Self { object: ObjectRef::of(object), policy, create, rollout }
    }

    /// What the next rollout of its Pods brings that it would not have brought under the old policy: JSON pointers.
    pub(crate) fn changed_paths(&self) -> Vec<String> {
        let Some(rollout) = &self.rollout else { return Vec::new() };
        let mut paths = changed_paths(&rollout.old.stored, &rollout.new.stored);
        paths.retain(|path| path.starts_with("/spec/"));
        paths.dedup();
        paths
    }

    /// A path that people can read: containers by their names, and what lies in all Pods without its way there.
    pub(crate) fn readable_path(&self, path: &str) -> String {
        let short = path.strip_prefix("/spec/template/spec/").unwrap_or(path.trim_start_matches('/'));
        let mut words: Vec<&str> = short.split('/').collect();
        if let [list, index, ..] = words.as_slice()
            && let Some(name) = self.element_name(list, index)
        {
            words.splice(..2, [name]);
        }
        words.join(" ")
    }

    /// The name of an element in a list of its Pods, such as a container.
    fn element_name(&self, list: &str, index: &str) -> Option<&str> {
        let object = &self.rollout.as_ref()?.new.stored;
        object.pointer(&format!("/spec/template/spec/{list}/{index}/name"))?.as_str()
    }
}

/// The object with its Pods restarted by somebody; nothing where they can't be.
fn restart_pods(object: &Value) -> Option<Value> {
    let mut object = object.clone();
    let template = object.pointer_mut("/spec/template")?.as_object_mut()?;
    let metadata = template.entry("metadata").or_insert_with(|| json!({})).as_object_mut()?;
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    annotations.as_object_mut()?.insert(RESTARTED.to_owned(), json!("2006-01-02T15:04:05Z"));
    Some(object)
}
