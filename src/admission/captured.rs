//! Reviews as a real API server sent them, and bodies that none ever should: each gets a clear answer.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::metrics::Metrics;
use super::review::Reviewer;
use crate::engine::Hook;
use crate::kubernetes::{Lookup, LookupFuture, Lookups, MemoryLookups, Seen};
use crate::policy::Policies;

const BUDGET: Duration = Duration::from_secs(30);

fn captured(name: &str) -> Vec<u8> {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reviews").join(name)).unwrap();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let mut plain = Vec::new();
    GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
    plain
}

fn captured_names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reviews");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| name.contains(".json")).collect();
    names.sort();
    names
}

fn hook_of(name: &str) -> Hook {
    if name.contains("-validate") { Hook::Validate } else { Hook::Mutate }
}

struct Setup {
    reviewer: Reviewer,
    metrics: Arc<Metrics>,
}

fn setup(profile: &str, lookups: impl Lookups + 'static) -> Setup {
    let metrics = Arc::new(Metrics::new());
    let policies = Policies::profile(profile).unwrap();
    Setup { reviewer: Reviewer::with_metrics(policies, Arc::new(lookups), Arc::clone(&metrics)), metrics }
}

impl Setup {
    async fn answer(&self, hook: Hook, body: &[u8]) -> Value {
        let answer = self.reviewer.answer(hook, body, BUDGET).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(answer["kind"], "AdmissionReview");
        answer["response"].clone()
    }
}

fn review(operation: &str, object: &Value, old: &Value) -> Vec<u8> {
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("/apiVersion").split_once('/').unwrap_or(("", "v1"));
    let request = json!({
        "uid": "u-1", "kind": {"group": group, "version": version, "kind": text("/kind")},
        "name": text("/metadata/name"), "namespace": text("/metadata/namespace"), "operation": operation,
        "userInfo": {"username": "jane"}, "object": object, "oldObject": old,
    });
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string().into_bytes()
}

fn stateful_set(containers: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"namespace": "shop", "name": "redis"},
        "spec": {"replicas": 3, "serviceName": "redis", "selector": {"matchLabels": {"app": "redis"}},
            "template": {"metadata": {"labels": {"app": "redis"}}, "spec": {"containers": containers}}}})
}

fn redis(resources: &Value) -> Value {
    json!([{"name": "redis", "image": "redis:7.4", "resources": resources}])
}

#[tokio::test]
async fn answers_every_captured_review_with_its_uid() {
    let names = captured_names();
    assert!(names.len() > 25, "{names:?}");
    let setup = setup("baseline", MemoryLookups::default());
    for name in names {
        let body = captured(&name);
        let sent: Value = serde_json::from_slice(&body).unwrap();
        let response = setup.answer(hook_of(&name), &body).await;
        assert_eq!(response["uid"], sent["request"]["uid"], "{name}");
        assert_eq!(response["allowed"], true, "{name}: {response}");
        if sent["request"]["operation"] == "DELETE" || name.contains("gc-removes") || name.contains("scale") {
            assert_eq!(response.as_object().unwrap().len(), 2, "{name}: {response}");
        }
        assert_eq!(response.get("patch").is_some(), response.get("patchType").is_some(), "{name}");
        if hook_of(&name) == Hook::Validate {
            assert!(response.get("patch").is_none(), "{name}");
        }
    }
}

#[tokio::test]
async fn patches_the_captured_create_to_what_then_needs_no_patch() {
    let setup = setup("baseline", MemoryLookups::default());
    let mut review: Value = serde_json::from_slice(&captured("statefulset-create-kubectl-apply-mutate.json")).unwrap();
    let response = setup.answer(Hook::Mutate, &serde_json::to_vec(&review).unwrap()).await;
    let patch = STANDARD.decode(response["patch"].as_str().expect("a patch")).unwrap();
    let patch: json_patch::Patch = serde_json::from_slice(&patch).unwrap();
    json_patch::patch(&mut review["request"]["object"], &patch).unwrap();
    let again = setup.answer(Hook::Mutate, &serde_json::to_vec(&review).unwrap()).await;
    assert_eq!(again.get("patch"), None);
}

