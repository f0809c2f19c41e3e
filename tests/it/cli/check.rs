//! `plimsoll check`: what it reads, where findings are, exit codes, the JSON contract.

use std::fs;
use std::path::Path;
use std::slice::from_ref;

use serde_json::{Value, json};

use crate::support::command::{Answer, conforms, piped, plimsoll};
use crate::support::policy::{file_with_only, only};
use crate::support::statefulset::{StatefulSet, config_map, headless_service, in_namespace, statefulset};

const LEDGER: &str = "tests/fixtures/check/ledger.yaml";

/// What these tests speak of: a finding of high, of medium and of low severity. All other rules are off.
const RULES: [&str; 3] = ["maxmemory-missing", "governing-service-missing", "governing-service-not-headless"];

/// A standalone server with nothing wrong.
fn good(name: &str) -> StatefulSet {
    statefulset(name).args(&["--maxmemory", "512mb"])
}

/// The same without a maxmemory: a finding of high severity.
fn unbounded(name: &str) -> StatefulSet {
    statefulset(name).args(&[])
}

/// The governing Service with a cluster IP: a finding of low severity.
fn service_with_address(name: &str) -> Value {
    let mut service = headless_service(name);
    service["spec"]["clusterIP"] = json!("10.0.0.1");
    service
}

fn stream(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{object}\n")).collect()
}

/// `check` of these objects under the policy that has [`RULES`] alone.
fn check(objects: &[Value], arguments: &[&str]) -> Answer {
    check_by_any_policy(objects, &[&["--policy", &file_with_only("baseline", &RULES)], arguments].concat())
}

fn check_by_any_policy(objects: &[Value], arguments: &[&str]) -> Answer {
    piped(&[&["check", "-"], arguments].concat(), stream(objects))
}

/// Likewise of files.
fn check_files(paths: &[&str], arguments: &[&str]) -> Answer {
    let policy = file_with_only("baseline", &RULES);
    plimsoll(&[&["check", "--policy", &policy], paths, arguments].concat())
}

/// The rules of all findings, in order.
fn rules(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
    json["findings"].as_array().unwrap().iter().map(rule).collect()
}

