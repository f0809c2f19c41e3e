//! The governing Service of a StatefulSet.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::fact::Fact;
use super::model::{GoverningService, Service};
use crate::kubernetes::{Inventory, ObjectRef, Reference, Seen, list, member, text};

/// What `spec.serviceName` names; nothing for other kinds.
pub(crate) fn governing(
    object: &Value,
    namespace: &str,
    inventory: &dyn Inventory,
    references: &RefCell<BTreeSet<Reference>>,
) -> Option<GoverningService> {
    if text(object, "/kind") != "StatefulSet" {
        return None;
    }
    let name = text(object, "/spec/serviceName").to_owned();
    if name.is_empty() {
        return Some(GoverningService { name, service: Fact::Unset, other_headless: None });
    }
    let name_of_service = ObjectRef::new("v1", "Service", namespace, &name);
    let reference = Reference::Object(name_of_service.clone());
    let service = match inventory.first(&reference) {
        Seen::Found(found) => Fact::Set(service(name_of_service, found, object)),
        Seen::Absent => Fact::Unset,
        Seen::Unknown(_) => Fact::Unknown(name_of_service.to_string()),
    };
    references.borrow_mut().insert(reference);
    Some(GoverningService { name, service, other_headless: None })
}

fn service(reference: ObjectRef, found: &Value, workload: &Value) -> Service {
    let ip = text(found, "/spec/clusterIP");
    let mut service = Service {
        object: reference,
        headless: ip == "None",
        allocated: !ip.is_empty() && ip != "None",
        mapped_ports: Vec::new(),
        unresolved_ports: Vec::new(),
    };
    for port in list(found, "/spec/ports") {
        let Some(number) = member(port, "port").and_then(Value::as_i64) else { continue };
        match member(port, "targetPort") {
            Some(Value::String(name)) if !name.is_empty() => match resolve(workload, name) {
                Some(target) if target == number => {}
                Some(target) => service.mapped_ports.push(format!("{number} -> {target}")),
                None => service.unresolved_ports.push(name.clone()),
            },
            Some(Value::Number(target)) if target.as_i64().is_some_and(|target| target != number && target != 0) => {
                service.mapped_ports.push(format!("{number} -> {target}"));
            }
            _ => {}
        }
    }
    service
}

/// The number of a named port of the Pod template.
fn resolve(workload: &Value, name: &str) -> Option<i64> {
    let containers = list(workload, "/spec/template/spec/containers").iter();
    let containers = containers.chain(list(workload, "/spec/template/spec/initContainers"));
    let mut ports = containers.flat_map(|container| list(container, "/ports"));
    ports.find(|port| text(port, "/name") == name)?.get("containerPort")?.as_i64()
}
