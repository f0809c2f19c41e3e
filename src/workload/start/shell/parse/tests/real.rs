//! Start scripts as charts and operators ship them.

use super::super::parse;
use crate::workload::start::shell::dialect::Dialect;
use std::path::{Path, PathBuf};

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

/// The block scalars of a manifest that are scripts: under a key that ends in `.sh`, or in a list.
fn scripts(manifest: &str) -> Vec<String> {
    let mut scripts = Vec::new();
    let mut lines = manifest.lines().peekable();
    while let Some(line) = lines.next() {
        let opening = line.trim().trim_end_matches('-');
        if !(opening.ends_with(".sh: |") || opening == "- |") {
            continue;
        }
        let outer = line.len() - line.trim_start().len();
        let mut script = String::new();
        let mut indent = None;
        while let Some(next) = lines.peek() {
            let width = next.len() - next.trim_start().len();
            if !next.trim().is_empty() && width <= outer {
                break;
            }
            let indent = *indent.get_or_insert(width);
            script.push_str(next.get(indent..).unwrap_or_default());
            script.push('\n');
            lines.next();
        }
        scripts.push(script);
    }
    scripts
}

#[test]
fn shipped_scripts_are_read_whole() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    if !corpus.is_dir() {
        eprintln!("LEFT OUT: ../shared/corpus is absent");
        return;
    }
    let mut files = Vec::new();
    yaml_files(corpus, &mut files);
    let mut count = 0;
    for file in files {
        for script in scripts(&std::fs::read_to_string(&file).unwrap()) {
            let parsed = parse(&script, Dialect::Bash);
            assert_eq!(parsed.broken, None, "{}: {script}", file.display());
            assert!(!parsed.list.is_empty());
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn case_scripts_are_read_whole() {
    let cases = include_str!("../../../../../../tests/data/starts/cases.json");
    let cases: serde_json::Value = serde_json::from_str(cases).unwrap();
    let mut count = 0;
    for (name, case) in cases.as_object().unwrap() {
        let Some(command) = case["command"].as_array() else {
            continue;
        };
        let Some(at) = command.iter().position(|word| word == "-c") else {
            continue;
        };
        let script = command[at + 1].as_str().unwrap();
        for dialect in [Dialect::Posix, Dialect::Bash] {
            assert_eq!(parse(script, dialect).broken, None, "{name}: {script}");
        }
        count += 1;
    }
    assert!(count > 50, "{count}");
}
