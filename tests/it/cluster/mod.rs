//! The webhook on a real control plane: what the API server stores and what `kubectl` prints with Plimsoll in between.

mod claims;
mod control_plane;
mod deploy;
mod doors;
mod edits;
mod lookups;
mod manifests;
mod messages;
mod neighbours;
mod other_hook;
mod policy_objects;
mod reach;
mod releases;
mod updates;
mod valid;
mod webhook;

use serde_json::Value;

use crate::support::control_plane::{ControlPlane, PATIENCE, wait_until};

/// An object without what differs between two objects of the same content.
fn scrubbed(mut object: Value) -> Value {
    const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "namespace"] {
            metadata.remove(field);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    if object["kind"] == "Service" {
        for field in ["clusterIP", "clusterIPs"] {
            if object["spec"][field] != "None" && object["spec"][field][0] != "None" {
                object["spec"][field] = "assigned".into();
            }
        }
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    object
}

/// How often a workload was rolled out, its first time included, once its controller has seen its last change.
#[track_caller]
fn rollouts(cluster: &ControlPlane, kind: &str, namespace: &str, name: &str) -> usize {
    let owner = wait_until("the controller", PATIENCE, || {
        let object = cluster.try_get(kind, namespace, name)?;
        let (seen, is) = (&object["status"]["observedGeneration"], &object["metadata"]["generation"]);
        if seen == is { Ok(object["metadata"]["uid"].clone()) } else { Err(format!("observed {seen} of {is}")) }
    });
    let revisions = if kind == "deployment" { "replicasets" } else { "controllerrevisions" };
    let list = cluster.kubectl(&["get", revisions, "-n", namespace, "-o", "json"], "").done();
    let list: Value = serde_json::from_str(&list).unwrap();
    let owned = |item: &&Value| item["metadata"]["ownerReferences"][0]["uid"] == owner;
    list["items"].as_array().unwrap().iter().filter(owned).count()
}

/// The `generation` of a stored object: it grows whenever its spec changes.
#[track_caller]
fn generation(cluster: &ControlPlane, kind: &str, namespace: &str, name: &str) -> u64 {
    cluster.get(kind, namespace, name)["metadata"]["generation"].as_u64().unwrap()
}
