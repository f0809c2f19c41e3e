//! The door table, row by row: Pods, resizes, scales, restores, ConfigMaps, and whom nothing may stop.

use serde_json::{Value, json};

use super::manifests::{Release, list, sentinels, without_namespace};
use super::other_hook::OtherHook;
use super::webhook::{Webhook, baseline, production, with_controllers};
use crate::support::control_plane::{ControlPlane, PATIENCE, wait_until};

const POD: (&str, &str, &str) = ("", "pods", "/spec");
const SET: (&str, &str, &str) = ("apps", "statefulsets", "/spec/template/spec");
const OFFICIAL_CONF: &str = include_str!("../../fixtures/releases/official-conf.yaml");

/// Redis as a Pod that nobody controls.
fn bare(name: &str, args: &Value) -> Value {
    let mut pod = Release { args: args.clone(), ..Release::new("cart") }.set()["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!(name);
    pod
}

/// Denied under production as a workload.
fn too_much() -> Value {
    json!(["--appendonly", "no", "--save", "", "--maxmemory", "1gb"])
}

fn ours(maxmemory: &str) -> Value {
    json!(["--appendonly", "no", "--save", "", "--maxmemory", maxmemory])
}

/// Applies an object that must be denied, and gives what was said.
#[track_caller]
pub(super) fn denied(cluster: &ControlPlane, namespace: &str, object: &Value, more: &[&str]) -> String {
    let ran = cluster.kubectl(&[&["apply", "-n", namespace, "-f", "-"], more].concat(), &object.to_string());
    assert!(!ran.ok, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("denied the request: "), "{}", ran.stderr);
    ran.stderr
}

#[track_caller]
fn container(cluster: &ControlPlane, kind: &str, namespace: &str, name: &str) -> Value {
    let object = cluster.get(kind, namespace, name);
    let spec = if kind == "pod" { &object["spec"] } else { &object["spec"]["template"]["spec"] };
    spec["containers"][0].clone()
}

/// The first Pod with this label that a controller made and that is not on its way out, as soon as there is one.
#[track_caller]
fn child(cluster: &ControlPlane, namespace: &str, app: &str) -> Value {
    wait_until("a Pod of a controller", PATIENCE, || {
        let args = ["get", "pods", "-n", namespace, "-l", &format!("app={app}"), "-o", "json"];
        let pods: Value = serde_json::from_str(&cluster.kubectl(&args, "").done()).unwrap();
        let stays = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
        pods["items"].as_array().unwrap().iter().find(stays).cloned().ok_or_else(|| "none yet".to_owned())
    })
}

#[test]
fn a_bare_pod_is_patched_and_denied_as_a_workload() {
    let Some(webhook) = production("a_bare_pod_is_patched_and_denied_as_a_workload") else { return };
    let namespace = webhook.namespace("bare-pods");
    let told = webhook.cluster.apply(&namespace, &bare("cart", &Release::new("cart").args).to_string()).stderr;
    let stored = container(webhook.cluster, "pod", &namespace, "cart");
    assert_eq!(stored["args"], ours("768mb"), "{told}");
    assert_eq!(stored["resources"]["requests"]["memory"], "1Gi");
    let told = denied(webhook.cluster, &namespace, &bare("other", &too_much()), &[]);
    assert!(
        told.contains(r#"webhook "pods.validate.plimsoll.dev" denied the request: maxmemory-above-ratio: "#),
        "{told}"
    );
}

/// What a VerticalPodAutoscaler does: the controller's template stays, the Pod gets other limits on its way in.
#[test]
fn a_child_follows_a_limit_that_another_webhook_changes() {
    let Some(webhook) = baseline("a_child_follows_a_limit_that_another_webhook_changes") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("autoscaled");
    let _vpa = OtherHook::start(cluster, "aaa-autoscaler", &namespace, POD, "512Mi");
    // A new configuration is seen after a moment.
    wait_until("the other webhook", PATIENCE, || {
        let probe = bare("probe", &json!(["--maxmemory", "100mb"])).to_string();
        let args = ["create", "--dry-run=server", "-n", &namespace, "-o", "json", "-f", "-"];
        let seen: Value = serde_json::from_str(&cluster.kubectl(&args, &probe).done()).unwrap();
        let limit = &seen["spec"]["containers"][0]["resources"]["limits"]["memory"];
        if limit == "512Mi" { Ok(()) } else { Err(limit.to_string()) }
    });
    let set = Release::new("cart");
    let mut deployment = Release::new("web").set();
    deployment["kind"] = json!("Deployment");
    deployment["spec"].as_object_mut().unwrap().remove("serviceName");
    cluster.apply(&namespace, &list(&[set.service(), set.set(), deployment]));
    for (kind, name) in [("statefulset", "cart"), ("deployment", "web")] {
        assert_eq!(container(cluster, kind, &namespace, name)["args"], ours("768mb"), "{kind}: its own limit is 1Gi");
        let pod = child(cluster, &namespace, name);
        let stored = &pod["spec"]["containers"][0];
        assert_eq!(stored["resources"]["limits"]["memory"], "512Mi", "{kind}");
        assert_eq!(stored["args"], ours("384mb"), "{kind}");
    }
}

/// One that runs after ours is no reason for a maxmemory that does not fit: the API server asks us again.
#[test]
fn a_webhook_that_runs_later_is_followed() {
    let Some(webhook) = baseline("a_webhook_that_runs_later_is_followed") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("reinvoked");
    let _later = OtherHook::start(cluster, "zzz-later", &namespace, SET, "2Gi");
    let release = Release::new("cart");
    cluster.apply(&namespace, &release.service().to_string());
    wait_until("the other webhook", PATIENCE, || {
        let args = ["create", "--dry-run=server", "-n", &namespace, "-o", "json", "-f", "-"];
        let seen = cluster.kubectl(&args, &release.set().to_string()).done();
        if seen.contains("\"2Gi\"") { Ok(()) } else { Err(seen) }
    });
    cluster.apply(&namespace, &release.set().to_string());
    let stored = container(cluster, "statefulset", &namespace, "cart");
    assert_eq!(stored["resources"]["limits"]["memory"], "2Gi");
    assert_eq!(stored["args"], ours("1536mb"));
    let mark =
        cluster.get("statefulset", &namespace, "cart")["metadata"]["annotations"]["plimsoll.dev/applied"].clone();
    assert!(mark.as_str().unwrap().contains(r#""set":"1536mb","limit":"2Gi""#), "{mark}");
}

fn limit_range(memory: &str) -> String {
    json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "memory"},
        "spec": {"limits": [{"type": "Container", "default": {"memory": memory}, "defaultRequest": {"memory": memory}}]},
    })
    .to_string()
}

#[test]
fn a_limit_range_gives_the_limit_and_pods_follow_it() {
    let Some(webhook) = baseline("a_limit_range_gives_the_limit_and_pods_follow_it") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("limit-range");
    cluster.apply(&namespace, &limit_range("1Gi"));
    let release = Release::new("cart");
    let mut set = release.set();
    set["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({});
    let told = cluster.apply(&namespace, &list(&[release.service(), set])).stderr;
    assert!(!told.contains("memory-limit-missing") && !told.contains("memory-request-missing"), "{told}");
    assert_eq!(container(cluster, "statefulset", &namespace, "cart")["args"], ours("768mb"), "{told}");
    let first = child(cluster, &namespace, "cart");
    assert_eq!(first["spec"]["containers"][0]["args"], ours("768mb"));
    assert_eq!(first["spec"]["containers"][0]["resources"]["limits"]["memory"], "1Gi");

    cluster.apply(&namespace, &limit_range("512Mi"));
    wait_until("the API server's plugin to see it", PATIENCE, || {
        let probe = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": {"containers": [{"name": "web", "image": "web"}]}});
        let args = ["create", "--dry-run=server", "-n", &namespace, "-o", "json", "-f", "-"];
        let seen = cluster.kubectl(&args, &probe.to_string()).done();
        if seen.contains("\"512Mi\"") { Ok(()) } else { Err(seen) }
    });
    cluster.kubectl(&["delete", "pod", "cart-0", "-n", &namespace], "").done();
    let next = child(cluster, &namespace, "cart");
    assert_ne!(next["metadata"]["uid"], first["metadata"]["uid"]);
    assert_eq!(next["spec"]["containers"][0]["resources"]["limits"]["memory"], "512Mi");
    assert_eq!(next["spec"]["containers"][0]["args"], ours("384mb"));
}

#[test]
fn a_resize_may_not_go_below_what_an_idle_server_needs() {
    let Some(webhook) = production("a_resize_may_not_go_below_what_an_idle_server_needs") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("resized");
    let release = Release::new("cart");
    cluster.apply(&namespace, &release.manifest());
    assert_eq!(child(cluster, &namespace, "cart")["spec"]["containers"][0]["args"], ours("768mb"));
    let resize = |memory: &str| {
        let resources = json!({"requests": {"memory": memory}, "limits": {"memory": memory}});
        let patch = json!({"spec": {"containers": [{"name": "redis", "resources": resources}]}}).to_string();
        cluster.kubectl(&["patch", "pod", "cart-0", "-n", &namespace, "--subresource", "resize", "-p", &patch], "")
    };
    // 1.1 x 768 + 12 = 856.8 MiB
    let refused = resize("856Mi");
    assert!(!refused.ok);
    let expected = r#"webhook "resize.validate.plimsoll.dev" denied the request: maxmemory-above-ratio: "#;
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    let limit = || child(cluster, &namespace, "cart")["spec"]["containers"][0]["resources"]["limits"]["memory"].clone();
    assert_eq!(limit(), "1Gi");
    let passes = resize("857Mi");
    assert!(passes.ok && passes.stderr.contains("Warning: maxmemory-above-ratio: "), "{}", passes.stderr);
    assert_eq!(limit(), "857Mi");
    assert!(resize("2Gi").ok);
    assert_eq!(child(cluster, &namespace, "cart")["spec"]["containers"][0]["args"], ours("768mb"), "never patched");
}

#[test]
fn ephemeral_containers_and_the_removal_of_finalizers_pass() {
    let Some(webhook) = production("ephemeral_containers_and_the_removal_of_finalizers_pass") else { return };
    let cluster = webhook.cluster;
    let namespace = cluster.namespace("let-through");
    let mut pod = bare("cart", &too_much());
    pod["metadata"]["finalizers"] = json!(["tests.example/held"]);
    let mut set = Release { args: too_much(), ..Release::new("ledger") }.set();
    set["metadata"]["finalizers"] = json!(["tests.example/held"]);
    cluster.apply(&namespace, &list(&[pod, set]));
    webhook.cover(&namespace);
    let kubectl = |args: &[&str]| cluster.kubectl(&[args, &["-n", &namespace]].concat(), "");
    let ran = kubectl(&["debug", "pod/cart", "--image=redis:7.4", "--container=look", "--attach=false"]);
    assert!(ran.ok, "{}", ran.stderr);
    assert_eq!(cluster.get("pod", &namespace, "cart")["spec"]["ephemeralContainers"][0]["name"], "look");
    let worse = r#"[{"op": "replace", "path": "/spec/template/spec/containers/0/args/5", "value": "4gb"}]"#;
    let worsen = || kubectl(&["patch", "statefulset/ledger", "--type=json", "-p", worse]);
    let ran = worsen();
    assert!(!ran.ok && ran.stderr.contains("maxmemory-above-ratio"), "{}{}", ran.stdout, ran.stderr);
    kubectl(&["delete", "statefulset/ledger", "--wait=false"]).done();
    worsen().done(); // Whatever an update of what is being deleted holds: to deny it could hang the deletion.
    for object in ["pod/cart", "statefulset/ledger"] {
        kubectl(&["delete", object, "--wait=false"]).done();
        let ran = kubectl(&["patch", object, "--type=merge", "-p", r#"{"metadata":{"finalizers":null}}"#]);
        assert!(ran.ok && !ran.stderr.contains("Warning"), "{object}: {}", ran.stderr);
        kubectl(&["wait", "--for=delete", object, "--timeout=80s"]).done();
    }
}

/// The template stood before Plimsoll came; a denied Pod would turn the drain of a node into an outage.
#[test]
fn pods_of_a_template_that_would_be_denied_are_made_all_the_same() {
    let Some(cluster) = with_controllers("pods_of_a_template_that_would_be_denied_are_made_all_the_same") else {
        return;
    };
    let webhook = Webhook::start(cluster, "children", &["--profile", "production"]);
    let namespace = cluster.namespace("children");
    let release = Release { args: too_much(), ..Release::new("ledger") };
    cluster.apply(&namespace, &release.manifest());
    let first = child(cluster, &namespace, "ledger");
    webhook.cover(&namespace);
    let told = denied(cluster, &namespace, &bare("probe", &too_much()), &["--dry-run=server"]);
    assert!(told.contains("maxmemory-above-ratio"), "{told}");
    let warned = || webhook.reviews(&[r#"kind="Pod""#, r#"result="warned""#]);
    let before = warned();
    cluster.kubectl(&["delete", "pod", "ledger-0", "-n", &namespace], "").done();
    let next = wait_until("the next Pod", PATIENCE, || {
        let next = child(cluster, &namespace, "ledger");
        if next["metadata"]["uid"] == first["metadata"]["uid"] { Err("the old one".to_owned()) } else { Ok(next) }
    });
    assert_eq!(next["spec"]["containers"][0]["args"], too_much());
    assert_eq!(next["spec"]["containers"][0]["resources"]["requests"]["memory"], "256Mi", "nothing of it is touched");
    assert!(warned() > before, "it was asked, and did not stop it");
}

#[test]
fn a_deployment_is_not_scaled_below_three_sentinels() {
    let Some(webhook) = production("a_deployment_is_not_scaled_below_three_sentinels") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("scaled-deployment");
    let objects = sentinels(|objects| {
        objects[2]["kind"] = json!("Deployment");
        objects[2]["spec"].as_object_mut().unwrap().remove("serviceName");
    });
    cluster.apply(&namespace, &list(&objects));
    let scale =
        |to: &str| cluster.kubectl(&["scale", "deployment/votes", "-n", &namespace, &format!("--replicas={to}")], "");
    let refused = scale("2");
    assert!(!refused.ok && refused.stderr.contains("denied the request: too-few-sentinels: "), "{}", refused.stderr);
    assert_eq!(cluster.get("deployment", &namespace, "votes")["spec"]["replicas"], 3);
    scale("5").done();
    let off = scale("0");
    assert!(off.ok, "{}", off.stderr);
    assert_eq!(cluster.get("deployment", &namespace, "votes")["spec"]["replicas"], 0);
}

/// A set with a claim, as a backup stores it.
fn with_claim(args: &Value) -> Release {
    Release { args: args.clone(), ..Release::new("ledger") }
}

fn claiming(release: &Release) -> Value {
    let mut set = release.set();
    set["spec"]["volumeClaimTemplates"] = json!([{
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}},
    }]);
    set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    set
}

/// The stored object as a backup brings it back: without what the API server alone writes.
fn restored(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
        metadata.remove(field);
    }
    object.as_object_mut().unwrap().remove("status");
    object
}

/// Deletes the set and its Pods; its claim stays.
#[track_caller]
fn lose(cluster: &ControlPlane, namespace: &str) {
    cluster.kubectl(&["delete", "statefulset/ledger", "-n", namespace, "--cascade=foreground"], "").done();
    let claims = cluster.kubectl(&["get", "pvc", "-n", namespace, "-o", "name"], "").done();
    assert_eq!(claims.trim(), "persistentvolumeclaim/data-ledger-0");
}

#[track_caller]
fn await_claim(cluster: &ControlPlane, namespace: &str) {
    wait_until("the claim", PATIENCE, || cluster.try_get("pvc", namespace, "data-ledger-0"));
}

#[test]
fn a_restore_brings_back_what_was_ours_and_derives_nothing_new() {
    let Some(webhook) = production("a_restore_brings_back_what_was_ours_and_derives_nothing_new") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("restored");
    let release = with_claim(&Release::new("ledger").args);
    cluster.apply(&namespace, &list(&[release.service(), claiming(&release)]));
    await_claim(cluster, &namespace);
    let stored = cluster.get("statefulset", &namespace, "ledger");
    lose(cluster, &namespace);
    let told = cluster.kubectl(&["create", "-n", &namespace, "-f", "-"], &restored(stored.clone()).to_string());
    assert!(told.ok && !told.stderr.contains("Warning"), "{}", told.stderr);
    let again = cluster.get("statefulset", &namespace, "ledger");
    assert_eq!(again["spec"], stored["spec"]);
    let mark = |object: &Value| object["metadata"]["annotations"]["plimsoll.dev/applied"].clone();
    assert!(mark(&again).is_string());
    assert_eq!(mark(&again), mark(&stored));
    lose(cluster, &namespace);
    // Its data may be live: a maxmemory that was not there would evict or refuse.
    let told = cluster.kubectl(&["create", "-n", &namespace, "-f", "-"], &claiming(&release).to_string());
    assert!(told.ok && told.stderr.contains("Warning: maxmemory-missing: "), "{}", told.stderr);
    assert_eq!(container(cluster, "statefulset", &namespace, "ledger")["args"], release.args);
}

#[test]
fn a_restore_of_what_would_be_denied_is_warned_of() {
    let Some(webhook) = production("a_restore_of_what_would_be_denied_is_warned_of") else { return };
    let cluster = webhook.cluster;
    let namespace = cluster.namespace("restored-wrong");
    let release = with_claim(&too_much());
    cluster.apply(&namespace, &list(&[release.service(), claiming(&release)]));
    await_claim(cluster, &namespace);
    let stored = restored(cluster.get("statefulset", &namespace, "ledger"));
    lose(cluster, &namespace);
    webhook.cover(&namespace);
    let told = cluster.kubectl(&["create", "-n", &namespace, "-f", "-"], &stored.to_string());
    assert!(told.ok && told.stderr.contains("Warning: maxmemory-above-ratio: "), "{}", told.stderr);
    assert_eq!(container(cluster, "statefulset", &namespace, "ledger")["args"], too_much());
    // Elsewhere it is new, and denied.
    let elsewhere = webhook.namespace("restored-elsewhere");
    let mut copy = stored;
    copy["metadata"]["namespace"] = json!(elsewhere);
    denied(cluster, &elsewhere, &copy, &[]);
}

/// A policy of the cluster, in force when `is_seen` says so.
#[track_caller]
pub(super) fn with_policy(cluster: &ControlPlane, name: &str, spec: &Value, is_seen: impl Fn() -> Result<(), String>) {
    let policy = json!({
        "apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy", "metadata": {"name": name}, "spec": spec,
    });
    cluster.kubectl(&["apply", "-f", "-"], &policy.to_string()).done();
    wait_until("the policy to be in force", PATIENCE, is_seen);
}

#[test]
fn a_config_map_that_comes_after_its_one_workload_gets_the_line() {
    let Some(webhook) = baseline("a_config_map_that_comes_after_its_one_workload_gets_the_line") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("delivered");
    let objects = without_namespace(OFFICIAL_CONF);
    let of = |kind: &str| objects.iter().find(|object| object["kind"] == kind).unwrap().clone();
    let (mut deployment, map) = (of("Deployment"), of("ConfigMap"));
    let memory = json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}});
    deployment["spec"]["template"]["spec"]["containers"][0]["resources"] = memory;
    let name = map["metadata"]["name"].as_str().unwrap().to_owned();
    cluster.apply(&namespace, &deployment.to_string());
    let spec = json!({"priority": 7001, "match": {"namespaces": [namespace]}, "delivery": "configmap"});
    let dry = || {
        let args = ["create", "--dry-run=server", "-n", &namespace, "-o", "json", "-f", "-"];
        cluster.kubectl(&args, &map.to_string()).done()
    };
    with_policy(cluster, "delivered", &spec, || {
        let seen = dry();
        if seen.contains("maxmemory 768mb") { Ok(()) } else { Err(seen) }
    });
    // With a second reader it would be written into what another one reads.
    let mut second = deployment.clone();
    second["metadata"]["name"] = json!("second");
    cluster.apply(&namespace, &second.to_string());
    assert!(!dry().contains("maxmemory 768mb"), "two workloads read it");
    cluster.kubectl(&["delete", "deployment/second", "-n", &namespace], "").done();
    cluster.apply(&namespace, &map.to_string());
    let stored = cluster.get("configmap", &namespace, &name);
    let texts = stored["data"].as_object().unwrap();
    assert!(texts.values().any(|text| text.as_str().unwrap().ends_with("maxmemory 768mb\n")), "{stored}");
    assert!(
        stored["metadata"]["annotations"]["plimsoll.dev/applied"].as_str().unwrap().contains(r#""via":"configmap""#)
    );
    cluster.apply(&namespace, &map.to_string());
    let again = cluster.get("configmap", &namespace, &name);
    assert_eq!(again["data"], stored["data"], "the same manifest again");
    cluster.kubectl(&["delete", "redispolicy", "delivered"], "").done();
}

#[test]
fn a_service_that_is_not_made_headless_is_warned_of() {
    let Some(webhook) = production("a_service_that_is_not_made_headless_is_warned_of") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("governing");
    let objects = sentinels(|_| ());
    cluster.apply(&namespace, &list(&[objects[0].clone(), objects[2].clone()]));
    // Headless, this port would lead nowhere.
    let mut service = objects[1].clone();
    service["spec"].as_object_mut().unwrap().remove("clusterIP");
    service["spec"]["ports"] = json!([{"name": "redis", "port": 6380, "targetPort": 6379}]);
    let told = cluster.apply(&namespace, &service.to_string()).stderr;
    assert!(told.contains("Warning: governing-service-not-headless: "), "{told}");
    assert_ne!(cluster.get("service", &namespace, "votes")["spec"]["clusterIP"], "None");
}

#[test]
fn an_exempt_user_passes_where_the_policy_of_the_workload_says_so() {
    const ROBOT: &str = "system:serviceaccount:platform:robot";
    let Some(webhook) = baseline("an_exempt_user_passes_where_the_policy_of_the_workload_says_so") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("exempt");
    let args = ["create", "rolebinding", "robot", "--clusterrole=admin", "-n", &namespace];
    cluster.kubectl(&[&args[..], &["--serviceaccount=platform:robot"]].concat(), "").done();
    let release = Release { args: too_much(), ..Release::new("ledger") };
    cluster.apply(&namespace, &release.service().to_string());
    let spec = json!({
        "extends": "production", "priority": 7002, "exemptUsers": ["system:serviceaccount:platform:*"],
        "match": {"namespaces": [namespace], "selector": {"matchLabels": {"app": "ledger"}}},
    });
    with_policy(cluster, "exempt", &spec, || {
        let dry = ["apply", "--dry-run=server", "-n", &namespace, "-f", "-"];
        let ran = cluster.kubectl(&dry, &release.set().to_string());
        if ran.ok { Err(ran.stderr) } else { Ok(()) }
    });
    denied(cluster, &namespace, &release.set(), &[]);
    // Where another policy matches, the same user is as everybody.
    let cart = Release { args: too_much(), ..Release::new("cart") };
    let apply = ["apply", "-n", &namespace, "--as", ROBOT, "-f", "-"];
    let ran = cluster.kubectl(&apply, &cart.set().to_string());
    assert!(ran.ok && ran.stderr.contains("Warning: maxmemory-above-ratio: "), "{}", ran.stderr);
    let ran = cluster.kubectl(&apply, &release.set().to_string());
    assert!(ran.ok && !ran.stderr.contains("Warning"), "{}", ran.stderr);
    let stored = container(cluster, "statefulset", &namespace, "ledger");
    assert_eq!(stored["args"], too_much());
    assert_eq!(stored["resources"]["requests"]["memory"], "256Mi", "nor patched");
    cluster.kubectl(&["delete", "redispolicy", "exempt"], "").done();
}

/// Works without us: the API server does not even ask.
#[test]
fn the_label_that_breaks_the_glass_holds_for_pods_too() {
    let Some(webhook) = production("the_label_that_breaks_the_glass_holds_for_pods_too") else { return };
    let cluster = webhook.cluster;
    let namespace = webhook.namespace("broken-glass");
    denied(cluster, &namespace, &bare("cart", &too_much()), &[]);
    cluster.kubectl(&["label", "namespace", &namespace, "plimsoll.dev/mode=off"], "").done();
    webhook.await_silence(&namespace);
    let told = cluster.apply(&namespace, &bare("cart", &too_much()).to_string()).stderr;
    assert!(!told.contains("Warning"), "{told}");
}

/// An error in a policy is told to who applies it, by the shipped configuration.
#[test]
fn a_policy_with_a_diagnostic_is_refused() {
    let Some(webhook) = baseline("a_policy_with_a_error_is_refused") else { return };
    let policy = json!({
        "apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy", "metadata": {"name": "mistaken"},
        "spec": {"priority": 7003, "match": {"namespaces": ["nowhere-at-all"]}, "rules": {"maxmemory-mising": "deny"}},
    });
    let told = denied(webhook.cluster, "default", &policy, &[]);
    assert!(told.contains("spec.rules.maxmemory-mising: there is no rule `maxmemory-mising`"), "{told}");
    assert!(told.contains(r#"webhook "policies.validate.plimsoll.dev""#), "{told}");
}
