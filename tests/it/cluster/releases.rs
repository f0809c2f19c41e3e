//! Whole releases, applied with and without Plimsoll: what it makes different in the stored objects, and that applying
//! the same manifests again, however it is done, finds the same objects.

use std::fmt::Write as _;
use std::path::PathBuf;

use plimsoll::kubernetes::ObjectRef;
use plimsoll::patch;
use serde_json::Value;

use super::manifests::{list, without_namespace};
use super::webhook::{baseline, root};
use super::{rollouts, scrubbed};
use crate::support::control_plane::ControlPlane;
use crate::support::left_out::left_out;

/// Kinds of other people's that the control plane does not serve.
const NOT_SERVED: [&str; 2] = ["ServiceMonitor", "PrometheusRule"];

/// The objects of a file that the control plane serves.
fn release(path: &PathBuf) -> Vec<Value> {
    let mut objects = without_namespace(&std::fs::read_to_string(path).unwrap());
    objects.retain(|object| !NOT_SERVED.contains(&object["kind"].as_str().unwrap_or_default()));
    objects
}

/// The same objects as they are stored, in the same order.
fn stored(cluster: &ControlPlane, manifest: &str, namespace: &str) -> Vec<Value> {
    let text = cluster.kubectl(&["get", "-n", namespace, "-o", "json", "-f", "-"], manifest).done();
    let list: Value = serde_json::from_str(&text).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn is_workload(object: &Value) -> bool {
    matches!(object["kind"].as_str(), Some("StatefulSet" | "Deployment"))
}

/// What is different between the stored objects of a release, one operation a line.
fn differences(plain: &[Value], hooked: &[Value]) -> String {
    let mut text = String::new();
    for (one, other) in plain.iter().zip(hooked) {
        let name = (&one["kind"], &one["metadata"]["name"]);
        assert_eq!(name, (&other["kind"], &other["metadata"]["name"]));
        let operations = patch::diff(&scrubbed(one.clone()), &scrubbed(other.clone()));
        if operations.is_empty() {
            continue;
        }
        writeln!(text, "{}/{}", name.0.as_str().unwrap(), name.1.as_str().unwrap()).unwrap();
        for operation in operations {
            writeln!(text, "  {}", serde_json::to_string(&operation).unwrap()).unwrap();
        }
    }
    text
}

/// Applies a release with and without Plimsoll, then again in three ways; gives what differs and what the user is told.
fn applied(test: &str, case: &str, objects: &[Value]) -> Option<String> {
    let webhook = baseline(test)?;
    let cluster = webhook.cluster;
    let plain = cluster.namespace(&format!("plain-{case}"));
    let hooked = webhook.namespace(&format!("hooked-{case}"));
    let manifest = list(objects);
    cluster.apply(&plain, &manifest);
    let told = cluster.apply(&hooked, &manifest).stderr;
    let without = stored(cluster, &manifest, &plain);
    let first = stored(cluster, &manifest, &hooked);
    let differing = differences(&without, &first);
    for again in [&["apply"][..], &["apply", "--server-side", "--force-conflicts"], &["replace"]] {
        cluster.kubectl(&[again, &["-n", &hooked, "-f", "-"]].concat(), &manifest).done();
        let with = stored(cluster, &manifest, &hooked);
        assert_eq!(differences(&without, &with), differing, "after {again:?}");
        // A Deployment's generation also grows with its annotations, such as kubectl's own.
        for (was, is) in first.iter().zip(&with).filter(|(was, _)| was["kind"] == "StatefulSet") {
            let name = ObjectRef::of(is);
            let changed = || serde_json::to_string(&patch::diff(was, is)).unwrap();
            assert_eq!(is["metadata"]["generation"], 1, "{name} after {again:?}: {}", changed());
        }
    }
    for object in objects.iter().filter(|object| is_workload(object)) {
        let name = ObjectRef::of(object);
        assert_eq!(rollouts(cluster, &name.kind.to_lowercase(), &hooked, &name.name), 1, "{name}");
    }
    Some(format!("{differing}\n{}", told.trim()))
}

macro_rules! releases_of_the_corpus {
    ($($test:ident: $case:literal,)*) => {$(
        #[test]
        fn $test() {
            let path = root().join("../shared/corpus").join($case).join("objects.yaml");
            if !path.exists() {
                return left_out(stringify!($test), "../shared/corpus is absent");
            }
            let Some(text) = applied(stringify!($test), $case, &release(&path)) else { return };
            insta::assert_snapshot!($case, text);
        }
    )*};
}

releases_of_the_corpus! {
    bitnami_standalone: "bitnami-redis-standalone",
    bitnami_defaults: "bitnami-redis-defaults",
    bitnami_replication: "bitnami-redis-replication",
    bitnami_sentinel: "bitnami-redis-sentinel",
    bitnami_sentinel_good: "bitnami-redis-sentinel-good",
    bitnami_cluster: "bitnami-redis-cluster",
    official_image: "official-image-statefulset",
    official_image_good: "official-image-good",
}

macro_rules! releases_of_ours {
    ($($test:ident: $file:literal,)*) => {$(
        #[test]
        fn $test() {
            let path = root().join("tests/fixtures/releases").join($file).with_extension("yaml");
            let Some(text) = applied(stringify!($test), $file, &release(&path)) else { return };
            insta::assert_snapshot!($file, text);
        }
    )*};
}

releases_of_ours! {
    claimed: "claimed",
    extra_flags: "extra-flags",
    official_args: "official-args",
    official_conf: "official-conf",
    bitnami_standalone_of_ours: "bitnami-standalone",
    two_sentinels: "two-sentinels",
}
