//! Every case of the oracle: what a real redis-server 7.0.15 and other servers did, against what we make of the same files
//! and arguments.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use serde_json::Value;

use crate::redis::loaded::{FileSeen, Files, Loaded, Mode, ProblemKind, Stage, Start};
use crate::redis::redacted::is_secret_directive;
use crate::redis::{Server, load};

const DIR: &str = "/oracle";

/// Values of which the cases of other servers than 7.0.15 tell.
const TOLD: [&str; 4] = ["maxmemory", "maxmemory-policy", "appendonly", "save"];

/// Cases that need more than a grammar: what only a live directory, a module or a start shows.
const LEFT_OUT: &[(&str, &str)] = &[
    ("modules/two-missing", "needs a module: a name without folder is looked for in the system's library folders"),
    ("modules/not-a-module", "needs a module: the file is there and is none"),
    ("files/logfile-bad", "needs a live directory: where the log would be written"),
    ("cluster/config-file-in-missing-folder", "needs a live directory: where the nodes file would be written"),
    ("cluster/read-only", "needs a live directory: one that is read-only"),
    ("stdin/dev-stdin", "needs a live directory: /dev"),
];

/// What of other servers is left out.
const LEFT_OUT_ELSEWHERE: &[(&str, &str)] = &[
    ("memory/1", "no maxmemory is beyond 2^63: servers stop, wrap or refuse there"),
    ("memory/8589934592gb", "the same"),
    ("args/bind-", "needs a network: what it can listen on"),
    ("multi/bind-", "needs a network"),
    ("files/dir-", "needs a live directory"),
    ("integer/unixsocketperm", "6.2 reads it with C's strtol: what that refuses we don't say"),
    ("multi/save-huge", "the same"),
    ("args/value-with-quotes", "Valkey 8.1.1 does not read back its own quoting of quotes"),
    ("whole/tls-", "needs a server with TLS: 6.2.14 was built without"),
    ("acl/", "needs the ACLs of each version, which are never certain"),
    ("rename/", "needs the commands of each version, which are never certain"),
    ("sentinel/", "needs the directives of each version's Sentinel, which are never certain"),
];

struct Folder(HashMap<String, Vec<u8>>);

impl Files for Folder {
    fn read(&self, path: &str) -> FileSeen {
        let path = path.replace("/./", "/").replace("//", "/");
        if let Some(text) = self.0.get(&path) {
            return FileSeen::Text(text.clone());
        }
        let folder = format!("{}/", path.trim_end_matches('/'));
        if folder == format!("{DIR}/") || self.0.keys().any(|file| file.starts_with(&folder)) {
            FileSeen::Folder
        } else {
            FileSeen::Missing
        }
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        let folder = format!("{}/", folder.trim_end_matches('/'));
        let inside = self.0.keys().filter_map(|file| file.strip_prefix(&folder));
        let names: std::collections::BTreeSet<&str> = inside.filter_map(|name| name.split('/').next()).collect();
        Some(names.into_iter().map(str::to_owned).collect())
    }
}

fn expand(text: &str) -> Vec<u8> {
    text.replace("$DIR", DIR).into_bytes()
}

fn decode(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => String::from_utf8_lossy(&bytes(&other["base64"])).into_owned(),
    }
}

fn bytes(base64: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(base64.as_str().unwrap()).unwrap()
}

/// What we make of a case.
fn read(case: &Value, server: &Server) -> Loaded {
    let mut files = HashMap::new();
    for (name, text) in case["files"].as_object().into_iter().flatten() {
        files.insert(format!("{DIR}/{name}"), expand(text.as_str().unwrap()));
    }
    for (name, text) in case["files_base64"].as_object().into_iter().flatten() {
        files.insert(format!("{DIR}/{name}"), bytes(text));
    }
    let args: Vec<Vec<u8>> =
        case["args"].as_array().unwrap().iter().map(|word| expand(word.as_str().unwrap())).collect();
    let stdin = case["stdin"].as_str().unwrap_or_default().as_bytes();
    let argv0 = case["argv0"].as_str().unwrap_or("redis-server");
    load(&Start { server, argv0, args: &args, working_dir: DIR, stdin: Some(stdin), files: &Folder(files) })
}

/// What is wrong with how we say that a case ends, if anything.
fn judge_end(loaded: &Loaded, expect: &Value) -> Result<(), String> {
    let first = loaded.problems.first();
    match expect["outcome"].as_str().unwrap() {
        "exit" if loaded.exits => Ok(()),
        "exit" => Err("does not exit".into()),
        "ok" => first.map_or(Ok(()), |problem| Err(format!("refused: {problem:?}"))),
        _ => {
            let problem = first.ok_or("accepted")?;
            let stage = match problem.stage {
                Stage::Config => "config",
                Stage::Open => "open",
                Stage::Start => "start",
                Stage::Crash => "crash",
            };
            // From 8.0 on what no directive is comes to its end when no module has claimed it.
            let is_claimed_late = matches!(problem.kind, ProblemKind::UnknownDirective | ProblemKind::Arity);
            if expect["stage"] == "start" && is_claimed_late && problem.certain {
                return Ok(());
            }
            if stage != expect["stage"] {
                return Err(format!("stage {stage}: {problem:?}"));
            }
            let line = expect.get("line").and_then(Value::as_u64);
            let is_of_line = problem.kind != ProblemKind::Conflict;
            if stage == "config" && is_of_line && problem.line.map(u64::from) != line {
                return Err(format!("line {:?}: {problem:?}", problem.line));
            }
            Ok(())
        }
    }
}

