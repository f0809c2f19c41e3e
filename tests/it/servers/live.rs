//! The answers in `tests/data/servers` are what real servers say: those that are at hand are asked again. `make servers`
//! fetches them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::command::root;
use crate::support::left_out::left_out;

const TEST: &str = "the tables against real servers";

/// The servers that `make servers` fetches, and the one that is installed; what is missing is left out loudly.
fn servers_at_hand() -> Vec<(String, PathBuf)> {
    let wheels = fs::read_to_string(root().join("tests/servers/wheels.txt")).unwrap();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    let folder = cache.unwrap_or_default().join("plimsoll/servers");
    let mut servers = Vec::new();
    for line in wheels.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(' ').next().unwrap();
        let path = folder.join(name);
        if path.exists() {
            servers.push((name.to_owned(), path));
        } else {
            left_out(TEST, &format!("{name} is not in {} (make servers)", folder.display()));
        }
    }
    match installed() {
        Some(server) => servers.push(server),
        None => left_out(TEST, "no redis-server is installed"),
    }
    servers
}

/// The `redis-server` of this machine, by its version.
fn installed() -> Option<(String, PathBuf)> {
    let output = Command::new("redis-server").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split("v=").nth(1)?.split(' ').next()?;
    Some((format!("redis-{version}"), PathBuf::from("redis-server")))
}

/// The names of all directives of all versions, one a line.
fn names() -> String {
    let table = fs::read_to_string(root().join("src/redis/versions.txt")).unwrap();
    let lines = table.lines().filter(|line| line.contains(" | "));
    let names: BTreeSet<&str> = lines.map(|line| line.split([' ', '=']).next().unwrap()).collect();
    names.into_iter().collect::<Vec<_>>().join("\n")
}

/// What a server says now.
fn ask(server: &Path) -> Value {
    // A name without a folder is looked for in PATH, which the script does not do.
    let found = Command::new("sh").arg("-c").arg("command -v \"$0\"").arg(server).output().unwrap();
    let path = String::from_utf8(found.stdout).unwrap();
    let mut script = Command::new("python3");
    script.arg(root().join("tests/servers/ask.py")).arg(path.trim()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    child.stdin.take().unwrap().write_all(names().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", server.display());
    without_machine(serde_json::from_slice(&output.stdout).unwrap())
}

/// Without what stands for the machine: how many files it may open decides how many clients there may be.
fn without_machine(mut answers: Value) -> Value {
    answers["directives"].as_object_mut().unwrap().remove("maxclients");
    answers
}

#[test]
fn the_answers_are_what_real_servers_say() {
    if Command::new("python3").arg("--version").output().is_err() {
        return left_out(TEST, "no python3");
    }
    std::thread::scope(|scope| {
        for (name, path) in servers_at_hand() {
            let Ok(text) = fs::read_to_string(root().join(format!("tests/data/servers/{name}.json"))) else {
                left_out(TEST, &format!("{name}: no answers of this version were kept"));
                continue;
            };
            scope.spawn(move || {
                let kept = without_machine(serde_json::from_str(&text).unwrap());
                let said = ask(&path);
                for (directive, kept) in kept["directives"].as_object().unwrap() {
                    assert_eq!(&said["directives"][directive], kept, "{name} {directive}");
                }
                assert_eq!(said, kept, "{name}");
            });
        }
    });
}
