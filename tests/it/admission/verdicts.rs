//! What users are told: denials, warnings, the ratchet and the door table, one decision at a time.

use std::sync::Arc;

use plimsoll::engine::{Hook, Request, Review, Verdict};
use plimsoll::kubernetes::{Lookup, ObjectRef, Seen, Snapshot};
use plimsoll::policy::Mode;
use serde_json::{Value, json};

use crate::support::namespace::{Namespace, warns_of};
use crate::support::policy::policies_with_only;
use crate::support::statefulset::{StatefulSet, config_map, headless_service, in_namespace, statefulset};

/// What these tests speak of. All other rules are off.
const RULES: [&str; 7] = [
    "maxmemory-missing",
    "maxmemory-above-ratio",
    "maxmemory-fixed-while-limit-changes",
    "memory-request-below-limit",
    "config-not-accepted",
    "governing-service-not-headless",
    "too-few-sentinels",
];

/// A standalone server on a volume of its own.
fn cache(args: &[&str], limit: &str) -> Value {
    on_volume().args(args).limit(limit).build()
}

fn on_volume() -> StatefulSet {
    statefulset("cache").namespace("shop").volume("data", "/data", json!({"hostPath": {"path": "/mnt"}}))
}

/// Its governing Service, which is to get a cluster IP.
fn service() -> Value {
    let mut service = in_namespace(headless_service("cache"), "shop");
    service["spec"].as_object_mut().unwrap().remove("clusterIP");
    service
}

fn namespace(profile: &str) -> Namespace {
    let mut namespace = Namespace::with_only(profile, &RULES);
    namespace.snapshot.insert_object(Arc::new(in_namespace(headless_service("cache"), "shop")));
    namespace
}

#[track_caller]
fn denies(verdict: &Verdict, words: &str) {
    let denial = verdict.denial.as_deref().unwrap_or_default();
    assert!(denial.contains(words), "{words:?} is not in {denial:?}");
}

#[test]
fn a_derived_maxmemory_is_marked() {
    let (stored, verdict) = namespace("baseline").apply(&cache(&[], "1Gi"), None);
    let args = &stored["spec"]["template"]["spec"]["containers"][0]["args"];
    assert_eq!(args, &json!(["--maxmemory", "768mb"]));
    assert_eq!(
        stored["metadata"]["annotations"]["plimsoll.dev/applied"],
        r#"{"v":1,"redis/maxmemory":{"via":"args","set":"768mb","limit":"1Gi","derive":"ratio:0.75"}}"#
    );
    assert_eq!(verdict.denial, None);
}

#[test]
fn a_maxmemory_above_the_ratio_is_denied_in_production_and_warned_of_in_baseline() {
    let object = cache(&["--maxmemory", "1gb"], "1Gi");
    let (_, verdict) = namespace("production").apply(&object, None);
    denies(&verdict, "maxmemory-above-ratio: container redis: maxmemory 1024mb is above 0.75 of the memory limit 1Gi");
    denies(&verdict, "plimsoll explain maxmemory-above-ratio");
    let (_, verdict) = namespace("baseline").apply(&object, None);
    assert_eq!(verdict.denial, None);
    assert!(warns_of(&verdict, "maxmemory-above-ratio"), "{:?}", verdict.warnings);
}

#[test]
fn what_was_wrong_before_does_not_deny_and_what_grows_does() {
    let mut namespace = namespace("production");
    let stored = Arc::new(cache(&["--maxmemory", "900mb"], "1Gi"));
    let mut labelled = (*stored).clone();
    labelled["metadata"]["labels"] = json!({"team": "shop"});
    assert_eq!(namespace.apply(&labelled, Some(&stored)).1.denial, None);
    let worse = cache(&["--maxmemory", "1000mb"], "1Gi");
    denies(&namespace.apply(&worse, Some(&stored)).1, "maxmemory 1000mb");
    let better = cache(&["--maxmemory", "800mb"], "1Gi");
    assert_eq!(namespace.apply(&better, Some(&stored)).1.denial, None);
}

#[test]
fn a_lowered_limit_takes_our_maxmemory_along() {
    let mut namespace = namespace("baseline");
    let (stored, _) = namespace.apply(&cache(&[], "1Gi"), None);
    let (again, verdict) = namespace.apply(&cache(&[], "512Mi"), Some(&stored));
    assert_eq!(again["spec"]["template"]["spec"]["containers"][0]["args"], json!(["--maxmemory", "384mb"]));
    assert_eq!(verdict.denial, None);
    let (back, _) = namespace.apply(&cache(&[], "1Gi"), Some(&again));
    assert_eq!(back["spec"]["template"]["spec"]["containers"][0]["args"], json!(["--maxmemory", "768mb"]));
}

