//! `plimsoll policy impact`: whom another policy would meet, and what it costs.

use serde_json::{Value, json};

use crate::support::command::{Answer, conforms, piped, plimsoll, root};
use crate::support::policy::{all_off_but, file_with_only, policy_file};

const POLICY: &str = "tests/fixtures/impact/policy.yaml";
const MANIFESTS: &str = "tests/fixtures/impact/manifests";
const NODES: &str = "tests/fixtures/impact/nodes";
const MIB: i64 = 1 << 20;
/// What these tests speak of. All other rules are off.
const RULES: [&str; 2] = ["memory-request-below-limit", "maxmemory-above-ratio"];

/// The policy of the fixture with these rules alone.
fn policy() -> String {
    let text = std::fs::read_to_string(root().join(POLICY)).unwrap();
    policy_file("impact-shop", &format!("{text}{}", all_off_but(&RULES)))
}

/// A policy under which nothing happens.
fn idle() -> String {
    file_with_only("cache", &[])
}

fn impact(arguments: &[&str]) -> Answer {
    plimsoll(&[&["policy", "impact"], arguments].concat())
}

#[track_caller]
fn workload<'a>(json: &'a Value, name: &str) -> &'a Value {
    json["workloads"].as_array().unwrap().iter().find(|workload| workload["workload"]["name"] == name).unwrap()
}

