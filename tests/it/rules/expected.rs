//! What is found on whole releases under each profile, word by word. Read a change in these files as you would read a
//! change of the code; `make bless` writes them.
//!
//! `expected/<release>.json` is for our own releases, `expected/corpus/<case>.json` for the corpus, read in its place.

use std::fs;

use serde_json::{Map, Value, json};

use crate::support::command::{corpus, plimsoll, root};
use crate::support::releases::{Release, corpus_releases, own_releases};
use crate::support::renewal::assert_file_holds;

const PROFILES: [&str; 3] = ["baseline", "production", "cache"];

/// The findings on a release as far as they are our words.
fn found(release: &Release, profile: &str) -> Value {
    let path = release.path.to_str().unwrap();
    let answer = plimsoll(&["check", "--profile", profile, "-o", "json", path]);
    assert_eq!(answer.err, "", "{path}");
    let findings = answer.json()["findings"].as_array().unwrap().clone();
    let mut words: Vec<Value> = findings.iter().map(words).collect();
    words.sort_by_key(ToString::to_string);
    Value::Array(words)
}

fn words(finding: &Value) -> Value {
    let object = name(&finding["object"]);
    let at = finding["at"].as_str().unwrap();
    let inner = finding["inner"]["line"].as_u64().map_or(String::new(), |line| format!(" line {line}"));
    let fix = &finding["fix"];
    json!({
        "workload": name(&finding["workload"]),
        "rule": finding["rule"],
        "severity": finding["severity"],
        "subject": finding["subject"],
        "action": finding["action"],
        "message": finding["message"],
        "at": format!("{object} {at}{inner}"),
        "line": finding["line"],
        "fix": fix["description"].as_str().map(|fix_text| format!("{}: {fix_text}", fix["applicability"].as_str().unwrap())),
    })
}

fn name(object: &Value) -> String {
    format!("{} {}", object["kind"].as_str().unwrap(), object["name"].as_str().unwrap())
}

/// Holds the findings on a release against `expected/<file>.json`.
#[track_caller]
fn assert_expected(release: &Release, file: &str) {
    let mut profiles = Map::new();
    for profile in PROFILES {
        profiles.insert(profile.to_owned(), found(release, profile));
    }
    let file = root().join("tests/it/rules/expected").join(format!("{file}.json"));
    assert_file_holds(&file, &format!("{:#}\n", Value::Object(profiles)));
}

#[test]
fn our_releases_have_the_findings_that_were_read_by_eye() {
    for release in own_releases() {
        assert_expected(&release, &release.name);
    }
}

#[test]
fn every_expectation_is_of_a_release() {
    let names: Vec<String> = own_releases().into_iter().map(|release| format!("{}.json", release.name)).collect();
    for entry in fs::read_dir(root().join("tests/it/rules/expected")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "corpus" || names.contains(&name), "{name}: there is no such release any more");
    }
}

#[test]
fn the_corpus_has_the_findings_that_were_read_by_eye() {
    for release in corpus_releases("the_corpus_has_the_findings_that_were_read_by_eye") {
        assert_expected(&release, &format!("corpus/{}", release.name));
    }
}

#[test]
fn good_cases_have_nothing_of_medium_or_above() {
    let cases = corpus_releases("good_cases_have_nothing_of_medium_or_above");
    for case in cases.into_iter().filter(|case| case.name.ends_with("-good")) {
        let path = case.path.to_str().unwrap();
        let answer = plimsoll(&["check", "--threshold", "medium", "--require-workloads", "--strict", path]);
        assert_eq!(answer.code, 0, "{}: {}{}", case.name, answer.out, answer.err);
    }
}

#[test]
fn nothing_of_others_is_taken_for_redis() {
    let Some(corpus) = corpus("nothing_of_others_is_taken_for_redis") else { return };
    let mut files: Vec<_> = fs::read_dir(root().join(corpus.join("not-redis"))).unwrap().collect();
    files.sort_by_key(|file| file.as_ref().unwrap().file_name());
    assert_eq!(files.len(), 28);
    for file in files {
        let path = corpus.join("not-redis").join(file.unwrap().file_name()).display().to_string();
        assert_eq!(plimsoll(&["inspect", "-o", "json", &path]).json()["workloads"], json!([]), "{path}");
        let answer = plimsoll(&["check", "--threshold", "info", "--profile", "production", "-o", "json", &path]);
        assert_eq!((answer.code, &answer.json()["findings"]), (0, &json!([])), "{path}");
        assert_eq!(answer.err, "", "{path}");
    }
}