/// What is wrong with the values that we read from a case, if anything; `names` are those that are compared.
fn judge_values(
    loaded: &Loaded,
    expect: &Value,
    defaults: &serde_json::Map<String, Value>,
    names: Option<&[&str]>,
) -> Result<(), String> {
    let Some(config) = expect["config"].as_object() else { return Ok(()) };
    let is_asked = |name: &str| names.is_none_or(|names| names.contains(&name)) && !is_secret_directive(name);
    let mut expected: BTreeMap<String, String> =
        config.iter().map(|(name, value)| (name.clone(), decode(value).replace("$DIR", DIR))).collect();
    expected.retain(|name, _| is_asked(name));
    let mut found = loaded.settings();
    found.retain(|name, value| {
        is_asked(name) && defaults.get(name).is_none_or(|default| decode(default).replace("$DIR", DIR) != *value)
    });
    if found == expected { Ok(()) } else { Err(format!("settings {found:?}, expected {expected:?}")) }
}

#[test]
fn every_case_is_as_the_real_server_has_it() {
    let data: Value = serde_json::from_str(include_str!("../../../tests/data/redis-conf/cases.json")).unwrap();
    let defaults = data["defaults"].as_object().unwrap();
    let mut wrong = Vec::new();
    let cases = data["cases"].as_array().unwrap();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let left_out = LEFT_OUT.iter().any(|(case, _)| *case == name);
        let loaded = read(case, &Server::of_image("redis:7.0.15"));
        let expect = &case["expect"];
        match judge_end(&loaded, expect).and_then(|()| judge_values(&loaded, expect, defaults, None)) {
            Ok(()) if left_out => wrong.push(format!("{name}: passes, take it off the list")),
            Err(why) if !left_out => wrong.push(format!("{name}: {why}\n    {case}")),
            _ => {}
        }
    }
    println!("{} cases, {} left out", cases.len(), LEFT_OUT.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_is_as_each_other_server_has_it() {
    let data: Value = serde_json::from_str(include_str!("../../../tests/data/redis-conf/cases.json")).unwrap();
    let others: Value = serde_json::from_str(include_str!("../../../tests/data/redis-conf/versions.json")).unwrap();
    let defaults = data["defaults"].as_object().unwrap();
    let is_left_out = |name: &str| {
        LEFT_OUT.iter().any(|(case, _)| *case == name)
            || LEFT_OUT_ELSEWHERE.iter().any(|(start, _)| name.starts_with(start))
    };
    let mut wrong = Vec::new();
    for (name, differing) in others["servers"].as_object().unwrap() {
        let server = super::answers::server(name);
        for case in data["cases"].as_array().unwrap() {
            let case_name = case["name"].as_str().unwrap();
            if is_left_out(case_name) || case.get("argv0").is_some() {
                continue;
            }
            let expect = differing.get(case_name).unwrap_or(&case["expect"]);
            let loaded = read(case, &server);
            if loaded.mode == Mode::Sentinel {
                continue;
            }
            let judged = judge_end(&loaded, expect).and_then(|()| judge_values(&loaded, expect, defaults, Some(&TOLD)));
            if let Err(why) = judged {
                wrong.push(format!("{name} {case_name}: {why}\n    {case}\n    {expect}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a server took is refused with certainty for none of the names that it may go by.
#[test]
fn what_a_server_takes_is_never_certain_to_be_refused() {
    let data: Value = serde_json::from_str(include_str!("../../../tests/data/redis-conf/cases.json")).unwrap();
    let others: Value = serde_json::from_str(include_str!("../../../tests/data/redis-conf/versions.json")).unwrap();
    let same = Value::Object(serde_json::Map::new());
    let mut servers: Vec<(&str, &Value)> = vec![("redis-7.0.15", &same)];
    servers.extend(others["servers"].as_object().unwrap().iter().map(|(name, differing)| (name.as_str(), differing)));
    let mut wrong = Vec::new();
    for (name, differing) in servers {
        for case in data["cases"].as_array().unwrap() {
            let case_name = case["name"].as_str().unwrap();
            let expect = differing.get(case_name).unwrap_or(&case["expect"]);
            let is_left_out = LEFT_OUT.iter().any(|(left_out, _)| *left_out == case_name);
            if is_left_out || expect["outcome"] == "fatal" || (case.get("argv0").is_some() && name != "redis-7.0.15") {
                continue;
            }
            for server in super::answers::names_of(name) {
                if let Some(problem) = read(case, &server).problems.iter().find(|problem| problem.certain) {
                    wrong.push(format!("{name} {case_name} as {server:?}: {problem:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
