//! Every case of the oracle: what a real redis-server 7.0.15 answered, against what we make of the same files and arguments.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use serde_json::Value;

use super::load;
use super::loaded::{FileSeen, Files, Stage, Start};

const DIR: &str = "/oracle";

/// Cases that need more than a grammar: what only a live directory, a module or a start shows.
const LEFT_OUT: &[(&str, &str)] = &[
    ("modules/two-missing", "needs a module: a name without folder is looked for in the system's library folders"),
    ("modules/not-a-module", "needs a module: the file is there and is none"),
    ("files/logfile-bad", "needs a live directory: where the log would be written"),
    ("cluster/config-file-in-missing-folder", "needs a live directory: where the nodes file would be written"),
    ("cluster/read-only", "needs a live directory: one that is read-only"),
    ("stdin/dev-stdin", "needs a live directory: /dev"),
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

/// What is wrong with our answer to a case, if anything.
fn judge(case: &Value, defaults: &serde_json::Map<String, Value>) -> Result<(), String> {
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
    let folder = Folder(files);
    let loaded = load(&Start { argv0, args: &args, working_dir: DIR, stdin: Some(stdin), files: &folder });
    let expect = &case["expect"];
    let first = loaded.problems.first();
    match expect["outcome"].as_str().unwrap() {
        "exit" => {
            if loaded.exits {
                Ok(())
            } else {
                Err("does not exit".into())
            }
        }
        "ok" => {
            if let Some(problem) = first {
                return Err(format!("refused: {problem:?}"));
            }
            let Some(config) = expect["config"].as_object() else { return Ok(()) };
            let expected: BTreeMap<String, String> =
                config.iter().map(|(name, value)| (name.clone(), decode(value).replace("$DIR", DIR))).collect();
            let mut found = loaded.settings();
            found.retain(|name, value| {
                defaults.get(name).is_none_or(|default| decode(default).replace("$DIR", DIR) != *value)
            });
            let expected: BTreeMap<_, _> =
                expected.into_iter().filter(|(name, _)| !super::redacted::is_secret_directive(name)).collect();
            if found == expected { Ok(()) } else { Err(format!("settings {found:?}, expected {expected:?}")) }
        }
        _ => {
            let problem = first.ok_or("accepted")?;
            let stage = match problem.stage {
                Stage::Config => "config",
                Stage::Open => "open",
                Stage::Start => "start",
                Stage::Crash => "crash",
            };
            if stage != expect["stage"] {
                return Err(format!("stage {stage}: {problem:?}"));
            }
            let line = expect.get("line").and_then(Value::as_u64);
            if stage == "config" && problem.line.map(u64::from) != line {
                return Err(format!("line {:?}: {problem:?}", problem.line));
            }
            Ok(())
        }
    }
}

#[test]
fn every_case_is_as_the_real_server_has_it() {
    let data: Value = serde_json::from_str(include_str!("../../tests/data/redis-conf/cases.json")).unwrap();
    let defaults = data["defaults"].as_object().unwrap();
    let mut wrong = Vec::new();
    let cases = data["cases"].as_array().unwrap();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let left_out = LEFT_OUT.iter().any(|(case, _)| *case == name);
        match judge(case, defaults) {
            Ok(()) if left_out => wrong.push(format!("{name}: passes, take it off the list")),
            Err(why) if !left_out => wrong.push(format!("{name}: {why}\n    {case}")),
            _ => {}
        }
    }
    println!("{} cases, {} left out", cases.len(), LEFT_OUT.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
