//! What a policy adds to the memory requests of a namespace, and what its quotas leave of that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pods::{Pods, bytes};
use super::scope::Scopes;
use super::{Affected, Both};
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
pub(crate) struct Cost {
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
    pub(crate) left: Result<Left, String>,
}

/// What a quota leaves under the new policy.
#[derive(Debug)]
pub(crate) struct Left {
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
struct Here<'a> {
    redis: Vec<Both<Pods<'a>>>,
    others: Vec<Pods<'a>>,
}

impl Cost {
    /// The namespaces whose requests change, or whose quota is known.
    pub(crate) fn all(affected: &[Affected], around: &ManifestSet) -> Vec<Self> {
        let mut here: BTreeMap<String, Here> = BTreeMap::new();
        for affected in affected {
            let outcomes = affected.rollout.as_ref().unwrap_or(&affected.create);
            let pods = outcomes.each(|outcome| Pods::of(&outcome.stored, around));
            here.entry(affected.name.namespace.clone()).or_default().redis.push(pods);
        }
        for object in COUNTED.iter().flat_map(|kind| around.of_kind(kind)) {
            let name = ObjectRef::of(object);
            let is_child = object.pointer("/metadata/ownerReferences/0").is_some();
            if is_child || affected.iter().any(|affected| affected.name == name) {
                continue;
            }
            if let Some(here) = here.get_mut(&name.namespace) {
                here.others.push(Pods::of(object, around));
            }
        }
        let cost = |(namespace, here): (String, Here)| {
            let added =
                here.redis.iter().fold(Memory::default(), |sum, pods| sum.plus(added(pods, &Scopes::default())));
            let quotas = around.of_kind("ResourceQuota");
            let quotas = quotas.filter(|quota| ObjectRef::of(quota).namespace == namespace);
            let quotas = quotas.filter_map(|quota| Quota::of(quota, &here)).collect();
            Self { namespace, added, quotas }
        };
        here.into_iter().map(cost).filter(|cost| cost.added != Memory::default() || !cost.quotas.is_empty()).collect()
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "namespace": self.namespace,
            "added_bytes": self.added.bytes,
            "for_each_node_bytes": self.added.each_node,
            "quotas": self.quotas.iter().map(Quota::json).collect::<Vec<_>>(),
        })
    }
}

impl Quota {
    /// Nothing where it bounds no memory requests.
    fn of(quota: &Value, here: &Here) -> Option<Self> {
        let amount = |at: &str| {
            let amounts = quota.pointer(at)?;
            bytes(amounts.get("requests.memory").or_else(|| amounts.get("memory"))?)
        };
        let hard = amount("/spec/hard")?;
        let left = Scopes::of(quota).map(|scopes| Left::of(hard, amount("/status/used"), &scopes, here));
        Some(Self { name: ObjectRef::of(quota).name, hard, left })
    }

    fn json(&self) -> Value {
        let left = self.left.as_ref().ok();
        let assumes = left
            .filter(|left| left.assumes_no_default_class)
            .map(|_| format!("Pods that name no PriorityClass have none: {}", Left::ASSUMPTION));
        json!({
            "name": self.name,
            "hard_bytes": self.hard,
            "left_bytes": left.map(|left| left.bytes),
            "for_each_node_bytes": left.map(|left| left.each_node),
            "scopes": left.map(|left| &left.scopes),
            "assumes": assumes,
            "undecided": self.left.as_ref().err(),
        })
    }
}

impl Left {
    /// Why a Pod that names no `PriorityClass` is taken to have none.
    pub(crate) const ASSUMPTION: &str = "no default one is among the manifests";

    fn of(hard: u64, used: Option<u64>, scopes: &Scopes, here: &Here) -> Self {
        let added = here.redis.iter().fold(Memory::default(), |sum, pods| sum.plus(added(pods, scopes)));
        let old = here.redis.iter().map(|pods| &pods.old);
        let written = || {
            let all = old.clone().chain(&here.others);
            all.fold(Memory::default(), |sum, pods| sum.plus(Memory::of(pods, scopes)))
        };
        // What a cluster says that it has given out knows all nodes.
        let used_now = used.map_or_else(written, |used| Memory { bytes: signed(used), each_node: 0 });
        let after = used_now.plus(added);
        let others = here.others.iter().filter(|_| used.is_none());
        let assumes_no_default_class = old.chain(others).any(|pods| scopes.depend_on_default_class(pods));
        let bytes = signed(hard).saturating_sub(after.bytes);
        Self { bytes, each_node: after.each_node, scopes: scopes.names(), assumes_no_default_class }
    }
}

impl Memory {
    /// What Pods ask for, as far as these scopes count them.
    fn of(pods: &Pods, scopes: &Scopes) -> Self {
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
fn added(pods: &Both<Pods>, scopes: &Scopes) -> Memory {
    let old = Memory::of(&pods.old, scopes);
    Memory::of(&pods.new, scopes)
        .plus(Memory { bytes: old.bytes.saturating_neg(), each_node: old.each_node.saturating_neg() })
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
