//! `plimsoll inspect`: the model as people and as programs read it.

use serde_json::{Value, json};

use crate::support::command::{conforms, corpus, piped, plimsoll};

const LEDGER: &str = "tests/fixtures/check/ledger.yaml";

#[test]
fn text_is_for_people() {
    let answer = plimsoll(&["inspect", LEDGER]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!("text_for_people", answer.out);
}

#[test]
fn json_keeps_its_contract() {
    let json = plimsoll(&["inspect", "-o", "json", LEDGER]).json();
    conforms(&json, "inspect.schema.json");
    let workload = &json["workloads"][0];
    assert_eq!(workload["maxmemory_bytes"], 1000 << 20);
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "ledger"});
    assert_eq!(workload["maxmemory_origin"], json!({"object": object, "at": "/data/redis.conf", "line": 4}));
    assert_eq!(workload["governing_service_headless"], false);
    assert_eq!(workload["storage"]["directory"], "/data");
    assert_eq!(workload["storage"]["source"], "claim-template");
    assert_eq!(workload["probes"]["liveness"]["timeoutSeconds"], 2);
    assert_eq!(workload["probes"]["startup"], Value::Null);
    assert_eq!(workload["unknown"], json!([]));
}

/// The argument that holds the option's name, whatever stands before it and behind it.
#[test]
fn options_are_traced_to_the_word_that_names_them() {
    for (command, args, expected) in [
        (json!([]), json!(["--maxmemory", "1gb"]), "args/0"),
        (json!([]), json!(["--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru", "--save", ""]), "args/0"),
        (json!([]), json!(["--save", "", "--maxmemory", "1gb", "--appendonly", "yes"]), "args/2"),
        (json!([]), json!(["redis-server", "--maxmemory", "1gb", "--appendonly", "yes"]), "args/1"),
        (json!([]), json!(["redis-server", "/etc/none.conf", "--maxmemory", "1gb", "--appendonly", "yes"]), "args/2"),
        (json!(["redis-server"]), json!(["--maxmemory", "1gb", "--appendonly", "yes"]), "args/0"),
        (json!(["redis-server", "--maxmemory", "1gb", "--appendonly", "yes"]), json!([]), "command/1"),
        (json!(["redis-server", "--port", "6380"]), json!(["--maxmemory", "1gb", "--appendonly", "yes"]), "args/0"),
        (json!(["tini", "--", "redis-server"]), json!(["--maxmemory", "1gb", "--appendonly", "yes"]), "args/0"),
        (json!(["tini", "--"]), json!(["redis-server", "--maxmemory", "1gb", "--appendonly", "yes"]), "args/1"),
    ] {
        let mut container = json!({"name": "redis", "image": "redis:7.4", "args": args, "volumeMounts": [{"name": "conf", "mountPath": "/etc/none.conf", "subPath": "redis.conf"}]});
        if command != json!([]) {
            container["command"] = command.clone();
        }
        let volume = json!({"name": "conf", "configMap": {"name": "conf"}});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container], "volumes": [volume]}});
        let conf = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"redis.conf": "port 6379\n"}});
        let json = piped(&["inspect", "-o", "json"], format!("{pod}\n---\n{conf}\n")).json();
        assert_eq!(
            json["workloads"][0]["maxmemory_origin"]["at"],
            format!("/spec/containers/0/{expected}"),
            "{command} {args}"
        );
    }
}

#[test]
fn what_is_hidden_is_null_and_named() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: redis, image: redis, args: [/x.conf]}]}\n";
    let json = piped(&["inspect", "-o", "json"], text).json();
    conforms(&json, "inspect.schema.json");
    let workload = &json["workloads"][0];
    assert_eq!((&workload["maxmemory_bytes"], &workload["persistence"]), (&Value::Null, &json!("unknown")));
    let facts: Vec<&Value> = workload["unknown"].as_array().unwrap().iter().map(|unknown| &unknown["fact"]).collect();
    for fact in ["maxmemory_bytes", "maxmemory_policy", "persistence"] {
        assert!(facts.contains(&&json!(fact)), "{facts:?}");
    }
    let text = piped(&["inspect"], text).out;
    assert!(text.contains("unknown, needs /x.conf, which is in the image or is made at start"), "{text}");
}

#[test]
fn the_corpus_conforms_and_is_understood() {
    let Some(corpus) = corpus("the models of the corpus") else { return };
    let model = |case: &str| {
        let json =
            plimsoll(&["inspect", "-o", "json", corpus.join(case).join("objects.yaml").to_str().unwrap()]).json();
        conforms(&json, "inspect.schema.json");
        json["workloads"].clone()
    };
    let master = &model("bitnami-redis-replication")[0];
    assert_eq!((&master["topology"], &master["maxmemory_bytes"]), (&json!("replication"), &json!(1536 << 20)));
    assert_eq!(master["maxmemory_origin"]["at"], "/data/master.conf");
    assert_eq!(model("bitnami-redis-replication")[1]["maxmemory_bytes"], Value::Null);
    let node = &model("bitnami-redis-sentinel")[0];
    assert_eq!((&node["sentinels"], &node["quorum"], &node["topology"]), (&json!(2), &json!(2), &json!("sentinel")));
    assert_eq!(model("bitnami-redis-cluster")[0]["topology"], "cluster");
    let storage = |case: &str| model(case)[0]["storage"].clone();
    let claimed = |directory: &str, gib: u64, class: Option<&str>| {
        json!({
            "directory": directory, "volume": "redis-data", "source": "claim-template", "claim": null,
            "storage_bytes": gib << 30, "access_modes": ["ReadWriteOnce"], "storage_class": class,
        })
    };
    assert_eq!(storage("bitnami-redis-standalone"), claimed("/data", 5, None));
    assert_eq!(storage("bitnami-redis-cluster"), claimed("/bitnami/redis/data", 10, Some("ssd")));
    let good = &model("official-image-good")[0];
    assert_eq!((&good["topology"], &good["governing_service_headless"]), (&json!("standalone"), &json!(true)));
}
