//! Whom the API server asks us about, and what happens while we are away: other people's objects, namespaces that are
//! switched off, a webhook that is dead.

use std::collections::BTreeMap;

use serde_json::json;

use super::manifests::{Release, list, sentinels, without_namespace};
use super::webhook::{Webhook, baseline, root, with_controllers};
use crate::support::left_out::left_out;

/// Objects that mention Redis and are none: all of them are stored as they are. Few even reach us.
#[test]
fn what_is_not_redis_is_left_alone() {
    const TEST: &str = "what_is_not_redis_is_left_alone";
    let Ok(files) = std::fs::read_dir(root().join("../shared/corpus/not-redis")) else {
        return left_out(TEST, "../shared/corpus is absent");
    };
    let Some(cluster) = with_controllers(TEST) else { return };
    let webhook = Webhook::start(cluster, "not-redis", &["--profile", "production"]);
    let namespace = webhook.namespace("not-redis");
    let mut texts: Vec<String> = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    texts.sort();
    assert_eq!(texts.len(), 28);
    let mut objects: Vec<_> = texts.iter().flat_map(|text| without_namespace(text)).collect();
    objects.retain(|object| object["kind"] != "RedisEnterpriseCluster");
    let mut kinds = BTreeMap::new();
    for object in &objects {
        *kinds.entry(object["kind"].as_str().unwrap()).or_insert(0_u64) += 1;
    }
    let ends = || ["patched", "warned", "denied", "fault"].map(|result| webhook.reviews(&[result]));
    // Not of Pods: those come when their controllers make them.
    let judged = ["StatefulSet", "Deployment", "Service", "ConfigMap"];
    let asked = || judged.map(|kind| webhook.reviews(&[&format!("kind=\"{kind}\"")])).iter().sum::<u64>();
    let asked_before = asked();
    let before = ends();
    let told = cluster.apply(&namespace, &list(&objects)).stderr;
    let plain = cluster.namespace("not-redis-without");
    assert_eq!(told, cluster.apply(&plain, &list(&objects)).stderr, "only the API server's own warnings");
    let after = ends();
    assert_eq!(after, before, "patched, warned, denied, fault");
    let asked = asked() - asked_before;
    let possible = 2 * judged.map(|kind| kinds[kind]).iter().sum::<u64>();
    assert!(asked * 2 < possible, "{asked} of {possible}");
    // `try` evaluates the match conditions itself, and asks exactly as often as this API server did.
    let sent: Vec<_> =
        objects.iter().filter(|object| judged.iter().any(|kind| object["kind"] == *kind)).cloned().collect();
    let tried = crate::support::command::piped(&["try", "--profile", "production", "-"], list(&sent)).out;
    assert!(tried.contains(&format!("\n{asked} reviews over TLS")), "{asked}: {tried}");
    for object in &objects {
        let (kind, name) = (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
        if ["StatefulSet", "Deployment", "Service", "ConfigMap"].contains(&kind) {
            let stored = cluster.get(kind, &namespace, name);
            assert!(stored["metadata"]["annotations"]["plimsoll.dev/applied"].is_null(), "{kind}/{name}");
        }
    }
}

#[test]
fn nobody_is_asked_about_namespaces_that_are_off() {
    let Some(webhook) = baseline("nobody_is_asked_about_namespaces_that_are_off") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("switched-off");
    cluster.kubectl(&["label", "namespace", &namespace, "plimsoll.dev/mode=off"], "").done();
    webhook.await_silence(&namespace);
    let release = Release::new("redis-unseen");
    // Denied everywhere else, by every profile.
    let mut refused = Release::new("redis-refused");
    refused.args = json!(["--maxmemory", "512Mi"]);
    webhook.label("kube-system");
    webhook.await_silence("kube-system");
    for namespace in [&namespace, "kube-system"] {
        for release in [&release, &refused] {
            let ran = cluster.apply(namespace, &release.manifest());
            assert!(!ran.stderr.contains("Warning"), "{}", ran.stderr);
            let stored = cluster.get("statefulset", namespace, release.name);
            assert_eq!(stored["spec"]["template"]["spec"]["containers"][0]["args"], release.args);
            assert!(stored["metadata"]["annotations"]["plimsoll.dev/applied"].is_null());
        }
    }
    cluster.kubectl(&["label", "namespace", &namespace, "plimsoll.dev/mode-"], "").done();
    webhook.await_asked(&namespace);
    let ran = cluster.kubectl(&["replace", "-n", &namespace, "-f", "-"], &refused.set().to_string());
    assert!(ran.ok, "it stands already, so the ratchet holds: {}", ran.stderr);
}

/// Killed as the kernel kills, its configurations still there.
#[test]
fn a_dead_webhook_stops_new_workloads_and_nothing_else() {
    let Some(cluster) = with_controllers("a_dead_webhook_stops_new_workloads_and_nothing_else") else { return };
    let mut webhook = Webhook::start(cluster, "killed", &["--profile", "production"]);
    let namespace = webhook.namespace("killed");
    let objects = sentinels(|_| ());
    cluster.apply(&namespace, &list(&objects));
    let release = Release::new("cart");
    let mut unrelated = Release::new("web").set();
    unrelated["spec"]["template"]["spec"]["containers"] = json!([{"name": "web", "image": "nginx:1.27"}]);

    webhook.kill();
    let apply = |manifest: &str| cluster.kubectl(&["apply", "-n", &namespace, "-f", "-"], manifest);
    let refused = apply(&release.set().to_string());
    assert!(!refused.ok, "validation of workloads must not be skipped");
    assert!(
        refused.stderr.contains("failed calling webhook \"workloads.validate.plimsoll.dev\""),
        "{}",
        refused.stderr
    );
    for passes in [release.service(), objects[0].clone(), unrelated] {
        let ran = apply(&passes.to_string());
        assert!(ran.ok, "{}", ran.stderr);
    }
    let scale = |replicas: &str| cluster.kubectl(&["scale", "statefulset/votes", "-n", &namespace, replicas], "");
    scale("--replicas=2").done();
    let delete = ["delete", "statefulset/votes", "-n", &namespace, "--timeout=80s"];
    cluster.kubectl(&delete, "").done();

    webhook.revive(&namespace);
    apply(&release.set().to_string()).done();
    let stored = cluster.get("statefulset", &namespace, "cart");
    assert_eq!(stored["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"], "1Gi");

    webhook.kill();
    cluster.kubectl(&["label", "namespace", &namespace, "plimsoll.dev/mode=off"], "").done();
    // The glass is broken: a namespace that is off needs us for nothing.
    let mut other = Release::new("other");
    other.limit = "2Gi";
    crate::support::control_plane::wait_until("the label to be seen", crate::support::control_plane::PATIENCE, || {
        let ran = apply(&other.manifest());
        if ran.ok { Ok(()) } else { Err(ran.stderr) }
    });
}