#[test]
fn tells_who_is_denied_and_what_the_next_rollout_brings() {
    let answer = impact(&[&policy(), MANIFESTS, "--old", "none"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!("impact", answer.out.replace(&policy(), POLICY));
    let json = impact(&[&policy(), MANIFESTS, "--old", "none", "-o", "json"]).json();
    conforms(&json, "impact.schema.json");
    let cart = workload(&json, "cart");
    assert_eq!(cart["policy"], json!({"old": "none", "new": "shop"}), "by the label of its Namespace");
    assert_eq!(cart["rollout"]["new"]["patched"], json!(["memory-request-below-limit"]));
    assert_eq!(cart["changes"], json!(["/spec/template/spec/containers/0/resources/requests/memory"]));
    let ledger = workload(&json, "ledger");
    assert_eq!(ledger["create"]["new"]["denied"], json!(["maxmemory-above-ratio"]), "whatever it wants ignored");
    assert_eq!(ledger["rollout"]["new"]["denied"], json!([]), "the ratchet");
    assert_eq!(ledger["changes"], json!([]));
    // Three times 768Mi; the quota bounds that, two replicas of 256Mi beside it, the ledger and the cart as it was.
    let used = 2 * 256 + 1024 + 3 * 256;
    let quota = json!([{
        "name": "memory", "hard_bytes": 4096 * MIB, "left_bytes": (4096 - used - 3 * 768) * MIB,
        "for_each_node_bytes": 0, "scopes": [], "assumes": null, "undecided": null,
    }]);
    let shop = json!({"namespace": "shop", "added_bytes": 3 * 768 * MIB, "for_each_node_bytes": 0, "quotas": quota});
    assert_eq!(json["namespaces"], json!([shop]));
    assert_eq!(
        json["summary"],
        json!({"denied": 1, "deniedAtRollout": 0, "patched": 1, "changedAtRollout": 1, "warned": 1})
    );
}

#[test]
fn the_old_policy_is_baseline_and_the_same_policy_changes_nothing() {
    let json = impact(&[&policy(), MANIFESTS, "-o", "json"]).json();
    assert_eq!(json["old"], "profile baseline");
    assert_eq!(workload(&json, "cart")["changes"], json!([]), "baseline raises the request too");
    assert_eq!(json["namespaces"][0]["added_bytes"], 0);
    let same = impact(&[&policy(), MANIFESTS, "--old", &policy()]);
    assert!(same.out.contains("\n2 workloads: as before\n") && !same.out.contains("StatefulSet"), "{}", same.out);
    let back = impact(&[&file_with_only("cache", &RULES), MANIFESTS, "--old", &policy()]);
    assert!(back.out.contains("created anew  warned: maxmemory-above-ratio"), "{}", back.out);
    assert!(back.out.contains("denied no more: maxmemory-above-ratio"), "{}", back.out);
}

/// What a quota says that it has given out counts, whatever the manifests add up to.
#[test]
fn a_quota_of_a_cluster_knows_what_is_used() {
    let quota = |more: &str, used: &str| {
        let text = std::fs::read_to_string(root().join(MANIFESTS).join("shop.yaml")).unwrap();
        let with =
            format!("spec: {{hard: {{requests.memory: 4Gi}}{more}}}\nstatus: {{used: {{requests.memory: {used}}}}}");
        let text = text.replace("spec: {hard: {requests.memory: 4Gi}}", &with);
        let answer = piped(&["policy", "impact", &policy(), "-", "--old", "none", "-o", "json"], text);
        answer.json()["namespaces"][0]["quotas"].clone()
    };
    assert_eq!(quota("", "1Gi")[0]["left_bytes"], (3072 - 3 * 768) * MIB);
    assert_eq!(quota(", scopes: [Terminating]", "1Gi")[0]["left_bytes"], 3072 * MIB, "no Redis there has a deadline");
}

/// Without a cluster nobody knows how many nodes there are.
#[test]
fn a_daemon_set_counts_for_each_node() {
    let answer = impact(&[&policy(), NODES, "--old", "none"]);
    insta::assert_snapshot!("impact_on_nodes", answer.out.replace(&policy(), POLICY));
    let json = impact(&[&policy(), NODES, "--old", "none", "-o", "json"]).json();
    conforms(&json, "impact.schema.json");
    assert_eq!(json["namespaces"][0]["added_bytes"], (256 + 2 * 512) * MIB);
    assert_eq!(json["namespaces"][0]["for_each_node_bytes"], 256 * MIB);
    assert_eq!(json["namespaces"][0]["quotas"][0]["for_each_node_bytes"], 512 * MIB, "each node takes all of it");

    let text = std::fs::read_to_string(root().join(NODES).join("cache.yaml")).unwrap();
    let scheduled = text.replace(
        "{name: near, namespace: cache}\n",
        "{name: near, namespace: cache}\nstatus: {desiredNumberScheduled: 7}\n",
    );
    let json = piped(&["policy", "impact", &policy(), "-", "--old", "none", "-o", "json"], scheduled).json();
    conforms(&json, "impact.schema.json");
    assert_eq!(json["namespaces"][0]["added_bytes"], (7 * 256 + 2 * 512) * MIB);
    assert_eq!(json["namespaces"][0]["for_each_node_bytes"], 0);
    assert_eq!(json["namespaces"][0]["quotas"][0]["left_bytes"], (4096 - 7 * 512 - 2 * 1024) * MIB);
}

/// What the quota of 4Gi with `scope` says of one Redis whose Pod has `pod` beside its container.
fn scoped(scope: &str, pod: &str, more: &str) -> Value {
    let text = format!(
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: some}}\nspec: {{hard: {{requests.memory: 4Gi}}, {scope}}}\n---\n\
         apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: cart}}\nspec: {{serviceName: cart, template: {{spec: {{{pod}, \
         containers: [{{name: redis, image: 'redis:7.4', args: [--maxmemory, 700mb]{more}}}]}}}}}}\n"
    );
    let json = piped(&["policy", "impact", &idle(), "-", "--old", "none", "-o", "json"], text).json();
    conforms(&json, "impact.schema.json");
    json["namespaces"][0]["quotas"][0].clone()
}