#[test]
fn the_users_maxmemory_that_stays_while_the_limit_changes_is_told() {
    let mut namespace = namespace("baseline");
    let (stored, _) = namespace.apply(&cache(&["--maxmemory", "500mb"], "1Gi"), None);
    let (_, verdict) = namespace.apply(&cache(&["--maxmemory", "500mb"], "2Gi"), Some(&stored));
    let told = verdict.warnings.iter().any(|warning| warning.starts_with("maxmemory-fixed-while-limit-changes: "));
    assert!(told, "{:?}", verdict.warnings);
}

#[test]
fn another_ratio_changes_nothing_until_the_limit_changes() {
    let mut namespace = namespace("baseline");
    let (stored, _) = namespace.apply(&cache(&[], "1Gi"), None);
    namespace.policies = policies_with_only("baseline", &RULES, "maxmemory: {ratio: 0.5}");
    let (again, _) = namespace.apply(&cache(&[], "1Gi"), Some(&stored));
    assert_eq!(again, stored);
    let mut upgrade = cache(&[], "1Gi");
    upgrade["spec"]["template"]["spec"]["containers"][0]["image"] = json!("redis:8");
    let (upgraded, _) = namespace.apply(&upgrade, Some(&stored));
    assert_eq!(
        upgraded["spec"]["template"]["spec"]["containers"][0]["args"],
        json!(["--maxmemory", "768mb"]),
        "never lowered"
    );
    let (lowered, _) = namespace.apply(&cache(&[], "512Mi"), Some(&stored));
    assert_eq!(lowered["spec"]["template"]["spec"]["containers"][0]["args"], json!(["--maxmemory", "256mb"]));
}

#[test]
fn modes_cap_everything() {
    let object = cache(&["--maxmemory", "1gb"], "1Gi");
    for (mode, warnings) in [(Mode::Observe, 0), (Mode::Warn, 1)] {
        let mut namespace = namespace("production");
        namespace.policies = namespace.policies.clone().capped(mode);
        let (stored, verdict) = namespace.apply(&object, None);
        assert_eq!(*stored, object, "nothing is patched under {mode:?}");
        assert_eq!((verdict.denial, verdict.warnings.len()), (None, warnings), "{mode:?}");
    }
}

#[test]
fn a_set_whose_pods_exist_is_no_new_data() {
    let mut namespace = namespace("baseline");
    // Whatever its labels: the set adopts it, or waits until it is gone.
    namespace.snapshot.insert_object(Arc::new(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cache-0", "namespace": "shop"},
    })));
    let object = cache(&[], "1Gi");
    let (stored, verdict) = namespace.apply(&object, None);
    assert_eq!(*stored, object, "a maxmemory on a running data set is not for us to set");
    assert!(
        verdict.warnings.iter().any(|warning| warning.starts_with("maxmemory-missing: ")),
        "{:?}",
        verdict.warnings
    );
}

