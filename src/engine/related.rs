//! What is around a request: the workloads that a ConfigMap, Service or claim belongs to, whether data may be running, and
//! what has to be looked up to know.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::caps::{Subject, controller};
use super::verdict::{Hook, Operation, Request};
use crate::kubernetes::{Inventory, ObjectRef, Reference, Seen, json};
use crate::rules::Life;
use crate::workload::{Reading, Workload};

/// The models of the object under review and, for a validation, of the stored one, read with one inventory: nothing where
/// there is none, or where the request is about something else than a workload.
#[derive(Debug, Default)]
pub struct Models {
    pub(crate) object: Option<Workload>,
    pub(crate) old: Option<Workload>,
}

impl Models {
    pub(crate) fn read(hook: Hook, request: &Request, inventory: &dyn Inventory) -> Self {
        look_around(hook, request, inventory).1
    }
}

/// What a request needs looked up at either hook, given what `inventory` already holds. A door fetches and asks again,
/// three times at most; an empty list means that the request has nothing to do with Redis.
#[must_use]
pub fn references(request: &Request, inventory: &dyn Inventory) -> Vec<Reference> {
    look_around(Hook::Validate, request, inventory).0
}

/// The same for one hook, with the models that were read on the way. Where nothing is missing,
/// [`decide_on`](super::decide_on) takes them.
#[must_use]
pub fn look_around(hook: Hook, request: &Request, inventory: &dyn Inventory) -> (Vec<Reference>, Models) {
    let namespace = &request.target.namespace;
    let mut wanted = BTreeSet::new();
    let mut models = Models::default();
    match Subject::of(request) {
        Subject::Workload | Subject::Child | Subject::Scale | Subject::Resize => {
            let mut read = |object: &Value| {
                let reading = Reading::of_object(object, inventory);
                wanted.extend(reading.references().iter().cloned());
                reading.workload()
            };
            let object = read(&request.object);
            // A patch depends on the stored object, but not on what it meant. Most updates change little: then the stored
            // object need not be read.
            let stored = request.old.as_deref().filter(|_| hook == Hook::Validate);
            let renewed = |old| object.as_ref().and_then(|model| model.renewed(&request.object, old));
            let old = stored.and_then(|old| renewed(old).or_else(|| read(old)));
            models = Models { object, old };
            if models.object.is_some() || models.old.is_some() {
                wanted.extend(life_references(request));
                wanted.extend(owners(request, inventory).into_iter().map(Reference::Object));
            }
        }
        Subject::ConfigMap | Subject::Service | Subject::Claim => {
            wanted.insert(Reference::Workloads(namespace.clone()));
            for (workload, _) in related(request, inventory) {
                wanted.extend(workload.references);
            }
        }
        Subject::Other => {}
    }
    let own = Reference::Object(ObjectRef::of(&request.object));
    (wanted.into_iter().filter(|reference| *reference != own).collect(), models)
}

/// The workload that a Pod was made from, as far as it is seen: its controller, and the Deployment behind a ReplicaSet.
pub(crate) fn owners(request: &Request, inventory: &dyn Inventory) -> Vec<ObjectRef> {
    if Subject::of(request) != Subject::Child {
        return Vec::new();
    }
    let of = |object: &Value| {
        let mut owner = controller(object).filter(|owner| owner.group() == "apps")?;
        owner.namespace.clone_from(&request.target.namespace); // A Pod under review may not name its own yet.
        Some(owner)
    };
    let Some(first) = of(&request.object) else { return Vec::new() };
    let behind = inventory.object(&first).found().and_then(of);
    std::iter::once(first).chain(behind).collect()
}

/// Those that mount the claim under review. Of a set's claims the model names the first alone, so all are known by their
/// names.
fn mounting(request: &Request, inventory: &dyn Inventory) -> Vec<(Workload, Arc<Value>)> {
    let Seen::Found(objects) = inventory.look(&Reference::Workloads(request.target.namespace.clone())) else {
        return Vec::new();
    };
    let around = With { inventory, object: Arc::clone(&request.object) };
    let mounting = objects.iter().filter(|object| Workload::mounts_claim(object, &request.target.name));
    mounting.filter_map(|object| Some((Workload::read(object, &around)?, Arc::clone(object)))).collect()
}

