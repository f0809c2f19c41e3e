//! Updates on a real API server: what was there before us is not rolled out by us, ours follows what the user changes,
//! and coming and going costs no more rollouts than it must.

use serde_json::{Value, json};

use super::manifests::{Release, list, without_namespace};
use super::webhook::{Webhook, baseline, with_controllers};
use super::{generation, rollouts};
use crate::support::control_plane::{CHART, ControlPlane, shared_with_helm};

const MARK: &str = "plimsoll.dev/applied";
const OVERLAID: &str = include_str!("../../fixtures/releases/bitnami-standalone.yaml");
const CLIENT_SIDE: &[&str] = &["apply"];
const SERVER_SIDE: &[&str] = &["apply", "--server-side"];

/// What of ours stands in the stored set: the words of its server's args from `--maxmemory` on, and its request.
fn standing(cluster: &ControlPlane, namespace: &str, name: &str) -> (String, String) {
    let stored = cluster.get("statefulset", namespace, name);
    let container = &stored["spec"]["template"]["spec"]["containers"][0];
    let words = container["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let maxmemory = words.skip_while(|word| *word != "--maxmemory").nth(1).unwrap_or_default();
    let request = container["resources"]["requests"]["memory"].as_str().unwrap_or_default();
    (maxmemory.to_owned(), request.to_owned())
}

fn pair(maxmemory: &str, request: &str) -> (String, String) {
    (maxmemory.to_owned(), request.to_owned())
}

#[test]
fn a_helm_upgrade_with_the_same_values_finds_the_same_object() {
    const TEST: &str = "a_helm_upgrade_with_the_same_values_finds_the_same_object";
    let (Some(cluster), Some(webhook)) = (shared_with_helm(TEST), baseline(TEST)) else { return };
    let namespace = webhook.namespace("helm");
    let upgrade = |values: &[&str]| {
        let all = [&["upgrade", "--install", "cache", CHART, "-n", &namespace], values].concat();
        cluster.helm(&all)
    };
    let seen = |expected: (String, String), revisions: usize, what: &str| {
        assert_eq!(standing(cluster, &namespace, "cache"), expected, "{what}");
        assert_eq!(rollouts(cluster, "statefulset", &namespace, "cache"), revisions, "{what}");
    };
    upgrade(&[]).done();
    seen(pair("768mb", "1Gi"), 1, "installed");
    upgrade(&[]).done();
    seen(pair("768mb", "1Gi"), 1, "the same values");
    assert_eq!(generation(cluster, "statefulset", &namespace, "cache"), 1);
    upgrade(&["--set", "memory.limit=2Gi"]).done();
    seen(pair("1536mb", "2Gi"), 2, "another limit");
    upgrade(&["--set", "memory.limit=2Gi"]).done();
    seen(pair("1536mb", "2Gi"), 2, "the same again");
    upgrade(&["--set", "memory.limit=2Gi,image=redis:7.4.2"]).done();
    seen(pair("1536mb", "2Gi"), 3, "another image");
    upgrade(&["--set", "memory.limit=2Gi,image=redis:7.4.2,replicas=3"]).done();
    seen(pair("1536mb", "2Gi"), 3, "a scale");
    cluster.helm(&["rollback", "cache", "1", "-n", &namespace]).done();
    // As installed, so the first revision counts again.
    seen(pair("768mb", "1Gi"), 3, "rolled back");
}

/// Sets of many shapes that ran before Plimsoll came.
fn twenty() -> Vec<Value> {
    let names: [&'static str; 19] = [
        "old-00", "old-01", "old-02", "old-03", "old-04", "old-05", "old-06", "old-07", "old-08", "old-09", "old-10",
        "old-11", "old-12", "old-13", "old-14", "old-15", "old-16", "old-17", "old-18",
    ];
    let args =
        [json!([]), json!(["--maxmemory", "900mb"]), json!(["--maxmemory", "100mb"]), json!(["--appendonly", "yes"])];
    let sizes = [("256Mi", "1Gi"), ("1Gi", "1024Mi"), ("0.5Gi", "1073741824"), ("16Mi", "31Mi"), ("1Gi", "1Gi")];
    let mut sets: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let (request, limit) = sizes[index % sizes.len()];
            let mut set =
                Release { args: args[index % args.len()].clone(), request, limit, ..Release::new(name) }.set();
            if index % 7 == 6 {
                set["spec"]["template"]["spec"]["containers"][0].as_object_mut().unwrap().remove("resources");
            }
            set
        })
        .collect();
    sets.extend(without_namespace(OVERLAID));
    sets
}

