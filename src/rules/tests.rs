//! What holds for every rule: the tests walk the folders and the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Applicability;
use super::info::{FixSafety, Stage};
use super::testing::Fixture;
use super::{all, entries};

const SECTIONS: [&str; 7] =
    ["What it checks", "Why it matters", "Fails", "Fixed", "Parameters", "Fix safety", "Sources"];

fn example<'a>(page: &'a str, section: &str) -> &'a str {
    let rest =
        page.split_once(&format!("## {section}\n ```yaml\n")).unwrap_or_else(|| panic!("no {section} in {page}"));
    rest.1.split_once("\n ```").unwrap().0
}

/// Doc comments carry one blank before each line.
fn text(example: &str) -> String {
    example.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn ids_are_unique_and_in_kebab_case() {
    let ids: BTreeSet<&str> = entries().map(|entry| entry.info.id).collect();
    assert_eq!(ids.len(), entries().count());
    let kebab =
        |id: &&str| id.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    assert_eq!(ids.iter().find(|id| !kebab(id)), None);
}

#[test]
fn pages_have_all_sections_in_order() {
    for entry in entries() {
        let found: Vec<&str> = entry.info.page.lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
        assert_eq!(found, SECTIONS, "{}", entry.info.id);
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The folders of rules: those whose `mod.rs` has a table.
fn groups() -> Vec<PathBuf> {
    let mut groups = paths(&source().join("rules"));
    groups.retain(|path| fs::read_to_string(path.join("mod.rs")).is_ok_and(|text| text.contains("const RULES:")));
    groups
}

#[test]
fn every_file_is_registered_in_its_group() {
    let mut files = BTreeSet::new();
    for group in groups() {
        let name = group.file_name().unwrap().to_string_lossy().into_owned();
        for file in paths(&group) {
            let id = file.file_stem().unwrap().to_string_lossy().replace('_', "-");
            files.insert((name.clone(), id));
        }
        files.remove(&(name, "mod".to_owned()));
    }
    let registered = all().into_iter().map(|info| (info.group.to_owned(), info.id.to_owned())).collect();
    assert_eq!(files, registered);
}

#[test]
fn a_fix_that_can_be_applied_has_a_stage() {
    for info in all() {
        let is_applied = info.fix != FixSafety::Display;
        assert_eq!(info.stage.is_some(), is_applied, "{}", info.id);
        assert!(info.stage.is_none_or(|stage| Stage::ALL.contains(&stage)), "{}", info.id);
    }
}

#[test]
fn what_a_fix_changes_is_looked_up() {
    for info in all() {
        assert!(info.fixes_kind.is_none_or(|kind| info.needs.contains(&kind)), "{}", info.id);
    }
}

/// The code of a file and of those below it, without comments and tests.
fn code(path: &Path, found: &mut Vec<(PathBuf, String)>) {
    if path.is_dir() {
        for path in paths(path).iter().filter(|path| path.file_stem().is_some_and(|name| name != "tests")) {
            code(path, found);
        }
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    found.push((path.to_owned(), lines.collect::<Vec<_>>().join("\n")));
}

/// What holds for one rule is written in its own file; other rooms ask its metadata.
#[test]
fn no_other_room_names_a_rule() {
    let mut found = Vec::new();
    code(&source(), &mut found);
    for (path, code) in found.iter().filter(|(path, _)| !path.starts_with(source().join("rules"))) {
        for info in all() {
            assert!(!code.contains(&format!("\"{}\"", info.id)), "{} names {}", path.display(), info.id);
        }
    }
}

/// Whether a fix may be trusted so far where the rule says how far its fixes may be.
fn may_be(safety: FixSafety, trust: Option<Applicability>) -> bool {
    match trust {
        None | Some(Applicability::Display) => true,
        Some(Applicability::Safe) => safety.is_ever_safe(),
        Some(Applicability::Unsafe) => safety.is_ever_safe() || safety == FixSafety::Unsafe,
    }
}

#[test]
fn failing_examples_fail_and_fixed_ones_are_silent() {
    for entry in entries() {
        let rule = entry.build(None).unwrap();
        let fails = Fixture::new(&text(example(entry.info.page, "Fails"))).findings(&*rule);
        assert_eq!(fails.len(), 1, "{} fails: {fails:#?}", entry.info.id);
        let trust = fails[0].fix.as_ref().map(|fix| fix.applicability);
        assert!(may_be(entry.info.fix, trust), "{}: {trust:?}", entry.info.id);
        let fixed = Fixture::new(&text(example(entry.info.page, "Fixed"))).findings(&*rule);
        assert!(fixed.is_empty(), "{} fixed: {fixed:#?}", entry.info.id);
    }
}

#[test]
fn unknown_parameters_are_refused() {
    for entry in entries() {
        let error = entry.build(Some(&serde_json::json!({"nonsense": 1}))).unwrap_err().to_string();
        assert!(error.contains("nonsense"), "{}: {error}", entry.info.id);
    }
}
