//! The labels of namespaces, by which a policy may match, as far as manifests tell them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::kubernetes::ObjectRef;
use crate::policy::{self, Labels, Policies, Target};
use crate::workload::Workload;
use crate::yaml::Diagnostic;

/// The name and the labels of a Namespace; nothing for any other object.
pub(crate) fn namespace_labels(object: &Value) -> Option<(String, Labels)> {
    let name = ObjectRef::of(object);
    let is_one = name.kind == "Namespace" && name.group().is_empty();
    is_one.then(|| (name.name.clone(), with_name_label(&name.name, policy::labels_of(object))))
}

/// The labels with the one that the API server gives every namespace: its name.
pub(crate) fn with_name_label(namespace: &str, mut labels: Labels) -> Labels {
    labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
    labels
}

/// Says which policies ask for labels of a namespace that nobody has given: then another one has judged. Each is told once,
/// for workloads with the files and the objects that they were read from.
pub(crate) fn find_missing_labels<'a>(
    policies: &Policies,
    workloads: impl IntoIterator<Item = (&'a Arc<str>, &'a Workload, &'a Value)>,
) -> Vec<Diagnostic> {
    let (mut told, mut diagnostics) = (BTreeSet::new(), Vec::new());
    for (file, workload, object) in workloads {
        let target = Target::workload(workload, object);
        let Some(policy) = policies.waits_for_labels(&target) else { continue };
        let namespace = &workload.object.namespace;
        if told.insert((&policy.name, namespace)) {
            let message = format!(
                "policy {} selects namespaces by label, but those of {namespace} are not known here, so policy {} \
                 applies",
                policy.name,
                policies.of(&target).name
            );
            let help = "give the manifest of the Namespace too";
            diagnostics.push(Diagnostic::of_file(file, message).with_help(help));
        }
    }
    diagnostics
}
