//! What is said of an object that was applied: its line, warnings, refusal and changes.

use crate::patch;
use crate::report::{Denial, Fate, ObjectChange, TriedObject};
use crate::sandbox::{AppliedObject, helm_order};

/// Whether nothing happens to an object.
pub(crate) fn passes_unchanged(applied: &AppliedObject) -> bool {
    let is_silent = applied.warnings.is_empty() && applied.notes.is_empty() && applied.kept_away.is_none();
    is_silent && applied.refusal.is_none() && applied.received == applied.patched
}

/// An object with everything that is said of it.
pub(crate) fn describe(file: &str, applied: &AppliedObject) -> TriedObject {
    let mut object = describe_result(applied);
    object.warnings.clone_from(&applied.warnings);
    object.denial = describe_denial(file, applied);
    if object.denial.is_none() {
        object.change = ObjectChange::between(&applied.received, &applied.patched);
    } else if applied.warnings.iter().any(|warning| warning.contains("; fixed: ")) {
        object.remark = Some("(refused as a whole: what a warning calls fixed is not stored either)".to_owned());
    }
    object
}

/// An object whose warnings and changes are left out where an earlier act told them.
pub(crate) fn describe_news(file: &str, applied: &AppliedObject, earlier: &[AppliedObject]) -> TriedObject {
    let mut object = describe_result(applied);
    let before = earlier.iter().find(|other| other.object == applied.object);
    let known = before.map_or(&[][..], |before| &before.warnings);
    for warning in &applied.warnings {
        if !known.iter().any(|other| what_is_wrong(other) == what_is_wrong(warning)) {
            object.warnings.push(warning.clone());
        }
    }
    let known_warnings = applied.warnings.len() - object.warnings.len();
    object.denial = describe_denial(file, applied);
    if object.denial.is_some() {
        object.remark = describe_repeated(known_warnings, 0);
    } else if applied.received == applied.patched {
        // Nothing more is to say.
    } else if kubectl_verb(applied) == "unchanged" {
        let why = "(the manifest says what it said before; the webhook knows its own changes by its annotation and makes \
                   them again, so what is stored stays the same and no Pod restarts)";
        object.remark = Some(why.to_owned());
    } else if before.is_some_and(|before| changes(before) == changes(applied)) {
        object.remark = describe_repeated(known_warnings, changes(applied).len());
    } else {
        object.remark = describe_repeated(known_warnings, 0);
        object.change = ObjectChange::between(&applied.received, &applied.patched);
    }
    object
}

/// An object with its name, what became of it, and what the webhook could not be asked about.
fn describe_result(applied: &AppliedObject) -> TriedObject {
    let (fate, result) = match &applied.kept_away {
        Some(why) => (Fate::Stored, format!("not sent: {why}")),
        None => describe_fate(applied),
    };
    TriedObject {
        name: helm_order::kubectl_name(&applied.object),
        fate,
        result,
        notes: applied.notes.clone(),
        warnings: Vec::new(),
        remark: None,
        denial: None,
        change: None,
    }
}

fn describe_fate(applied: &AppliedObject) -> (Fate, String) {
    let verb = kubectl_verb(applied);
    if applied.refusal.is_some() {
        return (Fate::Refused, verb.to_owned());
    }
    if passes_unchanged(applied) {
        return (Fate::Stored, verb.to_owned());
    }
    if applied.received == applied.patched {
        return (Fate::Changed, verb.to_owned());
    }
    if verb == "unchanged" {
        return (Fate::Stored, verb.to_owned());
    }
    (Fate::Changed, format!("{verb}, changed on its way in"))
}

/// What became of the object in kubectl's words.
fn kubectl_verb(applied: &AppliedObject) -> &'static str {
    match &applied.old {
        _ if applied.refusal.is_some() => "refused",
        None => "created",
        Some(old) if **old == applied.patched => "unchanged",
        Some(_) => "configured",
    }
}

fn describe_denial(file: &str, applied: &AppliedObject) -> Option<Denial> {
    let refusal = applied.refusal.as_ref()?;
    Some(Denial { file: file.to_owned(), webhook: refusal.webhook.clone(), message: refusal.message.clone() })
}

/// What is wrong comes first in a warning; how it was fixed may count the replicas.
fn what_is_wrong(warning: &str) -> Option<&str> {
    warning.split("; ").next()
}

/// How much of what an earlier act told would be told again.
fn describe_repeated(warnings: usize, changes: usize) -> Option<String> {
    let mut parts = Vec::new();
    for (number, noun) in [(warnings, "warning"), (changes, "change")] {
        match number {
            0 => {}
            1 => parts.push(format!("1 {noun}")),
            more => parts.push(format!("{more} {noun}s")),
        }
    }
    if parts.is_empty() { None } else { Some(format!("({} as above)", parts.join(" and "))) }
}

fn changes(applied: &AppliedObject) -> Vec<json_patch::PatchOperation> {
    patch::diff(&applied.received, &applied.patched)
}