/// The finding of a rule.
#[track_caller]
fn finding(answer: &Answer, rule: &str) -> Value {
    let json = answer.json();
    let found = json["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == rule);
    found.unwrap_or_else(|| panic!("no {rule} in {}", answer.out)).clone()
}

#[track_caller]
fn exits(answer: &Answer, code: i32) {
    assert_eq!(answer.code, code, "{}{}", answer.out, answer.err);
}

#[test]
fn text_is_for_people() {
    let rules = ["maxmemory-above-ratio", "probe-timeout-short", "governing-service-not-headless"];
    let answer = plimsoll(&["check", LEDGER, "--policy", &file_with_only("baseline", &rules)]);
    exits(&answer, 14);
    insta::assert_snapshot!("text_for_people", answer.out);
    assert_eq!(answer.err, "");
}

#[test]
fn json_keeps_its_contract() {
    let answer = plimsoll(&["check", "-o", "json", LEDGER]);
    let json = answer.json();
    conforms(&json, "check.schema.json");
    let above = finding(&answer, "maxmemory-above-ratio");
    assert_eq!(
        above["object"],
        json!({"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "ledger"})
    );
    assert_eq!((&above["at"], &above["inner"]["line"]), (&json!("/data/redis.conf"), &json!(4)));
    assert_eq!((&above["file"], &above["line"]), (&json!(LEDGER), &json!(12)));
    assert_eq!(above["workload"]["name"], "ledger");
    let fix = &finding(&answer, "probe-timeout-short")["fix"];
    assert_eq!(fix["applicability"], "safe");
    let patch =
        json!([{"op": "replace", "path": "/spec/template/spec/containers/0/livenessProbe/timeoutSeconds", "value": 5}]);
    assert_eq!(fix["patches"][0]["patch"], patch);
    assert_eq!(json["summary"]["byRule"]["probe-timeout-short"], 1);
    assert_eq!(json["summary"]["objects"], 3);
}

#[test]
fn a_conforming_answer_for_every_kind_of_finding() {
    let mut hidden = statefulset("hidden").args(&["/conf/redis.conf"]).build();
    hidden["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "governing-service-missing"});
    let answer = check(&[hidden], &["-o", "json"]);
    let json = answer.json();
    conforms(&json, "check.schema.json");
    assert!(json["findings"].as_array().unwrap().iter().any(|finding| finding["needs"].is_string()));
    assert_eq!(json["summary"]["suppressed"], 1);
    assert!(json["summary"]["unknown"].as_u64().unwrap() > 0);
    conforms(&check(&[], &["-o", "json"]).json(), "check.schema.json");
}

#[test]
fn a_pipe_a_file_and_a_list_say_the_same() {
    let text = fs::read_to_string(crate::support::command::root().join(LEDGER)).unwrap();
    let file = plimsoll(&["check", "-o", "json", LEDGER]);
    let pipe = piped(&["check", "-o", "json"], text.as_str());
    assert_eq!(pipe.out.replace("<stdin>", LEDGER), file.out);
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": documents});
    let list = piped(&["check", "-o", "json", "-"], format!("{list:#}"));
    assert_eq!(rules(&list), rules(&file));
    assert_eq!(list.code, file.code);
    // In the List's own text: the maxmemory is on one line with its whole ConfigMap key.
    let line = finding(&list, "maxmemory-above-ratio")["line"].as_u64().unwrap();
    let text = format!("{:#}", json!({"apiVersion": "v1", "kind": "List", "items": documents}));
    assert!(text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap().contains("maxmemory 1000mb"));
}

#[test]
fn exit_codes_follow_the_highest_finding_and_the_threshold() {
    let good = good("a").build();
    let service = headless_service("a");
    exits(&check(&[good.clone(), service.clone()], &[]), 0);
    let mut unnamed = good.clone();
    unnamed["spec"]["serviceName"] = json!("");
    exits(&check(from_ref(&unnamed), &[]), 13); // No governing Service: medium for a standalone server.
    exits(&check(from_ref(&unnamed), &["--threshold", "high"]), 0);
    exits(&check(from_ref(&good), &[]), 12); // It may be in another file.
    exits(&check(from_ref(&good), &["--no-exit-codes", "--strict", "--require-workloads"]), 0);
    exits(&check(&[unbounded("a").build(), service], &[]), 14);
    let low = [good, service_with_address("a")];
    exits(&check(&low, &[]), 12);
    exits(&check(&low, &["--mode", "observe"]), 12);
}

#[test]
fn unknown_facts_are_info_and_under_strict_an_error() {
    let hidden = [statefulset("a").args(&["/conf/redis.conf"]).build(), headless_service("a")];
    exits(&check(&hidden, &[]), 0);
    exits(&check(&hidden, &["--threshold", "info"]), 11);
    exits(&check(&hidden, &["--strict"]), 1);
    let sound = [good("a").build(), headless_service("a")];
    exits(&check(&sound, &["--strict"]), 0);
    let broken = format!("{}---\na: [\n", stream(&sound));
    let policy = file_with_only("baseline", &RULES);
    exits(&piped(&["check", "--policy", &policy], broken.as_str()), 0);
    exits(&piped(&["check", "--policy", &policy, "--strict"], broken), 1);
}

#[test]
fn nothing_readable_is_not_nothing_wrong() {
    for input in ["", "a: 1\n", "# only a comment\n", "{{ template }}\n", "\u{0}"] {
        exits(&piped(&["check"], input), 3);
        exits(&piped(&["inspect"], input), 3);
    }
    exits(&check(&[headless_service("a")], &[]), 0);
    exits(&check(&[headless_service("a")], &["--require-workloads"]), 3);
    let answer = plimsoll(&["check", "absent.yaml"]);
    exits(&answer, 3);
    assert_eq!(answer.err, "plimsoll: absent.yaml: there is no such file or folder\n");
    let answer = plimsoll(&["check", "absent.yaml", LEDGER]);
    exits(&answer, 14);
    assert!(answer.err.contains("absent.yaml"));
    exits(&plimsoll(&["check", "absent.yaml", LEDGER, "--strict"]), 1);
}

#[test]
fn diagnostics_in_arguments_are_2_whatever_was_found() {
    for wrong in [
        &["check", LEDGER, "--profile", "strict"][..],
        &["check", LEDGER, "--policy", "absent.yaml"],
        &["check", LEDGER, "--threshold", "severe"],
        &["check", LEDGER, "-o", "yaml"],
        &["check", LEDGER, "--no-exit-codes", "--profile", "strict"],
        &["check", LEDGER, "--nonsense"],
    ] {
        let answer = plimsoll(wrong);
        exits(&answer, 2);
        assert_eq!(answer.out, "");
        assert!(!answer.err.is_empty());
    }
}

#[test]
fn an_annotation_suppresses_what_it_names() {
    let mut object = good("a").build();
    object["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "probe-delay-short, governing-service-missing"});
    let answer = check(&[object.clone()], &["-o", "json"]);
    exits(&answer, 0);
    assert_eq!(finding(&answer, "governing-service-missing")["suppressedBy"], "annotation plimsoll.dev/ignore");
    assert!(check(&[object.clone()], &[]).out.contains("1 suppressed"));
    let unused = finding(&answer, "ignore-unused");
    assert_eq!(unused["subject"], "probe-delay-short");
    assert_eq!(unused["at"], "/metadata/annotations/plimsoll.dev~1ignore");
    assert_eq!(rules(&answer).len(), 2);
    object["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "*"});
    exits(&check(&[object.clone()], &[]), 0);
    object["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "governing-service-mising"});
    let answer = check(&[object], &[]);
    exits(&answer, 12);
    assert!(answer.err.contains("`governing-service-mising`, which is no rule"), "{}", answer.err);
}

const EXCEPTIONS: &str = "\
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicyException
metadata: {name: used, namespace: platform}
spec:
  workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: a}
  rules: [governing-service-missing]
  reason: its Service comes with another release
  expires: 2199-01-01
---
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicyException
metadata: {name: past, namespace: platform}
spec:
  workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: elsewhere}
  rules: [memory-limit-missing]
  reason: until the summer
  expires: 2026-06-01
---
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicyException
metadata: {name: idle, namespace: platform}
spec:
  workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: a}
  rules: [memory-limit-missing]
  reason: for a trial
  expires: 2199-01-01
---
";

#[test]
fn exceptions_suppress_and_are_told_of_when_they_are_over_or_idle() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    let honouring = only("baseline", &RULES, "priority: 1\nexceptions: {namespaces: [platform], maxDays: 90}");
    fs::write(&policy, format!("{EXCEPTIONS}{honouring}")).unwrap();
    let policy = policy.to_str().unwrap();
    let object = good("a").namespace("shop").build();
    let answer = check_by_any_policy(from_ref(&object), &["-o", "json", "--policy", policy]);
    exits(&answer, 12);
    let json = answer.json();
    conforms(&json, "check.schema.json");
    assert_eq!(rules(&answer), ["governing-service-missing", "exception-expired", "exception-unused"]);
    let [used, past, idle] = [0, 1, 2].map(|index| &json["findings"][index]);
    assert_eq!(used["suppressedBy"], "RedisPolicyException platform/used");
    assert_eq!(past["object"]["name"], "past");
    assert_eq!((&past["workload"]["name"], &past["action"]), (&json!("elsewhere"), &json!("audit")));
    assert_eq!(
        (past["file"].as_str().unwrap(), &past["line"], &past["at"]),
        (policy, &json!(17), &json!("/spec/expires"))
    );
    assert_eq!((&idle["object"]["name"], &idle["line"]), (&json!("idle"), &json!(24)));
    assert_eq!((&json["summary"]["suppressed"], &json["summary"]["bySeverity"]["low"]), (&json!(1), &json!(2)));
    let text = check_by_any_policy(&[object], &["--policy", policy]);
    exits(&text, 12);
    let expected = format!("RedisPolicyException platform/past\n  low     exception-expired  {policy}:17:12  audit\n");
    assert!(text.out.contains(&expected), "{}", text.out);
    assert!(text.out.contains("2 low, 1 suppressed"), "{}", text.out);
}

/// A typo in a pipeline must not look like a clean bill.
#[test]
fn a_path_that_is_not_there_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let sound = file("sound.yaml", &stream(&[good("a").build(), headless_service("a")]));
    let broken = file("broken.yaml", "a: [");
    exits(&check_files(&[&sound], &[]), 0);
    let absent = check_files(&[&sound, "nowhere.yaml"], &[]);
    exits(&absent, 2);
    assert!(absent.err.contains("nowhere.yaml: there is no such file or folder"), "{}", absent.err);
    assert!(absent.out.contains("1 Redis workload in 2 objects: 1 unreadable"), "{}", absent.out);
    exits(&check_files(&["nowhere.yaml"], &[]), 3);
    exits(&plimsoll(&["policy", "impact", "production", &sound, "nowhere.yaml"]), 2);
    let unreadable = check_files(&[&sound, &broken], &[]);
    exits(&unreadable, 0);
    assert!(unreadable.out.contains("1 unreadable") && !unreadable.out.contains("nothing wrong"), "{}", unreadable.out);
    exits(&check_files(&[&sound, &broken], &["--strict"]), 1);
}

#[test]
fn what_does_not_count_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    let text = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: gold}\n\
                spec: {match: {namespaceSelector: {matchLabels: {team: a}}}, rules: {governing-service-missing: off}}\n";
    fs::write(&policy, text).unwrap();
    let policy = policy.to_str().unwrap();
    let object = good("a").namespace("shop").build();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let unknown = check_by_any_policy(from_ref(&object), &["-o", "json", "--policy", policy]);
    assert_eq!(finding(&unknown, "governing-service-missing")["action"], "warn", "as baseline has it");
    let said =
        "policy gold selects namespaces by label, but those of shop are not known here, so policy baseline applies";
    assert!(unknown.err.contains(said), "{}", unknown.err);
    let manifest = folder.path().join("set.yaml");
    fs::write(&manifest, stream(from_ref(&object))).unwrap();
    let manifest = manifest.to_str().unwrap();
    let impact = plimsoll(&["policy", "impact", policy, manifest]);
    assert!(impact.err.contains(said), "{}", impact.err);
    let trial = plimsoll(&["try", manifest, "--policy", policy]);
    assert!(
        format!("{}{}", trial.out, trial.err).replace('\n', " ").contains("policy gold selects namespaces by label"),
        "{}",
        trial.out
    );
    let known = check_by_any_policy(&[object.clone(), namespace], &["-o", "json", "--policy", policy]);
    assert_eq!(known.err, "", "it has no such label");
    assert_eq!(finding(&known, "governing-service-missing")["action"], "warn");
    let own: Value = serde_saphyr::from_str(text).unwrap();
    let own = check_by_any_policy(&[object, own], &[]);
    assert!(own.err.contains("RedisPolicy gold does not count here"), "{}", own.err);
}