#[test]
fn an_unreadable_configuration_is_told_and_never_denied() {
    let mut namespace = namespace("production");
    let mut object = mounted();
    object["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] = json!("later");
    let (stored, verdict) = namespace.apply(&object, None);
    assert_eq!(*stored, object);
    assert_eq!(verdict.denial, None);
    let about: Vec<&String> =
        verdict.warnings.iter().filter(|warning| warning.contains("ConfigMap shop/later")).collect();
    assert_eq!(about.len(), 1, "{:?}", verdict.warnings);
    let facts = "unknown-fact: maxmemory_bytes, maxmemory_policy, persistence could not be seen: it needs ";
    assert!(about[0].starts_with(facts), "{about:?}");
}

fn sentinels(replicas: u64) -> Value {
    on_volume().args(&[]).replicas(replicas).command(&["redis-sentinel", "/data/sentinel.conf"]).build()
}

fn scale(from: u64, to: u64, user: &str) -> Request {
    let (old, new) = (Arc::new(sentinels(from)), Arc::new(sentinels(to)));
    let mut request = Namespace::request(&new, Some(&old));
    request.subresource = Some("scale".to_owned());
    user.clone_into(&mut request.user);
    request
}

#[test]
fn scaling_sentinels_below_three_is_denied_in_production() {
    let mut namespace = namespace("production");
    denies(&namespace.decide(Hook::Validate, &scale(3, 2, "jane")), "too-few-sentinels: 2 Sentinels watch the master");
    assert_eq!(namespace.decide(Hook::Validate, &scale(3, 0, "jane")).denial, None, "0 always passes");
    assert_eq!(namespace.decide(Hook::Validate, &scale(2, 5, "jane")).denial, None);
    assert_eq!(namespace.decide(Hook::Validate, &scale(2, 2, "jane")).denial, None, "it was so before");
    let autoscaler =
        namespace.decide(Hook::Validate, &scale(3, 2, "system:serviceaccount:kube-system:horizontal-pod-autoscaler"));
    assert!(autoscaler.denial.is_none() && warns_of(&autoscaler, "too-few-sentinels"), "{autoscaler:?}");
    assert!(namespace.decide(Hook::Mutate, &scale(3, 2, "jane")).patch.is_empty());
}

#[test]
fn a_service_that_is_created_becomes_headless_where_it_governs_or_asks() {
    let mut namespace = Namespace::with_only("production", &RULES);
    let mut set = sentinels(3);
    set["spec"]["template"]["spec"]["containers"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "redis-server", "image": "redis:7.4"}));
    namespace.snapshot.insert_workloads("shop", &Seen::Found(vec![Arc::new(set)]));
    let headless = json!("None");
    assert_eq!(namespace.apply(&service(), None).0["spec"]["clusterIP"], headless);
    let mut mapped = service();
    mapped["spec"]["ports"][0]["targetPort"] = json!(6380);
    assert!(namespace.apply(&mapped, None).0["spec"].get("clusterIP").is_none(), "headless ignores the mapping");
    namespace.snapshot.insert_workloads("shop", &Seen::Absent);
    assert!(namespace.apply(&service(), None).0["spec"].get("clusterIP").is_none());
    let mut asks = service();
    asks["metadata"]["annotations"] = json!({"plimsoll.dev/headless": "true"});
    assert_eq!(namespace.apply(&asks, None).0["spec"]["clusterIP"], headless);
}

fn conf(text: &str) -> Value {
    in_namespace(config_map("conf", text), "shop")
}

fn mounted() -> Value {
    statefulset("cache")
        .namespace("shop")
        .args(&["/conf/redis.conf"])
        .volume("conf", "/conf", json!({"configMap": {"name": "conf"}}))
        .build()
}

fn with_workload(namespace: &mut Namespace, stored: &Arc<Value>) {
    namespace.snapshot.insert_workloads("shop", &Seen::Found(vec![Arc::clone(stored)]));
}

#[test]
fn a_config_map_that_redis_would_refuse_is_denied_where_a_workload_reads_it() {
    let mut namespace = namespace("baseline");
    let good = Arc::new(conf("maxmemory 500mb\n"));
    namespace.snapshot.insert_object(Arc::clone(&good));
    with_workload(&mut namespace, &Arc::new(mounted()));
    let bad = Arc::new(conf("maxmemory 512Mi\n"));
    let verdict = namespace.decide(Hook::Validate, &Namespace::request(&bad, Some(&good)));
    denies(&verdict, "config-not-accepted: ");
    let large = Arc::new(conf("maxmemory 1gb\n"));
    let verdict = namespace.decide(Hook::Validate, &Namespace::request(&large, Some(&good)));
    assert_eq!(verdict.denial, None, "a good upgrade raises maxmemory before the limit");
    assert!(warns_of(&verdict, "maxmemory-above-ratio"), "{:?}", verdict.warnings);
    with_workload(&mut namespace, &Arc::new(cache(&[], "1Gi")));
    assert_eq!(
        namespace.decide(Hook::Validate, &Namespace::request(&bad, Some(&good))).denial,
        None,
        "nobody reads it"
    );
}

