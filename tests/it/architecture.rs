//! Data flows one way: which room may import which. The table is that of docs/architecture.md.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms that it may import.
const MAY_IMPORT: [(&str, &[&str]); 15] = [
    ("redis", &[]),
    ("kubernetes", &[]),
    ("yaml", &[]),
    ("workload", &["redis", "kubernetes"]),
    ("rules", &["workload", "redis", "kubernetes"]),
    ("patch", &["rules", "workload", "redis", "kubernetes"]),
    ("policy", &["rules", "workload", "kubernetes", "yaml", "cel"]),
    ("engine", &["policy", "patch", "rules", "workload", "kubernetes"]),
    ("report", &["engine", "policy", "patch", "rules", "workload", "kubernetes", "yaml"]),
    ("manifests", &["engine", "policy", "patch", "workload", "kubernetes", "yaml"]),
    ("cluster", &["policy", "kubernetes"]),
    ("admission", &["engine", "policy", "cluster", "kubernetes"]),
    ("sandbox", &["engine", "policy", "manifests", "kubernetes", "cel", "admission", "cluster"]),
    ("impact", &["engine", "policy", "manifests", "kubernetes", "cel"]),
    (
        "cli",
        &[
            "redis",
            "kubernetes",
            "yaml",
            "workload",
            "rules",
            "patch",
            "policy",
            "engine",
            "report",
            "manifests",
            "cluster",
            "admission",
            "sandbox",
            "impact",
        ],
    ),
];

/// What would be I/O or concurrency in a room that has none.
const IO: [&str; 9] =
    ["std::fs", "net::Tcp", "std::io", "std::env", "std::process", "std::time", "tokio::", "hyper::", "kube::"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file without its comments and tests; nothing for a file that is only compiled for tests.
fn code(path: &Path) -> String {
    let name = path.file_stem().unwrap().to_string_lossy();
    let above = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    let inside = path.strip_prefix(source()).unwrap().with_extension("");
    let is_test = inside.components().any(|part| part.as_os_str() == "tests");
    if is_test || above.contains(&format!("#[cfg(test)]\nmod {name};")) {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The names behind `crate::`.
fn imports(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    })
}

#[test]
fn rooms_import_what_they_may() {
    for (room, allowed) in MAY_IMPORT {
        for file in files(&source().join(room)) {
            let code = code(&file);
            let wrong = imports(&code).find(|name| *name != room && !name.is_empty() && !allowed.contains(name));
            assert_eq!(wrong, None, "{} may import {allowed:?} only", file.display());
        }
    }
}

#[test]
fn every_room_is_in_the_table() {
    let folders = fs::read_dir(source()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(MAY_IMPORT.iter().any(|(room, _)| *room == name), "src/{name} is not in the table");
    }
}

#[test]
fn the_core_does_no_input_or_output() {
    for room in ["redis", "kubernetes", "yaml", "workload", "rules", "patch", "policy", "engine"] {
        for file in files(&source().join(room)) {
            let code = code(&file);
            let found = IO.iter().find(|name| code.contains(*name));
            assert_eq!(found, None, "{}", file.display());
        }
    }
}
