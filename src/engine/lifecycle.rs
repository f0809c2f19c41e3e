//! Whether a data set may be running behind a workload, and what has to be looked up to know.

use serde_json::Value;

use super::verdict::{Operation, Request};
use crate::kubernetes::{Inventory, Lookup, ObjectRef, Seen, json};
use crate::rules::Lifecycle;

/// Whether a data set may be running behind a workload that is created: its selector already matches Pods, or its first
/// claim exists, or neither could be asked.
pub(crate) fn lifecycle(request: &Request, inventory: &dyn Inventory) -> Lifecycle {
    if request.operation == Operation::Update {
        return Lifecycle::MayHoldData;
    }
    let lookups = existence_lookups(request);
    let is_new = lookups.iter().all(|lookup| matches!(inventory.look(lookup), Seen::Absent));
    if is_new { Lifecycle::Creating } else { Lifecycle::MayHoldData }
}

/// The look-ups that tell whether a data set may be running; none for what exists already.
pub(crate) fn existence_lookups(request: &Request) -> Vec<Lookup> {
    if request.operation == Operation::Update {
        return Vec::new();
    }
    let namespace = &request.target.namespace;
    let mut lookups = Vec::new();
    let labels = selector_labels(&request.object);
    if !labels.is_empty() {
        lookups.push(Lookup::Pods(namespace.clone(), labels));
    }
    let templates = json::at(&request.object, "/spec/volumeClaimTemplates").and_then(Value::as_array);
    for template in templates.into_iter().flatten() {
        if let Some(name) = json::at(template, "/metadata/name").and_then(Value::as_str) {
            let claim = format!("{name}-{}-0", request.target.name);
            lookups.push(Lookup::Object(ObjectRef::new("v1", "PersistentVolumeClaim", namespace, &claim)));
        }
    }
    lookups
}

/// The labels that a workload selects its Pods by, sorted.
fn selector_labels(object: &Value) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    let selected = json::at(object, "/spec/selector/matchLabels").and_then(Value::as_object);
    for (key, value) in selected.into_iter().flatten() {
        if let Some(value) = value.as_str() {
            labels.push((key.clone(), value.to_owned()));
        }
    }
    labels.sort();
    labels
}
