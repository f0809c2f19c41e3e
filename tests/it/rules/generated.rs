//! Files of the project that are written from the program: the pages of the rules, our definitions and the schema of
//! `inspect`. `make bless` writes them.

use std::fmt::Write as _;
use std::fs;

use plimsoll::policy::{PROFILE_NAMES, Policies, Target, custom_resource_definitions};
use plimsoll::{report, rules};
use serde_json::Value;

use crate::support::command::{plimsoll, root};
use crate::support::renewal::{assert_file_holds, is_blessing};

#[test]
fn the_pages_of_rules_are_up_to_date() {
    let mut pages = vec![("README.md".to_owned(), index())];
    pages.extend(rules::all().iter().map(|rule| (format!("{}.md", rule.id), page(rule))));
    pages.extend(rules::NOTICES.iter().map(|notice| (format!("{}.md", notice.id), notice_page(notice))));
    let folder = root().join("docs/rules");
    for (name, text) in &pages {
        assert_file_holds(&folder.join(name), text);
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if pages.iter().any(|(page, _)| *page == name) {
            continue;
        }
        assert!(is_blessing(), "docs/rules/{name}: there is no such rule any more; make bless removes it");
        fs::remove_file(entry.path()).unwrap();
    }
}

/// `plimsoll generate crds` prints the files of deploy/crds, one document each.
#[test]
fn the_definitions_in_deploy_are_up_to_date() {
    let printed = plimsoll(&["generate", "crds"]).out;
    let documents: Vec<&str> = printed.split("---\n").skip(1).collect();
    let definitions = custom_resource_definitions();
    assert_eq!(documents.len(), definitions.len());
    for (document, (name, definition)) in documents.iter().zip(definitions) {
        let read: Value = serde_saphyr::from_str(document).unwrap();
        assert_eq!(read, definition, "{name} reads as it was written");
        assert_file_holds(&root().join("deploy/crds").join(name), document);
    }
}

/// It is a contract: a field that goes or changes its type breaks whoever reads the JSON.
#[test]
fn the_schema_of_inspect_is_up_to_date() {
    let file = root().join("docs/schemas/inspect.schema.json");
    assert_file_holds(&file, &format!("{:#}\n", report::models_schema()));
}

fn profiles() -> Vec<(&'static str, Policies)> {
    PROFILE_NAMES.iter().map(|name| (*name, Policies::profile(name).unwrap())).collect()
}

/// What `plimsoll explain` prints into a pipe.
fn page(rule: &rules::RuleInfo) -> String {
    let mut out = Vec::new();
    report::page(&mut out, rule, &profiles(), None).unwrap();
    String::from_utf8(out).unwrap()
}

fn notice_page(notice: &rules::Notice) -> String {
    let mut out = Vec::new();
    report::notice_page(&mut out, notice, None).unwrap();
    String::from_utf8(out).unwrap()
}

fn index() -> String {
    let mut text = "# Rules\n\nWritten from the rules themselves; `plimsoll explain RULE` prints the same pages. \
                    The action is that for findings of the severity named.\n\n\
                    | rule | severity | baseline | production | cache | what is wrong |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for rule in rules::all() {
        let action = |policies: &Policies| {
            let (action, otherwise) = policies.of(&Target::namespace("")).action(rule.id, rule.severity);
            if action == otherwise {
                action.name().to_owned()
            } else {
                format!("{}, else {}", action.name(), otherwise.name())
            }
        };
        let actions: Vec<String> = profiles().iter().map(|(_, policies)| action(policies)).collect();
        let (id, severity, actions) = (rule.id, rule.severity, actions.join(" | "));
        writeln!(text, "| [{id}]({id}.md) | {severity} | {actions} | {} |", rule.summary.trim()).unwrap();
    }
    text.push_str("\nFindings that no rule makes are reported whatever the policy, and never deny:\n\n| id | severity | what it says |\n|---|---|---|\n");
    for rules::Notice { id, severity, summary, .. } in rules::NOTICES {
        writeln!(text, "| [{id}]({id}.md) | {severity} | {summary} |").unwrap();
    }
    text
}
