//! Passwords are never shown: hostile ones, in every place where one can stand, leave no trace in anything that we print.

use std::fmt::Write as _;
use std::sync::Arc;

use plimsoll::engine::Hook;
use plimsoll::workload::Workload;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::namespace::Namespace;
use crate::support::statefulset::statefulset;

/// What no output may hold.
const CANARY: &str = "CANARY7";

/// Where a password stands: the lines of a redis.conf, the words of `args`, the environment, a probe, a start script.
fn places(password: &str) -> Vec<(&'static str, Value)> {
    let quoted = format!("\"{password}\"");
    let mut places = Vec::new();
    for line in [
        format!("requirepass {password}"),
        format!("REQUIREPASS {quoted}"),
        format!("masterauth {password}"),
        format!("masteruser {password} extra"),
        format!("user default on >{password} ~* +@all"),
        format!("user {quoted} on nopass nonsense{password}"),
        format!("tls-key-file-pass {password}"),
        format!("sentinel auth-pass main {password}"),
        format!("requirepass={password}"),
        format!("requirepass: {password}"),
        format!("requirepas {password}"),
        format!("requirepass '{password}' {password}"),
        format!("\"requirepass {password}\""),
        format!("requirepass \"{password}"),
    ] {
        places.push(("redis.conf", json!(format!("maxmemory 100mb\n{line}\nappendonly maybe\n"))));
    }
    for words in [
        json!(["--requirepass", password]),
        json!([format!("--requirepass {password}")]),
        json!([format!("--requirepass={password}")]),
        json!([format!("-requirepass {password}")]),
        json!(["--masterauth", password, "--requirepass", password, "--maxmemory", "1gb"]),
        json!(["--user", format!("default on >{password}")]),
        json!(["--user", "default", "on", format!(">{password}"), "~*", "+@all"]),
        json!(["--requirepass", password, "--maxmemory", "512Mi"]),
    ] {
        places.push(("args", words));
    }
    places.push(("env", json!([{"name": "REDIS_PASSWORD", "value": password}])));
    places.push(("env", json!([{"name": "REDIS_EXTRA_FLAGS", "value": format!("--requirepass {password}")}])));
    places.push(("env", json!([{"name": "REDIS_ARGS", "value": format!("--requirepass {password}")}])));
    for command in [
        json!(["redis-cli", "-a", password, "ping"]),
        json!(["sh", "-c", format!("redis-cli --no-auth-warning -a {quoted} ping | grep PONG")]),
        json!(["sh", "-c", format!("REDISCLI_AUTH={quoted} redis-cli ping")]),
        json!(["redis-cli", "--pass", password, "ping"]),
        json!(["redis-cli", "-u", format!("redis://user:{password}@127.0.0.1:6379"), "ping"]),
    ] {
        places.push(("probe", command));
    }
    places.push((
        "script",
        json!(format!("echo requirepass {quoted} >> /data/x.conf\nexec redis-server /data/x.conf\n")),
    ));
    places.push(("script", json!(format!("exec redis-server --requirepass {quoted} --maxmemory 1tb\n"))));
    places
}

/// A set with one password in it, and the ConfigMap that it mounts.
fn release(place: &str, holding: &Value) -> [Value; 2] {
    let mut data = json!({"redis.conf": "maxmemory-policy allkeys-lru\n"});
    let set = statefulset("cache").namespace("shop").limit("100Mi").request("64Mi");
    let set = set.volume("conf", "/conf", json!({"configMap": {"name": "conf"}}));
    let reads_file = ["/conf/redis.conf"];
    let set = match place {
        "redis.conf" => {
            data["redis.conf"] = holding.clone();
            set.args(&reads_file)
        }
        "args" => set.container("args", holding.clone()),
        "env" => {
            let is_stack = holding[0]["name"] == "REDIS_ARGS";
            set.image(if is_stack { "redis-stack:7" } else { "bitnami/redis:8" }).container("env", holding.clone())
        }
        "probe" => {
            let probe = json!({"exec": {"command": holding}, "timeoutSeconds": 1});
            set.args(&reads_file).container("livenessProbe", probe)
        }
        _ => {
            data["start.sh"] = holding.clone();
            set.command(&["/bin/sh", "/conf/start.sh"])
        }
    };
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "shop"}, "data": data});
    [map, set.build()]
}

/// Everything that is said of a release, but for the patch, which goes to the API server alone.
fn said(release: &[Value; 2]) -> String {
    let mut said = String::new();
    let mut namespace = Namespace::new("production");
    for object in release {
        let (stored, verdict) = namespace.apply(object, None);
        let judged = namespace.judge(&stored);
        let findings = judged.iter().chain(&verdict.judged).map(|judged| &judged.finding).collect::<Vec<_>>();
        let model = Workload::read(&stored, &namespace.snapshot).map(|workload| workload.to_json());
        write!(
            said,
            "{:?} {:?} {:?} {findings:?} {model:?}",
            verdict.denial, verdict.warnings, verdict.audit_annotations
        )
        .unwrap();
        let again = namespace.decide(Hook::Mutate, &Namespace::request(&Arc::new(object.clone()), Some(&stored)));
        write!(said, "{:?}", again.warnings).unwrap();
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn passwords_leave_no_trace(before in "|[ -#%-~][ -~\u{e9}\u{3b1}]{0,6}", after in "[ -~\u{e9}]{0,6}") {
        let password = format!("{before}{CANARY}{after}");
        for (place, holding) in places(&password) {
            let said = said(&release(place, &holding));
            prop_assert!(!said.contains(CANARY), "{place} {holding}: {said}");
        }
    }
}

#[test]
fn no_command_prints_one() {
    let mut items = Vec::new();
    for (number, (place, holding)) in places(&format!("x{CANARY}y")).into_iter().enumerate() {
        for mut object in release(place, &holding) {
            object["metadata"]["namespace"] = json!(format!("shop-{number}"));
            items.push(object);
        }
    }
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop-1"}, "stringData": {"password": CANARY}});
    items.push(secret);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let commands =
        ["check", "check -o json", "check --profile production -o json", "inspect", "inspect -o json", "why", "try"];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["-"]).collect();
        let answer = crate::support::command::piped(&words, list.as_str());
        assert!(answer.out.len() > 1000, "{command}: {}", answer.out);
        let mut lines = answer.out.lines().chain(answer.err.lines());
        assert_eq!(lines.find(|line| line.contains(CANARY)), None, "{command}");
    }
}
