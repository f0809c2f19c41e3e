//! `plimsoll policy impact`: whom another policy would meet, and what it costs.

use serde_json::{Value, json};

use crate::command::{Answer, piped, plimsoll};

const POLICY: &str = "tests/fixtures/impact/policy.yaml";
const MANIFESTS: &str = "tests/fixtures/impact/manifests";

fn impact(arguments: &[&str]) -> Answer {
    plimsoll(&[&["policy", "impact"], arguments].concat())
}

#[track_caller]
fn workload<'a>(json: &'a Value, name: &str) -> &'a Value {
    json["workloads"].as_array().unwrap().iter().find(|workload| workload["workload"]["name"] == name).unwrap()
}

#[test]
fn tells_who_is_denied_and_what_the_next_rollout_brings() {
    let answer = impact(&[POLICY, MANIFESTS, "--old", "none"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!("impact", answer.out);
    let json = impact(&[POLICY, MANIFESTS, "--old", "none", "-o", "json"]).json();
    let cart = workload(&json, "cart");
    assert_eq!(cart["policy"], json!({"old": "none", "new": "shop"}), "by the label of its Namespace");
    assert_eq!(cart["rollout"]["new"]["patched"], json!(["memory-request-below-limit"]));
    assert_eq!(cart["changes"], json!(["/spec/template/spec/containers/0/resources/requests/memory"]));
    let ledger = workload(&json, "ledger");
    assert_eq!(ledger["create"]["new"]["denied"], json!(["maxmemory-above-ratio"]), "whatever it wants ignored");
    assert_eq!(ledger["rollout"]["new"]["denied"], json!([]), "the ratchet");
    assert_eq!(ledger["changes"], json!([]));
    // Three times 768Mi; the quota bounds that, two replicas of 256Mi beside it, the ledger and the cart as it was.
    let (mib, used) = (1_i64 << 20, 2 * 256 + 1024 + 3 * 256);
    let quota = json!([{"name": "memory", "hard_bytes": 4096 * mib, "left_bytes": (4096 - used - 3 * 768) * mib}]);
    assert_eq!(json["namespaces"], json!([{"namespace": "shop", "added_bytes": 3 * 768 * mib, "quotas": quota}]));
    assert_eq!(
        json["summary"],
        json!({"denied": 1, "deniedAtRollout": 0, "patched": 1, "changedAtRollout": 1, "warned": 1})
    );
}

#[test]
fn the_old_policy_is_baseline_and_the_same_policy_changes_nothing() {
    let json = impact(&[POLICY, MANIFESTS, "-o", "json"]).json();
    assert_eq!(json["old"], "profile baseline");
    assert_eq!(workload(&json, "cart")["changes"], json!([]), "baseline raises the request too");
    assert_eq!(json["namespaces"][0]["added_bytes"], 0);
    let same = impact(&[POLICY, MANIFESTS, "--old", POLICY]);
    assert!(same.out.contains("\n2 workloads: as before\n") && !same.out.contains("StatefulSet"), "{}", same.out);
    let back = impact(&["cache", MANIFESTS, "--old", POLICY]);
    assert!(back.out.contains("created anew  warned: maxmemory-above-ratio"), "{}", back.out);
    assert!(back.out.contains("denied no more: maxmemory-above-ratio"), "{}", back.out);
}

/// What a quota says that it has given out counts, whatever the manifests add up to; what bounds some Pods only does not.
#[test]
fn a_quota_of_a_cluster_knows_what_is_used() {
    let quota = |more: &str, used: &str| {
        let text = std::fs::read_to_string(crate::command::root().join(MANIFESTS).join("shop.yaml")).unwrap();
        let with =
            format!("spec: {{hard: {{requests.memory: 4Gi}}{more}}}\nstatus: {{used: {{requests.memory: {used}}}}}");
        let text = text.replace("spec: {hard: {requests.memory: 4Gi}}", &with);
        let answer = piped(&["policy", "impact", POLICY, "-", "--old", "none", "-o", "json"], text);
        answer.json()["namespaces"][0]["quotas"].clone()
    };
    assert_eq!(quota("", "1Gi")[0]["left_bytes"], (3072 - 3 * 768) * (1_i64 << 20));
    assert_eq!(quota(", scopes: [Terminating]", "1Gi"), json!([]));
}

#[test]
fn an_object_of_a_cluster_is_taken_as_it_is_stored() {
    let text = std::fs::read_to_string(crate::command::root().join(MANIFESTS).join("shop.yaml")).unwrap();
    let stored = text.replace("name: cart, namespace: shop}", "name: cart, namespace: shop, uid: 7}");
    let answer = piped(&["policy", "impact", POLICY, "-", "-o", "json"], stored);
    let json = answer.json();
    let cart = workload(&json, "cart");
    assert_eq!(cart["rollout"]["old"]["patched"], json!(["memory-request-below-limit"]), "baseline would mend it too");
}

#[test]
fn shows_no_secret_and_names_mistakes() {
    for output in ["text", "json"] {
        let answer = impact(&[POLICY, MANIFESTS, "--old", "none", "-o", output]);
        assert!(!answer.out.contains("hunter2"), "{}", answer.out);
    }
    assert_eq!(impact(&["none", MANIFESTS]).code, 2);
    let absent = impact(&["productoin", MANIFESTS]);
    assert_eq!(absent.code, 2);
    assert!(absent.err.contains("productoin") && absent.err.contains("baseline, production, cache"), "{}", absent.err);
    assert_eq!(piped(&["policy", "impact", "cache", "-"], "").code, 3);
}
