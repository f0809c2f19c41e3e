//! What runs Redis, as far as can be told, and is not judged as it stands: kinds that we do not know, the resources of
//! operators, and versions that no API server serves any more. Each kind is named once.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::kubernetes::{Kind, ObjectRef, Snapshot, list};
use crate::workload::{Reading, is_operators};
use crate::yaml::{Diagnostic, Position, Span};

/// An object that is not judged as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Unjudged {
    pub(super) file: Arc<str>,
    /// The line on which its document starts, from 1.
    pub(super) line: usize,
    /// Its name, as it is written.
    pub(super) name: ObjectRef,
    pub(super) reason: Reason,
}

/// Why it is not judged as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// We do not know its kind, but it runs Pods of Redis.
    UnknownKind,
    /// An operator makes Redis workloads of it.
    Operator,
    /// No API server serves its version any more: it is judged as an object of this one.
    Former(&'static str),
}

impl Reason {
    /// Why an object is not judged as it stands; nothing where it is, or is nothing of Redis'.
    pub(super) fn of(name: &ObjectRef, object: &Value) -> Option<Self> {
        if let Some(version) = Kind::successor(&name.api_version, &name.kind) {
            return runs_redis(object).then_some(Self::Former(version));
        }
        if Kind::of(name).is_some() {
            return None;
        }
        if is_operators(name) {
            return Some(Self::Operator);
        }
        // What a Job starts runs to an end: a client, whatever its image. A Template of OpenShift holds objects.
        let is_unknown =
            name.group() != "batch" && (runs_redis(object) || list(object, "/objects").iter().any(runs_redis));
        is_unknown.then_some(Self::UnknownKind)
    }
}

/// Whether the Pods of a template run Redis, or may, whatever the kind of the object that holds it.
fn runs_redis(object: &Value) -> bool {
    let Some(template) =
        object.pointer("/spec/template").filter(|template| template.pointer("/spec/containers").is_some())
    else {
        return false;
    };
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}});
    !matches!(Reading::of_object(&deployment, &Snapshot::new()), Reading::NotRedis)
}

impl Unjudged {
    /// Whether nothing is found on it.
    pub(crate) fn is_passed_over(&self) -> bool {
        !matches!(self.reason, Reason::Former(_))
    }
}

/// What is said of them: of each kind once, at its first object.
pub(crate) fn name_unjudged(unjudged: &[Unjudged]) -> Vec<Diagnostic> {
    let mut kinds: BTreeMap<(Reason, &str, &str), Vec<&Unjudged>> = BTreeMap::new();
    for one in unjudged {
        kinds.entry((one.reason, &one.name.api_version, &one.name.kind)).or_default().push(one);
    }
    let mut diagnostics = Vec::with_capacity(kinds.len());
    for of_kind in kinds.into_values() {
        let Some((first, others)) = of_kind.split_first() else { continue };
        let more = if others.is_empty() { String::new() } else { format!(", and {} more of its kind", others.len()) };
        let (name, version) = (&first.name, &first.name.api_version);
        let message = match first.reason {
            Reason::UnknownKind => {
                format!("{name}{more}: may run Redis, but a {} of {version} is not judged", name.kind)
            }
            Reason::Operator => {
                format!("{name}{more}: what a Redis operator makes of it is not looked into yet")
            }
            Reason::Former(now) => format!("{name}{more}: no API server serves {version} any more; judged as {now}"),
        };
        let start = Position { line: first.line, ..Position::START };
        diagnostics.push(Diagnostic { message, ..Diagnostic::default() }.with_location(&first.file, Span::at(start)));
    }
    diagnostics
}
