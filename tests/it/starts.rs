//! Start scripts beside a real shell and a real redis-server: what is believed of each is what that server had, or unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll::kubernetes::Snapshot;
use plimsoll::workload::{Fact, Role, Workload};
use serde_json::{Map, Value, json};

use crate::support::command::root;

/// The starts, and the maxmemory that redis-server 7.0.15 had after each; nothing where it did not come up.
fn starts() -> (BTreeMap<String, Value>, BTreeMap<String, Option<u64>>) {
    let read = |name: &str| std::fs::read_to_string(root().join("tests/data/starts").join(name)).unwrap();
    let cases = serde_json::from_str(&read("cases.json")).unwrap();
    (cases, serde_json::from_str(&read("servers.json")).unwrap())
}

fn name_of(path: &str) -> String {
    path.trim_matches('/').replace(['/', '.'], "-")
}

/// The manifest of a start, with its ConfigMaps: every file that it is not given is not known.
fn workload(case: &Value) -> Workload {
    let (mut volumes, mut mounts, mut around) = (Vec::new(), Vec::new(), Snapshot::new());
    let none = Map::new();
    for (path, data) in case["cfg"].as_object().unwrap_or(&none) {
        let name = name_of(path);
        around.insert_object(Arc::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "t"}, "data": data,
        })));
        volumes.push(json!({"name": name, "configMap": {"name": name}}));
        mounts.push(json!({"name": name, "mountPath": path}));
    }
    let empty = case["empty"].as_array().cloned().unwrap_or_else(|| vec![json!("/pl/data")]);
    for path in empty.iter().filter_map(Value::as_str) {
        volumes.push(json!({"name": name_of(path), "emptyDir": {}}));
        mounts.push(json!({"name": name_of(path), "mountPath": path}));
    }
    let mut container = json!({
        "name": "redis", "image": case["image"].as_str().unwrap_or("redis:7.0"), "workingDir": "/pl/data",
        "volumeMounts": mounts, "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    });
    for field in ["command", "args", "env", "envFrom", "lifecycle", "workingDir"] {
        if !case[field].is_null() {
            container[field] = case[field].clone();
        }
    }
    let object = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "r", "namespace": "t"},
        "spec": {"containers": [container], "volumes": volumes},
    });
    Workload::read(&object, &around).unwrap_or_else(|| panic!("no Redis: {case}"))
}

#[test]
fn what_is_believed_is_what_the_server_had() {
    let (cases, servers) = starts();
    let mut known = 0;
    for (name, case) in &cases {
        let Some(had) = servers[name] else { continue };
        let workload = workload(case);
        let Some(container) = workload.servers().next() else {
            assert!(workload.containers.iter().any(|container| container.role == Role::Unknown), "{name}");
            continue;
        };
        let config = container.config.as_ref().unwrap();
        assert!(!config.problems.iter().any(|problem| problem.certain), "{name}: {:?}", config.problems);
        let believed = match &config.maxmemory {
            Fact::Set(setting) => setting.value,
            Fact::Unset => 0,
            Fact::Unknown(_) => continue,
        };
        assert_eq!(believed, had, "{name}: {case}");
        known += 1;
    }
    // It must not become vague.
    assert!(known >= 100, "only {known} of {} are known", cases.len());
}

/// The first workload of a manifest among its other objects.
fn read(name: &str) -> Workload {
    let path = root().join("tests/fixtures/starts").join(name).with_extension("yaml");
    let objects: Vec<Arc<Value>> = crate::support::releases::documents(&std::fs::read_to_string(path).unwrap())
        .into_iter()
        .map(Arc::new)
        .collect();
    let around = Snapshot::complete(&objects);
    objects.iter().find_map(|object| Workload::read(object, &around)).unwrap()
}

#[test]
fn manifests_of_others_are_read_right() {
    let mb = |megabytes: u64| Some(megabytes << 20);
    for (name, maxmemory) in [
        ("arithmetic", mb(768)),
        ("bitnami-overrides", mb(100)),
        ("branches-differ", None),
        ("echo-relative", mb(900)),
        ("env-chain", mb(700)),
        ("given-script-exec-args", mb(900)),
        ("heredoc-server", mb(900)),
        ("init-cp", mb(900)),
        ("inline-positional-args", mb(900)),
        ("master-replica-branch", Some(0)),
        ("path-in-script-variable", mb(900)),
        ("server-gets-args", mb(900)),
        ("server-in-function", mb(900)),
        ("sub-path-expr", mb(100)),
    ] {
        let workload = read(name);
        let config = workload.servers().next().unwrap().config.as_ref().unwrap();
        let found = match &config.maxmemory {
            Fact::Set(setting) => Some(setting.value),
            Fact::Unset => Some(0),
            Fact::Unknown(_) => None,
        };
        assert_eq!(found, maxmemory, "{name}");
    }
    let quorum = read("init-echo-monitor").sentinels.unwrap().quorum;
    assert_eq!(quorum.value().map(|setting| setting.value), Some(2));
}
