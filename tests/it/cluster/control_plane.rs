//! The control plane itself: what all other tests stand on.

use crate::support::control_plane::{CHART, shared, shared_with_helm};

#[test]
fn serves_the_version_that_the_facts_were_read_from() {
    let Some(cluster) = shared("serves_the_version_that_the_facts_were_read_from") else { return };
    let version = cluster.kubectl(&["version", "-o", "json"], "").done();
    let version: serde_json::Value = serde_json::from_str(&version).unwrap();
    assert_eq!(version["serverVersion"]["major"], "1");
}

#[test]
fn stores_what_was_applied() {
    let Some(cluster) = shared("stores_what_was_applied") else { return };
    let namespace = cluster.namespace("stores");
    cluster.apply(&namespace, "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {key: value}}");
    assert_eq!(cluster.get("configmap", &namespace, "one")["data"]["key"], "value");
}

#[test]
fn helm_upgrade_of_the_fixture_chart_changes_nothing_by_itself() {
    const TEST: &str = "helm_upgrade_of_the_fixture_chart_changes_nothing_by_itself";
    let Some(cluster) = shared_with_helm(TEST) else { return };
    let namespace = cluster.namespace("helm-alone");
    for _ in 0..2 {
        cluster.helm(&["upgrade", "--install", "cache", CHART, "-n", &namespace]).done();
    }
    assert_eq!(cluster.get("statefulset", &namespace, "cache")["metadata"]["generation"], 1);
}
