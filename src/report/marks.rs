//! What Plimsoll wrote into workloads, read off their marks: which values, what stood there before, where they come from,
//! and what holds now.

use serde_json::Value;

use crate::kubernetes::ObjectRef;
use crate::patch::{AppliedValue, Key, MARK_ANNOTATION, applied_values};
use crate::redis::may_hold_secret;
use crate::workload::{Fact, Workload};

/// Workloads with what their marks say.
#[derive(Debug)]
pub struct Marks {
    /// In the order in which they were given.
    pub workloads: Vec<MarkedWorkload>,
}

/// What the mark of one workload says.
#[derive(Debug)]
pub struct MarkedWorkload {
    /// The workload.
    pub object: ObjectRef,
    /// Whether it has a mark that can't be read.
    pub is_unreadable: bool,
    /// The values that Plimsoll wrote.
    pub values: Vec<MarkedValue>,
}

/// One value that Plimsoll wrote. What may be a password is not in here.
#[derive(Debug)]
pub struct MarkedValue {
    /// The container.
    pub container: String,
    /// The path in it, such as `resources.requests.memory`.
    pub path: String,
    /// What was written.
    pub set: String,
    /// What stood there before; nothing where the value was added.
    pub was: Option<String>,
    /// For a directive, how it is delivered: `args`, `env:NAME` or `overlay:<mountPath>:<key>`.
    pub via: Option<String>,
    /// For a directive, the limit that it was derived from.
    pub limit: Option<String>,
    /// For a directive, how it was derived: `ratio:0.75`.
    pub derive: Option<String>,
    /// Whether it still stands there.
    pub holds: bool,
    /// What holds now, in words.
    pub now: String,
}

impl MarkedWorkload {
    /// Reads the mark of an object and compares it with the object.
    #[must_use]
    pub fn read(workload: &Workload, object: &Value) -> Self {
        let annotation = object.pointer("/metadata/annotations").and_then(|all| all.get(MARK_ANNOTATION));
        let applied = applied_values(object);
        Self {
            object: workload.object.clone(),
            is_unreadable: annotation.is_some() && applied.is_empty(),
            values: applied.iter().map(|applied| MarkedValue::new(workload, applied)).collect(),
        }
    }
}

impl MarkedValue {
    fn new(workload: &Workload, applied: &AppliedValue) -> Self {
        let entry = &applied.entry;
        Self {
            container: applied.key.container.clone(),
            path: applied.key.path.clone(),
            set: show_value(&applied.key, &entry.set),
            was: entry.was.as_ref().map(|was| describe_former_value(applied, was)),
            via: entry.via.clone(),
            limit: entry.limit.clone(),
            derive: entry.derive.clone(),
            holds: applied.holds,
            now: describe_present_value(workload, applied),
        }
    }
}

fn describe_former_value(applied: &AppliedValue, was: &Value) -> String {
    if applied.entry.via.is_some() {
        return "the user's own value; Plimsoll added to it".to_owned();
    }
    format!("{}, written by the user", show_value(&applied.key, was))
}

fn describe_present_value(workload: &Workload, applied: &AppliedValue) -> String {
    if applied.holds {
        let changed = applied.limit_changed().map_or(String::new(), |limit| {
            format!("; the limit is {limit} now, and {} follows it at the next rollout", applied.key.path)
        });
        return format!("holds{changed}");
    }
    match (&applied.entry.via, &applied.now) {
        (Some(_), _) => format!("drifted: {}", describe_directive(workload, &applied.key)),
        (None, Some(value)) => format!("drifted: {}", show_value(&applied.key, value)),
        (None, None) => "drifted: removed".to_owned(),
    }
}

/// The directive that a container runs with now, as far as it can be seen.
fn describe_directive(workload: &Workload, key: &Key) -> String {
    let server = workload.containers.iter().find(|server| server.name == key.container);
    let name = &key.path;
    match server.and_then(|server| server.config.as_ref()).map(|config| config.directive(name)) {
        Some(Fact::Set(setting)) => {
            format!("{name} {} at {} {}", setting.value, setting.origin.object, setting.origin.at)
        }
        Some(Fact::Unset) => format!("no {name}"),
        Some(Fact::Unknown(needs)) => format!("unknown, needs {needs}"),
        None => "no such container".to_owned(),
    }
}

/// A value, where it can't be a password: commands and variables may hold one.
fn show_value(key: &Key, value: &Value) -> String {
    if may_hold_secret(&key.path) {
        return "(a word of a command)".to_owned();
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
