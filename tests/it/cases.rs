//! The cases of `tests/fixtures/cases`: each after something that went wrong for somebody, with what is right.

use std::sync::Arc;

use plimsoll::engine::{Hook, Judged, Operation, Request};
use plimsoll::kubernetes::{Kind, Lookup, ObjectRef, Seen};
use plimsoll::patch::MARK_ANNOTATION;
use plimsoll::policy::Action;
use serde_json::{Value, json};

use crate::support::command::root;
use crate::support::namespace::Namespace;
use crate::support::releases::documents;

fn objects(case: &str) -> Vec<Value> {
    let path = root().join("tests/fixtures/cases").join(case).with_extension("yaml");
    documents(&std::fs::read_to_string(path).unwrap())
}

/// The first object of a case, and a namespace under a profile that holds the others.
fn case(profile: &str, case: &str) -> (Value, Namespace) {
    let mut namespace = Namespace::new(profile);
    let mut objects = objects(case);
    let first = objects.remove(0);
    for object in objects {
        namespace.snapshot.insert_object(Arc::new(object));
    }
    (first, namespace)
}

/// The finding of a rule on a case, if there is one.
fn finding(profile: &str, name: &str, rule: &str) -> Option<Judged> {
    let (object, namespace) = case(profile, name);
    namespace.judge(&object).into_iter().find(|judged| judged.finding.rule == *rule)
}

/// What a finding says, and what mends it.
fn told(judged: Judged) -> String {
    let fix = judged.finding.fix.map_or(String::new(), |fix| format!("; {}", fix.description));
    format!("{} {}: {}{fix}", judged.finding.severity, judged.finding.rule, judged.finding.message)
}

#[track_caller]
fn finds(name: &str, rule: &str, says: &str) {
    let judged = finding("baseline", name, rule).unwrap_or_else(|| panic!("no {rule} on {name}"));
    let told = told(judged);
    assert!(told.contains(says), "{says:?} is not in {told:?}");
}

#[track_caller]
fn does_not_find(name: &str, rule: &str) {
    let judged = finding("baseline", name, rule);
    assert!(judged.is_none(), "{name}: {judged:#?}");
}

/// What both webhooks say of the case's CREATE, and what is stored.
fn created(profile: &str, name: &str) -> (Value, Vec<String>) {
    let (object, mut namespace) = case(profile, name);
    let request = Namespace::request(&Arc::new(object.clone()), None);
    let mut warnings = namespace.decide(Hook::Mutate, &request).warnings;
    let (stored, verdict) = namespace.apply(&object, None);
    warnings.extend(verdict.warnings);
    ((*stored).clone(), warnings)
}

