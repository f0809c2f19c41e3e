//! What was said wrong, or not at all, of manifests in incidents and in trials of Plimsoll. The first line of each file in
//! `tests/fixtures/cases` says what is right.

use crate::support::command::{Answer, plimsoll};

fn run(command: &str, case: &str) -> Answer {
    plimsoll(&[command, &format!("tests/fixtures/cases/{case}")])
}

/// Fails where not all of these are said, on either stream.
#[track_caller]
fn says(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(answer.err.contains(part) || answer.out.contains(part), "no `{part}` in\n{}{}", answer.err, answer.out);
    }
}

/// Fails where one of these is said.
#[track_caller]
fn is_silent_on(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(!answer.err.contains(part) && !answer.out.contains(part), "`{part}` in\n{}{}", answer.err, answer.out);
    }
}

#[test]
fn what_is_not_judged_as_it_stands_is_named_once() {
    let openshift =
        "DeploymentConfig shop/cart: may run Redis, but a DeploymentConfig of apps.openshift.io/v1 is not judged";
    for (case, said) in [
        ("kinds/deploymentconfig.yaml", openshift),
        ("kinds/apps-v1beta1.yaml", "no API server serves apps/v1beta1 any more; judged as apps/v1"),
        ("kinds/extensions-deployment.yaml", "no API server serves extensions/v1beta1 any more; judged as apps/v1"),
        (
            "operators/opstree-replication.yaml",
            "RedisReplication shop/cart: what a Redis operator makes of it is not looked into",
        ),
        ("operators/spotahome-one-sentinel.yaml", "what a Redis operator makes of it is not looked into yet"),
    ] {
        for command in ["check", "inspect", "try"] {
            let answer = run(command, case);
            // `try` wraps its lines.
            let words: Vec<&str> = answer.err.split_whitespace().chain(answer.out.split_whitespace()).collect();
            assert_eq!(words.join(" ").matches(said).count(), 1, "{command} {case}: {}{}", answer.err, answer.out);
        }
    }
    assert_eq!(plimsoll(&["check", "--strict", "tests/fixtures/cases/kinds/deploymentconfig.yaml"]).code, 1);
    says(&run("check", "kinds/deploymentconfig.yaml"), &["0 Redis workloads in 1 object: 1 not judged"]);
    says(&run("check", "kinds/extensions-deployment.yaml"), &["Deployment shop/cart", "memory-limit-missing"]);
    says(&run("check", "kinds/rejson.yaml"), &["1 Redis workload", "role could not be seen"]);
}

#[test]
fn a_replication_controller_is_judged_though_admission_is_not_asked() {
    let answer = run("check", "kinds/replicationcontroller.yaml");
    says(&answer, &["ReplicationController shop/cart", "memory-limit-missing", "audit"]);
    is_silent_on(&answer, &["  mutate", "  deny", "  warn"]);
}

#[test]
fn what_is_wrong_with_yaml_is_said_whatever_else_is() {
    let twice = run("check", "yaml/duplicate-key-beside-braces.yaml");
    says(&twice, &["duplicate-key-beside-braces.yaml:17:3: key `replicas` is duplicated", "first on line 16"]);
    is_silent_on(&twice, &["template"]);
    let conflict = run("check", "yaml/conflict-across-documents.yaml");
    says(&conflict, &[":2:1: a merge conflict", ":7:1: a merge conflict"]);
    is_silent_on(&conflict, &["indent"]);
}

#[test]
fn two_objects_of_one_name_in_a_folder_are_both_judged() {
    let answer = run("check", "yaml/same-name-one-folder");
    says(&answer, &["a-dev.yaml:2:1: Deployment cart is defined again at", "2 Redis workloads in 2 objects: 3 high"]);
    is_silent_on(&answer, &["unreadable"]);
}

#[test]
fn a_set_and_the_sentinels_that_watch_it_are_one_topology() {
    let answer = run("inspect", "topology/sentinel-in-own-deployment.yaml");
    assert_eq!(answer.out.matches("topology        sentinel, 3 replicas").count(), 2, "{}", answer.out);
    says(&answer, &["those of Deployment shop/watch"]);
}

#[test]
fn messages_say_what_is_known_and_no_more() {
    let service = run("check", "messages/service-not-among-files.yaml");
    says(&service, &["low     governing-service-missing", "Service redis, which is not among the files given"]);
    is_silent_on(&service, &["not in the namespace", "high"]);
    let production = ["check", "--profile", "production", "tests/fixtures/cases/messages/service-not-among-files.yaml"];
    is_silent_on(&plimsoll(&production), &["deny"]);
    let claim = run("inspect", "messages/claim-template-config.yaml");
    says(&claim, &["unknown, needs /etc/redis/redis.conf, which is in the claim that template conf makes"]);
    is_silent_on(&claim, &["does not have", "needs it needs"]);
    is_silent_on(&run("check", "messages/no-servicename.yaml"), &["of that name"]);
}

#[test]
fn amounts_that_stand_in_the_wrong_place_are_named() {
    let answer = run("check", "incidents/misplaced-resources.yaml");
    says(&answer, &["container redis", "memory-limit-missing", "memory-request-missing"]);
    for (line, field) in [("17:21", "memory"), ("18:18", "cpu")] {
        says(
            &answer,
            &[&format!("{line}: StatefulSet shop/basket: `resources.{field}` is no field of container redis")],
        );
    }
}

#[test]
fn what_a_limit_range_gives_is_shown_with_its_origin() {
    let answer = run("inspect", "incidents/limit-range-defaults.yaml");
    let given = "request 128Mi, limit 512Mi, from LimitRange team-a/defaults /spec/limits/0 (";
    says(&answer, &[given, "incidents/limit-range-defaults.yaml:5:"]);
}
