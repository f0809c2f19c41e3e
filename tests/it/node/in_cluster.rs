//! The shipped files inside a cluster: Plimsoll's own Pods on a real node, called by the API server through their Service,
//! asking it with their own rights; and a rolling restart under way of which nobody notices anything.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{Node, PATIENCE, shared};
use crate::support::control_plane::{ControlPlane, run, wait_until};
use crate::support::statefulset::statefulset;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SYSTEM: &str = "plimsoll-system";
/// The other tests of the node must not meet this webhook: it is asked only about namespaces with this label.
const LABEL: &str = "tests.plimsoll.dev/in-cluster";

/// As deploy/README.md says, one step after the other.
fn install(cluster: &ControlPlane) {
    let apply = |file: &str| cluster.kubectl(&["apply", "-f", &format!("{ROOT}/deploy/{file}")], "").done();
    apply("crds");
    apply("manifests/namespace.yaml");
    apply("manifests/rbac.yaml");
    let made = cluster.folder().join("plimsoll-tls");
    run(Command::new(format!("{ROOT}/certs/self-signed.sh")).arg("--out").arg(&made), "").done();
    cluster.kubectl(&["apply", "-f", made.join("secret.yaml").to_str().unwrap()], "").done();
    apply("manifests/server.yaml");
    await_rollout(cluster);
    cluster.kubectl(&["apply", "-f", "-"], &restricted(&made.join("webhooks.yaml"))).done();
}

/// The shipped configurations with one more restriction.
fn restricted(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let mut items: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let hooks = items.iter_mut().flat_map(|item| item["webhooks"].as_array_mut().unwrap());
    for hook in hooks {
        let only = json!({"key": LABEL, "operator": "Exists"});
        // Our own kinds are asked about wherever they are.
        if let Some(selector) = hook["namespaceSelector"]["matchExpressions"].as_array_mut() {
            selector.push(only);
        }
    }
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

fn await_rollout(cluster: &ControlPlane) {
    wait_until("Plimsoll's Pods", PATIENCE, || {
        let seen = cluster.try_get("deployment", SYSTEM, "plimsoll")?;
        let (spec, status) = (&seen["spec"], &seen["status"]);
        let current = status["observedGeneration"] == seen["metadata"]["generation"];
        let all = ["updatedReplicas", "availableReplicas", "replicas"].iter().all(|at| status[at] == spec["replicas"]);
        if current && all { Ok(()) } else { Err(format!("{status}{}", pods(cluster))) }
    });
}

fn pods(cluster: &ControlPlane) -> String {
    let seen =
        cluster.kubectl(&["get", "pods", "-n", SYSTEM, "-o", "jsonpath={.items[*].status.containerStatuses}"], "");
    let logs = cluster.kubectl(&["logs", "-n", SYSTEM, "-l", "app.kubernetes.io/name=plimsoll", "--tail=5"], "");
    format!("\n{}\n{}{}", seen.stdout, logs.stdout, logs.stderr)
}

fn set(name: &str) -> String {
    statefulset(name).label("app", "redis").replicas(0).limit("128Mi").build().to_string()
}

/// Creates one set, and says whether it was let in, and fixed.
fn create(cluster: &ControlPlane, namespace: &str, name: &str) -> Result<(), String> {
    let ran = cluster.kubectl(&["create", "-n", namespace, "-o", "json", "-f", "-"], &set(name));
    let fixed = ran.stdout.contains("--maxmemory") && ran.stdout.contains("96mb");
    if ran.ok && fixed { Ok(()) } else { Err(format!("{}{}", ran.stdout, ran.stderr)) }
}

fn guarded(node: &Node) -> String {
    let namespace = node.cluster.namespace("in-cluster");
    node.cluster.kubectl(&["label", "namespace", &namespace, &format!("{LABEL}=true")], "").done();
    wait_until("the API server to ask Plimsoll's Pods", PATIENCE, || {
        let args = ["create", "--dry-run=server", "-n", &namespace, "-o", "json", "-f", "-"];
        let ran = node.cluster.kubectl(&args, &set("probe"));
        if ran.stdout.contains("96mb") { Ok(()) } else { Err(format!("{}{}", ran.stderr, pods(&node.cluster))) }
    });
    namespace
}

#[test]
fn plimsoll_serves_from_inside_a_cluster_and_restarts_unnoticed() {
    let Some(node) = shared("plimsoll_serves_from_inside_a_cluster_and_restarts_unnoticed") else { return };
    install(&node.cluster);
    let namespace = guarded(node);

    node.cluster.apply(&namespace, include_str!("../../fixtures/node/cache.yaml"));
    node.await_pod_ready(&namespace, "cache-0");
    assert_eq!(node.config_get(&namespace, "cache-0", "maxmemory"), (96 * 1024 * 1024).to_string());

    let over = AtomicBool::new(false);
    let created = std::thread::scope(|scope| {
        let creating = scope.spawn(|| {
            let mut count = 0;
            while !over.load(Ordering::Acquire) || count < 20 {
                create(&node.cluster, &namespace, &format!("set-{count}")).map_err(|why| format!("{count}: {why}"))?;
                count += 1;
            }
            Ok::<_, String>(count)
        });
        node.cluster.kubectl(&["rollout", "restart", "-n", SYSTEM, "deployment/plimsoll"], "").done();
        await_rollout(&node.cluster);
        over.store(true, Ordering::Release);
        creating.join().unwrap()
    });
    assert!(created.is_ok_and(|count| count >= 20), "a create was lost, or not fixed, while Plimsoll restarted");
}
