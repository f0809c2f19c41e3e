//! What a user reads of each rule: the whole output of `check` on the rule's own example under *Fails*, under a policy
//! in which only this rule is on. One snapshot a rule, `snapshots/<id>.snap`.

use std::fs;
use std::sync::Arc;

use plimsoll::engine::{Hook, Verdict};
use plimsoll::rules::{self, RuleInfo};
use serde_json::Value;

use crate::support::command::{piped, root};
use crate::support::namespace::Namespace;
use crate::support::policy::file_with_only;
use crate::support::releases::documents;
use crate::support::renewal::is_blessing;
use crate::support::statefulset::statefulset;

const SNAPSHOTS: &str = "tests/it/rules/snapshots";

/// The objects of the example under *Fails*.
fn failing_example(rule: &RuleInfo) -> Vec<Value> {
    let (_, rest) = rule.page.split_once("## Fails\n ```yaml\n").unwrap();
    let (example, _) = rest.split_once("\n ```").unwrap();
    // Doc comments carry one blank before each line.
    let lines: Vec<&str> = example.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    documents(&lines.join("\n")).into_iter().map(whole).collect()
}

/// A fragment of a container as a whole StatefulSet.
fn whole(document: Value) -> Value {
    if document.get("kind").is_some() {
        return document;
    }
    let mut set = statefulset("cache").namespace("shop").build();
    let container = set["spec"]["template"]["spec"]["containers"][0].as_object_mut().unwrap();
    container.remove("resources");
    container.extend(document.as_object().unwrap().clone());
    set
}

/// What `check` prints of them; of two states of one object, what an API server is answered to the update.
fn said(rule: &RuleInfo, objects: &[Value]) -> String {
    if let [before, after] = objects
        && before["metadata"]["name"] == after["metadata"]["name"]
        && before["kind"] == after["kind"]
    {
        return said_of_update(rule, before, after);
    }
    let stream: String =
        objects.iter().map(|object| format!("---\n{}\n", serde_saphyr::to_string(object).unwrap())).collect();
    let answer = piped(&["check", "-", "--policy", &file_with_only("baseline", &[rule.id])], stream);
    format!("{}{}exit code {}\n", answer.out, answer.err, answer.code)
}

fn said_of_update(rule: &RuleInfo, before: &Value, after: &Value) -> String {
    let mut namespace = Namespace::with_only("baseline", &[rule.id]);
    let request = Namespace::request(&Arc::new(after.clone()), Some(&Arc::new(before.clone())));
    let Verdict { denial, warnings, .. } = namespace.decide(Hook::Validate, &request);
    format!("update of {}\ndenial: {denial:?}\nwarnings: {warnings:#?}\n", request.target)
}

#[test]
fn every_rule_says_on_its_example_what_was_read_by_eye() {
    let mut settings = insta::Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for rule in rules::all() {
            let said = said(&rule, &failing_example(&rule));
            assert!(said.contains(rule.id), "{}: its example has no finding of it: {said}", rule.id);
            insta::assert_snapshot!(rule.id, said);
        }
    });
}

#[test]
fn every_snapshot_is_of_a_rule() {
    let ids: Vec<String> = rules::all().iter().map(|rule| format!("{}.snap", rule.id)).collect();
    for entry in fs::read_dir(root().join(SNAPSHOTS)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if ids.contains(&name) || name.ends_with(".new") {
            continue;
        }
        assert!(is_blessing(), "{SNAPSHOTS}/{name}: there is no such rule any more; make bless removes it");
        fs::remove_file(entry.path()).unwrap();
    }
}
