//! What a policy adds to the memory requests of a namespace, and what its quotas leave of that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Affected;
use crate::cli::judging::Around;
use crate::inventory::ObjectRef;
use crate::workload::Quantity;

/// The memory requests of one namespace.
#[derive(Debug, Default)]
pub(super) struct Cost {
    pub(super) namespace: String,
    /// In bytes, more or less than under the old policy, over all replicas.
    pub(super) added: i64,
    pub(super) quotas: Vec<Quota>,
}

/// A `ResourceQuota` that bounds memory requests.
#[derive(Debug)]
pub(super) struct Quota {
    pub(super) name: String,
    pub(super) hard: u64,
    /// What is left of it under the new policy; below 0: Pods will be refused.
    pub(super) left: i64,
}

impl Cost {
    /// The namespaces whose requests change, or whose quota is known.
    pub(super) fn all(affected: &[Affected], around: &Around) -> Vec<Self> {
        let mut costs: BTreeMap<String, Self> = BTreeMap::new();
        for affected in affected {
            let outcomes = affected.rollout.as_ref().unwrap_or(&affected.create);
            let cost = costs.entry(affected.name.namespace.clone()).or_default();
            cost.added = cost.added.saturating_add(signed(requests(&outcomes.new.stored)));
            cost.added = cost.added.saturating_sub(signed(requests(&outcomes.old.stored)));
        }
        for (namespace, cost) in &mut costs {
            namespace.clone_into(&mut cost.namespace);
            let quotas = around.of_kind("ResourceQuota");
            let here = quotas.filter(|quota| ObjectRef::of(quota).namespace == *namespace);
            cost.quotas = here.filter_map(|quota| Quota::of(quota, cost.added, affected, around)).collect();
        }
        costs.into_values().filter(|cost| cost.added != 0 || !cost.quotas.is_empty()).collect()
    }

    pub(super) fn json(&self) -> Value {
        let quota = |quota: &Quota| json!({"name": quota.name, "hard_bytes": quota.hard, "left_bytes": quota.left});
        json!({
            "namespace": self.namespace,
            "added_bytes": self.added,
            "quotas": self.quotas.iter().map(quota).collect::<Vec<_>>(),
        })
    }
}

impl Quota {
    /// Nothing where it bounds no memory requests, or only those of some Pods.
    fn of(quota: &Value, added: i64, affected: &[Affected], around: &Around) -> Option<Self> {
        let is_scoped = ["/spec/scopes", "/spec/scopeSelector"].iter().any(|at| quota.pointer(at).is_some());
        if is_scoped {
            return None;
        }
        let amount = |at: &str| {
            let amounts = quota.pointer(at)?;
            bytes(amounts.get("requests.memory").or_else(|| amounts.get("memory"))?)
        };
        let name = ObjectRef::of(quota);
        let hard = amount("/spec/hard")?;
        let used = amount("/status/used").map_or_else(|| written(&name.namespace, affected, around), signed);
        Some(Self { name: name.name, hard, left: signed(hard).saturating_sub(used).saturating_sub(added) })
    }
}

/// What all workloads among the manifests ask for in a namespace; the Redis workloads as the old policy has them.
fn written(namespace: &str, affected: &[Affected], around: &Around) -> i64 {
    let kinds = ["StatefulSet", "Deployment", "Pod"];
    let others = kinds.iter().flat_map(|kind| around.of_kind(kind)).filter(|object| {
        let name = ObjectRef::of(object);
        let is_child = object.pointer("/metadata/ownerReferences/0").is_some();
        name.namespace == namespace && !is_child && !affected.iter().any(|affected| affected.name == name)
    });
    let redis = affected.iter().filter(|affected| affected.name.namespace == namespace);
    let redis = redis.map(|affected| &*affected.rollout.as_ref().unwrap_or(&affected.create).old.stored);
    others.chain(redis).map(|object| signed(requests(object))).fold(0, i64::saturating_add)
}

/// The memory that the Pods of an object ask for, over all replicas: of each container the request, or as the API server
/// has it, the limit. A DaemonSet counts as one Pod: how many nodes there are, no manifest tells.
fn requests(object: &Value) -> u64 {
    let replicas = object.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    let spec = object.pointer("/spec/template/spec").or_else(|| object.get("spec"));
    let list = |key: &str| spec.and_then(|spec| spec.get(key)).and_then(Value::as_array).into_iter().flatten();
    let is_sidecar = |container: &&Value| container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
    let running = list("containers").chain(list("initContainers").filter(is_sidecar));
    let request = |container: &Value| {
        let of = |kind: &str| bytes(container.pointer(&format!("/resources/{kind}/memory"))?);
        of("requests").or_else(|| of("limits")).unwrap_or(0)
    };
    running.map(request).fold(0, u64::saturating_add).saturating_mul(replicas)
}

fn bytes(amount: &Value) -> Option<u64> {
    match amount {
        Value::String(text) => Quantity::parse(text).ok()?.bytes(),
        number => number.as_u64(),
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