#[test]
fn twenty_old_sets_are_not_rolled_out_by_us() {
    const TEST: &str = "twenty_old_sets_are_not_rolled_out_by_us";
    let (Some(cluster), Some(webhook)) = (shared_with_helm(TEST), baseline(TEST)) else { return };
    let namespace = cluster.namespace("old-sets");
    let objects = list(&twenty());
    cluster.apply(&namespace, &objects);
    let upgrade = ["upgrade", "--install", "old-helm", CHART, "-n", &namespace];
    cluster.helm(&upgrade).done();
    webhook.cover(&namespace);
    let sets = || -> Vec<Value> {
        let all = cluster.kubectl(&["get", "statefulsets", "-n", &namespace, "-o", "json"], "").done();
        serde_json::from_str::<Value>(&all).unwrap()["items"].as_array().unwrap().clone()
    };
    let before = sets();
    assert_eq!(before.len(), 21);
    let unchanged = |what: &str, scaled: bool| {
        for (was, is) in before.iter().zip(sets()) {
            let name = is["metadata"]["name"].as_str().unwrap();
            assert_eq!(is["spec"]["template"], was["spec"]["template"], "{name} after {what}");
            let grown = is["metadata"]["generation"] != was["metadata"]["generation"];
            assert_eq!(grown, scaled, "{name} after {what}");
            assert!(is["metadata"]["annotations"][MARK].is_null(), "{name} after {what}");
        }
    };
    cluster.kubectl(&["label", "statefulsets", "--all", "-n", &namespace, "team=shop"], "").done();
    unchanged("a label", false);
    cluster.apply(&namespace, &objects);
    unchanged("the same manifests", false);
    cluster.kubectl(&[SERVER_SIDE, &["--force-conflicts", "-n", &namespace, "-f", "-"]].concat(), &objects).done();
    unchanged("a server-side apply", false);
    cluster.helm(&upgrade).done();
    unchanged("a helm upgrade with the same values", false);
    cluster.kubectl(&["scale", "statefulsets", "--all", "-n", &namespace, "--replicas=2"], "").done();
    unchanged("a scale", true);
    for set in &before {
        let name = set["metadata"]["name"].as_str().unwrap();
        assert_eq!(rollouts(cluster, "statefulset", &namespace, name), 1, "{name}");
    }
}

#[test]
fn ours_follows_the_limit_both_ways() {
    let Some(webhook) = baseline("ours_follows_the_limit_both_ways") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("limits");
    for (name, how) in [("client", CLIENT_SIDE), ("server", SERVER_SIDE)] {
        let release = Release::new(name);
        let mut revisions = 0;
        for (limit, expected) in
            [("1Gi", pair("768mb", "1Gi")), ("512Mi", pair("384mb", "512Mi")), ("2Gi", pair("1536mb", "2Gi"))]
        {
            let manifest = Release { limit, ..release.clone() }.manifest();
            cluster.kubectl(&[how, &["-n", &namespace, "-f", "-"]].concat(), &manifest).done();
            revisions += 1;
            assert_eq!(standing(cluster, &namespace, name), expected, "{how:?} {limit}");
            assert_eq!(rollouts(cluster, "statefulset", &namespace, name), revisions, "{how:?} {limit}");
        }
        // Only the limit, on the live object: the request of ours would be above it.
        let limits = ["set", "resources", "statefulset", name, "-n", &namespace, "--limits=memory=512Mi"];
        cluster.kubectl(&limits, "").done();
        assert_eq!(standing(cluster, &namespace, name), pair("384mb", "512Mi"), "{how:?}");
        // And the manifest again: `kubectl set` owns the limit by now.
        let manifest = Release { limit: "2Gi", ..release.clone() }.manifest();
        let forced: &[&str] = if how == SERVER_SIDE { &["--force-conflicts"] } else { &[] };
        cluster.kubectl(&[how, forced, &["-n", &namespace, "-f", "-"]].concat(), &manifest).done();
        assert_eq!(standing(cluster, &namespace, name), pair("1536mb", "2Gi"), "{how:?}");
    }
}

