//! What a policy adds to the memory requests of a namespace, and what its quotas leave of that.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::Change;
use super::pods::{Pods, bytes};
use super::scope::Scopes;
use super::workload::WorkloadImpact;
use crate::kubernetes::ObjectRef;
use crate::manifests::ManifestSet;

/// Of what manifests add up to, where a quota does not say what it has given out.
const COUNTED: [&str; 4] = ["StatefulSet", "Deployment", "DaemonSet", "Pod"];

/// Memory in bytes, over all Pods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// A DaemonSet of which no cluster says on how many nodes it runs counts once.
    pub(crate) bytes: i64,
    /// How much of that is counted once, but is there for each node.
    pub(crate) each_node: i64,
}

/// The memory requests of one namespace.
#[derive(Debug, Default)]
pub(crate) struct NamespaceMemory {
    pub(crate) namespace: String,
    /// More or less than under the old policy.
    pub(crate) added: Memory,
    pub(crate) quotas: Vec<Quota>,
}

/// A `ResourceQuota` that bounds memory requests.
#[derive(Debug)]
pub(crate) struct Quota {
    pub(crate) name: String,
    /// In bytes.
    pub(crate) hard: u64,
    /// What is left, or why that can't be told.
    pub(crate) left: Result<Remaining, String>,
}

/// What a quota leaves under the new policy.
#[derive(Debug)]
pub(crate) struct Remaining {
    /// In bytes; below 0: Pods will be refused.
    pub(crate) bytes: i64,
    /// How much less it is for each node but the first.
    pub(crate) each_node: i64,
    pub(crate) scopes: Vec<String>,
    /// Whether it holds only if no `PriorityClass` is the cluster's default.
    pub(crate) assumes_no_default_class: bool,
}

/// The Pods of a namespace.
#[derive(Default)]
struct NamespacePods<'a> {
    redis: Vec<Change<Pods<'a>>>,
    others: Vec<Pods<'a>>,
}

impl NamespaceMemory {
    /// The namespaces whose requests change, or whose quota is known.
    pub(crate) fn measure(workloads: &[WorkloadImpact], manifests: &ManifestSet) -> Vec<Self> {
        let mut found = Vec::new();
        for (namespace, pods) in pods_by_namespace(workloads, manifests) {
            let added = pods.added(&Scopes::default());
            let mut quotas = Vec::new();
            for quota in manifests.of_kind("ResourceQuota").filter(|quota| ObjectRef::of(quota).namespace == namespace)
            {
                quotas.extend(Quota::read(quota, &pods));
            }
            if added != Memory::default() || !quotas.is_empty() {
                found.push(Self { namespace, added, quotas });
            }
        }
        found
    }
}

/// The Pods of the namespaces that hold Redis workloads.
fn pods_by_namespace<'a>(
    workloads: &'a [WorkloadImpact],
    manifests: &'a ManifestSet,
) -> BTreeMap<String, NamespacePods<'a>> {
    let mut namespaces: BTreeMap<String, NamespacePods> = BTreeMap::new();
    for workload in workloads {
        let outcomes = workload.rollout.as_ref().unwrap_or(&workload.create);
        let pods = outcomes.map(|outcome| Pods::read(&outcome.stored, manifests));
        namespaces.entry(workload.object.namespace.clone()).or_default().redis.push(pods);
    }
    for object in COUNTED.iter().flat_map(|kind| manifests.of_kind(kind)) {
        let name = ObjectRef::of(object);
        let is_child = object.pointer("/metadata/ownerReferences/0").is_some();
        if is_child || workloads.iter().any(|workload| workload.object == name) {
            continue;
        }
        if let Some(pods) = namespaces.get_mut(&name.namespace) {
            pods.others.push(Pods::read(object, manifests));
        }
    }
    namespaces
}

impl NamespacePods<'_> {
    /// What its Redis workloads ask for more under the new policy, as far as these scopes count them.
    fn added(&self, scopes: &Scopes) -> Memory {
        self.redis.iter().fold(Memory::default(), |sum, pods| sum.plus(added(pods, scopes)))
    }

    /// What all its Pods ask for under the old policy, as far as these scopes count them.
    fn requested(&self, scopes: &Scopes) -> Memory {
        let all = self.redis.iter().map(|pods| &pods.old).chain(&self.others);
        all.fold(Memory::default(), |sum, pods| sum.plus(Memory::requested_by(pods, scopes)))
    }
}

impl Quota {
    /// Nothing where it bounds no memory requests.
    fn read(quota: &Value, pods: &NamespacePods) -> Option<Self> {
        let hard = memory_amount(quota.pointer("/spec/hard"))?;
        let used = memory_amount(quota.pointer("/status/used"));
        let left = Scopes::read(quota).map(|scopes| Remaining::compute(hard, used, &scopes, pods));
        Some(Self { name: ObjectRef::of(quota).name, hard, left })
    }
}

/// The memory requests among the amounts of a quota, in bytes.
fn memory_amount(amounts: Option<&Value>) -> Option<u64> {
    let amounts = amounts?;
    bytes(amounts.get("requests.memory").or_else(|| amounts.get("memory"))?)
}

impl Remaining {
    /// Why a Pod that names no `PriorityClass` is taken to have none.
    pub(crate) const ASSUMPTION: &str = "no default one is among the manifests";

    fn compute(hard: u64, used: Option<u64>, scopes: &Scopes, pods: &NamespacePods) -> Self {
        let used_now = match used {
            // What a cluster says that it has given out knows all nodes.
            Some(used) => Memory { bytes: signed(used), each_node: 0 },
            None => pods.requested(scopes),
        };
        let after = used_now.plus(pods.added(scopes));
        let others = pods.others.iter().filter(|_| used.is_none());
        let mut counted = pods.redis.iter().map(|pods| &pods.old).chain(others);
        Self {
            bytes: signed(hard).saturating_sub(after.bytes),
            each_node: after.each_node,
            scopes: scopes.names(),
            assumes_no_default_class: counted.any(|pods| scopes.depend_on_default_class(pods)),
        }
    }
}

impl Memory {
    /// What Pods ask for, as far as these scopes count them.
    fn requested_by(pods: &Pods, scopes: &Scopes) -> Self {
        if !scopes.count(pods) {
            return Self::default();
        }
        let bytes = signed(pods.request().saturating_mul(pods.number));
        Self { bytes, each_node: if pods.each_node { bytes } else { 0 } }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            each_node: self.each_node.saturating_add(other.each_node),
        }
    }
}

/// What Pods ask for more under the new policy; a policy may also make them count that did not.
fn added(pods: &Change<Pods>, scopes: &Scopes) -> Memory {
    let old = Memory::requested_by(&pods.old, scopes);
    Memory::requested_by(&pods.new, scopes)
        .plus(Memory { bytes: old.bytes.saturating_neg(), each_node: old.each_node.saturating_neg() })
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
