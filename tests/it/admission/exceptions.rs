//! Which policy holds for a workload, and what an exception lets through, at moments of our choosing.

use std::sync::Arc;

use plimsoll::engine::Judged;
use plimsoll::engine::exception_findings;
use plimsoll::kubernetes::{ObjectRef, Seen};
use plimsoll::policy::{Policies, Target, labels_of};
use plimsoll::rules::{EXCEPTION_EXPIRED, EXCEPTION_EXPIRING, EXCEPTION_UNUSED, Finding};
use serde_json::{Value, json};

use crate::support::namespace::{Namespace, warns_of};
use crate::support::statefulset::{config_map, headless_service, in_namespace, statefulset};

const POLICY: &str = "
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicy
metadata: {name: strict}
spec:
  extends: production
  priority: 10
  match: {selector: {matchLabels: {tier: gold}}}
  exceptions: {namespaces: [platform], maxDays: 30}
---
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicy
metadata: {name: lax}
spec:
  priority: 5
  match: {namespaces: [shop]}
  rules: {maxmemory-above-ratio: audit, maxmemory-missing: audit}
";

fn exception(namespace: &str, rule: &str, expires: &str) -> String {
    format!(
        "
---
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicyException
metadata: {{name: ledger, namespace: {namespace}, creationTimestamp: '2027-01-01T12:00:00Z'}}
spec:
  workload: {{apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}}
  rules: [{rule}]
  reason: a reason
  expires: '{expires}'
"
    )
}

fn ledger(args: &[&str]) -> Value {
    let set = statefulset("ledger").namespace("shop").label("tier", "gold").args(args);
    set.volume("data", "/data", json!({"hostPath": {"path": "/mnt"}})).build()
}

fn over() -> Value {
    ledger(&["--maxmemory", "900mb"])
}

fn policies(text: &str, now: &str) -> Policies {
    Policies::parse(&[("policies.yaml".to_owned(), text.to_owned())]).unwrap().at(now.parse().unwrap())
}

fn namespace(text: &str, now: &str) -> Namespace {
    let mut namespace = Namespace { policies: policies(text, now), ..Namespace::new("baseline") };
    for home in ["shop", "other"] {
        namespace.snapshot.insert_object(Arc::new(in_namespace(headless_service("ledger"), home)));
    }
    namespace
}

fn denial(text: &str, now: &str, object: &Value) -> Option<String> {
    namespace(text, now).apply(object, None).1.denial
}

#[test]
fn the_highest_matching_policy_wins_whole() {
    let now = "2027-01-02T00:00:00Z";
    assert!(denial(POLICY, now, &over()).unwrap().contains("maxmemory-above-ratio"));
    let mut silver = over();
    silver["metadata"]["labels"]["tier"] = json!("silver");
    let verdict = namespace(POLICY, now).apply(&silver, None).1;
    assert!(verdict.denial.is_none() && !warns_of(&verdict, "maxmemory-above-ratio"), "lax only audits");
    silver["metadata"]["namespace"] = json!("other");
    let verdict = namespace(POLICY, now).apply(&silver, None).1;
    assert!(verdict.denial.is_none() && warns_of(&verdict, "maxmemory-above-ratio"), "none matches: baseline warns");
    let policies = policies(POLICY, now);
    assert_eq!(policies.names().collect::<Vec<_>>(), ["strict", "lax"]);
    assert_eq!(policies.of(&Target::namespace("shop")).name, "lax", "of a namespace alone no label is known");
}

#[test]
fn the_policy_of_a_workload_holds_for_its_config_map_too() {
    let now = "2027-01-02T00:00:00Z";
    let strict = POLICY.replace("priority: 10", "priority: 10\n  rules: {config-not-accepted: warn}");
    let conf = json!({"configMap": {"name": "conf"}});
    let object = statefulset("ledger").namespace("shop").label("tier", "gold");
    let object = object.args(&["/conf/redis.conf"]).volume("conf", "/conf", conf).build();
    let config_map = in_namespace(config_map("conf", "maxmemory 512Mi\n"), "shop");
    for (text, denied) in [(POLICY, true), (strict.as_str(), false)] {
        let mut namespace = namespace(text, now);
        namespace.snapshot.insert_workloads("shop", &Seen::Found(vec![Arc::new(object.clone())]));
        let verdict = namespace.apply(&config_map, None).1;
        assert_eq!(verdict.denial.is_some(), denied, "{verdict:?}");
    }
}

