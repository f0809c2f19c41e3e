//! What our kinds have in common: version, kind, name, and a `spec` that is held against its schema.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::schema::{API_VERSION, EXCEPTION, POLICY};
use super::validate::{check, described, without};
use crate::kubernetes::is_subdomain;
use crate::yaml::{Diagnostic, Path, hint};

pub(crate) fn text<'a>(object: &'a Value, at: &str) -> Option<&'a str> {
    object.pointer(at).and_then(Value::as_str)
}

/// Version, kind and name. What is of another kind is not looked at any further: that error alone is the error.
pub(crate) fn head(object: &Value, kind: &str, errors: &mut Vec<Diagnostic>) -> Result<(), Vec<Diagnostic>> {
    if let Some(error) = wrong_kind(object) {
        return Err(vec![error]);
    }
    let metadata = Path::root("metadata");
    let mut refuse = |at: &Path, what: &str| errors.push(Diagnostic::new(at.clone(), what.to_owned()));
    match text(object, "/metadata/name").filter(|name| !name.is_empty()) {
        Some(name) if !is_subdomain(name) => {
            let what = format!(
                "`{name}` is not a valid name of an object: use lower-case letters, digits, hyphens and dots, 253 at \
                 most, and start and end with a letter or digit"
            );
            refuse(&metadata.key("name"), &what);
        }
        None if text(object, "/metadata/generateName").is_none() => refuse(&metadata, "`name` is required"),
        _ => {}
    }
    let namespace = text(object, "/metadata/namespace").is_some_and(|namespace| !namespace.is_empty());
    if kind == EXCEPTION && !namespace {
        refuse(&metadata, "`namespace` is required: an exception counts only in the namespaces that a policy names");
    }
    if kind == POLICY && namespace {
        let what = "a RedisPolicy is of the whole cluster and has no namespace; for whom it is says spec.match";
        refuse(&metadata.key("namespace"), what);
    }
    match object.get("spec") {
        None => refuse(&Path::default(), "`spec` is required"),
        Some(Value::Null) => refuse(&Path::root("spec"), "is empty"),
        Some(_) => {}
    }
    Ok(())
}

/// What is wrong with the kind of an object that should be one of ours.
pub(crate) fn wrong_kind(object: &Value) -> Option<Diagnostic> {
    const OURS: [&str; 2] = [POLICY, EXCEPTION];
    let root = Path::default();
    let expected = format!("a {POLICY} or a {EXCEPTION} of {API_VERSION}");
    let Some(fields) = object.as_object() else {
        return Some(Diagnostic::new(root, format!("expected {expected}, found {}", described(object))));
    };
    let word = |key: &str| fields.get(key).and_then(Value::as_str).filter(|word| !word.is_empty());
    let (at, what) = match (word("apiVersion"), word("kind")) {
        (Some(API_VERSION), Some(kind)) if OURS.contains(&kind) => return None,
        (None, None) => (root, format!("expected {expected}, found a mapping without `kind` and `apiVersion`")),
        (Some(_), None) => (root, format!("`kind` is required: {POLICY} or {EXCEPTION}")),
        (None, Some(kind)) if OURS.contains(&kind) => (root, format!("`apiVersion` is required: {API_VERSION}")),
        (Some(version), Some(kind)) if OURS.contains(&kind) => {
            (Path::root("apiVersion"), format!("`{version}` has no {kind}; write {API_VERSION}"))
        }
        (Some(API_VERSION), Some(kind)) => {
            (Path::root("kind"), format!("there is no kind `{kind}` in {API_VERSION}{}", hint(kind, &OURS)))
        }
        (version, kind) => {
            let found = [version, kind].into_iter().flatten().collect::<Vec<_>>().join(" ");
            (Path::root("kind"), format!("expected {expected}, found {found}"))
        }
    };
    Some(Diagnostic::new(at, what))
}

/// Checks `spec` against its schema and reads what is right of it.
pub(crate) fn read<T: DeserializeOwned>(object: &Value, schema: &Value, errors: &mut Vec<Diagnostic>) -> Option<T> {
    let mut spec = object.get("spec").cloned().filter(|spec| !spec.is_null())?;
    drop_nulls(&mut spec);
    spell_off(&mut spec);
    typed(&spec, schema, &Path::root("spec"), errors)
}

/// Checks a value against the schema of its type and reads what is right of it.
pub(crate) fn typed<T: DeserializeOwned>(
    value: &Value,
    schema: &Value,
    at: &Path,
    errors: &mut Vec<Diagnostic>,
) -> Option<T> {
    let mut found = Vec::new();
    check(schema, value, at, &mut found);
    let root = Path::root("value");
    let places = found.iter().map(|error| error.path.from(at).under(&root));
    let rest = without(json!({"value": value}), places)["value"].take();
    let read = T::deserialize(rest);
    if let (Err(error), true) = (&read, found.is_empty()) {
        found.push(Diagnostic::new(at.clone(), error.to_string()));
    }
    errors.append(&mut found);
    read.ok()
}

/// A field without a value is not there.
pub(crate) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Readers of YAML 1.1, kubectl among them, take a bare `off` for `false`.
fn spell_off(spec: &mut Value) {
    fn spell(action: &mut Value) {
        if *action == Value::Bool(false) {
            *action = "off".into();
        }
    }
    fn response(value: &mut Value) {
        spell(value);
        for key in ["action", "otherwise"] {
            value.get_mut(key).into_iter().for_each(spell);
        }
    }
    for rule in spec.get_mut("customRules").and_then(Value::as_array_mut).into_iter().flatten() {
        response(rule);
    }
    for (_, rule) in spec.get_mut("rules").and_then(Value::as_object_mut).into_iter().flatten() {
        response(rule);
        let severities = rule.get_mut("severities").and_then(Value::as_object_mut);
        severities.into_iter().flatten().for_each(|(_, value)| response(value));
    }
}