#[test]
fn profiles_and_policies_choose_the_action() {
    let action_on = |rule: &str, arguments: &[&str]| {
        let object = statefulset("a").args(&["--maxmemory", "1gb"]).build();
        let answer = check_by_any_policy(&[object], &[&["-o", "json"], arguments].concat());
        finding(&answer, rule)["action"].as_str().unwrap().to_owned()
    };
    let action = |arguments: &[&str]| action_on("maxmemory-above-ratio", arguments);
    assert_eq!(action(&[]), "warn");
    assert_eq!(action(&["--profile", "production"]), "deny");
    assert_eq!(action(&["--profile", "production", "--mode", "observe"]), "audit");
    let capped = action_on("governing-service-missing", &["--profile", "production"]);
    assert_eq!(capped, "warn", "admission denies nothing by this rule");
    let answer =
        check_by_any_policy(&[good("a").build()], &["-o", "json", "--policy", &file_with_only("baseline", &[])]);
    assert_eq!(answer.json()["findings"], json!([]), "off is not reported");
}

#[test]
fn what_a_cluster_has_stored_is_running() {
    let trust = |object: &Value| {
        let answer = check(&[object.clone(), headless_service("a")], &["-o", "json"]);
        let fix = &finding(&answer, "maxmemory-missing")["fix"];
        assert_eq!(fix["patches"].as_array().unwrap().len(), 1);
        fix["applicability"].as_str().unwrap().to_owned()
    };
    let mut object = unbounded("a").build();
    assert_eq!(trust(&object), "safe");
    // `kubectl get -o yaml`: a first maxmemory may evict keys of a data set that is there.
    object["metadata"]["uid"] = json!("5f8a");
    assert_eq!(trust(&object), "unsafe");
}