fn container(object: &Value) -> &Value {
    &object["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn a_first_limit_holds_the_maxmemory_that_the_user_wrote() {
    finds(
        "limit-below-maxmemory",
        "memory-limit-missing",
        "set the memory limit and the request to 2731Mi (maxmemory 2048mb needs 2731Mi)",
    );
    let (stored, _) = created("baseline", "limit-below-maxmemory");
    assert_eq!(container(&stored)["resources"]["limits"]["memory"], "2731Mi");
    assert_eq!(container(&stored)["resources"]["requests"]["memory"], "2731Mi");
}

#[test]
fn no_limit_is_put_onto_a_maxmemory_that_can_not_be_seen() {
    finds(
        "limit-onto-unknown-maxmemory",
        "memory-limit-missing",
        "which could not be seen: it needs /etc/redis/redis.conf, which is in the claim",
    );
    let (object, _) = case("baseline", "limit-onto-unknown-maxmemory");
    let (stored, warnings) = created("baseline", "limit-onto-unknown-maxmemory");
    assert_eq!(container(&stored)["resources"], container(&object)["resources"]);
    assert!(warnings.iter().any(|warning| warning.starts_with("memory-limit-missing: ")), "{warnings:#?}");
}

#[test]
fn a_raised_limit_with_the_old_maxmemory_is_told_on_the_update() {
    let mut namespace = Namespace::new("baseline");
    let [before, after, _] = <[Value; 3]>::try_from(objects("limit-raised-maxmemory-left")).unwrap();
    let before = Arc::new(before);
    let (_, verdict) = namespace.apply(&after, Some(&before));
    let says = "maxmemory-fixed-while-limit-changes: container redis: the memory limit changes from 512Mi to 4Gi, maxmemory \
                stays 384mb; set maxmemory to 3072mb with it";
    assert!(verdict.warnings.iter().any(|warning| warning == says), "{:#?}", verdict.warnings);
}

#[test]
fn a_maxmemory_that_leaves_no_room_is_high() {
    finds(
        "maxmemory-is-limit",
        "maxmemory-above-ratio",
        "high maxmemory-above-ratio: container redis: maxmemory 36864mb",
    );
    finds("maxmemory-close-to-limit", "maxmemory-above-ratio", "high maxmemory-above-ratio");
    finds("maxmemory-close-to-limit", "memory-request-below-limit", "512Mi is below the limit 768Mi");
}

#[test]
fn a_limit_of_the_whole_pod_is_a_limit() {
    for rule in
        ["memory-limit-missing", "memory-request-missing", "memory-request-below-limit", "maxmemory-above-ratio"]
    {
        does_not_find("pod-level-limit", rule);
    }
    let (object, mut namespace) = case("baseline", "pod-level-limit");
    let (stored, _) = namespace.apply(&object, None);
    assert_eq!(container(&stored)["resources"], container(&object)["resources"]);
    // What the exporter may take is not known, so that nothing can be derived; once it is, it comes off.
    let mut object = object;
    let containers = object["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap();
    containers[0]["args"] = json!(["--appendonly", "yes"]);
    let (stored, _) = namespace.apply(&object, None);
    assert_eq!(container(&stored)["args"], json!(["--appendonly", "yes"]));
    object["spec"]["template"]["spec"]["containers"][1]["resources"] = json!({"limits": {"memory": "128Mi"}});
    let (stored, _) = namespace.apply(&object, None);
    assert_eq!(container(&stored)["args"], json!(["--appendonly", "yes", "--maxmemory", "1440mb"]));
}

/// A Pod whose memory changes in place is judged by the Pod's limit too.
#[test]
fn a_resize_of_the_whole_pod_is_judged() {
    let (object, mut namespace) = case("baseline", "pod-level-limit");
    let spec = object["spec"]["template"]["spec"].clone();
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "podlevel-0", "namespace": "web"}, "spec": spec});
    let mut resized = pod.clone();
    resized["spec"]["resources"]["limits"]["memory"] = json!("1280Mi");
    let request = Request {
        operation: Operation::Update,
        subresource: Some("resize".to_owned()),
        target: ObjectRef::of(&pod),
        object: Arc::new(resized),
        old: Some(Arc::new(pod)),
        user: "jane".to_owned(),
    };
    namespace.snapshot.insert_workloads("web", &Seen::Found(Vec::new()));
    assert_eq!(namespace.decide(Hook::Mutate, &request).patch, []);
    let warnings = namespace.decide(Hook::Validate, &request).warnings;
    let says = "maxmemory 1200mb is above 0.75 of the memory limit 1280Mi of the Pod";
    assert!(warnings.iter().any(|warning| warning.contains(says)), "{warnings:#?}");
}

#[test]
fn a_cache_that_is_given_a_maxmemory_is_given_a_policy_or_told() {
    let (stored, _) = created("cache", "cache-without-policy");
    let args = ["--save", "", "--appendonly", "no", "--maxmemory", "768mb", "--maxmemory-policy", "allkeys-lru"];
    assert_eq!(container(&stored)["args"], json!(args));
    let (_, warnings) = created("baseline", "cache-without-policy");
    let says = "maxmemory-policy-missing: container redis: no maxmemory-policy is set: writes are refused once maxmemory is \
                full; write `maxmemory-policy allkeys-lru` for a cache, or `noeviction` where no key may be lost";
    assert_eq!(warnings.iter().filter(|warning| *warning == says).count(), 1, "{warnings:#?}");
    let (_, warnings) = created("production", "cache-without-policy");
    assert_eq!(warnings.iter().filter(|warning| *warning == says).count(), 1, "{warnings:#?}");
    let judged = finding("baseline", "cache-without-policy", "maxmemory-policy-missing").unwrap();
    assert_eq!(judged.action, Action::Warn, "check says what admission says");
}

