//! Directories, volumes and claims, as a Deployment or StatefulSet writes them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::kubernetes::{Lookup, ObjectRef, Pointer, Seen, Snapshot};
use crate::workload::{Storage, Workload};

fn workload(kind: &str, container: &Value, volumes: &Value, templates: &Value) -> Value {
    let mut redis = json!({"name": "redis", "image": "redis:7.4"});
    redis.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {
            "replicas": 3,
            "template": {"spec": {"containers": [redis], "volumes": volumes}},
            "volumeClaimTemplates": templates,
        },
    })
}

fn claim(name: &str, asked: &str, got: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": asked}}},
        "status": {"capacity": {"storage": got}},
    })
}

fn around(objects: &[Value]) -> Snapshot {
    let mut snapshot = Snapshot::new();
    for object in objects {
        snapshot.insert_object(Arc::new(object.clone()));
    }
    snapshot
}

fn read(object: &Value, around: &Snapshot) -> Storage {
    let workload = Workload::read(object, around).unwrap();
    let storage = workload.servers().next().unwrap().storage.clone().unwrap();
    let told = workload.unknown.iter().find(|unknown| unknown.fact == "storage").map(|unknown| unknown.needs.as_str());
    assert_eq!(told, storage.needs(), "what is not seen is told");
    storage
}

/// A server with a volume at `/somewhere`, so that its directory matters.
fn directory(container: Value) -> Option<String> {
    let mut container = container;
    container["volumeMounts"] = json!([{"name": "data", "mountPath": "/somewhere"}]);
    let object = workload("Deployment", &container, &json!([{"name": "data", "emptyDir": {}}]), &json!([]));
    read(&object, &Snapshot::new()).directory.value().cloned()
}

#[test]
fn the_directory_is_what_is_configured_or_what_the_image_starts_in() {
    for (container, expected) in [
        (json!({}), Some("/data")),
        (json!({"args": ["--dir", "/var/lib/redis/"]}), Some("/var/lib/redis")),
        (json!({"args": ["--dir", "sub"]}), Some("/data/sub")),
        (json!({"workingDir": "/srv"}), Some("/srv")),
        (json!({"workingDir": "/srv", "args": ["--dir", "/data"]}), Some("/data")),
        (json!({"command": ["sh", "-c", "exec redis-server --save 60 1"]}), Some("/data")),
        (json!({"command": ["sh", "-c", "cd /tmp && exec redis-server --save 60 1"]}), Some("/tmp")),
        (json!({"command": ["sh", "-c", "cd /tmp && exec redis-server --dir /data"]}), Some("/data")),
        (json!({"args": ["--dir", "${WHERE}"]}), None),
        (json!({"args": ["/etc/redis/redis.conf"]}), None),
        (json!({"image": "valkey/valkey:8"}), Some("/data")),
        (json!({"image": "mirror.example/redis:7"}), None),
        (json!({"image": "mirror.example/redis:7", "args": ["--dir", "sub"]}), None),
        (json!({"image": "bitnami/redis:7"}), Some("/bitnami/redis/data")),
        (json!({"image": "bitnami/valkey:8"}), Some("/bitnami/valkey/data")),
        (json!({"image": "bitnami/redis:7", "env": [{"name": "REDIS_DATA_DIR", "value": "/x"}]}), Some("/x")),
        (
            json!({"image": "bitnami/redis:7", "env": [{"name": "REDIS_DATA_DIR", "valueFrom": {"secretKeyRef": {}}}]}),
            None,
        ),
        (json!({"image": "bitnami/redis:7", "command": ["redis-server"]}), None),
    ] {
        assert_eq!(directory(container.clone()).as_deref(), expected, "{container}");
    }
}