fn write(folder: &Path, path: &str, objects: &[Value]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, stream(objects)).unwrap();
}

#[test]
fn objects_find_the_neighbours_that_are_applied_with_them() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "dev/redis.yaml", &[good("a").build()]);
    write(folder.path(), "dev/service.yaml", &[service_with_address("a")]);
    write(folder.path(), "prod/redis.yaml", &[good("a").build()]);
    write(folder.path(), "prod/service.yaml", &[headless_service("a")]);
    let answer = check_files(&[folder.path().to_str().unwrap()], &["-o", "json"]);
    assert_eq!(answer.err, "", "the same name in two folders is no repeat");
    assert_eq!(answer.json()["summary"]["workloads"], 2);
    assert_eq!(rules(&answer), ["governing-service-not-headless"]);
    let file = answer.json()["findings"][0]["file"].as_str().unwrap().to_owned();
    assert!(file.ends_with("dev/service.yaml"), "{file}");
}

#[test]
fn of_two_neighbours_of_one_name_the_last_counts() {
    let objects = [service_with_address("a"), good("a").build(), headless_service("a")];
    let answer = check(&objects, &["-o", "json"]);
    exits(&answer, 0);
    assert_eq!(
        answer.err,
        "plimsoll: <stdin>:2:1: Service a is defined again at <stdin>:6; applied together, only that one counts\n"
    );
    exits(&check(&objects, &["--strict"]), 0);
}

