//! The overlay on a real node: that the swapped mount makes Redis report our maxmemory where a start script decides.

use serde_json::{Value, json};

use super::{Node, shared};

const MANIFEST: &str = include_str!("../../fixtures/node/script-wrapped.yaml");
const MOUNT: &str = "/opt/bitnami/redis/mounted-etc";

/// The patch of the overlay as its design describes it, written by hand: what the engine makes is held against it.
fn overlay_by_hand(maxmemory: &str) -> Value {
    json!({"spec": {"template": {
        "metadata": {"annotations": {
            "plimsoll.dev/maxmemory-conf": format!("include {MOUNT}/plimsoll/master.conf\nmaxmemory {maxmemory}\n"),
        }},
        "spec": {
            "containers": [{"name": "redis", "volumeMounts": [{"mountPath": MOUNT, "name": "config-plimsoll"}]}],
            "volumes": [{"name": "config-plimsoll", "projected": {"sources": [
                {"configMap": {"name": "wrapped-configuration"}},
                {"configMap": {
                    "name": "wrapped-configuration",
                    "items": [{"key": "master.conf", "path": "plimsoll/master.conf"}],
                }},
                {"downwardAPI": {"items": [{
                    "path": "master.conf",
                    "fieldRef": {"fieldPath": "metadata.annotations['plimsoll.dev/maxmemory-conf']"},
                }]}},
            ]}}],
        },
    }}})
}

fn maxmemory(node: &Node, namespace: &str) -> String {
    node.await_pod_ready(namespace, "wrapped-master-0");
    node.config_get(namespace, "wrapped-master-0", "maxmemory")
}

#[test]
fn overlay_written_by_hand_takes_effect_on_a_node() {
    let Some(node) = shared("overlay_written_by_hand_takes_effect_on_a_node") else { return };
    let cluster = &node.cluster;
    let namespace = cluster.namespace("overlay-by-hand");
    cluster.apply(&namespace, MANIFEST);
    assert_eq!(maxmemory(node, &namespace), (900 * 1024 * 1024).to_string(), "the manifest's own, without the overlay");
    let patch = overlay_by_hand("192mb").to_string();
    cluster.kubectl(&["patch", "statefulset", "wrapped-master", "-n", &namespace, "-p", &patch], "").done();
    crate::support::control_plane::wait_until("Redis with the overlay", super::PATIENCE, || {
        let seen = node.redis_cli(&namespace, "wrapped-master-0", &["config", "get", "maxmemory"], "");
        if seen.stdout.contains("201326592") { Ok(()) } else { Err(format!("{}{}", seen.stdout, seen.stderr)) }
    });
}