#[test]
fn an_exception_lets_through_until_it_ends_and_then_no_more() {
    let text = format!("{POLICY}{}", exception("platform", "maxmemory-above-ratio", "2027-01-20"));
    let verdict = namespace(&text, "2027-01-19T23:59:59Z").apply(&over(), None).1;
    assert!(verdict.denial.is_none() && !warns_of(&verdict, "maxmemory-above-ratio"), "{verdict:?}");
    let title = "RedisPolicyException platform/ledger";
    assert_eq!(verdict.audit_annotations["excepted"], format!("maxmemory-above-ratio={title}"));
    assert!(verdict.judged.iter().any(|judged| judged.suppressed_by.as_deref() == Some(title)));
    assert!(denial(&text, "2027-01-20T00:00:00Z", &over()).is_some());
}

#[test]
fn no_exception_counts_beyond_what_the_policy_allows() {
    let now = "2027-01-10T00:00:00Z";
    let long = format!("{POLICY}{}", exception("platform", "maxmemory-above-ratio", "2199-01-01"));
    assert!(denial(&long, "2027-01-31T11:59:59Z", &over()).is_none());
    assert!(denial(&long, "2027-01-31T12:00:00Z", &over()).is_some(), "30 days are over");
    let elsewhere = format!("{POLICY}{}", exception("shop", "maxmemory-above-ratio", "2027-01-20"));
    assert!(denial(&elsewhere, now, &over()).is_some(), "no policy names the namespace");
    let other = format!("{POLICY}{}", exception("platform", "maxmemory-missing", "2027-01-20"));
    assert!(denial(&other, now, &over()).is_some(), "another rule");
    let good = format!("{POLICY}{}", exception("platform", "maxmemory-above-ratio", "2027-01-20"));
    let mut renamed = over();
    renamed["metadata"]["name"] = json!("ledger2");
    assert!(denial(&good, now, &renamed).is_some(), "another workload");
    let without_time = Policies::parse(&[("x.yaml".to_owned(), good)]).unwrap();
    let mut namespace = Namespace { policies: without_time, ..Namespace::new("baseline") };
    assert!(namespace.apply(&over(), None).1.denial.is_some(), "without a clock none is honoured");
}

#[test]
fn what_is_excepted_is_not_fixed() {
    let object = ledger(&[]);
    let args = |object: &Value| object["spec"]["template"]["spec"]["containers"][0]["args"].clone();
    let (stored, _) = namespace(POLICY, "2027-01-10T00:00:00Z").apply(&object, None);
    assert_eq!(args(&stored), json!(["--maxmemory", "768mb"]), "else it is");
    let text = format!("{POLICY}{}", exception("platform", "maxmemory-missing", "2027-01-20"));
    let (stored, verdict) = namespace(&text, "2027-01-10T00:00:00Z").apply(&object, None);
    assert_eq!(args(&stored), args(&object));
    assert_eq!(verdict.denial, None);
}

#[test]
fn the_ignore_annotation_never_counts_at_admission() {
    let mut object = over();
    for value in ["*", "maxmemory-above-ratio", "true"] {
        object["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": value});
        assert!(denial(POLICY, "2027-01-10T00:00:00Z", &object).is_some(), "{value}");
    }
}

#[test]
fn delivery_deny_patches_no_maxmemory_and_follows_otherwise() {
    let text = POLICY.replace("priority: 10", "priority: 10\n  delivery: deny");
    let object = ledger(&[]);
    let (stored, verdict) = namespace(&text, "2027-01-10T00:00:00Z").apply(&object, None);
    assert_eq!(*stored, object);
    let denial = verdict.denial.unwrap();
    assert!(
        denial.contains("maxmemory-missing") && denial.contains("set `maxmemory 768mb` (0.75 of the limit 1Gi)"),
        "{denial}"
    );
}

