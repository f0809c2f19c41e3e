//! ConfigMaps and Services around a workload.

use serde_json::{Value, json};

use super::manifests::{Release, list, sentinels, without_namespace};
use super::rollouts;
use super::webhook::baseline;
use crate::support::control_plane::ControlPlane;

const OVERLAID: &str = include_str!("../../fixtures/releases/bitnami-standalone.yaml");

#[test]
fn a_configuration_that_redis_refuses_is_denied_with_its_place() {
    let Some(webhook) = baseline("a_configuration_that_redis_refuses_is_denied_with_its_place") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("refused");
    let mut objects = sentinels(|_| ());
    cluster.apply(&namespace, &list(&objects));
    objects[0]["data"]["redis.conf"] = json!("maxmemory-policy noeviction\nmaxmemory 512Mi\n");
    let ran = cluster.kubectl(&["apply", "-n", &namespace, "-f", "-"], &objects[0].to_string());
    assert!(!ran.ok);
    insta::assert_snapshot!("configuration-denied", format!("{}{}", ran.stdout, ran.stderr));
    let stored = cluster.get("configmap", &namespace, "votes");
    assert!(stored["data"]["redis.conf"].as_str().unwrap().starts_with("maxmemory 700mb"));

    // The same where no workload reads it, or under a key that none reads.
    objects[0]["metadata"]["name"] = json!("redis-notes");
    cluster.apply(&namespace, &objects[0].to_string());
    let patch = json!({"data": {"notes.conf": "maxmemory 512Mi\n"}}).to_string();
    cluster.kubectl(&["patch", "configmap", "votes", "-n", &namespace, "-p", &patch], "").done();
}

#[test]
fn a_service_that_comes_after_its_set_becomes_headless() {
    let Some(webhook) = baseline("a_service_that_comes_after_its_set_becomes_headless") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("late-service");
    let objects = sentinels(|objects| {
        objects[1]["spec"].as_object_mut().unwrap().remove("clusterIP");
    });
    cluster.apply(&namespace, &list(&[objects[0].clone(), objects[2].clone()]));
    let told = cluster.apply(&namespace, &objects[1].to_string()).stderr;
    assert_eq!(cluster.get("service", &namespace, "votes")["spec"]["clusterIP"], "None", "{told}");
    assert!(told.contains("fixed: make it headless"), "{told}");
    // It stays so: nothing about it is denied or refused later.
    cluster.apply(&namespace, &objects[1].to_string());

    let mut asking = Release::new("redis-peers").service();
    asking["spec"].as_object_mut().unwrap().remove("clusterIP");
    cluster.apply(&namespace, &asking.to_string());
    assert_ne!(cluster.get("service", &namespace, "redis-peers")["spec"]["clusterIP"], "None", "nobody asked");
    asking["metadata"] = json!({"name": "redis-asking", "annotations": {"plimsoll.dev/headless": "true"}});
    cluster.apply(&namespace, &asking.to_string());
    assert_eq!(cluster.get("service", &namespace, "redis-asking")["spec"]["clusterIP"], "None");
}

fn container(cluster: &ControlPlane, namespace: &str, name: &str) -> Value {
    cluster.get("statefulset", namespace, name)["spec"]["template"]["spec"]["containers"][0].clone()
}

#[test]
fn the_users_own_maxmemory_wins_at_the_next_rollout_and_not_before() {
    let Some(webhook) = baseline("the_users_own_maxmemory_wins_at_the_next_rollout_and_not_before") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("own-maxmemory");
    let mut votes = sentinels(|objects| objects[0]["data"]["redis.conf"] = json!("maxmemory-policy noeviction\n"));
    let mut ledger = without_namespace(OVERLAID);
    cluster.apply(&namespace, &list(&votes));
    cluster.apply(&namespace, &list(&ledger));
    let added = container(cluster, &namespace, "votes");
    assert_eq!(added["args"], json!(["/conf/redis.conf", "--maxmemory", "768mb"]));
    assert_eq!(container(cluster, &namespace, "ledger-master")["volumeMounts"][1]["name"], "config-plimsoll");

    votes[0]["data"]["redis.conf"] = json!("maxmemory-policy noeviction\nmaxmemory 300mb\n");
    let at = ledger.iter().position(|object| object["metadata"]["name"] == "ledger-configuration").unwrap();
    ledger[at]["data"]["master.conf"] = json!("dir /data\nmaxmemory 300mb\n");
    for (objects, name) in [(&votes, "votes"), (&ledger, "ledger-master")] {
        let before = cluster.get("statefulset", &namespace, name);
        let told = cluster.apply(&namespace, &list(objects)).stderr;
        let expected = format!("Warning: maxmemory takes effect at the next rollout of StatefulSet/{name}");
        assert!(told.contains(&expected), "{told}");
        let after = cluster.get("statefulset", &namespace, name);
        assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"], "{name}");
        assert_eq!(after["metadata"]["annotations"], before["metadata"]["annotations"], "{name}");
    }

    for (objects, name, image) in
        [(&mut votes, "votes", "redis:7.4.2"), (&mut ledger, "ledger-master", "r.example/bitnami/redis:7.4.2")]
    {
        let set = objects.iter_mut().find(|object| object["kind"] == "StatefulSet").unwrap();
        set["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        let manifest = set["spec"]["template"]["spec"].clone();
        cluster.apply(&namespace, &list(objects));
        assert_eq!(rollouts(cluster, "statefulset", &namespace, name), 2, "{name}");
        let stored = cluster.get("statefulset", &namespace, name);
        let template = &stored["spec"]["template"];
        for field in ["args", "volumeMounts"] {
            assert_eq!(template["spec"]["containers"][0][field], manifest["containers"][0][field], "{name}: {field}");
        }
        let volumes = |spec: &Value| spec["volumes"].as_array().unwrap().len();
        assert_eq!(volumes(&template["spec"]), volumes(&manifest), "{name}");
        let written = template["metadata"]["annotations"]["plimsoll.dev/maxmemory-conf"].as_str();
        assert_eq!(written, None, "{name}");
        let mark = stored["metadata"]["annotations"]["plimsoll.dev/applied"].as_str().unwrap_or_default();
        assert!(!mark.contains("redis/maxmemory"), "{name}: {mark}");
    }
}
