//! What we patch stays valid: the real API server takes each patched object where it takes the original, and the Pods that
//! its controller would make of it. Nothing is stored: all requests are dry runs.

use std::collections::BTreeSet;

use plimsoll::engine::Hook;
use serde_json::{Value, json};

use crate::laws::for_each_workload_and_case;
use crate::support::control_plane::{ControlPlane, shared};
use crate::support::namespace::Namespace;

/// The memory of a whole Pod, which the containers of it must not outgrow; null leaves an object as it is.
const POD_MEMORY: [&str; 4] = [
    "null",
    r#"{"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}"#,
    r#"{"limits": {"memory": "4Gi"}}"#,
    r#"{"requests": {"memory": "768Mi"}}"#,
];

/// What the API server refuses of ours as it is.
const INVALID: [&str; 1] = ["tests/fixtures/cases/limit-1gb.yaml"];

/// An object, as its user wrote it and patched.
struct Asked {
    name: String,
    /// Whether the user wrote it so.
    as_written: bool,
    original: Value,
    patched: Value,
}

/// All workloads under all profiles, where something is patched, each once.
fn patched_workloads() -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    for profile in ["baseline", "production", "cache"] {
        for memory in POD_MEMORY {
            let memory: Value = serde_json::from_str(memory).unwrap();
            for_each_workload_and_case(profile, |name, namespace, object| {
                let mut original = object.clone();
                let at = if object["kind"] == "Pod" { "/spec" } else { "/spec/template/spec" };
                let spec = original.pointer_mut(at).unwrap().as_object_mut().unwrap();
                if !memory.is_null() {
                    spec.insert("resources".to_owned(), memory.clone());
                }
                let patched = patch(namespace, &original);
                let as_written = memory.is_null();
                if !all.iter().any(|asked| asked.patched == patched) {
                    all.push(Asked { name: name.to_owned(), as_written, original, patched });
                }
            });
        }
    }
    all
}

fn patch(namespace: &mut Namespace, object: &Value) -> Value {
    let verdict = namespace.decide(Hook::Mutate, &Namespace::request(&object.clone().into(), None));
    let mut patched = object.clone();
    json_patch::patch(&mut patched, &verdict.patch).unwrap();
    patched
}

/// The object under another name, without what only a stored one has; and the Pod that its controller would make.
fn named(object: &Value, name: &str) -> Vec<Value> {
    let metadata = &object["metadata"];
    let mut workload = object.clone();
    workload["metadata"] = json!({"name": name, "labels": metadata["labels"], "annotations": metadata["annotations"]});
    if object["kind"] == "Pod" {
        return vec![workload];
    }
    let template = &object["spec"]["template"];
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": template["spec"]});
    for field in ["labels", "annotations"] {
        pod["metadata"][field] = template["metadata"][field].clone();
    }
    let mut volumes = template["spec"]["volumes"].as_array().cloned().unwrap_or_default();
    for claim in object["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        volumes.push(json!({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": "any"}}));
    }
    pod["spec"]["volumes"] = volumes.into();
    vec![workload, pod]
}

/// The names of objects that the API server takes: `statefulset.apps/a-1`, `pod/a-1`.
fn taken(cluster: &ControlPlane, namespace: &str, objects: &[Value]) -> BTreeSet<String> {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let create = ["create", "--dry-run=server", "--validate=ignore", "-o", "name", "-n", namespace, "-f", "-"];
    cluster.kubectl(&create, &list).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn what_we_patch_passes_the_validation_of_the_api_server() {
    const TEST: &str = "what_we_patch_passes_the_validation_of_the_api_server";
    let Some(cluster) = shared(TEST) else { return };
    let namespace = cluster.namespace("valid");
    let all = patched_workloads();
    let mut objects = Vec::new();
    for (index, asked) in all.iter().enumerate() {
        objects.extend(named(&asked.original, &format!("original-{index}")));
        objects.extend(named(&asked.patched, &format!("patched-{index}")));
    }
    let taken = taken(cluster, &namespace, &objects);
    let mut invalid = BTreeSet::new();
    let mut proven = 0;
    for (index, asked) in all.iter().enumerate() {
        let of = |what: &str| taken.iter().filter(|name| name.ends_with(&format!("/{what}-{index}"))).count();
        let wanted = named(&asked.original, "").len();
        if of("original") < wanted {
            invalid.insert((asked.as_written, asked.name.as_str()));
            continue;
        }
        proven += usize::from(asked.original != asked.patched);
        let Asked { name, original, patched, .. } = asked;
        assert_eq!(of("patched"), wanted, "{name}: {original:#}\n{:#?}", plimsoll::patch::diff(original, patched));
    }
    eprintln!("{proven} patches proven; {} objects are invalid before any patch: {invalid:#?}", invalid.len());
    let ours = invalid.iter().filter(|(as_written, name)| *as_written && name.starts_with("tests/"));
    assert!(ours.map(|(_, name)| *name).eq(INVALID), "{invalid:#?}");
    assert!(proven > 50, "{proven}");
}