#[test]
fn a_quota_counts_the_pods_in_its_scopes() {
    let by_class =
        |rest: &str| format!("scopeSelector: {{matchExpressions: [{{scopeName: PriorityClass, operator: {rest}}}]}}");
    let affinity = |kind: &str, rule: &str, term: &str| format!("affinity: {{{kind}: {{{rule}: [{term}]}}}}");
    let (required, preferred) =
        ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");
    let (gold, none, deadline) = ("priorityClassName: gold", "hostPID: false", "activeDeadlineSeconds: 0");
    let cases = [
        ("scopes: [Terminating]".to_owned(), deadline.to_owned(), true),
        ("scopes: [Terminating]".to_owned(), none.to_owned(), false),
        ("scopes: [NotTerminating]".to_owned(), deadline.to_owned(), false),
        ("scopes: [NotTerminating]".to_owned(), none.to_owned(), true),
        ("scopes: [NotBestEffort]".to_owned(), none.to_owned(), true),
        ("scopes: [NotBestEffort, Terminating]".to_owned(), none.to_owned(), false),
        ("scopes: [PriorityClass]".to_owned(), gold.to_owned(), true),
        ("scopes: [PriorityClass]".to_owned(), none.to_owned(), false),
        (by_class("In, values: [silver, gold]"), gold.to_owned(), true),
        (by_class("In, values: [silver]"), gold.to_owned(), false),
        (by_class("In, values: [silver]"), none.to_owned(), false),
        (by_class("NotIn, values: [silver]"), gold.to_owned(), true),
        (by_class("NotIn, values: [gold]"), gold.to_owned(), false),
        (by_class("NotIn, values: [gold]"), none.to_owned(), true),
        (by_class("Exists"), gold.to_owned(), true),
        (by_class("Exists"), none.to_owned(), false),
        (by_class("DoesNotExist"), gold.to_owned(), false),
        (by_class("DoesNotExist"), none.to_owned(), true),
        ("scopes: [CrossNamespacePodAffinity]".to_owned(), none.to_owned(), false),
        (
            "scopes: [CrossNamespacePodAffinity]".to_owned(),
            affinity("podAffinity", required, "{topologyKey: zone}"),
            false,
        ),
        (
            "scopes: [CrossNamespacePodAffinity]".to_owned(),
            affinity("podAffinity", required, "{topologyKey: zone, namespaces: [till]}"),
            true,
        ),
        (
            "scopes: [CrossNamespacePodAffinity]".to_owned(),
            affinity(
                "podAntiAffinity",
                preferred,
                "{weight: 1, podAffinityTerm: {topologyKey: zone, namespaceSelector: {}}}",
            ),
            true,
        ),
    ];
    let resources = ", resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}";
    for (scope, pod, counts) in cases {
        let left = if counts { 3072 } else { 4096 };
        assert_eq!(scoped(&scope, &pod, resources)["left_bytes"], left * MIB, "{scope}, {pod}");
    }
}

/// No memory and no CPU asked for or limited, in init containers neither.
#[test]
fn best_effort_is_what_asks_for_nothing() {
    let nothing = scoped("scopes: [NotBestEffort]", "hostPID: false", ", resources: {requests: {cpu: 0}}");
    assert_eq!(nothing["left_bytes"], 4096 * MIB);
    // An init container asks too. What it asks for is what the Pod needs to start.
    let starting = "initContainers: [{name: init, image: i, resources: {requests: {memory: 1Gi}}}]";
    let quota = scoped("scopes: [NotBestEffort]", starting, ", resources: {requests: {memory: 512Mi}}");
    assert_eq!(quota["left_bytes"], 3072 * MIB);
    let beside = starting.replace("image: i", "image: i, restartPolicy: Always");
    let quota = scoped("scopes: [NotBestEffort]", &beside, ", resources: {requests: {memory: 512Mi}}");
    assert_eq!(quota["left_bytes"], (4096 - 1024 - 512) * MIB, "a sidecar stays");
}