#[test]
fn the_longest_mount_above_the_directory_holds_it() {
    let mounts = json!({"volumeMounts": [
        {"name": "all", "mountPath": "/", "readOnly": true},
        {"name": "other", "mountPath": "/dat"},
        {"name": "outer", "mountPath": "/data"},
        {"name": "inner", "mountPath": "/data/sub/", "subPath": "redis"},
    ]});
    let volumes = json!([{"name": "outer", "emptyDir": {}}, {"name": "inner", "hostPath": {"path": "/mnt"}}]);
    let of = |directory: &str| {
        let mut container = mounts.clone();
        container["args"] = json!(["--dir", directory]);
        let volume = read(&workload("Deployment", &container, &volumes, &json!([])), &Snapshot::new()).volume;
        assert!(volume.is_known(), "{directory}");
        volume.value().cloned().map(|volume| (volume.name, volume.mount.to_string()))
    };
    let at = |index: usize| format!("/spec/template/spec/containers/0/volumeMounts/{index}");
    assert_eq!(of("/data"), Some(("outer".to_owned(), at(2))));
    assert_eq!(of("/data/sub/deep"), Some(("inner".to_owned(), at(3))));
    assert_eq!(of("/database"), None);
}

/// What the volume `data` at `/data` is.
fn source(volume: Value) -> String {
    let mut volume = volume;
    volume["name"] = json!("data");
    let container = json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]});
    let storage = read(&workload("Deployment", &container, &json!([volume]), &json!([])), &Snapshot::new());
    assert!(storage.volume.is_known());
    storage.volume.value().map_or("none", |volume| volume.source.name()).to_owned()
}

#[test]
fn each_kind_of_volume_is_told_apart() {
    for (volume, expected) in [
        (json!({"persistentVolumeClaim": {"claimName": "x"}}), "claim"),
        (json!({"ephemeral": {"volumeClaimTemplate": {"spec": {}}}}), "ephemeral-claim"),
        (json!({"emptyDir": {"medium": "Memory"}}), "empty-dir"),
        (json!({"emptyDir": null}), "empty-dir"),
        (json!({}), "empty-dir"),
        (json!({"hostPath": {"path": "/mnt"}}), "host-path"),
        (json!({"nfs": {"server": "nas", "path": "/"}}), "other"),
        (json!({"configMap": {"name": "x"}}), "none"),
    ] {
        assert_eq!(source(volume.clone()), expected, "{volume}");
    }
}

fn named() -> Value {
    let container = json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]});
    let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "cart"}}]);
    workload("Deployment", &container, &volumes, &json!([]))
}

#[test]
fn a_named_claim_is_found_or_unknown() {
    let storage = read(&named(), &around(&[claim("cart", "8Gi", &Value::Null)]));
    let (_, found) = storage.claimed().unwrap();
    assert_eq!(found.storage.as_ref().map(|storage| storage.bytes), Some(8 << 30));
    assert!(found.is_exclusive());
    assert_eq!(found.storage_class.as_deref(), Some("fast"));
    let reference = Lookup::Object(ObjectRef::new("v1", "PersistentVolumeClaim", "shop", "cart"));
    let mut absent = Snapshot::new();
    assert!(Workload::read(&named(), &absent).unwrap().references.contains(&reference));
    assert_eq!(read(&named(), &absent).needs(), Some("PersistentVolumeClaim shop/cart"));
    absent.insert(reference, Seen::Absent);
    assert_eq!(read(&named(), &absent).needs(), Some("PersistentVolumeClaim shop/cart, which is not there (yet)"));
    assert!(read(&named(), &absent).claimed().is_none());
}

#[test]
fn a_bound_claim_may_have_more_than_it_asks_for() {
    let bytes = |asked: &str, got: Value| {
        let storage = read(&named(), &around(&[claim("cart", asked, &got)]));
        storage.claimed().unwrap().1.storage.as_ref().map(|storage| storage.bytes >> 30)
    };
    assert_eq!(bytes("1Gi", json!("100Gi")), Some(100));
    assert_eq!(bytes("8Gi", json!("1Gi")), Some(8), "it grows");
    assert_eq!(bytes("lots", Value::Null), None);
    let storage = read(&named(), &around(&[claim("cart", "8Gi", &json!("8589934592"))]));
    assert_eq!(storage.claimed().unwrap().1.storage.as_ref().unwrap().text, "8Gi", "as it was written");
    let mut odd = claim("cart", "8Gi", &Value::Null);
    odd["spec"]["accessModes"] = json!([null, "ReadWriteMany", ""]);
    assert_eq!(read(&named(), &around(&[odd])).claimed().unwrap().1.access_modes, ["ReadWriteMany"]);
}

fn set() -> Value {
    let container = json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]});
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "4Gi"}}});
    let volumes = json!([{"name": "data", "emptyDir": {}}]);
    workload("StatefulSet", &container, &volumes, &json!([{"metadata": {"name": "data"}, "spec": spec}]))
}

