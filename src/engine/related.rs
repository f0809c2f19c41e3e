//! The workloads that an object under review belongs to: those that read a ConfigMap, are governed by a Service or mount a
//! claim, and the controllers of a Pod.

use std::sync::Arc;

use serde_json::Value;

use super::request_kind::RequestKind;
use super::verdict::Request;
use crate::kubernetes::{Inventory, Kind, Layered, Lookup, ObjectRef, Seen, controller, json, list, member};
use crate::workload::Workload;

/// A Redis workload that the object under review belongs to.
pub(crate) struct RelatedWorkload {
    /// Its model, with the object as it would be after this request.
    pub(crate) workload: Workload,
    /// The workload itself.
    pub(crate) object: Arc<Value>,
}

/// The look-ups of all workloads of a namespace.
pub(crate) fn workload_lookups(namespace: &str) -> impl Iterator<Item = Lookup> {
    Kind::with_template().map(|kind| Lookup::All(kind, namespace.to_owned()))
}

/// The workloads of the namespace that say the name of the object under review, whatever they are; nothing where some
/// could not be seen. Of a namespace's many workloads few do, and only those have to be read.
pub(crate) fn candidates(kind: RequestKind, request: &Request, inventory: &dyn Inventory) -> Option<Vec<Arc<Value>>> {
    let own = ObjectRef::of(&request.object);
    let mut candidates = Vec::new();
    for lookup in workload_lookups(&request.target.namespace) {
        let objects = match inventory.look(&lookup) {
            Seen::Found(objects) => objects,
            Seen::Absent => continue,
            Seen::Unknown(_) => return None,
        };
        for object in objects {
            let says_name = match kind {
                RequestKind::ConfigMap => reads_config_map(object, &own.name),
                RequestKind::Service => {
                    json::at(object, "/spec/serviceName").and_then(Value::as_str) == Some(&own.name)
                }
                // Of a set's claims the model names the first alone, so all are known by their names.
                RequestKind::Claim => Workload::mounts_claim(object, &request.target.name),
                _ => false,
            };
            if says_name {
                candidates.push(Arc::clone(object));
            }
        }
    }
    Some(candidates)
}

/// Whether a Pod template says the name of a ConfigMap where it can mean one: in its volumes, or in what the environment
/// of a container comes from. A namespace may have a thousand of them, so nothing else is looked at.
fn reads_config_map(object: &Value, name: &str) -> bool {
    let Some(spec) = json::at(object, "/spec/template/spec") else { return false };
    let says = |value: &Value, field: &str| member(value, field).is_some_and(|value| json::holds(value, name));
    if list(spec, "/volumes").iter().any(|volume| says(volume, "configMap") || says(volume, "projected")) {
        return true;
    }
    let mut containers = list(spec, "/containers").iter().chain(list(spec, "/initContainers"));
    containers.any(|container| {
        says(container, "envFrom") || list(container, "/env").iter().any(|variable| says(variable, "valueFrom"))
    })
}

/// Those of the candidates that are Redis workloads and have to do with the object under review.
pub(crate) fn related(
    kind: RequestKind,
    request: &Request,
    inventory: &dyn Inventory,
    candidates: &[Arc<Value>],
) -> Vec<RelatedWorkload> {
    let after = Layered::with(inventory, Arc::clone(&request.object));
    let own = Lookup::Object(ObjectRef::of(&request.object));
    let mut related = Vec::new();
    for object in candidates {
        let Some(workload) = Workload::read(object, &after) else { continue };
        if kind == RequestKind::Claim || workload.references.contains(&own) {
            related.push(RelatedWorkload { workload, object: Arc::clone(object) });
        }
    }
    related
}

/// The workload that a Pod was made from, as far as it is seen: its controller, and the Deployment behind a ReplicaSet.
pub(crate) fn owners(request: &Request, inventory: &dyn Inventory) -> Vec<ObjectRef> {
    let namespace = &request.target.namespace;
    let Some(first) = find_owner(&request.object, namespace) else { return Vec::new() };
    let behind = inventory.object(&first).found().and_then(|object| find_owner(object, namespace));
    std::iter::once(first).chain(behind).collect()
}

fn find_owner(object: &Value, namespace: &str) -> Option<ObjectRef> {
    let mut owner = controller(object).filter(|owner| owner.group() == "apps")?;
    namespace.clone_into(&mut owner.namespace); // A Pod under review may not name its own yet.
    Some(owner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::review::Review;
    use crate::engine::verdict::{Hook, Operation};
    use crate::kubernetes::Snapshot;

    fn set(name: &str, spec: &Value, container: &Value) -> Arc<Value> {
        let mut set = json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"serviceName": "other", "template": {"spec": {"containers": [{
                "name": "redis", "image": "redis:7", "args": ["/conf/redis.conf"],
                "volumeMounts": [{"name": "conf", "mountPath": "/conf"}],
            }]}}},
        });
        let template = &mut set["spec"]["template"]["spec"];
        template["containers"][0].as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
        template["volumes"] = spec["volumes"].clone();
        Arc::new(set)
    }

    #[test]
    fn a_workload_is_related_by_whatever_names_the_config_map() {
        let plain = json!({"volumes": [{"name": "conf", "configMap": {"name": "ours"}}]});
        let projected =
            json!({"volumes": [{"name": "conf", "projected": {"sources": [{"configMap": {"name": "ours"}}]}}]});
        let key = json!({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "ours", "key": "a"}}}]});
        let sets = vec![
            set("volume", &plain, &json!({})),
            set("projected", &projected, &json!({})),
            set("env-from", &json!({}), &json!({"envFrom": [{"configMapRef": {"name": "ours"}}]})),
            set("key", &json!({}), &key),
            set("mentions", &json!({}), &json!({"env": [{"name": "A", "value": "ours"}]})),
            set("ours", &json!({}), &json!({})),
        ];
        let mut snapshot = Snapshot::new();
        snapshot.insert_workloads("shop", &Seen::Found(sets));
        let config_map =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ours", "namespace": "shop"}});
        let request = Request {
            operation: Operation::Create,
            subresource: None,
            target: ObjectRef::of(&config_map),
            object: Arc::new(config_map),
            old: None,
            user: String::new(),
        };
        let review = Review::read(Hook::Validate, &request, &snapshot);
        let names: Vec<&str> = review.related.iter().map(|related| related.workload.object.name.as_str()).collect();
        assert_eq!(names, ["volume", "projected", "env-from", "key"]);
    }
}
