//! Custom rules at the doors.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::{Hook, Operation, Request, Verdict, decide, judge};
use crate::kubernetes::{Lookup, ObjectRef, Seen, Snapshot};
use crate::policy::action::Action;
use crate::policy::set::Policies;
use crate::workload::Workload;

fn policies(rules: &str) -> Policies {
    let head =
        "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: payments}\nspec:\n  customRules:\n";
    Policies::parse(&[("mine.yaml".into(), format!("{head}{rules}"))]).unwrap()
}

fn object(replicas: u64, command: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "cache", "namespace": "shop"},
        "spec": {"replicas": replicas, "serviceName": "cache", "template": {"spec": {"containers": [{
            "name": "redis", "image": "redis:7.4", "command": command,
            "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        }]}}},
    })
}

fn lru() -> Value {
    json!(["redis-server", "--maxmemory", "700mb", "--maxmemory-policy", "allkeys-lru"])
}

fn ask(policies: &Policies, object: Value, old: Option<Value>, subresource: Option<&str>) -> Verdict {
    let request = Request {
        operation: if old.is_some() { Operation::Update } else { Operation::Create },
        subresource: subresource.map(str::to_owned),
        target: ObjectRef::of(&object),
        object: Arc::new(object),
        old: old.map(Arc::new),
        user: "somebody".into(),
    };
    let mut inventory = Snapshot::new();
    for (kind, name) in [("Service", "cache"), ("Pod", "cache-0")] {
        inventory.insert(Lookup::Object(ObjectRef::new("v1", kind, "shop", name)), Seen::Absent);
    }
    decide(policies, Hook::Validate, &request, &inventory)
}

fn custom(verdict: &Verdict) -> Vec<(String, Action)> {
    let ours = verdict.judged.iter().filter(|judged| judged.finding.rule.is_custom());
    ours.map(|judged| (judged.finding.message.clone(), judged.action)).collect()
}

const NO_LRU: &str = "  - name: no-lru-on-ledger
    expression: workload.maxmemory_policy == null || !workload.maxmemory_policy.endsWith('-lru')
    message: this namespace evicts nothing
    messageExpression: \"'this namespace evicts nothing, ' + workload.name + ' has ' + (has(workload.maxmemory_policy) ? workload.maxmemory_policy : 'none')\"
    action: deny
    severity: high
";

#[test]
fn a_custom_rule_denies_with_its_message() {
    let verdict = ask(&policies(NO_LRU), object(1, &lru()), None, None);
    let denial = verdict.denial.unwrap();
    assert_eq!(denial, "custom/payments/no-lru-on-ledger: this namespace evicts nothing, cache has allkeys-lru");
    assert!(verdict.audit_annotations["findings"].contains("custom/payments/no-lru-on-ledger=deny"));
    let fine = json!(["redis-server", "--maxmemory", "700mb", "--maxmemory-policy", "noeviction"]);
    assert_eq!(ask(&policies(NO_LRU), object(1, &fine), None, None).denial, None);
}

#[test]
fn what_was_there_before_only_warns() {
    let mut new = object(1, &lru());
    new["metadata"]["labels"] = json!({"team": "shop"});
    let verdict = ask(&policies(NO_LRU), new, Some(object(1, &lru())), None);
    assert_eq!(verdict.denial, None);
    assert_eq!(custom(&verdict)[0].1, Action::Warn);
    let verdict = ask(&policies(NO_LRU), object(1, &lru()), Some(object(1, &json!(["redis-server"]))), None);
    assert!(verdict.denial.is_some(), "it got worse");
}

#[test]
fn a_message_expression_that_fails_leaves_the_message() {
    let rule =
        "  - {name: index, expression: 'false', message: plain, messageExpression: 'workload.containers[9].name'}\n";
    assert_eq!(custom(&ask(&policies(rule), object(1, &lru()), None, None)), [("plain".to_owned(), Action::Warn)]);
    let rule = "  - {name: lines, expression: 'false', message: plain, messageExpression: '\"a\\nb\"'}\n";
    assert_eq!(custom(&ask(&policies(rule), object(1, &lru()), None, None))[0].0, "plain");
}

#[test]
fn what_could_not_be_seen_never_denies_and_never_passes_in_silence() {
    let mut object = object(1, &json!(["redis-server", "/conf/redis.conf"]));
    let pod = &mut object["spec"]["template"]["spec"];
    pod["containers"][0]["volumeMounts"] = json!([{"name": "conf", "mountPath": "/conf"}]);
    pod["volumes"] = json!([{"name": "conf", "configMap": {"name": "cache"}}]);
    let rule = "  - {name: capped, action: deny, message: x, expression: 'has(workload.maxmemory_bytes)'}\n";
    let verdict = ask(&policies(rule), object, None, None);
    assert_eq!(verdict.denial, None);
    let unknown = verdict.judged.iter().find(|judged| judged.finding.subject == "custom/payments/capped").unwrap();
    assert_eq!(unknown.finding.rule, "unknown-fact");
    assert_eq!(unknown.finding.needs.as_deref(), Some("ConfigMap shop/cache"));
    assert!(
        verdict.warnings.iter().any(|warning| warning.contains("custom/payments/capped")),
        "{:?}",
        verdict.warnings
    );
}

#[test]
fn an_error_at_run_time_is_an_unknown_fact() {
    let rule = "  - {name: index, action: deny, message: x, expression: \"workload.containers[9].name == ''\"}\n";
    let verdict = ask(&policies(rule), object(1, &lru()), None, None);
    assert_eq!(verdict.denial, None);
    let unknown = verdict.judged.iter().find(|judged| judged.finding.subject == "custom/payments/index").unwrap();
    assert!(unknown.finding.needs.as_ref().unwrap().contains("a list has no such entry"), "{unknown:?}");
}

#[test]
fn a_scale_may_be_denied_but_never_to_zero() {
    let rule = "  - {name: three, action: deny, message: three at least, expression: 'has(workload.replicas) && workload.replicas >= 3'}\n";
    let scale = |replicas| ask(&policies(rule), object(replicas, &lru()), Some(object(3, &lru())), Some("scale"));
    assert_eq!(scale(2).denial.as_deref(), Some("custom/payments/three: three at least"));
    assert_eq!(scale(4).denial, None);
    assert_eq!(scale(0).denial, None);
}

#[test]
fn files_are_judged_alike() {
    let object = object(1, &lru());
    let inventory = Snapshot::new();
    let workload = Workload::read(&object, &inventory).unwrap();
    let judged = judge(&policies(NO_LRU), &workload, &object, &inventory);
    let found = judged.iter().find(|judged| judged.finding.rule.is_custom()).unwrap();
    assert_eq!((found.action, found.finding.severity.name()), (Action::Deny, "high"));
    assert_eq!(found.finding.fingerprint().len(), 32);
}
