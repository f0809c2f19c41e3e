//! `delivery: configmap`: a derived maxmemory is written into the ConfigMap that one known workload reads.

use std::sync::Arc;

use plimsoll::kubernetes::Seen;
use serde_json::{Value, json};

use crate::support::namespace::Namespace;
use crate::support::policy::policies_with_only;
use crate::support::statefulset::{config_map, in_namespace, statefulset};

const MARK: &str = "plimsoll.dev/applied";

/// A namespace in which a workload without a maxmemory is fixed, else denied. All other rules are off.
fn namespace(spec: &str) -> Namespace {
    Namespace { policies: policies_with_only("production", &["maxmemory-missing"], spec), ..Namespace::new("baseline") }
}

fn set(name: &str, limit: &str) -> Value {
    let set = statefulset(name).namespace("shop").args(&["/conf/redis.conf"]).limit(limit);
    set.volume("conf", "/conf", json!({"configMap": {"name": "conf"}})).build()
}

fn conf(text: &str) -> Value {
    in_namespace(config_map("conf", text), "shop")
}

fn stands(namespace: &mut Namespace, sets: &[Value]) {
    let sets = sets.iter().map(|set| Arc::new(set.clone())).collect();
    namespace.snapshot.insert_workloads("shop", &Seen::Found(sets));
}

fn text(config_map: &Value) -> &str {
    config_map["data"]["redis.conf"].as_str().unwrap()
}

/// At the workload's own CREATE nothing can be written into a ConfigMap: a human is told what to write where.
#[test]
fn whoever_is_denied_is_told_the_config_map_and_not_the_args() {
    for delivery in ["delivery: configmap", "delivery: deny"] {
        let mut namespace = namespace(delivery);
        namespace.snapshot.insert_object(Arc::new(conf("appendonly no")));
        let denial = namespace.apply(&set("cache", "1Gi"), None).1.denial.unwrap();
        let fix = "write `maxmemory 768mb` into redis.conf of ConfigMap shop/conf (0.75 of the limit 1Gi)";
        assert!(denial.contains(fix), "{denial}");
    }
}

#[test]
fn a_cache_gets_its_policy_with_its_maxmemory() {
    let rules = ["maxmemory-missing", "maxmemory-policy-missing"];
    let policies = policies_with_only("cache", &rules, "delivery: configmap");
    let mut namespace = Namespace { policies, ..Namespace::new("baseline") };
    stands(&mut namespace, &[set("cache", "1Gi")]);
    let (stored, _) = namespace.apply(&conf("appendonly no"), None);
    assert_eq!(text(&stored), "appendonly no\nmaxmemory 768mb\nmaxmemory-policy allkeys-lru\n");
    let (again, _) = namespace.apply(&conf("appendonly no"), Some(&stored));
    assert_eq!(again, stored, "the same manifest again");
    let (stored, _) = namespace.apply(&conf("maxmemory-policy noeviction"), None);
    assert_eq!(text(&stored), "maxmemory-policy noeviction\nmaxmemory 768mb\n");
}

#[test]
fn the_config_map_of_one_known_workload_gets_the_line() {
    let mut namespace = namespace("delivery: configmap");
    stands(&mut namespace, &[set("cache", "1Gi")]);
    let (stored, _) = namespace.apply(&conf("appendonly no"), None);
    assert_eq!(text(&stored), "appendonly no\nmaxmemory 768mb\n");
    let mark =
        r#"{"v":1,"redis.conf/maxmemory":{"via":"configmap","set":"768mb","limit":"1Gi","derive":"ratio:0.75"}}"#;
    assert_eq!(stored["metadata"]["annotations"][MARK], mark);
    let (again, _) = namespace.apply(&conf("appendonly no"), Some(&stored));
    assert_eq!(again, stored, "the same manifest again");
    assert_eq!(namespace.apply(&stored, Some(&stored)).0, stored, "a label, an edit");
}

#[test]
fn the_line_follows_the_limit_and_ends_where_the_user_writes_his_own() {
    let mut namespace = namespace("delivery: configmap");
    stands(&mut namespace, &[set("cache", "1Gi")]);
    let (stored, _) = namespace.apply(&conf("appendonly no"), None);
    stands(&mut namespace, &[set("cache", "2Gi")]);
    let (followed, _) = namespace.apply(&conf("appendonly no"), Some(&stored));
    assert_eq!(text(&followed), "appendonly no\nmaxmemory 1536mb\n");
    let own = conf("maxmemory 500mb");
    let (users, _) = namespace.apply(&own, Some(&followed));
    assert_eq!(*users, own);
}

#[test]
fn a_workload_that_is_not_seen_keeps_what_stood() {
    let mut namespace = namespace("delivery: configmap");
    stands(&mut namespace, &[set("cache", "1Gi")]);
    let (stored, _) = namespace.apply(&conf("appendonly no"), None);
    namespace.snapshot.insert_workloads("shop", &Seen::Unknown("its rights".into()));
    assert_eq!(namespace.apply(&conf("appendonly no"), Some(&stored)).0, stored);
    assert_eq!(namespace.apply(&stored, None).0, stored, "a restore");
}

#[test]
fn nothing_is_written_into_what_others_read_or_what_runs() {
    let users = conf("appendonly no");
    let mut shared = namespace("delivery: configmap");
    stands(&mut shared, &[set("cache", "1Gi"), set("other", "1Gi")]);
    assert_eq!(*shared.apply(&users, None).0, users, "two workloads read it");
    let mut running = namespace("delivery: configmap");
    stands(&mut running, &[set("cache", "1Gi")]);
    assert_eq!(*running.apply(&users, Some(&Arc::new(users.clone()))).0, users, "it is no line of ours, and it runs");
    let mut again = namespace("delivery: configmap");
    let mut ready = set("cache", "1Gi");
    ready["status"] = json!({"replicas": 1, "readyReplicas": 1});
    stands(&mut again, &[ready]);
    assert_eq!(*again.apply(&users, None).0, users, "made anew under a server that runs");
    let mut auto = namespace("delivery: auto");
    stands(&mut auto, &[set("cache", "1Gi")]);
    assert_eq!(*auto.apply(&users, None).0, users);
}

#[test]
fn a_workload_itself_then_follows_otherwise() {
    for delivery in ["configmap", "deny"] {
        let mut namespace = namespace(&format!("delivery: {delivery}"));
        namespace.snapshot.insert_object(Arc::new(conf("appendonly no")));
        let (stored, verdict) = namespace.apply(&set("cache", "1Gi"), None);
        assert_eq!(*stored, set("cache", "1Gi"));
        assert!(verdict.denial.is_some_and(|text| text.starts_with("maxmemory-missing: ")), "{delivery}");
    }
}