#[test]
fn an_option_is_certain_behind_a_file_that_can_not_be_seen() {
    let says = "high maxmemory-above-ratio: container redis: maxmemory 1024mb is above 0.75 of the memory limit 1Gi";
    finds("unseen-file-before-options", "maxmemory-above-ratio", says);
    does_not_find("unseen-file-before-options", "maxmemory-missing");
    does_not_find("unseen-file-before-options", "maxmemory-policy-missing");
}

#[test]
fn a_limit_that_is_no_quantity_is_not_missing() {
    let says = "memory limit \"1GB\" is not a Kubernetes quantity; write 1Gi";
    finds("limit-1gb", "memory-quantity-invalid", says);
    for rule in ["memory-limit-missing", "memory-request-missing"] {
        does_not_find("limit-1gb", rule);
    }
    let (object, _) = case("baseline", "limit-1gb");
    assert_eq!(created("baseline", "limit-1gb").0, object);
}

/// Whether a LimitRange of the namespace gives a limit is not known while LimitRanges can't be listed.
#[test]
fn a_limit_that_a_limit_range_may_give_is_not_missing() {
    let (mut object, mut namespace) = case("production", "args");
    object["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"requests": {"memory": "1Gi"}});
    let ranges = Lookup::All(Kind::find("", "LimitRange").unwrap(), "shop".to_owned());
    namespace.snapshot.insert(ranges, Seen::Unknown("LimitRange objects of shop".to_owned()));
    let (stored, verdict) = namespace.apply(&object, None);
    assert_eq!(container(&stored)["resources"], container(&object)["resources"]);
    assert!(!verdict.denial.unwrap_or_default().contains("memory-limit-missing"));
    let says = "could not be seen: it needs LimitRange objects of shop";
    assert!(verdict.warnings.iter().any(|warning| warning.contains(says)), "{:#?}", verdict.warnings);
}

#[test]
fn an_option_with_an_equals_sign_is_refused_and_not_mended() {
    finds("equals", "config-not-accepted", "redis-server refuses maxmemory: no `=` stands between");
    does_not_find("equals", "maxmemory-missing");
    let (object, _) = case("baseline", "equals");
    assert_eq!(created("baseline", "equals").0, object);
}

#[test]
fn nothing_of_ours_is_put_behind_a_shell() {
    let mut namespace = Namespace::new("baseline");
    let (stored, _) = namespace.apply(&objects("args")[0], None);
    assert_eq!(container(&stored)["args"], json!(["--appendonly", "yes", "--maxmemory", "384mb"]));
    let new = &objects("shell-unseen-config")[0];
    let (again, _) = namespace.apply(new, Some(&stored));
    assert_eq!(container(&again)["args"], container(new)["args"]);
    assert_eq!(again["metadata"]["annotations"][MARK_ANNOTATION], Value::Null);
}

/// The review of a rollout of a Redis older than we are, as an API server sent it; another webhook follows.
#[test]
fn a_rollout_that_is_asked_about_again_keeps_its_mark() {
    let text = include_str!("../fixtures/cases/rollout-older-than-us.json");
    let review: Value = serde_json::from_str(text).unwrap();
    let (object, old) = (&review["request"]["object"], Arc::new(review["request"]["oldObject"].clone()));
    let mut namespace = Namespace::new("baseline");
    let mut patched = object.clone();
    let first = namespace.decide(Hook::Mutate, &Namespace::request(&Arc::new(object.clone()), Some(&old)));
    json_patch::patch(&mut patched, &first.patch).unwrap();
    assert!(patched["metadata"]["annotations"][MARK_ANNOTATION].is_string(), "{:#?}", first.patch);
    let again = namespace.decide(Hook::Mutate, &Namespace::request(&Arc::new(patched), Some(&old)));
    assert_eq!(again.patch, []);
}
