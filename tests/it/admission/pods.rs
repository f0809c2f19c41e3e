//! Pods at the door: bare ones are workloads, a controller's children are hardly touched, a resize is held to what runs.

use std::sync::Arc;

use plimsoll::engine::{Hook, Request};
use plimsoll::kubernetes::{Lookup, ObjectRef, Seen};
use serde_json::{Value, json};

use crate::support::namespace::{Namespace, warns_of};
use crate::support::statefulset::statefulset;

/// What these tests speak of. All other rules are off.
const RULES: [&str; 6] = [
    "maxmemory-missing",
    "maxmemory-above-ratio",
    "maxmemory-fixed-while-limit-changes",
    "memory-request-below-limit",
    "too-few-sentinels",
    "quorum-not-majority",
];

fn pod(args: &[&str], limit: &str, owner: Option<(&str, &str)>) -> Value {
    let cache = statefulset("cache-0").namespace("shop").args(args).limit(limit);
    let mut pod = cache.volume("data", "/data", json!({"hostPath": {"path": "/mnt"}})).build_pod();
    pod["metadata"]["labels"] = json!({"app": "cache"});
    if let Some((kind, name)) = owner {
        let version = if kind == "Job" { "batch/v1" } else { "apps/v1" };
        pod["metadata"]["ownerReferences"] =
            json!([{"apiVersion": version, "kind": kind, "name": name, "controller": true}]);
    }
    pod
}

/// A controller's object that bears our mark of a maxmemory of 768mb, derived from 1Gi.
fn marked(kind: &str, name: &str, owner: Option<(&str, &str)>) -> Arc<Value> {
    let mark = r#"{"v":1,"redis/maxmemory":{"via":"args","set":"768mb","limit":"1Gi","derive":"ratio:0.75"}}"#;
    let mut object = pod(&[], "1Gi", owner);
    object["kind"] = json!(kind);
    object["apiVersion"] = json!("apps/v1");
    object["metadata"]["name"] = json!(name);
    object["metadata"]["annotations"] = json!({"plimsoll.dev/applied": mark});
    Arc::new(object)
}

const OURS: [&str; 2] = ["--maxmemory", "768mb"];

fn args(object: &Value) -> &Value {
    &object["spec"]["containers"][0]["args"]
}

#[test]
fn a_bare_pod_is_a_workload() {
    let mut namespace = Namespace::with_only("production", &RULES);
    let (stored, verdict) = namespace.apply(&pod(&[], "1Gi", None), None);
    assert_eq!((args(&stored), &verdict.denial), (&json!(OURS), &None));
    let (_, verdict) = namespace.apply(&pod(&["--maxmemory", "1gb"], "1Gi", None), None);
    assert!(verdict.denial.is_some_and(|text| text.starts_with("maxmemory-above-ratio: ")));
    let before = Arc::new(pod(&[], "1Gi", None));
    let (stored, verdict) = namespace.apply(&before, Some(&before));
    assert_eq!((stored, verdict.denial), (before, None), "what a Pod runs can't be changed any more");
}

#[test]
fn a_child_whose_limit_was_changed_on_the_way_gets_the_maxmemory_that_fits() {
    let mut namespace = Namespace::with_only("baseline", &RULES);
    namespace.snapshot.insert_object(marked("StatefulSet", "cache", None));
    let owner = Some(("StatefulSet", "cache"));
    let (stored, _) = namespace.apply(&pod(&OURS, "512Mi", owner), None);
    assert_eq!(args(&stored), &json!(["--maxmemory", "384mb"]));
    let (stored, _) = namespace.apply(&pod(&OURS, "2Gi", owner), None);
    assert_eq!(args(&stored), &json!(["--maxmemory", "1536mb"]));
    let (stored, _) = namespace.apply(&pod(&OURS, "1024Mi", owner), None);
    assert_eq!(args(&stored), &json!(OURS), "the same limit");
}

