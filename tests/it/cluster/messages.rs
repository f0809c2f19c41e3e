//! What users read: denials and warnings as `kubectl` prints them, and what must never be denied.

use serde_json::{Value, json};

use super::manifests::{Release, list, sentinels, without_namespace};
use super::rollouts;
use super::webhook::{baseline, production};
use crate::support::control_plane::{PATIENCE, Ran, wait_until};

const TWO_SENTINELS: &str = include_str!("../../fixtures/releases/two-sentinels.yaml");

fn said(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

/// A release with which everything is wrong that a policy may deny.
fn wrong() -> Vec<Value> {
    let mut objects = without_namespace(TWO_SENTINELS);
    objects[0]["data"]["redis.conf"] = json!("maxmemory 900mb\nmaxmemory-policy noeviction\n");
    objects
}

#[test]
fn a_denial_names_rule_value_and_fix() {
    let Some(webhook) = production("a_denial_names_rule_value_and_fix") else { return };
    let namespace = webhook.namespace("denied");
    let objects = wrong();
    webhook.cluster.apply(&namespace, &list(&objects[..2]));
    let args = ["apply", "-n", &namespace, "-f", "-"];
    let ran = webhook.cluster.kubectl(&args, &objects[2].to_string());
    assert!(!ran.ok);
    insta::assert_snapshot!("denied-in-production", said(&ran));
    assert!(webhook.cluster.try_get("statefulset", &namespace, "votes").is_err());
}

#[test]
fn baseline_warns_of_the_same_and_a_dry_run_says_so_too() {
    let Some(webhook) = baseline("baseline_warns_of_the_same_and_a_dry_run_says_so_too") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("warned");
    let objects = wrong();
    cluster.apply(&namespace, &list(&objects[..2]));
    let manifest = objects[2].to_string();
    let dry = cluster.kubectl(&["apply", "-n", &namespace, "--dry-run=server", "-o", "json", "-f", "-"], &manifest);
    let shown: Value = serde_json::from_str(&dry.clone().done()).unwrap();
    assert!(cluster.try_get("statefulset", &namespace, "votes").is_err(), "a dry run stores nothing");
    let real = cluster.apply(&namespace, &manifest);
    assert_eq!(dry.stderr, real.stderr);
    assert_eq!(shown["spec"], cluster.get("statefulset", &namespace, "votes")["spec"]);
    insta::assert_snapshot!("warned-in-baseline", said(&real));
}

#[test]
fn a_scale_below_three_sentinels_is_denied_to_people_only() {
    const AUTOSCALER: &str = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";
    let Some(webhook) = production("a_scale_below_three_sentinels_is_denied_to_people_only") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("scaled");
    cluster.apply(&namespace, &list(&sentinels(|_| ())));
    let scale = |replicas: &str, more: &[&str]| {
        let replicas = format!("--replicas={replicas}");
        cluster.kubectl(&[&["scale", "statefulset/votes", "-n", &namespace, &replicas], more].concat(), "")
    };
    let denied = scale("2", &[]);
    assert!(!denied.ok);
    insta::assert_snapshot!("scale-denied", said(&denied));
    scale("5", &[]).done();
    scale("3", &[]).done();
    let binding = [
        "create",
        "clusterrolebinding",
        "autoscaler-of-the-tests",
        "--clusterrole=cluster-admin",
        "--user",
        AUTOSCALER,
    ];
    cluster.kubectl(&binding, "").done();
    let warned = scale("2", &["--as", AUTOSCALER]);
    assert!(warned.stderr.contains("Warning: too-few-sentinels: 2 Sentinels"), "{}", said(&warned));
    warned.done();
    assert!(!scale("1", &[]).ok, "worse than before");
    scale("0", &[]).done();
    assert!(!scale("2", &[]).ok, "from rest to too few");
    scale("3", &[]).done();
}

#[test]
fn what_ran_before_us_can_be_restarted_relabelled_and_deleted() {
    let Some(webhook) = production("what_ran_before_us_can_be_restarted_relabelled_and_deleted") else { return };
    let cluster = webhook.cluster;
    let namespace = cluster.namespace("before-us");
    let mut objects = wrong();
    objects[2]["metadata"]["finalizers"] = json!(["tests.example/held"]);
    cluster.apply(&namespace, &list(&objects));
    webhook.cover(&namespace);
    let kubectl = |args: &[&str]| cluster.kubectl(&[args, &["-n", &namespace]].concat(), "").done();
    kubectl(&["label", "statefulset", "votes", "team=shop"]);
    assert_eq!(rollouts(cluster, "statefulset", &namespace, "votes"), 1);
    kubectl(&["rollout", "restart", "statefulset", "votes"]);
    assert_eq!(rollouts(cluster, "statefulset", &namespace, "votes"), 2);
    let stored = cluster.get("statefulset", &namespace, "votes");
    assert_eq!(stored["spec"]["template"]["spec"]["containers"][0]["args"], json!(["/conf/redis.conf"]));

    kubectl(&["delete", "statefulset", "votes", "--cascade=foreground", "--wait=false"]);
    kubectl(&["annotate", "statefulset", "votes", "on=its-way"]);
    // The garbage collector takes its own finalizer away once the Pods are gone, and we are asked about none of that.
    let patch = r#"[{"op": "remove", "path": "/metadata/finalizers"}]"#;
    kubectl(&["patch", "statefulset", "votes", "--type=json", "-p", patch]);
    wait_until("the deletion", PATIENCE, || match cluster.try_get("statefulset", &namespace, "votes") {
        Err(refusal) if refusal.contains("NotFound") => Ok(()),
        seen => Err(format!("{seen:?}")),
    });
}

#[test]
fn a_foreground_deletion_ends_by_itself() {
    let Some(webhook) = production("a_foreground_deletion_ends_by_itself") else { return };
    let namespace = webhook.namespace("foreground");
    let release = Release::new("cart");
    webhook.cluster.apply(&namespace, &release.manifest());
    assert_eq!(rollouts(webhook.cluster, "statefulset", &namespace, "cart"), 1);
    let delete = ["delete", "statefulset", "cart", "-n", &namespace, "--cascade=foreground", "--timeout=80s"];
    webhook.cluster.kubectl(&delete, "").done();
}
