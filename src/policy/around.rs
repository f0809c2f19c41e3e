//! What is around a request: the workloads that a ConfigMap, Service or claim belongs to, whether data may be running, and
//! what has to be looked up to know.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::doors::{Subject, controller};
use super::{Operation, Request};
use crate::rules::Life;
use crate::workload::{Inventory, ObjectRef, Reference, Seen, Workload};

/// The models of the object under review and of the stored one, read with one inventory: nothing where there is none, or
/// where the request is about something else than a workload.
#[derive(Debug, Default)]
pub struct Models {
    pub(super) object: Option<Workload>,
    pub(super) old: Option<Workload>,
}

impl Models {
    pub(super) fn read(request: &Request, inventory: &dyn Inventory) -> Self {
        look_around(request, inventory).1
    }
}

/// What a request needs looked up, given what `inventory` already holds. A door fetches and asks again, three times at
/// most; an empty list means that the request has nothing to do with Redis.
#[must_use]
pub fn references(request: &Request, inventory: &dyn Inventory) -> Vec<Reference> {
    look_around(request, inventory).0
}

/// The same, with the models that were read on the way. Where nothing is missing, [`decide_on`](super::decide_on) takes them.
#[must_use]
pub fn look_around(request: &Request, inventory: &dyn Inventory) -> (Vec<Reference>, Models) {
    let namespace = &request.target.namespace;
    let mut wanted = BTreeSet::new();
    let mut models = Models::default();
    match Subject::of(request) {
        Subject::Workload | Subject::Child | Subject::Scale | Subject::Resize => {
            let mut read = |object: &Value| {
                let looked = Workload::look(object, inventory);
                wanted.extend(match &looked {
                    Ok(workload) => workload.references.clone(),
                    Err(needed) => needed.clone(),
                });
                looked.ok()
            };
            let [object, old] =
                [Some(&*request.object), request.old.as_deref()].map(|object| object.and_then(&mut read));
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
pub(super) fn owners(request: &Request, inventory: &dyn Inventory) -> Vec<ObjectRef> {
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
pub(super) fn related(request: &Request, inventory: &dyn Inventory) -> Vec<(Workload, Arc<Value>)> {
    if Subject::of(request) == Subject::Claim {
        return mounting(request, inventory);
    }
    let Seen::Found(objects) = inventory.look(&Reference::Workloads(request.target.namespace.clone())) else {
        return Vec::new();
    };
    let around = With { inventory, object: Arc::clone(&request.object) };
    let own = Reference::Object(ObjectRef::of(&request.object));
    let belongs = |object: &Arc<Value>| {
        let workload = Workload::read(object, &around)?;
        workload.references.contains(&own).then(|| (workload, Arc::clone(object)))
    };
    objects.iter().filter_map(belongs).collect()
}

/// Whether a data set may be running behind a workload that is created: its selector already matches Pods, or its first
/// claim exists, or neither could be asked.
pub(super) fn life(request: &Request, inventory: &dyn Inventory) -> Life {
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
    let labels = request.object.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let mut pairs: Vec<(String, String)> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    if !pairs.is_empty() {
        pairs.sort();
        references.push(Reference::Pods(namespace.clone(), pairs));
    }
    let templates = request.object.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    for template in templates.into_iter().flatten() {
        if let Some(name) = template.pointer("/metadata/name").and_then(Value::as_str) {
            let claim = format!("{name}-{}-0", request.target.name);
            references.push(Reference::Object(ObjectRef::new("v1", "PersistentVolumeClaim", namespace, &claim)));
        }
    }
    references
}

/// An inventory in which one object is replaced by the one under review.
pub(super) struct With<'a> {
    pub(super) inventory: &'a dyn Inventory,
    pub(super) object: Arc<Value>,
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
pub(super) struct Without<'a> {
    pub(super) inventory: &'a dyn Inventory,
    pub(super) object: ObjectRef,
}

impl Inventory for Without<'_> {
    fn look(&self, reference: &Reference) -> Seen<&[Arc<Value>]> {
        match reference {
            Reference::Object(name) if *name == self.object => Seen::Absent,
            _ => self.inventory.look(reference),
        }
    }
}