#[test]
fn a_quota_that_cannot_be_decided_is_named_with_the_reason() {
    let cases = [
        ("scopes: [BestEffort]", "BestEffort"),
        ("scopes: [Terminating, NotTerminating]", "exclude each other"),
        ("scopes: [Newest]", "`Newest` is not known here"),
        ("scopeSelector: {matchExpressions: [{scopeName: Terminating, operator: DoesNotExist}]}", "`Exists`"),
        ("scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In}]}", "needs values"),
        ("scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Gt, values: [a]}]}", "`Gt`"),
    ];
    for (scope, why) in cases {
        let quota = scoped(scope, "hostPID: false", "");
        assert_eq!(quota["left_bytes"], Value::Null, "{scope}");
        assert!(quota["undecided"].as_str().unwrap().contains(why), "{scope}: {quota}");
    }
}

/// Admission gives Pods the default class before it asks quotas.
#[test]
fn the_default_priority_class_counts_where_it_is_known() {
    let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: gold}\nvalue: 9\nglobalDefault: true\n---\n";
    let text = std::fs::read_to_string(root().join(NODES).join("cache.yaml")).unwrap();
    let of = |text: String| {
        let json = piped(&["policy", "impact", &policy(), "-", "--old", "none", "-o", "json"], text).json();
        conforms(&json, "impact.schema.json");
        let quotas = json["namespaces"][0]["quotas"].as_array().unwrap().clone();
        quotas.into_iter().find(|quota| quota["name"] == "not-gold").unwrap()
    };
    let unknown = of(text.clone());
    assert_eq!(unknown["left_bytes"], (1536 - 2048) * MIB);
    assert!(unknown["assumes"].as_str().unwrap().contains("no default one is among the manifests"), "{unknown}");
    let known = of(format!("{class}{text}"));
    assert_eq!((&known["left_bytes"], &known["assumes"]), (&json!(1536 * MIB), &Value::Null));
}

/// Before quotas are asked, LimitRanges give containers what they do not ask for.
#[test]
fn a_limit_range_gives_requests_that_quotas_count() {
    let text = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: all}\nspec: {limits: [{type: Container, defaultRequest: {memory: 512Mi}}]}\n---\n\
        apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: some}\nspec: {hard: {memory: 4Gi}, scopes: [NotBestEffort]}\n---\n\
        apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: cart}\nspec: {serviceName: cart, replicas: 2, template: {spec: \
        {overhead: {memory: 64Mi}, containers: [{name: redis, image: 'redis:7.4'}]}}}\n---\n\
        apiVersion: v1\nkind: Pod\nmetadata: {name: done}\nspec: {containers: [{name: a, image: a}]}\nstatus: {phase: Succeeded}\n";
    let json = piped(&["policy", "impact", &idle(), "-", "--old", "none", "-o", "json"], text).json();
    conforms(&json, "impact.schema.json");
    assert_eq!(json["namespaces"][0]["quotas"][0]["left_bytes"], (4096 - 2 * (512 + 64)) * MIB, "{json}");
}

#[test]
fn an_object_of_a_cluster_is_taken_as_it_is_stored() {
    let text = std::fs::read_to_string(root().join(MANIFESTS).join("shop.yaml")).unwrap();
    let stored = text.replace("name: cart, namespace: shop}", "name: cart, namespace: shop, uid: 7}");
    let baseline = file_with_only("baseline", &RULES);
    let answer = piped(&["policy", "impact", &policy(), "-", "-o", "json", "--old", &baseline], stored);
    let json = answer.json();
    let cart = workload(&json, "cart");
    assert_eq!(cart["rollout"]["old"]["patched"], json!(["memory-request-below-limit"]), "baseline would fix it too");
}

#[test]
fn shows_no_secret_and_names_diagnostics() {
    for output in ["text", "json"] {
        let answer = impact(&[&policy(), MANIFESTS, "--old", "none", "-o", output]);
        assert!(!answer.out.contains("hunter2"), "{}", answer.out);
    }
    assert_eq!(impact(&["none", MANIFESTS]).code, 2);
    let absent = impact(&["productoin", MANIFESTS]);
    assert_eq!(absent.code, 2);
    assert!(absent.err.contains("productoin") && absent.err.contains("baseline, production, cache"), "{}", absent.err);
    assert_eq!(piped(&["policy", "impact", "cache", "-"], "").code, 3);
}
