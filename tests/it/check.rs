//! `plimsoll check`: what it reads, where findings are, exit codes, the JSON contract.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::command::{Answer, conforms, piped, plimsoll};

const LEDGER: &str = "tests/fixtures/check/ledger.yaml";

/// A standalone server with nothing wrong, as a StatefulSet of this name.
fn good(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name},
        "spec": {
            "serviceName": name,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{
                    "name": "redis",
                    "image": "redis:7.4.5",
                    "args": ["--maxmemory", "512mb"],
                    "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
                }]},
            },
        },
    })
}

fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"clusterIP": "None", "selector": {"app": name}, "ports": [{"port": 6379}]},
    })
}

fn stream(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{object}\n")).collect()
}

fn check(objects: &[Value], arguments: &[&str]) -> Answer {
    piped(&[&["check", "-"], arguments].concat(), stream(objects))
}

/// The rules of all findings, in order.
fn rules(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
    json["findings"].as_array().unwrap().iter().map(rule).collect()
}

#[track_caller]
fn exits(answer: &Answer, code: i32) {
    assert_eq!(answer.code, code, "{}{}", answer.out, answer.err);
}

#[test]
fn text_is_for_people() {
    let answer = plimsoll(&["check", LEDGER]);
    exits(&answer, 14);
    insta::assert_snapshot!(answer.out, @r"
    StatefulSet shop/ledger  tests/fixtures/check/ledger.yaml:26:1
      high    maxmemory-above-ratio  tests/fixtures/check/ledger.yaml:12:5  warn
              container redis: maxmemory 1000mb is above 0.75 of the memory limit 1Gi
              fix (unsafe): lower maxmemory to 768mb, or raise the limit to 1334Mi

      medium  probe-timeout-short  tests/fixtures/check/ledger.yaml:50:27  mutate
              container redis: livenessProbe gives up after 2 s, below 5 s
              fix (safe): raise timeoutSeconds to 5

      low     governing-service-not-headless  tests/fixtures/check/ledger.yaml:21:14  warn
              governing Service ledger is not headless: its Pods have no names of their own
              fix (safe): make it headless: clusterIP None

    1 Redis workload in 3 objects: 1 high, 1 medium, 1 low
    `plimsoll explain RULE` says why a rule matters and how to fix it.
    ");
    assert_eq!(answer.err, "");
}

#[test]
fn json_keeps_its_contract() {
    let answer = plimsoll(&["check", "-o", "json", LEDGER]);
    let json = answer.json();
    conforms(&json, "check.schema.json");
    let above = &json["findings"][0];
    assert_eq!(above["rule"], "maxmemory-above-ratio");
    assert_eq!(
        above["object"],
        json!({"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "ledger"})
    );
    assert_eq!((&above["at"], &above["inner"]["line"]), (&json!("/data/redis.conf"), &json!(4)));
    assert_eq!((&above["file"], &above["line"]), (&json!(LEDGER), &json!(12)));
    assert_eq!(above["workload"]["name"], "ledger");
    let probe = json["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "probe-timeout-short");
    let fix = &probe.unwrap()["fix"];
    assert_eq!(fix["applicability"], "safe");
    let patch =
        json!([{"op": "replace", "path": "/spec/template/spec/containers/0/livenessProbe/timeoutSeconds", "value": 5}]);
    assert_eq!(fix["patches"][0]["patch"], patch);
    assert_eq!(json["summary"]["byRule"]["probe-timeout-short"], 1);
    assert_eq!(json["summary"]["objects"], 3);
}

#[test]
fn a_conforming_answer_for_every_kind_of_finding() {
    let mut hidden = good("hidden");
    hidden["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["/conf/redis.conf"]);
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
    let text = fs::read_to_string(crate::command::root().join(LEDGER)).unwrap();
    let file = plimsoll(&["check", "-o", "json", LEDGER]);
    let pipe = piped(&["check", "-o", "json"], text.as_str());
    assert_eq!(pipe.out.replace("<stdin>", LEDGER), file.out);
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": documents});
    let list = piped(&["check", "-o", "json", "-"], format!("{list:#}"));
    assert_eq!(rules(&list), rules(&file));
    assert_eq!(list.code, file.code);
    // In the List's own text: the maxmemory is on one line with its whole ConfigMap key.
    let line = list.json()["findings"][0]["line"].as_u64().unwrap();
    let text = format!("{:#}", json!({"apiVersion": "v1", "kind": "List", "items": documents}));
    assert!(text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap().contains("maxmemory 1000mb"));
}

#[test]
fn exit_codes_follow_the_highest_finding_and_the_threshold() {
    exits(&check(&[good("a"), service("a")], &[]), 0);
    exits(&check(&[good("a")], &[]), 13); // No governing Service: medium for a standalone server.
    exits(&check(&[good("a")], &["--threshold", "high"]), 0);
    exits(&check(&[good("a")], &["--no-exit-codes", "--strict", "--require-workloads"]), 0);
    let mut bare = good("a");
    bare["spec"]["template"]["spec"]["containers"][0]["args"] = json!([]);
    exits(&check(&[bare, service("a")], &[]), 14);
    let mut with_address = service("a");
    with_address["spec"]["clusterIP"] = json!("10.0.0.1");
    exits(&check(&[good("a"), with_address.clone()], &[]), 12);
    exits(&check(&[good("a"), with_address], &["--mode", "observe"]), 12);
}

#[test]
fn unknown_facts_are_info_and_under_strict_an_error() {
    let mut hidden = good("a");
    hidden["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["/conf/redis.conf"]);
    let objects = [hidden, service("a")];
    exits(&check(&objects, &[]), 0);
    exits(&check(&objects, &["--threshold", "info"]), 11);
    exits(&check(&objects, &["--strict"]), 1);
    exits(&check(&[good("a"), service("a")], &["--strict"]), 0);
    let broken = format!("{}---\na: [\n", stream(&[good("a"), service("a")]));
    exits(&piped(&["check"], broken.as_str()), 0);
    exits(&piped(&["check", "--strict"], broken), 1);
}

#[test]
fn nothing_readable_is_not_nothing_wrong() {
    for input in ["", "a: 1\n", "# only a comment\n", "{{ template }}\n", "\u{0}"] {
        exits(&piped(&["check"], input), 3);
        exits(&piped(&["inspect"], input), 3);
    }
    exits(&check(&[service("a")], &[]), 0);
    exits(&check(&[service("a")], &["--require-workloads"]), 3);
    let answer = plimsoll(&["check", "absent.yaml"]);
    exits(&answer, 3);
    assert_eq!(answer.err, "plimsoll: absent.yaml: there is no such file or folder\n");
    let answer = plimsoll(&["check", "absent.yaml", LEDGER]);
    exits(&answer, 14);
    assert!(answer.err.contains("absent.yaml"));
    exits(&plimsoll(&["check", "absent.yaml", LEDGER, "--strict"]), 1);
}

#[test]
fn mistakes_in_arguments_are_2_whatever_was_found() {
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
    let mut object = good("a");
    object["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "probe-delay-short, governing-service-missing"});
    let answer = check(&[object.clone()], &["-o", "json"]);
    exits(&answer, 0);
    let finding = &answer.json()["findings"][0];
    assert_eq!(finding["suppressedBy"], "annotation plimsoll.dev/ignore");
    assert!(check(&[object.clone()], &[]).out.contains("1 suppressed"));
    let unused = &answer.json()["findings"][1];
    assert_eq!((&unused["rule"], &unused["subject"]), (&json!("ignore-unused"), &json!("probe-delay-short")));
    assert_eq!(unused["at"], "/metadata/annotations/plimsoll.dev~1ignore");
    assert_eq!(rules(&answer).len(), 2);
    object["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "*"});
    exits(&check(&[object.clone()], &[]), 0);
    object["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "governing-service-mising"});
    let answer = check(&[object], &[]);
    exits(&answer, 13);
    assert!(answer.err.contains("`governing-service-mising`, which is no rule"), "{}", answer.err);
}

const EXCEPTIONS: &str = "\
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicy
metadata: {name: mine}
spec: {priority: 1, exceptions: {namespaces: [platform], maxDays: 90}}
---
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
";

#[test]
fn exceptions_suppress_and_are_told_of_when_they_are_over_or_idle() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, EXCEPTIONS).unwrap();
    let policy = policy.to_str().unwrap();
    let mut object = good("a");
    object["metadata"]["namespace"] = json!("shop");
    let answer = check(&[object.clone()], &["-o", "json", "--policy", policy]);
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
        (policy, &json!(22), &json!("/spec/expires"))
    );
    assert_eq!((&idle["object"]["name"], &idle["line"]), (&json!("idle"), &json!(29)));
    assert_eq!((&json["summary"]["suppressed"], &json["summary"]["bySeverity"]["low"]), (&json!(1), &json!(2)));
    let text = check(&[object], &["--policy", policy]);
    exits(&text, 12);
    let expected = format!("RedisPolicyException platform/past\n  low     exception-expired  {policy}:22:12  audit\n");
    assert!(text.out.contains(&expected), "{}", text.out);
    assert!(text.out.contains("2 low, 1 suppressed"), "{}", text.out);
}

/// A typing mistake in a pipeline must not look like a clean bill.
#[test]
fn a_path_that_is_not_there_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let sound = file("sound.yaml", &stream(&[good("a"), service("a")]));
    let broken = file("broken.yaml", "a: [");
    exits(&plimsoll(&["check", &sound]), 0);
    let absent = plimsoll(&["check", &sound, "nowhere.yaml"]);
    exits(&absent, 2);
    assert!(absent.err.contains("nowhere.yaml: there is no such file or folder"), "{}", absent.err);
    assert!(absent.out.contains("1 Redis workload in 2 objects: 1 unreadable"), "{}", absent.out);
    exits(&plimsoll(&["check", "nowhere.yaml"]), 3);
    exits(&plimsoll(&["policy", "impact", "production", &sound, "nowhere.yaml"]), 2);
    let unreadable = plimsoll(&["check", &sound, &broken]);
    exits(&unreadable, 0);
    assert!(unreadable.out.contains("1 unreadable") && !unreadable.out.contains("nothing wrong"), "{}", unreadable.out);
    exits(&plimsoll(&["check", "--strict", &sound, &broken]), 1);
}

#[test]
fn what_does_not_count_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    let text = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: gold}\n\
                spec: {match: {namespaceSelector: {matchLabels: {team: a}}}, rules: {governing-service-missing: off}}\n";
    fs::write(&policy, text).unwrap();
    let policy = policy.to_str().unwrap();
    let mut object = good("a");
    object["metadata"]["namespace"] = json!("shop");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let unknown = check(&[object.clone()], &["--policy", policy]);
    exits(&unknown, 13);
    let said = "policy gold asks for labels of namespace shop, which are not known here, so policy baseline counts";
    assert!(unknown.err.contains(said), "{}", unknown.err);
    let manifest = folder.path().join("set.yaml");
    fs::write(&manifest, stream(&[object.clone()])).unwrap();
    let manifest = manifest.to_str().unwrap();
    let impact = plimsoll(&["policy", "impact", policy, manifest]);
    assert!(impact.err.contains(said), "{}", impact.err);
    let trial = plimsoll(&["try", manifest, "--policy", policy]);
    assert!(
        format!("{}{}", trial.out, trial.err).replace('\n', " ").contains("asks for labels of namespace shop"),
        "{}",
        trial.out
    );
    let known = check(&[object.clone(), namespace], &["--policy", policy]);
    assert_eq!((known.code, known.err.as_str()), (13, ""), "it has no such label");
    let own: Value = serde_saphyr::from_str(text).unwrap();
    let own = check(&[object, own], &[]);
    assert!(own.err.contains("RedisPolicy gold does not count here"), "{}", own.err);
}

#[test]
fn profiles_and_policies_choose_the_action() {
    let action = |arguments: &[&str]| {
        let answer = check(&[good("a")], &[&["-o", "json"], arguments].concat());
        answer.json()["findings"][0]["action"].as_str().unwrap().to_owned()
    };
    assert_eq!(action(&[]), "warn");
    assert_eq!(action(&["--profile", "production"]), "deny");
    assert_eq!(action(&["--profile", "production", "--mode", "observe"]), "audit");
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    let text = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: mine}\nspec:\n  rules:\n    governing-service-missing: off\n";
    fs::write(&policy, text).unwrap();
    let answer = check(&[good("a")], &["-o", "json", "--policy", policy.to_str().unwrap()]);
    assert_eq!(answer.json()["findings"], json!([]), "off is not reported");
}

#[test]
fn what_a_cluster_has_stored_is_running() {
    let mut object = good("a");
    object["spec"]["template"]["spec"]["containers"][0]["args"] = json!([]);
    let trust = |object: &Value| {
        let answer = check(&[object.clone(), service("a")], &["-o", "json"]);
        let json = answer.json();
        let fix = &json["findings"][0]["fix"];
        assert_eq!(fix["patches"].as_array().unwrap().len(), 1);
        fix["applicability"].as_str().unwrap().to_owned()
    };
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
    let mut with_address = service("a");
    with_address["spec"]["clusterIP"] = json!("10.0.0.1");
    write(folder.path(), "dev/redis.yaml", &[good("a")]);
    write(folder.path(), "dev/service.yaml", &[with_address]);
    write(folder.path(), "prod/redis.yaml", &[good("a")]);
    write(folder.path(), "prod/service.yaml", &[service("a")]);
    let answer = plimsoll(&["check", "-o", "json", folder.path().to_str().unwrap()]);
    assert_eq!(answer.err, "", "the same name in two folders is no repeat");
    assert_eq!(answer.json()["summary"]["workloads"], 2);
    assert_eq!(rules(&answer), ["governing-service-not-headless"]);
    let file = answer.json()["findings"][0]["file"].as_str().unwrap().to_owned();
    assert!(file.ends_with("dev/service.yaml"), "{file}");
}

#[test]
fn of_two_objects_of_one_name_the_last_wins() {
    let mut first = service("a");
    first["spec"]["clusterIP"] = json!("10.0.0.1");
    let answer = check(&[first.clone(), good("a"), service("a")], &["-o", "json"]);
    exits(&answer, 0);
    assert_eq!(answer.err, "plimsoll: <stdin>:2: Service a stands again at <stdin>:6, which wins\n");
    exits(&check(&[first, good("a"), service("a")], &["--strict"]), 1);
}

#[test]
fn a_namespace_is_given_to_those_that_name_none() {
    let mut service = service("a");
    service["metadata"]["namespace"] = json!("shop");
    let objects = [good("a"), service];
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
        "spec": good("a")["spec"]["template"]["spec"],
    });
    let answer = check(&[good("a"), service("a"), pod.clone()], &["-o", "json"]);
    assert_eq!(answer.json()["summary"]["workloads"], 1);
    assert_eq!(check(&[pod.clone()], &["-o", "json"]).json()["summary"]["workloads"], 1);
    let mut deployment = good("b");
    deployment["kind"] = json!("Deployment");
    pod["metadata"]["ownerReferences"][0] = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "b-7d9f"});
    assert_eq!(check(&[deployment, pod], &["-o", "json"]).json()["summary"]["workloads"], 1);
}