#[test]
fn of_a_sets_claims_the_smallest_counts_and_the_template_where_there_are_none() {
    let of = |objects: &[Value]| {
        let storage = read(&set(), &around(objects));
        let (volume, claim) = storage.claimed().unwrap();
        assert_eq!(volume.source.name(), "claim-template", "it wins over a volume of its name");
        (claim.object.name.clone(), claim.storage.as_ref().unwrap().bytes >> 30)
    };
    assert_eq!(of(&[]), ("cart".to_owned(), 4));
    let big = claim("data-cart-0", "16Gi", &Value::Null);
    assert_eq!(of(std::slice::from_ref(&big)), ("data-cart-0".to_owned(), 16));
    let small = claim("data-cart-2", "1Gi", &Value::Null);
    assert_eq!(of(&[big.clone(), small]), ("data-cart-2".to_owned(), 1));
    let unmounted = claim("data-cart-3", "1Gi", &Value::Null);
    assert_eq!(of(&[big, unmounted]), ("data-cart-0".to_owned(), 16), "three replicas");
    let wanted = Workload::read(&set(), &Snapshot::new()).unwrap().references;
    let claims =
        wanted.iter().filter(|wanted| matches!(wanted, Lookup::Object(name) if name.name.starts_with("data-")));
    assert_eq!(claims.count(), 1, "only the first is looked up");
}

#[test]
fn a_claim_is_known_by_the_volume_that_names_it_or_by_its_sets_name() {
    assert!(Workload::mounts_claim(&named(), "cart"));
    assert!(!Workload::mounts_claim(&named(), "cart-0"));
    for (name, expected) in [
        ("data-cart-0", true),
        ("data-cart-12", true),
        ("data-cart", false),
        ("data-cart-x", false),
        ("data-cart2-0", false),
        ("data-", false),
    ] {
        assert_eq!(Workload::mounts_claim(&set(), name), expected, "{name}");
    }
    let pod = json!({"kind": "Pod", "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "x"}}]}});
    assert!(Workload::mounts_claim(&pod, "x"));
    assert!(!Workload::mounts_claim(&json!({}), "x"));
}

#[test]
fn where_nothing_could_hold_data_the_directory_does_not_matter() {
    let container = json!({"image": "mine/redis-server", "command": ["redis-server"], "volumeMounts": [{"name": "conf", "mountPath": "/data"}]});
    let object = workload("Deployment", &container, &json!([{"name": "conf", "configMap": {"name": "x"}}]), &json!([]));
    let storage = read(&object, &Snapshot::new());
    assert!(storage.directory.is_unknown());
    assert!(storage.volume.is_unset());
}

#[test]
fn a_claim_beside_the_directory_is_missed() {
    let container = json!({"args": ["--dir", "/tmp"], "volumeMounts": [
        {"name": "scratch", "mountPath": "/scratch"}, {"name": "data", "mountPath": "/data"},
    ]});
    let volumes =
        json!([{"name": "scratch", "emptyDir": {}}, {"name": "data", "persistentVolumeClaim": {"claimName": "cart"}}]);
    let storage = read(&workload("Deployment", &container, &volumes, &json!([])), &Snapshot::new());
    let missed: Vec<&str> = storage.missed.iter().map(Pointer::as_str).collect();
    assert_eq!(missed, ["/spec/template/spec/containers/0/volumeMounts/1"]);
}

#[test]
fn a_claim_is_asked_for_together_with_what_hides_the_directory() {
    let mut object = named();
    let pod = &mut object["spec"]["template"]["spec"];
    pod["containers"][0]["args"] = json!(["/conf/redis.conf"]);
    pod["containers"][0]["volumeMounts"].as_array_mut().unwrap().push(json!({"name": "conf", "mountPath": "/conf"}));
    pod["volumes"].as_array_mut().unwrap().push(json!({"name": "conf", "configMap": {"name": "conf"}}));
    let wanted = Workload::read(&object, &Snapshot::new()).unwrap().references;
    let of = |kind: &str| wanted.iter().any(|wanted| matches!(wanted, Lookup::Object(name) if name.kind == kind));
    assert!(of("ConfigMap") && of("PersistentVolumeClaim"), "{wanted:?}");
}
