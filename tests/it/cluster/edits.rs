//! What users do to a workload of which something is ours, beyond applying the same file again.

use serde_json::{Value, json};

use super::manifests::{Release, list, without_namespace};
use super::rollouts;
use super::webhook::{Webhook, baseline};

const CLIENT_SIDE: &[&str] = &["apply"];
const SERVER_SIDE: &[&str] = &["apply", "--server-side", "--force-conflicts"];
const EXTRA_FLAGS: &str = include_str!("../../fixtures/releases/extra-flags.yaml");
const OVERLAID: &str = include_str!("../../fixtures/releases/bitnami-standalone.yaml");
const OFFICIAL_CONF: &str = include_str!("../../fixtures/releases/official-conf.yaml");

fn apply(webhook: &Webhook, how: &[&str], namespace: &str, objects: &[Value]) -> String {
    let ran = webhook.cluster.kubectl(&[how, &["-n", namespace, "-f", "-"]].concat(), &list(objects));
    assert!(ran.ok, "{}", ran.stderr);
    ran.stderr
}

fn container(webhook: &Webhook, kind: &str, namespace: &str, name: &str) -> Value {
    webhook.cluster.get(kind, namespace, name)["spec"]["template"]["spec"]["containers"][0].clone()
}

fn mark(webhook: &Webhook, kind: &str, namespace: &str, name: &str) -> Value {
    let stored = webhook.cluster.get(kind, namespace, name);
    let text = stored["metadata"]["annotations"]["plimsoll.dev/applied"].as_str().unwrap_or("{}");
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_image_set_or_a_restart_on_the_live_object_keeps_ours() {
    let Some(webhook) = baseline("an_image_set_or_a_restart_on_the_live_object_keeps_ours") else { return };
    let namespace = webhook.namespace("live-edits");
    let release = Release::new("cart");
    apply(webhook, CLIENT_SIDE, &namespace, &[release.service(), release.set()]);
    let ours = mark(webhook, "statefulset", &namespace, "cart");
    let before = container(webhook, "statefulset", &namespace, "cart");
    let kubectl = |args: &[&str]| webhook.cluster.kubectl(&[args, &["-n", &namespace]].concat(), "");
    for edit in [&["set", "image", "statefulset/cart", "redis=redis:7.4.9"][..], &["rollout", "restart", "sts/cart"]] {
        let ran = kubectl(edit);
        assert!(ran.ok && !ran.stderr.contains("Warning"), "{}", ran.stderr);
        let after = container(webhook, "statefulset", &namespace, "cart");
        assert_eq!((&after["args"], &after["resources"]), (&before["args"], &before["resources"]), "{edit:?}");
        assert_eq!(mark(webhook, "statefulset", &namespace, "cart"), ours, "{edit:?}");
    }
    assert_eq!(rollouts(webhook.cluster, "statefulset", &namespace, "cart"), 3);
}

#[test]
fn a_rollback_to_an_older_template_of_ours_is_still_ours() {
    let Some(webhook) = baseline("a_rollback_to_an_older_template_of_ours_is_still_ours") else { return };
    let namespace = webhook.namespace("undone");
    let release = Release::new("cart");
    let larger = Release { limit: "2Gi", ..release.clone() };
    apply(webhook, CLIENT_SIDE, &namespace, &[release.service(), release.set()]);
    apply(webhook, CLIENT_SIDE, &namespace, &[larger.set()]);
    // Brings the older template back, with our older maxmemory, but not the older mark.
    webhook.cluster.kubectl(&["rollout", "undo", "statefulset/cart", "-n", &namespace], "").done();
    let undone = container(webhook, "statefulset", &namespace, "cart");
    assert_eq!(undone["args"], json!(["--appendonly", "no", "--save", "", "--maxmemory", "768mb"]));
    assert_eq!(undone["resources"]["requests"]["memory"], "1Gi");
    apply(webhook, CLIENT_SIDE, &namespace, &[larger.set()]);
    let again = container(webhook, "statefulset", &namespace, "cart");
    assert_eq!(again["args"], json!(["--appendonly", "no", "--save", "", "--maxmemory", "1536mb"]));
    assert_eq!(again["resources"]["requests"]["memory"], "2Gi");
}

#[test]
fn a_stored_object_created_elsewhere_is_not_patched_twice() {
    let Some(webhook) = baseline("a_stored_object_created_elsewhere_is_not_patched_twice") else { return };
    let (one, other) = (webhook.namespace("copied-from"), webhook.namespace("copied-to"));
    let release = Release::new("cart");
    apply(webhook, CLIENT_SIDE, &one, &[release.service(), release.set()]);
    let mut copy = super::scrubbed(webhook.cluster.get("statefulset", &one, "cart"));
    let told = apply(webhook, CLIENT_SIDE, &other, &[release.service(), copy.clone()]);
    assert!(!told.contains("Warning"), "{told}");
    assert_eq!(container(webhook, "statefulset", &other, "cart"), container(webhook, "statefulset", &one, "cart"));
    // Ours there too: a manifest that carries our values follows its limit.
    copy["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("2Gi");
    copy["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"] = json!("2Gi");
    apply(webhook, CLIENT_SIDE, &other, &[copy]);
    let words = container(webhook, "statefulset", &other, "cart")["args"].clone();
    assert_eq!(words, json!(["--appendonly", "no", "--save", "", "--maxmemory", "1536mb"]));
}

#[test]
fn words_that_the_user_adds_beside_ours_stay_the_users() {
    let Some(webhook) = baseline("words_that_the_user_adds_beside_ours_stay_the_users") else { return };
    for (way, how) in [("client", CLIENT_SIDE), ("server", SERVER_SIDE)] {
        let namespace = webhook.namespace(&format!("words-{way}"));
        let mut bare = Release { args: json!([]), ..Release::new("cart") };
        let mut set = bare.set();
        set["spec"]["template"]["spec"]["containers"][0].as_object_mut().unwrap().remove("args");
        apply(webhook, how, &namespace, &[bare.service(), set]);
        let words = |expected: Value, revisions: usize| {
            assert_eq!(container(webhook, "statefulset", &namespace, "cart")["args"], expected, "{way}");
            assert_eq!(rollouts(webhook.cluster, "statefulset", &namespace, "cart"), revisions, "{way}");
        };
        words(json!(["--maxmemory", "768mb"]), 1);
        bare.args = json!(["--appendonly", "no"]);
        for _ in 0..2 {
            apply(webhook, how, &namespace, &[bare.set()]);
            words(json!(["--appendonly", "no", "--maxmemory", "768mb"]), 2);
        }
        // The user's own, above what we would allow: it stands, and is warned of.
        bare.args = json!(["--appendonly", "no", "--maxmemory", "900mb"]);
        for _ in 0..2 {
            let told = apply(webhook, how, &namespace, &[bare.set()]);
            assert!(told.contains("maxmemory-above-ratio"), "{told}");
            words(bare.args.clone(), 3);
        }
        let ours = mark(webhook, "statefulset", &namespace, "cart");
        assert!(ours["redis/maxmemory"].is_null(), "{ours}");
    }
}

#[test]
fn an_environment_variable_is_shared_with_the_user() {
    let Some(webhook) = baseline("an_environment_variable_is_shared_with_the_user") else { return };
    for (way, how) in [("client", CLIENT_SIDE), ("server", SERVER_SIDE), ("replace", &["replace"])] {
        let namespace = webhook.namespace(&format!("shared-env-{way}"));
        let mut objects = without_namespace(EXTRA_FLAGS);
        apply(webhook, CLIENT_SIDE, &namespace, &objects);
        let flags = |expected: &str, revisions: usize| {
            let env = container(webhook, "statefulset", &namespace, "flags")["env"].clone();
            assert_eq!(env[1]["value"], expected, "{way}");
            assert_eq!(env.as_array().unwrap().len(), 2, "{way}");
            assert_eq!(rollouts(webhook.cluster, "statefulset", &namespace, "flags"), revisions, "{way}");
        };
        flags("--io-threads 2 --maxmemory 1536mb", 1);
        objects[0]["spec"]["template"]["spec"]["containers"][0]["env"][1]["value"] = json!("--io-threads 4");
        for _ in 0..2 {
            apply(webhook, how, &namespace, &objects);
            flags("--io-threads 4 --maxmemory 1536mb", 2);
        }
        let entry = mark(webhook, "statefulset", &namespace, "flags")["redis/maxmemory"].clone();
        assert_eq!(entry["was"], "--io-threads 4", "{way}");
        objects[0]["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("1Gi");
        for _ in 0..2 {
            apply(webhook, how, &namespace, &objects);
            flags("--io-threads 4 --maxmemory 768mb", 3);
        }
    }
}

#[test]
fn a_limit_of_ours_follows_the_request_that_it_came_from() {
    let Some(webhook) = baseline("a_limit_of_ours_follows_the_request_that_it_came_from") else { return };
    for (way, how) in [("client", CLIENT_SIDE), ("server", SERVER_SIDE), ("replace", &["replace"])] {
        let namespace = webhook.namespace(&format!("own-limit-{way}"));
        let mut objects = without_namespace(OFFICIAL_CONF);
        apply(webhook, CLIENT_SIDE, &namespace, &objects);
        let seen = |memory: &str, maxmemory: &str, revisions: usize| {
            let container = container(webhook, "deployment", &namespace, "sessions");
            assert_eq!(container["resources"]["limits"]["memory"], memory, "{way}");
            assert_eq!(container["resources"]["requests"]["memory"], memory, "{way}");
            assert_eq!(container["args"], json!(["--maxmemory", maxmemory]), "{way}");
            assert_eq!(rollouts(webhook.cluster, "deployment", &namespace, "sessions"), revisions, "{way}");
        };
        seen("512Mi", "384mb", 1);
        for (memory, maxmemory, revisions) in [("1Gi", "768mb", 2), ("256Mi", "192mb", 3)] {
            let set = objects.iter_mut().find(|object| object["kind"] == "Deployment").unwrap();
            set["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"] = json!(memory);
            for _ in 0..2 {
                apply(webhook, how, &namespace, &objects);
                seen(memory, maxmemory, revisions);
            }
        }
    }
}

/// Nothing can be derived while the configuration is not there; what comes later must not roll out.
#[test]
fn a_configuration_that_comes_after_its_workload_rolls_nothing_out() {
    let Some(webhook) = baseline("a_configuration_that_comes_after_its_workload_rolls_nothing_out") else { return };
    let namespace = webhook.namespace("late-configuration");
    let mut objects = without_namespace(OFFICIAL_CONF);
    objects.reverse();
    let told = apply(webhook, CLIENT_SIDE, &namespace, &objects);
    assert!(told.contains("Warning: unknown-fact: maxmemory_bytes"), "{told}");
    assert!(told.contains("Warning: maxmemory-missing: Deployment sessions: "), "{told}");
    assert!(container(webhook, "deployment", &namespace, "sessions")["args"].is_null());
    apply(webhook, CLIENT_SIDE, &namespace, &objects);
    assert!(container(webhook, "deployment", &namespace, "sessions")["args"].is_null());
    assert_eq!(rollouts(webhook.cluster, "deployment", &namespace, "sessions"), 1);
}

/// The overlay names the user's ConfigMap: it has to follow when that gets another name, or the Pods would never start.
#[test]
fn the_overlay_follows_the_users_volume() {
    let Some(webhook) = baseline("the_overlay_follows_the_users_volume") else { return };
    for (way, how) in [("client", CLIENT_SIDE), ("server", SERVER_SIDE), ("replace", &["replace"])] {
        let namespace = webhook.namespace(&format!("renamed-{way}"));
        let mut objects = without_namespace(OVERLAID);
        // kubectl takes over from a client-side apply in two steps, which is a rollout more without us too.
        let first = if how == SERVER_SIDE { SERVER_SIDE } else { CLIENT_SIDE };
        apply(webhook, first, &namespace, &objects);
        let at = |objects: &[Value], name: &str| {
            objects.iter().position(|object| object["metadata"]["name"] == name).unwrap()
        };
        let (map, set) = (at(&objects, "ledger-configuration"), at(&objects, "ledger-master"));
        objects[map]["metadata"]["name"] = json!("ledger-configuration-2");
        let spec = &mut objects[set]["spec"]["template"]["spec"];
        spec["volumes"][1] = json!({"name": "settings", "configMap": {"name": "ledger-configuration-2"}});
        spec["containers"][0]["volumeMounts"][1]["name"] = json!("settings");
        spec["containers"][0]["resources"] = json!({"requests": {"memory": "2Gi"}, "limits": {"memory": "2Gi"}});
        apply(webhook, first, &namespace, &[objects[map].clone()]);
        for _ in 0..2 {
            apply(webhook, how, &namespace, &objects);
            let stored = webhook.cluster.get("statefulset", &namespace, "ledger-master");
            let template = &stored["spec"]["template"];
            let written = template["metadata"]["annotations"]["plimsoll.dev/maxmemory-conf"].as_str().unwrap();
            assert!(written.ends_with("maxmemory 1536mb\n"), "{way}: {written}");
            assert_eq!(template["spec"]["containers"][0]["volumeMounts"][1]["name"], "settings-plimsoll", "{way}");
            let volumes = template["spec"]["volumes"].as_array().unwrap();
            let names: Vec<&str> = volumes.iter().filter_map(|volume| volume["name"].as_str()).collect();
            let mut sorted = names.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, ["etc", "settings", "settings-plimsoll", "start-scripts"], "{way}");
            let text = template.to_string();
            assert_eq!(text.matches("ledger-configuration-2").count(), 3, "{way}: {text}");
            assert!(!text.contains("\"ledger-configuration\""), "{way}: {text}");
            assert_eq!(rollouts(webhook.cluster, "statefulset", &namespace, "ledger-master"), 2, "{way}");
        }
    }
}

/// A chart rolls out with a checksum of its configuration: the user's new maxmemory takes effect with it.
#[test]
fn a_checksum_in_the_template_makes_the_users_maxmemory_win_at_once() {
    let Some(webhook) = baseline("a_checksum_in_the_template_makes_the_users_maxmemory_win_at_once") else { return };
    let namespace = webhook.namespace("checksum");
    let mut objects = without_namespace(OVERLAID);
    objects[3]["spec"]["template"]["metadata"]["annotations"] = json!({"checksum/config": "1"});
    apply(webhook, CLIENT_SIDE, &namespace, &objects);
    let annotations = || {
        let stored = webhook.cluster.get("statefulset", &namespace, "ledger-master");
        stored["spec"]["template"]["metadata"]["annotations"].clone()
    };
    assert!(annotations()["plimsoll.dev/maxmemory-conf"].is_string());
    objects[1]["data"]["master.conf"] = json!("dir /data\nmaxmemory 300mb\n");
    objects[3]["spec"]["template"]["metadata"]["annotations"] = json!({"checksum/config": "2"});
    for _ in 0..2 {
        apply(webhook, CLIENT_SIDE, &namespace, &objects);
        assert_eq!(annotations(), json!({"checksum/config": "2"}));
        assert_eq!(container(webhook, "statefulset", &namespace, "ledger-master")["volumeMounts"][1]["name"], "config");
        assert_eq!(rollouts(webhook.cluster, "statefulset", &namespace, "ledger-master"), 2);
    }
}