#[test]
fn a_maxmemory_that_ours_hides_is_told() {
    let mut namespace = namespace("baseline");
    let empty = Arc::new(conf("appendonly no\n"));
    namespace.snapshot.insert_object(Arc::clone(&empty));
    let (stored, _) = namespace.apply(&mounted(), None);
    assert_eq!(
        stored["spec"]["template"]["spec"]["containers"][0]["args"],
        json!(["/conf/redis.conf", "--maxmemory", "768mb"])
    );
    with_workload(&mut namespace, &stored);
    let theirs = Arc::new(conf("appendonly no\nmaxmemory 300mb\n"));
    let verdict = namespace.decide(Hook::Validate, &Namespace::request(&theirs, Some(&empty)));
    let told = "maxmemory takes effect at the next rollout of StatefulSet/cache";
    assert!(verdict.warnings.iter().any(|warning| warning == told), "{:?}", verdict.warnings);
    // And so it does: at the rollout ours makes room for the user's.
    namespace.snapshot.insert_object(theirs);
    let mut upgrade = mounted();
    upgrade["spec"]["template"]["spec"]["containers"][0]["image"] = json!("redis:8");
    let (upgraded, _) = namespace.apply(&upgrade, Some(&stored));
    assert_eq!(upgraded["spec"]["template"]["spec"]["containers"][0]["args"], json!(["/conf/redis.conf"]));
    assert_eq!(upgraded["metadata"]["annotations"].get("plimsoll.dev/applied"), None);
}

#[test]
fn replacing_can_be_denied_with_the_fix_shown() {
    let mut namespace = namespace("baseline");
    namespace.policies = policies_with_only("baseline", &RULES, "replaces: deny");
    let mut object = cache(&["--maxmemory", "500mb"], "1Gi");
    object["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"] = json!("256Mi");
    let (stored, verdict) = namespace.apply(&object, None);
    assert_eq!(*stored, object);
    denies(&verdict, "memory-request-below-limit");
    denies(&verdict, "raise the request to the limit");
}

#[test]
fn what_a_controller_owns_is_never_patched_nor_denied() {
    let mut namespace = namespace("production");
    let mut object = cache(&["--maxmemory", "2gb"], "1Gi");
    object["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "databases.spotahome.com/v1", "kind": "RedisFailover", "name": "x", "controller": true}]);
    let (stored, verdict) = namespace.apply(&object, None);
    assert_eq!(*stored, object);
    assert_eq!(verdict.denial, None);
    assert!(!verdict.warnings.is_empty());
    assert_eq!(ObjectRef::of(&stored).name, "cache");
}

#[test]
fn headroom_leaves_room_for_what_a_fork_copies() {
    let mut namespace = namespace("baseline");
    namespace.policies = policies_with_only("baseline", &RULES, "maxmemory: {derive: headroom, writesPerSecond: 5000}");
    let (stored, verdict) = namespace.apply(&cache(&[], "1Gi"), None);
    // (1024 - 12) / 2.1: everything may be written anew while a snapshot of 30 s runs.
    assert_eq!(stored["spec"]["template"]["spec"]["containers"][0]["args"], json!(["--maxmemory", "481mb"]));
    let mark = stored["metadata"]["annotations"]["plimsoll.dev/applied"].as_str().unwrap();
    assert!(mark.contains(r#""derive":"headroom:0.75:5000:30""#), "{mark}");
    assert_eq!(verdict.denial, None);
    let unsaved = ["--save", "", "--appendonly", "no"];
    let (stored, _) = namespace.apply(&cache(&unsaved, "1Gi"), None);
    let args = &stored["spec"]["template"]["spec"]["containers"][0]["args"];
    assert_eq!(args[5], json!("768mb"), "nothing forks: the ratio");
}

#[test]
fn a_redis_behind_a_script_in_a_foreign_image_is_seen_once_the_script_is() {
    let mut namespace = namespace("production");
    let script = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "scripts", "namespace": "shop"},
        "data": {"start.sh": "exec redis-server --maxmemory 1gb\n"},
    });
    namespace.snapshot.insert_object(Arc::new(script));
    let object = statefulset("cache")
        .namespace("shop")
        .image("mine/base")
        .command(&["/s/start.sh"])
        .volume("scripts", "/s", json!({"configMap": {"name": "scripts"}}))
        .build();
    let request = Namespace::request(&Arc::new(object.clone()), None);
    let asked = Review::read(Hook::Validate, &request, &Snapshot::new()).missing(&namespace.policies);
    let wanted = Lookup::Object(ObjectRef::new("v1", "ConfigMap", "shop", "scripts"));
    assert!(asked.contains(&wanted), "{asked:?}");
    denies(&namespace.apply(&object, None).1, "maxmemory-above-ratio: ");
}
