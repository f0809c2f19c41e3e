//! Data flows one way: which room may import which, as docs/architecture.md has it, and no circle between files.

mod imports;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use self::source::{SourceFile, read_all};

/// A room, and the rooms that it may import.
const MAY_IMPORT: [(&str, &[&str]); 16] = [
    ("redis", &[]),
    ("kubernetes", &[]),
    ("yaml", &[]),
    ("cel", &[]),
    ("workload", &["redis", "kubernetes"]),
    ("rules", &["workload", "redis", "kubernetes"]),
    ("patch", &["rules", "workload", "redis", "kubernetes"]),
    ("policy", &["rules", "workload", "kubernetes", "yaml", "cel"]),
    ("engine", &["policy", "patch", "rules", "workload", "kubernetes"]),
    ("report", &["impact", "engine", "policy", "patch", "rules", "workload", "redis", "kubernetes", "yaml"]),
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

/// The rooms that compute: no I/O, no clock, no threads.
const CORE: [&str; 9] = ["redis", "kubernetes", "yaml", "cel", "workload", "rules", "patch", "policy", "engine"];

/// What would be I/O or concurrency in a room that has none.
const IO: [&str; 9] =
    ["std::fs", "net::Tcp", "std::io", "std::env", "std::process", "std::time", "tokio::", "hyper::", "kube::"];

fn in_room<'a>(files: &'a BTreeMap<String, SourceFile>, room: &'a str) -> impl Iterator<Item = &'a SourceFile> {
    files.iter().filter(move |(module, _)| module.split("::").next() == Some(room)).map(|(_, file)| file)
}

/// The rooms behind `crate::`.
fn imported_rooms(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    })
}

#[test]
fn rooms_import_what_they_may() {
    let files = read_all();
    for (room, allowed) in MAY_IMPORT {
        for file in in_room(&files, room) {
            let mut rooms = imported_rooms(&file.code);
            let wrong = rooms.find(|name| *name != room && !name.is_empty() && !allowed.contains(name));
            assert_eq!(wrong, None, "{} may import {allowed:?} only", file.path.display());
        }
    }
}

#[test]
fn the_page_shows_this_table() {
    let page = include_str!("../../../docs/architecture.md");
    for (room, allowed) in MAY_IMPORT {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{room}` |"))).unwrap();
        let shown = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let expected = match room {
            "cli" => "all".to_owned(),
            _ if allowed.is_empty() => "nothing here".to_owned(),
            _ => allowed.join(", "),
        };
        assert_eq!(shown, expected, "{room} in docs/architecture.md");
    }
}

#[test]
fn every_room_is_in_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(MAY_IMPORT.iter().any(|(room, _)| *room == name), "src/{name} is not in the table");
    }
}

#[test]
fn no_circle_runs_through_files() {
    let files = read_all();
    assert!(files.len() > 100, "only {} files were read", files.len());
    let imports = imports::imports(&files);
    assert!(imports["rules::memory::maxmemory_missing"].contains("workload::model"), "{imports:#?}");
    assert_eq!(imports::circle(&imports), None);
}

#[test]
fn no_room_offers_what_another_room_holds() {
    for (module, file) in read_all() {
        let room = module.split("::").next().unwrap_or_default();
        let offered =
            file.uses.iter().filter(|used| used.is_offered && used.path.first().is_some_and(|first| first == "crate"));
        let foreign: Vec<String> = offered
            .filter(|used| used.path.get(1).is_some_and(|other| other != room))
            .map(|used| used.path.join("::"))
            .collect();
        assert!(foreign.is_empty(), "{module} offers {foreign:?}");
    }
}

#[test]
fn one_style_of_modules() {
    for file in read_all().values() {
        let folder = file.path.with_extension("");
        assert!(!folder.is_dir(), "{} and {}: write {0}/mod.rs", folder.display(), file.path.display());
    }
}

#[test]
fn the_core_does_no_input_or_output() {
    let files = read_all();
    for room in CORE {
        for file in in_room(&files, room) {
            let found = IO.iter().find(|name| file.code.contains(*name));
            assert_eq!(found, None, "{}", file.path.display());
        }
    }
}
