//! The governing Service of a StatefulSet.

use serde_json::Value;

use super::fact::Fact;
use crate::kubernetes::{Inventory, ObjectRef, Seen, list, member, text};

/// The governing Service of a StatefulSet.
#[derive(Debug, Clone)]
pub struct GoverningService {
    /// `spec.serviceName`; empty where unset.
    pub name: String,
    /// The Service; unset where none is named, and where there is none of that name.
    pub service: Fact<Service>,
    /// Another headless Service of the namespace whose selector equals the template's needs, by name.
    pub other_headless: Option<String>,
}

/// A Service, as far as rules need it.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub object: ObjectRef,
    /// Whether `clusterIP` is `None`.
    pub headless: bool,
    /// Whether it exists, or is given, with a cluster IP that can no longer be changed.
    pub allocated: bool,
    /// Ports whose number differs from their target: a headless Service ignores the mapping. Texts like `6379 -> 6380`.
    pub mapped_ports: Vec<String>,
    /// Named target ports that could not be resolved through the Pod template.
    pub unresolved_ports: Vec<String>,
}

/// What `spec.serviceName` names; nothing for other kinds.
pub(crate) fn read_governing_service(
    object: &Value,
    namespace: &str,
    inventory: &dyn Inventory,
) -> Option<GoverningService> {
    if text(object, "/kind") != "StatefulSet" {
        return None;
    }
    let name = text(object, "/spec/serviceName").to_owned();
    if name.is_empty() {
        return Some(GoverningService { name, service: Fact::Unset, other_headless: None });
    }
    let service_ref = ObjectRef::new("v1", "Service", namespace, &name);
    let service = match inventory.service(namespace, &name) {
        Seen::Found(found) => Fact::Set(read_service(service_ref, found, object)),
        Seen::Absent => Fact::Unset,
        Seen::Unknown(_) => Fact::Unknown(service_ref.to_string()),
    };
    Some(GoverningService { name, service, other_headless: None })
}

fn read_service(reference: ObjectRef, found: &Value, workload: &Value) -> Service {
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
            Some(Value::String(name)) if !name.is_empty() => match find_port(workload, name) {
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
fn find_port(workload: &Value, name: &str) -> Option<i64> {
    let containers = list(workload, "/spec/template/spec/containers").iter();
    let containers = containers.chain(list(workload, "/spec/template/spec/initContainers"));
    let mut ports = containers.flat_map(|container| list(container, "/ports"));
    ports.find(|port| text(port, "/name") == name)?.get("containerPort")?.as_i64()
}
