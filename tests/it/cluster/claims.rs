//! Claims on a real API server: what is too small is told and made all the same, and nobody else hears of us.

use serde_json::{Value, json};

use super::doors::{denied, with_policy};
use super::manifests::{Release, list};
use super::webhook::{Webhook, production, with_controllers};
use crate::support::control_plane::{ControlPlane, PATIENCE, Ran, wait_until};

const CLASS: &str = "claims-that-grow";

fn claim(name: &str, storage: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": CLASS, "resources": {"requests": {"storage": storage}},
        },
    })
}

/// A set that keeps what it holds, and of which nothing else is wrong.
fn ledger() -> Value {
    let args = json!(["--appendonly", "yes", "--maxmemory", "768mb"]);
    let mut set = Release { args, request: "1Gi", ..Release::new("ledger") }.set();
    set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "redis-data", "mountPath": "/data"}]);
    set
}

/// The same as a Deployment that mounts a claim by its name.
fn deployment(claim: &str) -> Value {
    let mut deployment = ledger();
    deployment["kind"] = json!("Deployment");
    deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    deployment["spec"].as_object_mut().unwrap().remove("serviceName");
    deployment["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "redis-data", "persistentVolumeClaim": {"claimName": claim}}]);
    deployment
}

/// A set whose template claims so much.
fn claiming(storage: &str) -> Value {
    let mut set = ledger();
    set["spec"]["volumeClaimTemplates"] = json!([claim("redis-data", storage)]);
    set
}

fn grow(cluster: &ControlPlane, namespace: &str, name: &str, storage: &str) -> Ran {
    let patch = json!({"spec": {"resources": {"requests": {"storage": storage}}}}).to_string();
    cluster.kubectl(&["patch", "pvc", name, "-n", namespace, "-p", &patch], "")
}

#[test]
fn a_claim_too_small_for_the_redis_that_mounts_it_is_told_and_made() {
    let Some(webhook) = production("a_claim_too_small_for_the_redis_that_mounts_it_is_told_and_made") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("small-claim");
    let told = cluster.apply(&namespace, &deployment("redis-ledger").to_string()).stderr;
    assert!(told.contains("Warning: unknown-fact: storage could not be seen"), "{told}");
    let told = cluster.apply(&namespace, &claim("redis-ledger", "1Gi").to_string()).stderr;
    let expected = "Warning: volume-too-small: Deployment ledger: container redis: its claim of 1Gi is below 2 x maxmemory 768mb; \
                    grow the claim to 1536Mi or more\n";
    assert_eq!(told, expected);
    let stored = cluster.get("pvc", &namespace, "redis-ledger");
    assert_eq!(stored["spec"]["resources"]["requests"]["storage"], "1Gi");
    // The workload's own review says the same from now on.
    let told = cluster.kubectl(&["rollout", "restart", "deployment/ledger", "-n", &namespace], "").stderr;
    assert!(told.contains("Warning: volume-too-small: container redis: its claim of 1Gi is below"), "{told}");
    let told = cluster.apply(&namespace, &claim("redis-other", "1Gi").to_string()).stderr;
    assert_eq!(told, "", "nobody mounts it");
}

#[test]
fn a_claim_that_grows_hears_nothing_of_what_was_worse() {
    let Some(webhook) = production("a_claim_that_grows_hears_nothing_of_what_was_worse") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("growing-claim");
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": CLASS},
        "provisioner": "tests.example/none", "allowVolumeExpansion": true,
    });
    cluster.kubectl(&["apply", "-f", "-"], &class.to_string()).done();
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": CLASS, "capacity": {"storage": "1Gi"},
            "claimRef": {"namespace": namespace, "name": "redis-ledger"}, "hostPath": {"path": "/nowhere"},
        },
    });
    cluster.kubectl(&["apply", "-f", "-"], &volume.to_string()).done();
    cluster.apply(&namespace, &list(&[deployment("redis-ledger"), claim("redis-ledger", "1Gi")]));
    wait_until("the claim to be bound", PATIENCE, || {
        let claim = cluster.get("pvc", &namespace, "redis-ledger");
        if claim["status"]["phase"] == "Bound" { Ok(()) } else { Err(claim["status"].to_string()) }
    });
    for size in ["1200Mi", "2Gi"] {
        let ran = grow(cluster, &namespace, "redis-ledger", size);
        assert!(ran.ok && ran.stderr.is_empty(), "{size}: {}", ran.stderr);
    }
    let stored = cluster.get("pvc", &namespace, "redis-ledger");
    assert_eq!(stored["spec"]["resources"]["requests"]["storage"], "2Gi");
    cluster.kubectl(&["delete", "pv", &namespace, "--wait=false"], "").done();
}