#[test]
fn names_cannot_paint_the_terminal_and_pipes_get_no_colours() {
    let mut object = good("a");
    object["spec"]["template"]["spec"]["containers"][0]["name"] = json!("\u{1b}[31mred\u{7}");
    object["spec"]["template"]["spec"]["containers"][0]["args"] = json!([]);
    for command in ["check", "inspect"] {
        let answer = piped(&[command], stream(&[object.clone()]));
        assert!(answer.out.contains("red") && !answer.out.contains(['\u{1b}', '\u{7}']), "{}", answer.out);
    }
}

#[test]
fn passwords_leave_by_no_door() {
    let mut object = good("a");
    object["spec"]["template"]["spec"]["volumes"] = json!([{"name": "c", "configMap": {"name": "c"}}]);
    let container = &mut object["spec"]["template"]["spec"]["containers"][0];
    container["args"] = json!(["/c/redis.conf", "--requirepass", "hunter2"]);
    container["env"] = json!([{"name": "REDIS_PASSWORD", "value": "hunter2"}]);
    container["livenessProbe"] = json!({"exec": {"command": ["redis-cli", "-a", "hunter2", "ping"]}});
    container["volumeMounts"] = json!([{"name": "c", "mountPath": "/c"}]);
    let config = |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"redis.conf": text}});
    for text in [
        "masterauth hunter2\n",
        "requirepass \"hunter2\n",
        "masterauth hunter2 hunter2\n",
        "user x on >hunter2 nonsense\n",
    ] {
        for command in ["check", "inspect"] {
            for format in ["text", "json"] {
                let answer = piped(&[command, "-o", format], stream(&[object.clone(), config(text)]));
                assert!(answer.out.contains("StatefulSet"), "{}", answer.out);
                assert!(!format!("{}{}", answer.out, answer.err).contains("hunter2"), "{text}: {}", answer.out);
            }
        }
    }
    // A mistake in the text itself.
    let answer = piped(
        &["check"],
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: 'hunter2\n  b: [hunter2\n",
    );
    assert!(!answer.err.is_empty() && !answer.err.contains("hunter2"), "{}", answer.err);
}
