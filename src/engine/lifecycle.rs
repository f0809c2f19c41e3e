//! Whether a data set may be running behind a workload, and what has to be looked up to know.
//!
//! A StatefulSet's Pods are called `<set>-<ordinal>`, one for each replica, the ordinals from `.spec.ordinals.start`, else 0,
//! and its claims `<template>-<Pod>` (kubernetes.io, "StatefulSets", "Pod Identity"). It keeps no Pod of another name: what it
//! adopts beyond its ordinals it deletes (tried in tests/it/cluster/lookups.rs). So a few GETs tell what a list of Pods by
//! the selector would, and tell it sooner: see docs/performance.md.

use serde_json::Value;

use super::verdict::{Operation, Request};
use crate::kubernetes::{Inventory, Lookup, ObjectRef, Seen, json, list, text};
use crate::rules::Lifecycle;

/// Of a set with more replicas than this all Pods are listed at once.
const MAX_NAMED: u64 = 8;

/// Whether a data set may be running behind a workload that is created: a Pod of it exists already, or its first claim, or
/// one of them could not be asked for.
pub(crate) fn lifecycle(request: &Request, inventory: &dyn Inventory) -> Lifecycle {
    if request.operation == Operation::Update {
        return Lifecycle::MayHoldData;
    }
    let lookups = existence_lookups(request);
    let is_new = lookups.iter().all(|lookup| matches!(inventory.look(lookup), Seen::Absent));
    if is_new { Lifecycle::Creating } else { Lifecycle::MayHoldData }
}

/// The look-ups that tell whether a data set may be running; none for what exists already.
pub(crate) fn existence_lookups(request: &Request) -> Vec<Lookup> {
    if request.operation == Operation::Update {
        return Vec::new();
    }
    let mut lookups = match pod_names(request) {
        Some(names) => names.iter().map(|name| lookup(request, "Pod", name)).collect(),
        None => pods_by_selector(request),
    };
    let first = format!("{}-{}", request.target.name, first_ordinal(&request.object).unwrap_or(0));
    for template in list(&request.object, "/spec/volumeClaimTemplates") {
        let name = text(template, "/metadata/name");
        if !name.is_empty() {
            lookups.push(lookup(request, "PersistentVolumeClaim", &format!("{name}-{first}")));
        }
    }
    lookups
}

fn lookup(request: &Request, kind: &str, name: &str) -> Lookup {
    Lookup::Object(ObjectRef::new("v1", kind, &request.target.namespace, name))
}

/// The names of the Pods that a StatefulSet will have; the first one's where it will have none yet. Nothing where they can't
/// be known, or are too many to ask for each. A Pod of that name is the set's data, or stands in its way, whatever labels it
/// carries.
fn pod_names(request: &Request) -> Option<Vec<String>> {
    let object = &request.object;
    let is_named = !text(object, "/metadata/name").is_empty();
    if request.target.kind != "StatefulSet" || !is_named {
        return None;
    }
    let first = first_ordinal(object)?;
    let replicas = json::at(object, "/spec/replicas").map_or(Some(1), Value::as_u64)?.max(1);
    let ordinals = first..first.checked_add(replicas)?;
    (replicas <= MAX_NAMED).then(|| ordinals.map(|ordinal| format!("{}-{ordinal}", request.target.name)).collect())
}

/// The ordinal of a set's first Pod; nothing where what is written is none.
fn first_ordinal(object: &Value) -> Option<u64> {
    json::at(object, "/spec/ordinals/start").map_or(Some(0), Value::as_u64)
}

/// A look for any Pod that a workload selects, by its labels in order.
fn pods_by_selector(request: &Request) -> Vec<Lookup> {
    let mut labels = Vec::new();
    let selected = json::at(&request.object, "/spec/selector/matchLabels").and_then(Value::as_object);
    for (key, value) in selected.into_iter().flatten() {
        if let Some(value) = value.as_str() {
            labels.push((key.clone(), value.to_owned()));
        }
    }
    labels.sort();
    if labels.is_empty() { Vec::new() } else { vec![Lookup::Pods(request.target.namespace.clone(), labels)] }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn names(kind: &str, spec: &Value) -> Vec<String> {
        let mut object = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a", "namespace": "shop"}});
        object["spec"] = spec.clone();
        object["spec"]["selector"] = json!({"matchLabels": {"app": "a"}});
        named(object)
    }

    fn named(object: Value) -> Vec<String> {
        let request = Request {
            operation: Operation::Create,
            subresource: None,
            target: ObjectRef::of(&object),
            object: Arc::new(object),
            old: None,
            user: String::new(),
        };
        let needs = existence_lookups(&request).iter().map(Lookup::needs).collect::<Vec<_>>();
        needs.into_iter().map(|needs| needs.replace("a look at ", "")).collect()
    }

    #[test]
    fn the_pods_of_a_set_are_asked_for_by_name() {
        let set = |spec: Value| names("StatefulSet", &spec);
        assert_eq!(set(json!({})), ["Pod shop/a-0"], "one replica is the default");
        assert_eq!(set(json!({"replicas": 3})), ["Pod shop/a-0", "Pod shop/a-1", "Pod shop/a-2"]);
        assert_eq!(set(json!({"replicas": 0})), ["Pod shop/a-0"]);
        let claimed = json!({"replicas": 2, "ordinals": {"start": 5}, "volumeClaimTemplates": [
            {"metadata": {"name": "data"}}, {"metadata": {"name": "log"}},
        ]});
        let claims = ["PersistentVolumeClaim shop/data-a-5", "PersistentVolumeClaim shop/log-a-5"];
        assert_eq!(set(claimed), [&["Pod shop/a-5", "Pod shop/a-6"][..], &claims].concat());
        assert_eq!(set(json!({"replicas": 8})).len(), 8);
    }

    #[test]
    fn pods_whose_names_are_not_known_are_listed() {
        let list = ["a list of pods in shop"];
        assert_eq!(names("StatefulSet", &json!({"replicas": 9})), list, "too many to ask for each");
        assert_eq!(names("StatefulSet", &json!({"ordinals": {"start": u64::MAX}})), list);
        assert_eq!(names("StatefulSet", &json!({"ordinals": {"start": "1"}})), list);
        assert_eq!(names("StatefulSet", &json!({"replicas": -1})), list);
        for kind in ["Deployment", "DaemonSet"] {
            assert_eq!(names(kind, &json!({"replicas": 1})), list);
        }
        let selector = json!({"matchLabels": {"app": "a"}});
        let generated = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"generateName": "a-", "namespace": "shop"}, "spec": {"selector": selector}});
        assert_eq!(named(generated), list);
    }
}
