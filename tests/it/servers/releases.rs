//! Releases whose image decides what is right. Each is a case of the project's own collection of incidents: its first line
//! says what is right.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::command::plimsoll;

/// What is found on a release of `tests/fixtures/servers` under a profile.
fn findings(name: &str, profile: &str) -> Vec<Value> {
    let path = format!("tests/fixtures/servers/{name}.yaml");
    let answer = plimsoll(&["check", "--profile", profile, "-o", "json", &path]);
    assert_eq!(answer.err, "", "{name}");
    answer.json()["findings"].as_array().unwrap().clone()
}

fn of_rule<'a>(findings: &'a [Value], rule: &str) -> Vec<&'a Value> {
    findings.iter().filter(|finding| finding["rule"] == rule).collect()
}

#[test]
fn values_of_newer_servers_are_taken() {
    let findings = findings("values-of-newer-servers", "production");
    assert!(of_rule(&findings, "config-not-accepted").is_empty(), "{findings:#?}");
    let doubted: Vec<_> = of_rule(&findings, "unknown-fact");
    let speaks = |finding: &&Value| {
        let message = finding["message"].as_str().unwrap();
        message.contains("loglevel") || message.contains("maxmemory-policy")
    };
    assert!(!doubted.iter().any(speaks), "{doubted:#?}");
}

#[test]
fn options_of_one_word_are_refused_by_7_0_2() {
    let findings = findings("one-word-options-7-0-2", "baseline");
    let refused = of_rule(&findings, "config-not-accepted");
    assert_eq!(refused.len(), 1, "{findings:#?}");
    assert!(refused[0]["message"].as_str().unwrap().contains("maxmemory"), "{refused:#?}");
}

/// An option and its value may be one word for 7.4.
#[test]
fn options_of_one_word_are_not_refused_by_bitnamis_image() {
    let findings = findings("bitnami-one-word-options", "production");
    assert!(of_rule(&findings, "config-not-accepted").is_empty(), "{findings:#?}");
}

#[test]
fn a_private_image_may_hold_its_configuration() {
    for name in ["private-image-called-redis", "image-bakes-config"] {
        for profile in ["baseline", "production", "cache"] {
            let findings = findings(name, profile);
            let rules: BTreeSet<&str> = findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
            assert!(rules.contains("unknown-fact"), "{name} {profile}: {rules:?}");
            assert!(!rules.contains("maxmemory-missing"), "{name} {profile}: {rules:?}");
            let denied =
                findings.iter().find(|finding| finding["action"] == "deny" && finding["rule"] != "unknown-fact");
            assert!(
                denied.is_none_or(|finding| !finding["rule"].as_str().unwrap().starts_with("maxmemory")),
                "{denied:?}"
            );
        }
    }
    let findings = findings("private-image-called-redis", "production");
    let unknown = of_rule(&findings, "unknown-fact");
    assert!(unknown.iter().any(|finding| finding["needs"] == "the configuration inside the image"), "{unknown:#?}");
}

#[test]
fn an_image_of_redis_with_a_module_is_never_passed_over() {
    let findings = findings("rejson", "baseline");
    let is_spoken_of = findings.iter().any(|finding| finding["workload"]["name"] == "rejson");
    assert!(is_spoken_of, "{findings:#?}");
}
