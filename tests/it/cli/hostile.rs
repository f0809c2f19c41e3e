//! Input that nobody meant well: answered clearly and quickly, never a panic, never a hang.

use serde_json::{Value, json};

use crate::support::command::{Answer, piped};

/// `check` and `inspect` answer; what hangs is killed by the helper, and fails.
fn survives(what: &str, input: &[u8]) -> Answer {
    piped(&["inspect", "-o", "json"], input);
    let answer = piped(&["check", "-o", "json"], input);
    assert!([0, 3, 11, 12, 13, 14].contains(&answer.code), "{what}: {} {}", answer.code, answer.err);
    assert!(answer.err.len() < 5000, "{what}: {}", answer.err);
    answer
}

fn workload(spec: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a"}, "spec": spec})
}

#[test]
fn a_redis_conf_of_a_megabyte_on_one_line() {
    let spec = json!({"template": {"spec": {
        "containers": [{"name": "redis", "image": "redis", "args": ["/c/redis.conf"], "volumeMounts": [{"name": "c", "mountPath": "/c"}]}],
        "volumes": [{"name": "c", "configMap": {"name": "c"}}],
    }}});
    for line in ["x".repeat(1 << 20), format!("save {}", "1 ".repeat(1 << 19)), "\"".repeat(1 << 20)] {
        let config =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"redis.conf": line}});
        let answer = survives("a long line", format!("{}\n---\n{config}", workload(&spec)).as_bytes());
        assert!(answer.out.len() < 100_000, "{} bytes", answer.out.len());
        assert_eq!(answer.json()["summary"]["workloads"], 1);
    }
}

#[test]
fn ten_thousand_containers() {
    let containers: Vec<Value> =
        (0..10_000).map(|number| json!({"name": format!("c{number}"), "image": "redis"})).collect();
    survives(
        "many containers",
        workload(&json!({"template": {"spec": {"containers": containers}}})).to_string().as_bytes(),
    );
}

#[test]
fn absurd_types_everywhere() {
    let absurd = [
        json!("x"),
        json!(-1),
        json!(1e300),
        json!(null),
        json!([]),
        json!([null, "x", 1]),
        json!({"a": {}}),
        json!(true),
    ];
    let paths = [
        "",
        "/kind",
        "/metadata",
        "/metadata/annotations",
        "/metadata/ownerReferences",
        "/metadata/name",
        "/metadata/namespace",
        "/spec",
        "/spec/replicas",
        "/spec/serviceName",
        "/spec/selector",
        "/spec/template",
        "/spec/template/spec",
        "/spec/template/spec/volumes",
        "/spec/template/spec/containers",
        "/spec/template/spec/containers/0",
        "/spec/template/spec/containers/0/name",
        "/spec/template/spec/containers/0/image",
        "/spec/template/spec/containers/0/args",
        "/spec/template/spec/containers/0/env",
        "/spec/template/spec/containers/0/resources",
        "/spec/template/spec/containers/0/resources/limits",
        "/spec/template/spec/containers/0/resources/limits/memory",
        "/spec/template/spec/containers/0/livenessProbe",
        "/spec/template/spec/containers/0/livenessProbe/exec/command",
        "/spec/template/spec/containers/0/livenessProbe/timeoutSeconds",
        "/spec/template/spec/containers/0/volumeMounts",
        "/spec/template/spec/volumes/0/configMap",
    ];
    let sane = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "a", "namespace": "b", "annotations": {"plimsoll.dev/ignore": "*"}, "ownerReferences": []},
        "spec": {"replicas": 1, "serviceName": "a", "selector": {}, "template": {"spec": {
            "containers": [{
                "name": "redis", "image": "redis", "args": ["/c/redis.conf"], "env": [{"name": "A", "value": "b"}],
                "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
                "livenessProbe": {"exec": {"command": ["redis-cli", "ping"]}, "timeoutSeconds": 1},
                "volumeMounts": [{"name": "c", "mountPath": "/c"}],
            }],
            "volumes": [{"name": "c", "configMap": {"name": "c"}}],
        }}},
    });
    let mut all = Vec::new();
    for path in paths {
        for value in &absurd {
            let mut object = sane.clone();
            *object.pointer_mut(path).unwrap() = value.clone();
            all.push(object);
        }
    }
    let stream: String = all.iter().map(|object| format!("---\n{object}\n")).collect();
    let input = stream.as_bytes();
    for command in ["check", "inspect"] {
        let answer = piped(&[command], input);
        assert!(answer.out.contains("StatefulSet"), "{}", answer.out);
    }
    // Each alone: in a stream only the last of one name counts.
    let folder = tempfile::tempdir().unwrap();
    for (number, object) in all.iter().enumerate() {
        let case = folder.path().join(number.to_string());
        std::fs::create_dir(&case).unwrap();
        std::fs::write(case.join("a.json"), object.to_string()).unwrap();
    }
    let answer = piped(&["check", "-o", "json", folder.path().to_str().unwrap()], "");
    assert!(answer.json()["summary"]["workloads"].as_u64().unwrap() > 100);
}

#[test]
fn quantities_that_are_none() {
    for memory in [
        json!("-1Gi"),
        json!("1gi"),
        json!(-5),
        json!("1e400"),
        json!("999999999999999999999Ei"),
        json!("NaN"),
        json!(0.5),
    ] {
        let resources = json!({"requests": {"memory": memory}, "limits": {"memory": memory}});
        let containers = json!([{"name": "redis", "image": "redis", "resources": resources}]);
        survives(
            "a quantity",
            workload(&json!({"replicas": u64::MAX, "template": {"spec": {"containers": containers}}}))
                .to_string()
                .as_bytes(),
        );
    }
}

#[test]
fn nesting_without_end() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("- ", ""), ("a: {b: [", "")] {
        let text = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        let answer = survives("deep nesting", text.as_bytes());
        assert_eq!(answer.code, 3);
        assert!(answer.err.starts_with("plimsoll: <stdin>:"), "{}", answer.err);
    }
    // As deep as is read, in a workload.
    let mut deep = json!(1);
    for _ in 0..90 {
        deep = json!([deep]);
    }
    assert_eq!(survives("a deep workload", workload(&json!({"template": deep})).to_string().as_bytes()).code, 0);
}

#[test]
fn bytes_of_all_kinds() {
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| u8::try_from((number * 7919) >> 3 & 0xff).unwrap()).collect();
    let answer = piped(&["check"], bytes);
    assert_eq!(answer.code, 3);
    assert!(answer.err.contains("not UTF-8"), "{}", answer.err);
    survives("zeros", &vec![0; 100_000]);
    survives("separators", "---\n".repeat(200_000).as_bytes());
    let answer = survives("templates", "---\na: {{ b }}\n".repeat(10_000).as_bytes());
    assert!(answer.err.ends_with("and 9980 more like these\n"), "{}", answer.err);
    survives("one endless key", "a".repeat(1 << 20).as_bytes());
    survives("anchors", "&a ".repeat(100_000).as_bytes());
    survives("comments", "# x\n".repeat(200_000).as_bytes());
}