#[test]
fn another_ratio_waits_for_a_rollout_and_lowers_nothing() {
    let Some(cluster) = with_controllers("another_ratio_waits_for_a_rollout_and_lowers_nothing") else { return };
    let mut webhook = Webhook::start(cluster, "ratio", &["--profile", "baseline"]);
    let namespace = webhook.namespace("ratio");
    let apply = |image: &'static str, limit: &'static str| {
        cluster.apply(&namespace, &Release { image, limit, ..Release::new("cart") }.manifest()).stderr
    };
    let seen = |maxmemory: &str, request: &str, revisions: usize, what: &str| {
        assert_eq!(standing(cluster, &namespace, "cart"), pair(maxmemory, request), "{what}");
        assert_eq!(rollouts(cluster, "statefulset", &namespace, "cart"), revisions, "{what}");
    };
    let policy = |ratio: &str| {
        let path = cluster.folder().join(format!("ratio-{ratio}.yaml"));
        let text = format!(
            "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {{name: ours}}\nspec:\n  extends: baseline\n  maxmemory: {{ratio: {ratio}}}\n"
        );
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    apply("redis:7.4.1", "1Gi");
    seen("768mb", "1Gi", 1, "created");
    webhook.restart(&["--policy", &policy("0.5")], &namespace);
    apply("redis:7.4.1", "1Gi");
    seen("768mb", "1Gi", 1, "a lower ratio alone");
    let told = apply("redis:7.4.2", "1Gi");
    seen("768mb", "1Gi", 2, "a lower ratio and an image");
    assert!(told.contains("maxmemory-above-ratio"), "{told}");
    assert!(!told.contains("fixed"), "{told}");
    webhook.restart(&["--policy", &policy("0.8")], &namespace);
    apply("redis:7.4.2", "1Gi");
    seen("768mb", "1Gi", 2, "a higher ratio alone");
    apply("redis:7.4.3", "1Gi");
    seen("819mb", "1Gi", 3, "a higher ratio and an image");
    webhook.restart(&["--policy", &policy("0.5")], &namespace);
    apply("redis:7.4.3", "2Gi");
    seen("1024mb", "2Gi", 4, "another limit by the new ratio");
}

/// Plimsoll goes and comes back. `name` is of a set whose manifest names `args`, or of one with the overlay.
fn comes_and_goes(webhook: &Webhook, namespace: &str, how: &[&str], objects: &mut [Value], name: &str) {
    let cluster = webhook.cluster;
    let apply = |objects: &[Value]| {
        cluster.kubectl(&[how, &["-n", namespace, "-f", "-"]].concat(), &list(objects)).done();
    };
    let template = |namespace: &str| cluster.get("statefulset", namespace, name)["spec"]["template"].clone();
    let count = || rollouts(cluster, "statefulset", namespace, name);
    webhook.cover(namespace);
    apply(objects);
    let with = template(namespace);
    assert_eq!(count(), 1, "{name} {how:?}");

    webhook.unregister();
    webhook.await_silence(namespace);
    cluster.kubectl(&["label", "statefulset", name, "-n", namespace, "team=shop"], "").done();
    assert_eq!(template(namespace), with, "a label while it is away");
    apply(objects);
    let without = template(namespace);
    assert_ne!(without, with, "the user's own values are back");
    assert_eq!(count(), 2, "{name} {how:?}: gone");
    apply(objects);
    assert_eq!(count(), 2, "{name} {how:?}: gone, again");

    webhook.register();
    webhook.await_asked(namespace);
    apply(objects);
    assert_eq!(template(namespace), without, "{name} {how:?}: nobody is rolling out");
    assert_eq!(count(), 2, "{name} {how:?}: back");
    let set = objects.iter_mut().find(|object| object["kind"] == "StatefulSet").unwrap();
    set["spec"]["template"]["spec"]["containers"][0]["image"] = json!("r.example/bitnami/redis:7.4.2");
    apply(objects);
    assert_eq!(count(), 3, "{name} {how:?}: the user rolls out");
    apply(objects);
    assert_eq!(count(), 3, "{name} {how:?}: settled");
    let container = &template(namespace)["spec"]["containers"][0];
    assert_eq!(container["resources"]["requests"], container["resources"]["limits"], "{name} {how:?}");
    assert!(!container.to_string().contains("plimsoll"), "its data is live: no maxmemory is derived now");
    assert!(!container.to_string().contains("--maxmemory"), "its data is live: no maxmemory is derived now");
}

#[test]
fn going_and_coming_back_costs_one_rollout() {
    let Some(cluster) = with_controllers("going_and_coming_back_costs_one_rollout") else { return };
    for (way, how) in [("client", CLIENT_SIDE), ("server", SERVER_SIDE)] {
        let webhook = Webhook::start(cluster, &format!("{way}-away"), &["--profile", "baseline"]);
        let plain = Release::new("cart");
        let namespace = cluster.namespace(&format!("{way}-away"));
        comes_and_goes(&webhook, &namespace, how, &mut [plain.service(), plain.set()], "cart");
        let namespace = cluster.namespace(&format!("{way}-away-overlay"));
        comes_and_goes(&webhook, &namespace, how, &mut without_namespace(OVERLAID), "ledger-master");
    }
}