#[test]
fn a_namespace_is_given_to_those_that_name_none() {
    let objects = [good("a").build(), in_namespace(headless_service("a"), "shop")];
    assert_eq!(rules(&check(&objects, &["-o", "json"])), ["governing-service-missing"]);
    let answer = check(&objects, &["-o", "json", "-n", "shop"]);
    assert_eq!(rules(&answer), [""; 0]);
}

#[test]
fn children_are_left_to_the_workload_that_made_them() {
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a-0", "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "a", "controller": true}]},
        "spec": good("a").build()["spec"]["template"]["spec"],
    });
    let answer = check(&[good("a").build(), headless_service("a"), pod.clone()], &["-o", "json"]);
    assert_eq!(answer.json()["summary"]["workloads"], 1);
    assert_eq!(check(&[pod.clone()], &["-o", "json"]).json()["summary"]["workloads"], 1);
    let deployment = good("b").build_as("Deployment");
    pod["metadata"]["ownerReferences"][0] = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "b-7d9f"});
    assert_eq!(check(&[deployment, pod], &["-o", "json"]).json()["summary"]["workloads"], 1);
}

#[test]
fn names_cannot_paint_the_terminal_and_pipes_get_no_colours() {
    let object = unbounded("a").container("name", json!("\u{1b}[31mred\u{7}")).build();
    for command in ["check", "inspect"] {
        let answer = piped(&[command], stream(from_ref(&object)));
        assert!(answer.out.contains("red") && !answer.out.contains(['\u{1b}', '\u{7}']), "{}", answer.out);
    }
}

#[test]
fn passwords_leave_by_no_door() {
    let object = statefulset("a")
        .args(&["/c/redis.conf", "--requirepass", "hunter2"])
        .container("env", json!([{"name": "REDIS_PASSWORD", "value": "hunter2"}]))
        .container("livenessProbe", json!({"exec": {"command": ["redis-cli", "-a", "hunter2", "ping"]}}))
        .volume("c", "/c", json!({"configMap": {"name": "c"}}))
        .build();
    for text in [
        "masterauth hunter2\n",
        "requirepass \"hunter2\n",
        "masterauth hunter2 hunter2\n",
        "user x on >hunter2 nonsense\n",
    ] {
        for command in ["check", "inspect"] {
            for format in ["text", "json"] {
                let answer = piped(&[command, "-o", format], stream(&[object.clone(), config_map("c", text)]));
                assert!(answer.out.contains("StatefulSet"), "{}", answer.out);
                assert!(!format!("{}{}", answer.out, answer.err).contains("hunter2"), "{text}: {}", answer.out);
            }
        }
    }
    // An error in the text itself.
    let answer = piped(
        &["check"],
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: 'hunter2\n  b: [hunter2\n",
    );
    assert!(!answer.err.is_empty() && !answer.err.contains("hunter2"), "{}", answer.err);
}
