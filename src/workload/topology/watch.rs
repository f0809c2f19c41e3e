//! Sentinels that watch the servers of another workload: both are one topology, wherever they stand.

use serde_json::Value;

use super::Topology;
use crate::kubernetes::{Inventory, ObjectRef, Seen, json};
use crate::workload::model::Workload;

impl Workload {
    /// Takes note that the Sentinels of another workload watch its servers.
    pub fn watch_by(&mut self, sentinels: &ObjectRef) {
        if self.topology != Topology::Cluster {
            self.topology = Topology::Sentinel;
            self.watched_by = Some(sentinels.clone());
        }
    }

    /// Takes over who watches it from an earlier model of the same workload.
    #[must_use]
    pub fn watched_as(mut self, earlier: &Self) -> Self {
        if let Some(sentinels) = &earlier.watched_by {
            self.watch_by(sentinels);
        }
        self
    }

    /// Whether a Pod of it has this name in DNS, seen from a namespace, or a Service of this name selects its Pods.
    /// `object` is what it was read from.
    #[must_use]
    pub fn answers_to(&self, object: &Value, host: &str, namespace: &str, inventory: &dyn Inventory) -> bool {
        let parts: Vec<&str> = host.trim_end_matches('.').split('.').collect();
        match parts.as_slice() {
            [service, rest @ ..] if self.is_in(rest, namespace) && self.is_behind(object, service, inventory) => true,
            [pod, service, rest @ ..] => self.is_in(rest, namespace) && self.governs(service) && self.is_pod(pod),
            _ => false,
        }
    }

    /// Whether what follows the name of a Service means the workload's namespace: nothing, `shop`, `shop.svc.cluster.local`.
    fn is_in(&self, rest: &[&str], namespace: &str) -> bool {
        match rest {
            [] => self.object.namespace == namespace,
            [named] | [named, "svc", ..] => self.object.namespace == *named,
            _ => false,
        }
    }

    fn governs(&self, service: &str) -> bool {
        self.governing.as_ref().is_some_and(|governing| governing.name == service)
    }

    fn is_pod(&self, name: &str) -> bool {
        let ordinal = name.strip_prefix(self.object.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
        ordinal.is_some_and(|ordinal| !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn is_behind(&self, object: &Value, service: &str, inventory: &dyn Inventory) -> bool {
        let Seen::Found(found) = inventory.service(&self.object.namespace, service) else {
            return self.governs(service);
        };
        let selector = json::at(found, "/spec/selector").and_then(Value::as_object);
        let labels = json::at(object, &format!("{}/metadata/labels", self.template));
        selector.is_some_and(|selector| {
            !selector.is_empty()
                && selector.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::kubernetes::Snapshot;

    #[test]
    fn a_workload_answers_to_the_names_of_its_pods_and_services() {
        let set = json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"serviceName": "pods", "template": {
                "metadata": {"labels": {"app": "cart", "tier": "x"}},
                "spec": {"containers": [{"name": "redis", "image": "redis:7"}]},
            }},
        });
        let service = |name: &str, selector: Value| {
            let metadata = json!({"name": name, "namespace": "shop"});
            Arc::new(
                json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": selector}}),
            )
        };
        let around = [
            service("cart", json!({"app": "cart"})),
            service("master", json!({"app": "cart", "role": "master"})),
            service("all", json!({})),
        ];
        let around = Snapshot::complete(&around);
        let workload = Workload::read(&set, &around).unwrap();
        let answers = |host: &str, namespace: &str| workload.answers_to(&set, host, namespace, &around);
        for host in
            ["cart", "cart.shop", "cart.shop.svc.cluster.local.", "cart-0.pods", "cart-12.pods.shop.svc", "pods"]
        {
            assert!(answers(host, "shop"), "{host}");
        }
        for host in ["cart.shop", "cart-0.pods.shop.svc.cluster.local", "pods.shop.svc"] {
            assert!(answers(host, "other"), "{host} from another namespace");
        }
        for host in [
            "",
            "10.0.0.1",
            "cart-0",
            "cart-x.pods",
            "cart-.pods",
            "cart-0.other",
            "cart.other",
            "master",
            "all",
            "gone",
        ] {
            assert!(!answers(host, "shop"), "{host}");
        }
        for host in ["cart", "cart-0.pods", "pods"] {
            assert!(!answers(host, "other"), "{host} from another namespace");
        }
    }
}
