//! `plimsoll inspect`: the model as people and as programs read it.

use serde_json::{Value, json};

use crate::command::{conforms, corpus, piped, plimsoll};

const LEDGER: &str = "tests/fixtures/check/ledger.yaml";

#[test]
fn text_is_for_people() {
    let answer = plimsoll(&["inspect", LEDGER]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out, @r"
    StatefulSet shop/ledger  tests/fixtures/check/ledger.yaml:26:1
      flavour         official
      topology        standalone, 1 replica
      service         ledger, not headless
      container redis  server, redis:7.4.5
        memory          request 1Gi, limit 1Gi
        maxmemory       1000mb, from ConfigMap shop/ledger /data/redis.conf line 4 (tests/fixtures/check/ledger.yaml:12:5)
        policy          noeviction, from ConfigMap shop/ledger /data/redis.conf line 5 (tests/fixtures/check/ledger.yaml:13:5)
        persistence     both
        delivery        a maxmemory would go to the end of args
        liveness        tcpSocket after 20 s, every 10 s, timeout 2 s, 3 tries
        readiness       none
        startup         none

    ");
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
    assert_eq!(workload["probes"]["liveness"]["timeoutSeconds"], 2);
    assert_eq!(workload["probes"]["startup"], Value::Null);
    assert_eq!(workload["unknown"], json!([]));
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
    let good = &model("official-image-good")[0];
    assert_eq!((&good["topology"], &good["governing_service_headless"]), (&json!("standalone"), &json!(true)));
}
