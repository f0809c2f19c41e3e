//! `plimsoll explain` and `plimsoll rules`.

use serde_json::json;

use crate::support::command::plimsoll;

#[test]
fn every_rule_has_its_page_and_its_line() {
    let table = plimsoll(&["rules"]);
    assert_eq!(table.code, 0);
    let rules = plimsoll::rules::all();
    for rule in &rules {
        let page = plimsoll(&["explain", rule.id]);
        assert_eq!((page.code, page.err.as_str()), (0, ""));
        assert!(page.out.starts_with(&format!("# {}\n", rule.id)), "{}", page.out);
        assert!(page.out.contains("\n## Why it matters\n") && page.out.contains("```yaml\n"), "{}", page.out);
        let line = table.out.lines().find(|line| line.split_whitespace().next() == Some(rule.id));
        assert!(line.is_some_and(|line| line.contains(rule.summary.trim())), "{}", rule.id);
    }
    assert!(table.out.contains("M mutate, otherwise deny"));
}

/// Whoever sees an id in a finding asks for its page, whether a rule made the finding or not.
#[test]
fn what_no_rule_finds_has_its_page_too() {
    for notice in plimsoll::rules::NOTICES {
        let page = plimsoll(&["explain", notice.id]);
        assert_eq!((page.code, page.err.as_str()), (0, ""));
        assert!(page.out.starts_with(&format!("# {}\n", notice.id)), "{}", page.out);
        assert!(page.out.contains("\n## What to do\n"), "{}", page.out);
    }
    let custom = plimsoll(&["explain", "custom/payments/no-lru"]);
    assert_eq!((custom.code, custom.out.as_str()), (2, ""));
    assert!(custom.err.contains("spec.customRules of RedisPolicy payments"), "{}", custom.err);
}

#[test]
fn rules_as_json_have_the_actions_of_each_profile() {
    let json = plimsoll(&["rules", "-o", "json"]).json();
    assert_eq!(json["rules"].as_array().unwrap().len(), plimsoll::rules::all().len());
    let rule = json["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "maxmemory-missing").unwrap();
    assert_eq!(rule["severity"], "high");
    assert_eq!(rule["actions"]["baseline"], json!({"action": "mutate", "otherwise": "warn"}));
    assert_eq!(rule["actions"]["production"], json!({"action": "mutate", "otherwise": "deny"}));
}

#[test]
fn a_rule_that_is_none_is_a_diagnostic_with_a_guess() {
    let answer = plimsoll(&["explain", "maxmemory-mising"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(
        answer.err.contains("there is no rule `maxmemory-mising`; did you mean maxmemory-missing"),
        "{}",
        answer.err
    );
    let answer = plimsoll(&["explain", "zzz"]);
    assert_eq!(answer.code, 2);
    assert!(!answer.err.contains("did you mean") && answer.err.contains("`plimsoll rules`"), "{}", answer.err);
}