#[tokio::test]
async fn judges_a_scale_by_the_stored_object() {
    let body = captured("statefulset-scale-hpa-like-patch-validate.json");
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let (namespace, name) = (&asked["request"]["namespace"], &asked["request"]["name"]);
    let mut sentinels = stateful_set(&json!([{"name": "sentinel", "image": "redis:7.4",
        "command": ["redis-sentinel", "/etc/sentinel.conf"]}]));
    sentinels["metadata"] = json!({"namespace": namespace, "name": name});
    let setup = setup("baseline", MemoryLookups::new(vec![Arc::new(sentinels)]));
    setup.answer(Hook::Validate, &body).await;
    let counted = setup.metrics.render();
    assert!(counted.contains(r#"plimsoll_lookups_total{result="found"}"#), "{counted}");
    let zero = String::from_utf8(body).unwrap().replace(r#""spec":{"replicas":"#, r#""spec":{"was":"#);
    assert_eq!(setup.answer(Hook::Validate, zero.as_bytes()).await["allowed"], true);
}

#[tokio::test]
async fn absurd_objects_get_an_answer() {
    let setup = setup("production", MemoryLookups::default());
    let many: Vec<Value> =
        (0..10_000).map(|index| json!({"name": format!("redis-{index}"), "image": "redis:7"})).collect();
    let mut absurd = stateful_set(&redis(&json!({"requests": {"memory": "-1Gi"}, "limits": {"memory": "-2Gi"}})));
    absurd["spec"]["replicas"] = "x".into();
    let line = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "redis"},
        "data": {"redis.conf": format!("maxmemory {}", "9".repeat(1024 * 1024))}});
    let typed = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": 7, "spec": ["redis"]});
    let objects = [
        stateful_set(&many.into()),
        stateful_set(&"redis".into()),
        stateful_set(&json!([null, 7, {"image": 6379, "args": {"redis": 1}, "resources": [1]}])),
        stateful_set(&redis(&json!({"limits": {"memory": 1e300}, "requests": {"memory": "9".repeat(5000)}}))),
        absurd,
        line,
        typed,
        "redis".into(),
        json!(["redis"]),
    ];
    for object in &objects {
        for (operation, old) in [("CREATE", &Value::Null), ("UPDATE", object)] {
            for hook in [Hook::Mutate, Hook::Validate] {
                let response = setup.answer(hook, &review(operation, object, old)).await;
                assert_eq!(response["uid"], "u-1");
            }
        }
    }
    let counted = setup.metrics.render();
    assert!(counted.contains("plimsoll_panics_total 0"), "{counted}");
    assert!(counted.contains("plimsoll_timeouts_total 0"), "{counted}");
}

#[tokio::test]
async fn deep_objects_are_refused_and_strangers_are_not_looked_into() {
    let setup = setup("baseline", MemoryLookups::default());
    let error = setup.reviewer.answer(Hook::Validate, deep_review("redis").as_bytes(), BUDGET).await.unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
    assert_eq!(
        setup.answer(Hook::Validate, deep_review("web").as_bytes()).await,
        json!({"uid": "u-1", "allowed": true})
    );
}

/// The review of an object that holds lists within lists under a key.
fn deep_review(key: &str) -> String {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u-1","operation":"CREATE","object":{{"{key}":{deep}}}}}}}"#
    )
}

/// Look-ups that fail in the way of their name.
enum Broken {
    Panics,
    Hangs,
}

impl Lookups for Broken {
    fn look(&self, _: Lookup) -> LookupFuture<'_> {
        match self {
            Self::Panics => Box::pin(async { panic!("a fault in a look-up") }),
            Self::Hangs => Box::pin(std::future::pending()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn look_ups_that_hang_or_fail_leave_facts_unknown() {
    for lookups in [Broken::Panics, Broken::Hangs] {
        let setup = setup("production", lookups);
        let body = review("CREATE", &stateful_set(&redis(&json!({"limits": {"memory": "1Gi"}}))), &Value::Null);
        let answer = setup.answer(Hook::Mutate, &body).await;
        assert_eq!(answer["allowed"], true);
        let counted = setup.metrics.render();
        assert!(counted.contains(r#"plimsoll_lookups_total{result="late"}"#), "{counted}");
    }
}

/// Records what is asked for.
#[derive(Default)]
struct Recording(std::sync::Mutex<Vec<Lookup>>);

impl Lookups for Arc<Recording> {
    fn look(&self, lookup: Lookup) -> LookupFuture<'_> {
        self.0.lock().unwrap().push(lookup);
        Box::pin(std::future::ready(Seen::Absent))
    }
}

#[tokio::test]
async fn asks_nothing_for_strangers() {
    let recording = Arc::new(Recording::default());
    let setup = setup("baseline", Arc::clone(&recording));
    let mut web = stateful_set(&json!([{"name": "web", "image": "nginx"}]));
    web["metadata"]["name"] = "web".into();
    web["spec"] = json!({"template": {"spec": {"containers": [{"name": "web", "image": "nginx"}]}}});
    setup.answer(Hook::Mutate, &review("CREATE", &web, &Value::Null)).await;
    setup.answer(Hook::Mutate, &captured("statefulset-scale-kubectl-mutate.json")).await;
    setup.answer(Hook::Mutate, &captured("statefulset-delete-mutate.json")).await;
    assert!(recording.0.lock().unwrap().is_empty());
    setup.answer(Hook::Mutate, &review("CREATE", &stateful_set(&redis(&json!({}))), &Value::Null)).await;
    assert!(!recording.0.lock().unwrap().is_empty());
}