/// Asked, and stopped by nothing, whatever the policy says: else the set would never get its Pod.
#[test]
fn the_claims_that_a_set_makes_are_never_denied() {
    let Some(webhook) = production("the_claims_that_a_set_makes_are_never_denied") else { return };
    let cluster = webhook.cluster;
    let namespace = cluster.namespace("sets-claims");
    let service = Release::new("ledger").service();
    cluster.apply(&namespace, &list(&[service, claiming("1Gi")]));
    wait_until("the first claim", PATIENCE, || cluster.try_get("pvc", &namespace, "redis-data-ledger-0"));
    webhook.cover(&namespace);
    let mut other = claiming("1Gi");
    other["metadata"]["name"] = json!("other");
    for labels in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        *other.pointer_mut(labels).unwrap() = json!({"app": "other"});
    }
    let spec = json!({
        "extends": "production", "priority": 7004, "match": {"namespaces": [namespace]},
        "rules": {"volume-too-small": "deny"},
    });
    with_policy(cluster, "sets-claims", &spec, || {
        let ran = cluster.kubectl(&["create", "--dry-run=server", "-n", &namespace, "-f", "-"], &other.to_string());
        if ran.ok { Err(ran.stderr) } else { Ok(()) }
    });
    let told = denied(cluster, &namespace, &other, &[]);
    assert!(
        told.contains("volume-too-small: container redis: its claim of 1Gi is below 2 x maxmemory 768mb"),
        "{told}"
    );
    cluster.kubectl(&["scale", "statefulset/ledger", "-n", &namespace, "--replicas=0"], "").done();
    cluster.kubectl(&["delete", "pvc/redis-data-ledger-0", "-n", &namespace, "--wait=false"], "").done();
    let patch = r#"{"metadata":{"finalizers":null}}"#;
    cluster.kubectl(&["patch", "pvc/redis-data-ledger-0", "-n", &namespace, "--type=merge", "-p", patch], "");
    cluster.kubectl(&["wait", "--for=delete", "pvc/redis-data-ledger-0", "-n", &namespace, "--timeout=80s"], "").done();
    let asked = || webhook.reviews(&[r#"kind="PersistentVolumeClaim""#, r#"operation="CREATE""#]);
    let before = asked();
    cluster.kubectl(&["scale", "statefulset/ledger", "-n", &namespace, "--replicas=1"], "").done();
    wait_until("the claim made anew", PATIENCE, || cluster.try_get("pvc", &namespace, "redis-data-ledger-0"));
    assert!(asked() > before, "it was asked, and did not stop it");
    // Nor is a claim denied that a user makes, and that is smaller than what the set would make.
    let told = cluster.apply(&namespace, &claim("redis-data-ledger-1", "512Mi").to_string()).stderr;
    assert_eq!(told, "", "the set has one Pod");
    cluster.kubectl(&["delete", "redispolicy", "sets-claims"], "").done();
}

#[test]
fn claims_of_others_never_reach_us() {
    let Some(cluster) = with_controllers("claims_of_others_never_reach_us") else { return };
    let webhook = Webhook::start(cluster, "claims", &["--profile", "production"]);
    let namespace = webhook.namespace("other-claims");
    let asked = || webhook.reviews(&[r#"kind="PersistentVolumeClaim""#]);
    let web = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {
            "containers": [{"name": "web", "image": "nginx:1.27", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "photos"}}],
        },
    });
    let told = cluster.apply(&namespace, &list(&[web, claim("photos", "1Gi")])).stderr;
    assert_eq!((told.as_str(), asked()), ("", 0));
    // Its name says Redis: asked about, and nothing to say.
    let told = cluster.apply(&namespace, &claim("redis-photos", "1Gi").to_string()).stderr;
    assert_eq!((told.as_str(), asked()), ("", 1));
    // Its size is the same: not even asked about.
    cluster.kubectl(&["label", "pvc", "redis-photos", "-n", &namespace, "team=shop"], "").done();
    assert_eq!(asked(), 1);
}