#[test]
fn a_child_of_a_deployment_is_known_through_its_replica_set() {
    let mut namespace = Namespace::with_only("baseline", &RULES);
    let mut replicas = (*marked("ReplicaSet", "cache-1", Some(("Deployment", "cache")))).clone();
    replicas["metadata"]["annotations"] = json!({});
    namespace.snapshot.insert_object(Arc::new(replicas));
    namespace.snapshot.insert_object(marked("Deployment", "cache", None));
    let (stored, _) = namespace.apply(&pod(&OURS, "512Mi", Some(("ReplicaSet", "cache-1"))), None);
    assert_eq!(args(&stored), &json!(["--maxmemory", "384mb"]));
}

#[test]
fn nothing_else_of_a_child_is_touched_and_none_is_denied() {
    let mut namespace = Namespace::with_only("production", &RULES);
    let mut child = pod(&["--maxmemory", "1gb"], "1Gi", Some(("StatefulSet", "cache")));
    child["spec"]["containers"][0]["resources"]["requests"]["memory"] = json!("64Mi");
    let (stored, verdict) = namespace.apply(&child, None);
    assert_eq!(*stored, child, "its owner is not there: unknown is no patch");
    assert_eq!(verdict.denial, None);
    assert!(warns_of(&verdict, "maxmemory-above-ratio"));
    assert!(!verdict.warnings.iter().any(|warning| warning.contains("Sentinel")), "{:?}", verdict.warnings);
}

#[test]
fn an_owner_that_could_not_be_asked_changes_nothing() {
    let mut namespace = Namespace::with_only("baseline", &RULES);
    let owner = ObjectRef::new("apps/v1", "StatefulSet", "shop", "cache");
    namespace.snapshot.insert(Lookup::Object(owner), Seen::Unknown("its rights".into()));
    let child = pod(&OURS, "512Mi", Some(("StatefulSet", "cache")));
    assert_eq!(*namespace.apply(&child, None).0, child);
}

#[test]
fn what_a_job_starts_is_a_client() {
    let mut namespace = Namespace::with_only("production", &RULES);
    let child = pod(&["--maxmemory", "1gb"], "1Gi", Some(("Job", "warm-up")));
    let (stored, verdict) = namespace.apply(&child, None);
    assert_eq!((&*stored, verdict.warnings, verdict.denial), (&child, Vec::new(), None));
}

fn resize(from: &str, to: &str, maxmemory: &str) -> Request {
    let of = |limit| Arc::new(pod(&["--maxmemory", maxmemory], limit, Some(("StatefulSet", "cache"))));
    let mut request = Namespace::request(&of(to), Some(&of(from)));
    request.subresource = Some("resize".to_owned());
    request
}

#[test]
fn a_resize_below_what_even_an_idle_server_needs_is_denied() {
    let mut namespace = Namespace::with_only("production", &RULES);
    let mut validate = |request: &Request| namespace.decide(Hook::Validate, request);
    let denied = validate(&resize("1Gi", "800Mi", "768mb"));
    assert!(denied.denial.is_some_and(|text| text.starts_with("maxmemory-above-ratio: ")));
    let tight = validate(&resize("1Gi", "900Mi", "768mb"));
    assert_eq!(tight.denial, None, "1.1 x 768 + 12 = 857 MiB");
    assert!(warns_of(&tight, "maxmemory-above-ratio"), "{:?}", tight.warnings);
    assert_eq!(validate(&resize("800Mi", "800Mi", "768mb")).denial, None, "it was so before");
    let up = validate(&resize("1Gi", "2Gi", "768mb"));
    assert_eq!(up.denial, None);
    assert!(warns_of(&up, "maxmemory-fixed-while-limit-changes"));
    assert!(namespace.decide(Hook::Mutate, &resize("1Gi", "800Mi", "768mb")).patch.is_empty(), "never patched");
}

#[test]
fn ephemeral_containers_pass() {
    let mut namespace = Namespace::with_only("production", &RULES);
    let mut request = resize("1Gi", "100Mi", "768mb");
    request.subresource = Some("ephemeralcontainers".to_owned());
    for hook in [Hook::Mutate, Hook::Validate] {
        let verdict = namespace.decide(hook, &request);
        assert!(verdict.denial.is_none() && verdict.patch.is_empty() && verdict.warnings.is_empty());
    }
}
