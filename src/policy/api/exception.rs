//! From what users write to exceptions that can count. What could never let anything through is an error.

use jiff::Timestamp;
use serde_json::Value;

use super::crd::EXCEPTION_SPEC;
use super::object::{head, read, text};
use super::schema::{EXCEPTION, RawException, RawWorkload};
use crate::kubernetes::{Kind, ObjectRef, is_label, is_rule_name, is_subdomain};
use crate::policy::exception::{Exception, day};
use crate::rules;
use crate::yaml::{Diagnostic, Path, hint};

/// One exception.
pub(crate) fn exception(object: &Value) -> Result<Exception, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    head(object, EXCEPTION, &mut errors)?;
    let raw: Option<RawException> = read(object, &EXCEPTION_SPEC, &mut errors);
    let spec = Path::root("spec");
    let name = ObjectRef::of(object);
    let Some(raw) = raw else { return Err(errors) };
    workload(&raw.workload, &spec.key("workload"), &mut errors);
    for (index, id) in raw.rules.iter().enumerate() {
        if let Some(what) = wrong_rule(id) {
            errors.push(Diagnostic::new(spec.key("rules").index(index), what));
        }
    }
    let expires = day(&raw.expires);
    if expires.is_none() {
        let what = format!("`{}` is not a date; write it as 2027-03-01", raw.expires);
        errors.push(Diagnostic::new(spec.key("expires"), what));
    }
    match expires {
        Some(expires) if errors.is_empty() => Ok(Exception {
            name: name.name,
            namespace: name.namespace,
            workload: ObjectRef::new(
                &raw.workload.api_version,
                &raw.workload.kind,
                &raw.workload.namespace,
                &raw.workload.name,
            ),
            rules: raw.rules,
            reason: raw.reason,
            expires,
            created: text(object, "/metadata/creationTimestamp").and_then(|text| text.parse::<Timestamp>().ok()),
        }),
        _ => Err(errors),
    }
}

/// The error of an exception that has the name of another one in the same files.
pub(crate) fn twice<'a>(mut others: impl Iterator<Item = &'a Exception>, one: &Exception) -> Option<Diagnostic> {
    let is_twice = others.any(|other| (&other.namespace, &other.name) == (&one.namespace, &one.name));
    let what = format!("there are two exceptions {}/{}; only one of them can be in a cluster", one.namespace, one.name);
    is_twice.then(|| Diagnostic::new(Path::root("metadata").key("name"), what))
}

/// What no workload that we judge can be called.
fn workload(raw: &RawWorkload, at: &Path, errors: &mut Vec<Diagnostic>) {
    let mut refuse = |field: &str, what: String| errors.push(Diagnostic::new(at.key(field), what));
    let kind = &raw.kind;
    match Kind::named(kind) {
        Some(known) => {
            if known.name != kind {
                refuse("kind", format!("`{kind}` is not a kind; write {}", known.name));
            }
            if !known.is_of(&raw.api_version) {
                let (found, right) = (&raw.api_version, known.api_version);
                refuse("apiVersion", format!("a {} is of `{right}`, not of `{found}`; write {right}", known.name));
            }
        }
        None if matches!(raw.api_version.as_str(), "v1" | "apps/v1") => {
            let names: Vec<&str> = Kind::workloads().map(|kind| kind.name).collect();
            refuse("kind", format!("`{kind}` is not a kind of workload that Plimsoll judges{}", hint(kind, &names)));
        }
        None => {}
    }
    if !is_label(&raw.namespace) {
        refuse("namespace", format!("`{}` is not a valid name of a namespace; write one whole name", raw.namespace));
    }
    if !is_subdomain(&raw.name) {
        let kind = Kind::named(kind).map_or(kind.as_str(), |known| known.name);
        refuse("name", format!("`{}` is not a valid name of a {kind}; write one whole name", raw.name));
    }
}

/// Why an exception can't let through the findings of this rule.
fn wrong_rule(id: &str) -> Option<String> {
    let Some(custom) = id.strip_prefix("custom/") else { return rules::entry(id).is_none().then(|| no_rule(id)) };
    let is_whole = custom.split_once('/').is_some_and(|(policy, name)| is_subdomain(policy) && is_rule_name(name));
    (!is_whole).then(|| format!("`{id}` names no custom rule; write custom/POLICY/NAME with both names whole"))
}

fn no_rule(id: &str) -> String {
    if rules::notice(id).is_some() {
        return format!("`{id}` is reported and never denied, so it needs no exception");
    }
    let custom = if id.contains('*') { "" } else { "; a custom rule is written custom/POLICY/NAME" };
    let ids: Vec<&str> = rules::entries().map(|entry| entry.info.id).collect();
    let near = hint(id, &ids);
    let more = if near.is_empty() { custom } else { near.as_str() };
    format!("there is no rule `{id}`{more} (`plimsoll rules` lists them)")
}
