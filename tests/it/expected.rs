//! What is found on the corpus under each profile, word by word: `expected/<case>.json`. Read a change there as you would
//! read a change of the code; then run the test again with `PLIMSOLL_BLESS=1`.

use std::fs;

use serde_json::{Map, Value, json};

use crate::command::{corpus, plimsoll, root};

const PROFILES: [&str; 3] = ["baseline", "production", "cache"];

/// The findings on a case as far as they are our words.
fn found(path: &str, profile: &str) -> Value {
    let answer = plimsoll(&["check", "--profile", profile, "-o", "json", path]);
    assert_eq!(answer.err, "", "{path}");
    let findings = answer.json()["findings"].as_array().unwrap().clone();
    let mut words: Vec<Value> = findings.iter().map(words).collect();
    words.sort_by_key(ToString::to_string);
    Value::Array(words)
}

fn words(finding: &Value) -> Value {
    let named = |object: &Value| format!("{} {}", object["kind"].as_str().unwrap(), object["name"].as_str().unwrap());
    let at = format!("{} {}", named(&finding["object"]), finding["at"].as_str().unwrap());
    let inner = finding["inner"]["line"].as_u64().map_or(String::new(), |line| format!(" line {line}"));
    let fix = &finding["fix"];
    json!({
        "workload": named(&finding["workload"]),
        "rule": finding["rule"],
        "severity": finding["severity"],
        "subject": finding["subject"],
        "action": finding["action"],
        "message": finding["message"],
        "at": format!("{at}{inner}"),
        "line": finding["line"],
        "fix": fix["description"].as_str().map(|fix_text| format!("{}: {fix_text}", fix["applicability"].as_str().unwrap())),
    })
}

/// All cases: folders of the corpus with rendered objects.
fn cases(test: &str) -> Vec<(String, String)> {
    let Some(corpus) = corpus(test) else { return Vec::new() };
    let folders = fs::read_dir(root().join(&corpus)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = folders.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    let path = |name: &String| corpus.join(name).join("objects.yaml");
    names.retain(|name| root().join(path(name)).exists());
    names.into_iter().map(|name| (name.clone(), path(&name).display().to_string())).collect()
}

#[test]
fn the_corpus_has_the_findings_that_were_read_by_eye() {
    let bless = std::env::var_os("PLIMSOLL_BLESS").is_some();
    for (case, path) in cases("the findings on the corpus") {
        let found: Map<String, Value> =
            PROFILES.into_iter().map(|profile| (profile.to_owned(), found(&path, profile))).collect();
        let found = format!("{:#}\n", Value::Object(found));
        let file = root().join("tests/it/expected").join(format!("{case}.json"));
        if bless {
            fs::write(&file, &found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        let diff = similar::TextDiff::from_lines(&expected, &found);
        assert!(expected == found, "{}", diff.unified_diff().header(&file.display().to_string(), "found now"));
    }
}

#[test]
fn good_cases_have_nothing_of_medium_or_above() {
    for (case, path) in cases("the good cases of the corpus").into_iter().filter(|(case, _)| case.ends_with("-good")) {
        let answer = plimsoll(&["check", "--threshold", "medium", "--require-workloads", "--strict", &path]);
        assert_eq!(answer.code, 0, "{case}: {}{}", answer.out, answer.err);
    }
}

#[test]
fn nothing_of_others_is_taken_for_redis() {
    let Some(corpus) = corpus("what is not Redis") else { return };
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
