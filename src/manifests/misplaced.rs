//! Amounts that stand where Kubernetes has no field for them: the API server drops them, or refuses the object.

use serde_json::Value;

use super::workload::{ManifestWorkload, locate_in_manifests};
use crate::kubernetes::{Place, Pointer, list, text};
use crate::yaml::Diagnostic;

/// What `resources` of a container or Pod may hold (`ResourceRequirements` in the reference of the API).
const FIELDS: [&str; 3] = ["limits", "requests", "claims"];
/// What belongs into `resources`, and is written beside it.
const AMOUNTS: [&str; 4] = ["limits", "requests", "memory", "cpu"];

/// Names the misplaced amounts of workloads, each with its place.
pub(crate) fn find_misplaced(workloads: &[ManifestWorkload]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for workload in workloads {
        for Misplaced { at, message, help } in misplaced(workload.object(), &workload.workload.template) {
            let message = format!("{}: {message}", workload.workload.object);
            let diagnostic = Diagnostic { message, ..Diagnostic::default() }.with_help(help);
            found.push((workload, workload.workload.place(at), diagnostic));
        }
    }
    let wanted: Vec<(&ManifestWorkload, &Place)> =
        found.iter().map(|(workload, place, _)| (*workload, place)).collect();
    let locations = locate_in_manifests(&wanted);
    let mut diagnostics = Vec::with_capacity(found.len());
    for ((_, _, diagnostic), location) in found.into_iter().zip(locations) {
        diagnostics.push(match location {
            Some(location) => diagnostic.with_location(&location.file, location.span),
            None => diagnostic,
        });
    }
    diagnostics
}

/// A misplaced amount.
struct Misplaced {
    at: Pointer,
    message: String,
    help: String,
}

/// The misplaced amounts of a Pod template.
fn misplaced(object: &Value, template: &Pointer) -> Vec<Misplaced> {
    let spec = template.join("spec");
    let mut found = misplaced_in(object, &spec);
    for field in ["containers", "initContainers"] {
        let at = spec.key(field);
        for index in 0..list(object, at.as_str()).len() {
            found.extend(misplaced_in(object, &at.key(index)));
        }
    }
    found
}

/// Those of one container, or of the Pod itself.
fn misplaced_in(object: &Value, at: &Pointer) -> Vec<Misplaced> {
    let whose = match text(object, &format!("{at}/name")) {
        "" => "the Pod".to_owned(),
        name => format!("container {name}"),
    };
    let mut found = Vec::new();
    for key in keys(object, at).filter(|key| AMOUNTS.contains(&key.as_str())) {
        let message = format!("`{key}` is no field of {whose}");
        found.push(Misplaced { at: at.key(key), message, help: belongs(key) });
    }
    let resources = at.key("resources");
    for key in keys(object, &resources).filter(|key| !FIELDS.contains(&key.as_str())) {
        let message = format!("`resources.{key}` is no field of {whose}");
        found.push(Misplaced { at: resources.key(key), message, help: belongs(key) });
    }
    found
}

fn keys<'a>(object: &'a Value, at: &Pointer) -> impl Iterator<Item = &'a String> {
    at.find(object).and_then(Value::as_object).into_iter().flat_map(|map| map.keys())
}

fn belongs(key: &str) -> String {
    match key {
        "limits" | "requests" => format!("write it under `resources`, as `resources.{key}`"),
        _ => format!("write it as `resources.limits.{key}` and `resources.requests.{key}`"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_field_is_found_in_every_container() {
        let fine = json!({"resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "1"}, "claims": []}});
        let wrong = json!({"resources": {"memory": "1Gi", "limits": {}}, "cpu": "1"});
        let template = json!({"spec": {"containers": [fine, wrong], "initContainers": [wrong], "limits": {}}});
        let found = misplaced(&json!({"spec": {"template": template}}), &Pointer::new("/spec/template"));
        let found: Vec<&str> = found.iter().map(|misplaced| misplaced.at.as_str()).collect();
        let expected = [
            "/limits",
            "/containers/1/cpu",
            "/containers/1/resources/memory",
            "/initContainers/0/cpu",
            "/initContainers/0/resources/memory",
        ];
        assert_eq!(found, expected.map(|at| format!("/spec/template/spec{at}")));
    }
}