fn fates(text: &str, now: &str, object: &Value) -> Vec<Finding> {
    let namespace = namespace(text, now);
    let judged: Vec<Judged> = namespace.judge(object);
    let workload = ObjectRef::of(object);
    let found = exception_findings(&namespace.policies, [&workload], &judged);
    found.into_iter().map(|judged| judged.finding).collect()
}

#[test]
fn reports_say_what_has_become_of_exceptions() {
    let used = |expires: &str| format!("{POLICY}{}", exception("platform", "maxmemory-above-ratio", expires));
    let rules = |findings: &[Finding]| findings.iter().map(|finding| finding.rule.clone()).collect::<Vec<_>>();
    let long_ahead = fates(&used("2027-01-20"), "2027-01-02T00:00:00Z", &over());
    assert!(long_ahead.is_empty(), "{long_ahead:?}");
    let ahead = fates(&used("2027-01-20"), "2027-01-13T00:00:00Z", &over());
    assert_eq!(rules(&ahead), [EXCEPTION_EXPIRING]);
    assert_eq!(
        ahead[0].message,
        "RedisPolicyException platform/ledger ends on 2027-01-20: then its findings count again"
    );
    let over_now = fates(&used("2027-01-20"), "2027-01-20T00:00:00Z", &over());
    assert_eq!(rules(&over_now), [EXCEPTION_EXPIRED]);
    assert_eq!(over_now[0].at.object.name, "ledger");
    let capped = fates(&used("2199-01-01"), "2027-02-20T00:00:00Z", &over());
    assert!(capped[0].message.contains("ended on 2027-01-31 (a policy allows 30 days)"), "{}", capped[0].message);
    let fine = ledger(&["--maxmemory", "500mb"]);
    assert_eq!(rules(&fates(&used("2027-01-20"), "2027-01-02T00:00:00Z", &fine)), [EXCEPTION_UNUSED]);
    let elsewhere = format!("{POLICY}{}", exception("shop", "maxmemory-above-ratio", "2027-01-20"));
    let unheard = fates(&elsewhere, "2027-01-02T00:00:00Z", &over());
    assert!(unheard[0].message.contains("no policy honours exceptions of namespace shop"), "{}", unheard[0].message);
}

/// What one folder does not hold may well run in the cluster.
#[test]
fn of_a_workload_that_was_not_judged_nobody_knows_what_an_exception_lets_through() {
    let text = format!("{POLICY}{}", exception("platform", "maxmemory-above-ratio", "2027-01-20"));
    let fates =
        |workloads: &[&ObjectRef], now| exception_findings(&policies(&text, now), workloads.iter().copied(), []);
    let ledger = ObjectRef::of(&over());
    let (early, late) = ("2027-01-02T00:00:00Z", "2027-01-20T00:00:00Z");
    assert_eq!(fates(&[&ledger], early).len(), 1);
    assert_eq!(fates(&[], early).len(), 0);
    assert_eq!(fates(&[], late)[0].finding.rule, EXCEPTION_EXPIRED, "that needs no workload");
}

#[test]
fn labels_of_namespaces_come_with_the_policies() {
    let text = "{apiVersion: plimsoll.dev/v1alpha1, kind: RedisPolicy, metadata: {name: gold}, spec: {match: {namespaceSelector: {matchLabels: {team: x}}}}}";
    let policies = policies(text, "2027-01-02T00:00:00Z");
    assert!(policies.needs_namespaces());
    assert_eq!(policies.of(&Target::namespace("shop")).name, "baseline");
    let labels = labels_of(&json!({"metadata": {"labels": {"team": "x"}}}));
    let policies = policies.with_namespaces([("shop".to_owned(), labels)].into());
    assert_eq!(policies.of(&Target::namespace("shop")).name, "gold");
}