/// The Redis workloads of the namespace that read the ConfigMap, are governed by the Service, or mount the claim, under
/// review.
pub(crate) fn related(request: &Request, inventory: &dyn Inventory) -> Vec<(Workload, Arc<Value>)> {
    if Subject::of(request) == Subject::Claim {
        return mounting(request, inventory);
    }
    let Seen::Found(objects) = inventory.look(&Reference::Workloads(request.target.namespace.clone())) else {
        return Vec::new();
    };
    let around = With { inventory, object: Arc::clone(&request.object) };
    let own = ObjectRef::of(&request.object);
    // A reference is a name that the workload says. Of a namespace's many workloads few say this one; only those are read.
    let names = |object: &&Arc<Value>| object.get("spec").is_some_and(|spec| json::holds(spec, &own.name));
    let belongs = |object: &Arc<Value>| {
        let workload = Workload::read(object, &around)?;
        let is_own = |reference: &Reference| matches!(reference, Reference::Object(object) if *object == own);
        workload.references.iter().any(is_own).then(|| (workload, Arc::clone(object)))
    };
    objects.iter().filter(names).filter_map(belongs).collect()
}

/// Whether a data set may be running behind a workload that is created: its selector already matches Pods, or its first
/// claim exists, or neither could be asked.
pub(crate) fn life(request: &Request, inventory: &dyn Inventory) -> Life {
    if request.operation == Operation::Update {
        return Life::Running;
    }
    let absent = |reference: &Reference| matches!(inventory.look(reference), Seen::Absent);
    if life_references(request).iter().all(absent) { Life::New } else { Life::Running }
}

fn life_references(request: &Request) -> Vec<Reference> {
    if request.operation == Operation::Update {
        return Vec::new();
    }
    let namespace = &request.target.namespace;
    let mut references = Vec::new();
    let labels = json::at(&request.object, "/spec/selector/matchLabels").and_then(Value::as_object);
    let mut pairs: Vec<(String, String)> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    if !pairs.is_empty() {
        pairs.sort();
        references.push(Reference::Pods(namespace.clone(), pairs));
    }
    let templates = json::at(&request.object, "/spec/volumeClaimTemplates").and_then(Value::as_array);
    for template in templates.into_iter().flatten() {
        if let Some(name) = json::at(template, "/metadata/name").and_then(Value::as_str) {
            let claim = format!("{name}-{}-0", request.target.name);
            references.push(Reference::Object(ObjectRef::new("v1", "PersistentVolumeClaim", namespace, &claim)));
        }
    }
    references
}

/// An inventory in which one object is replaced by the one under review.
pub(crate) struct With<'a> {
    pub(crate) inventory: &'a dyn Inventory,
    pub(crate) object: Arc<Value>,
}

impl Inventory for With<'_> {
    fn look(&self, reference: &Reference) -> Seen<&[Arc<Value>]> {
        match reference {
            Reference::Object(name) if *name == ObjectRef::of(&self.object) => {
                Seen::Found(std::slice::from_ref(&self.object))
            }
            _ => self.inventory.look(reference),
        }
    }
}

/// An inventory in which one object is not there.
pub(crate) struct Without<'a> {
    pub(crate) inventory: &'a dyn Inventory,
    pub(crate) object: ObjectRef,
}

impl Inventory for Without<'_> {
    fn look(&self, reference: &Reference) -> Seen<&[Arc<Value>]> {
        match reference {
            Reference::Object(name) if *name == self.object => Seen::Absent,
            _ => self.inventory.look(reference),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
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
        snapshot.insert(Reference::Workloads("shop".to_owned()), Seen::Found(sets));
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
        let names = related(&request, &snapshot).into_iter().map(|(workload, _)| workload.object.name);
        assert_eq!(names.collect::<Vec<_>>(), ["volume", "projected", "env-from", "key"]);
    }

    #[test]
    fn the_stored_object_is_understood_as_if_it_were_read() {
        let new = set("a", &json!({"volumes": [{"name": "conf", "configMap": {"name": "ours"}}]}), &json!({}));
        let mut other = (*new).clone();
        other["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"limits": {"memory": "1Gi"}});
        other["metadata"]["resourceVersion"] = json!("7");
        let mut more = other.clone();
        more["spec"]["replicas"] = json!(3);
        for old in [(*new).clone(), other, more] {
            let request = Request {
                operation: Operation::Update,
                subresource: None,
                target: ObjectRef::of(&new),
                object: Arc::clone(&new),
                old: Some(Arc::new(old.clone())),
                user: String::new(),
            };
            let read = Workload::read(&old, &Snapshot::new()).unwrap().to_json();
            let (_, models) = look_around(Hook::Validate, &request, &Snapshot::new());
            assert_eq!(models.old.map(|model| model.to_json()), Some(read));
            assert!(look_around(Hook::Mutate, &request, &Snapshot::new()).1.old.is_none());
        }
    }
}
