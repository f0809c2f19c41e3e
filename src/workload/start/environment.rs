//! The environment variables of a container, as far as they can be seen.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pod::Pod;
use crate::kubernetes::{Seen, field, json, list, member, plain, text};

/// The variables whose values can be seen. Those of Secrets, and of ConfigMaps that are not seen, are left out.
pub(crate) type Environment = BTreeMap<String, String>;

/// Reads `envFrom` and `env`, the later of which wins.
pub(crate) fn read_environment(pod: &Pod, container: &Value) -> Environment {
    let mut variables = Environment::new();
    for from in list(container, "/envFrom") {
        add_config_map(&mut variables, pod, from);
    }
    for entry in list(container, "/env") {
        let name = text(entry, "/name").to_owned();
        match value_of(pod, entry) {
            Some(value) => drop(variables.insert(name, value)),
            None => drop(variables.remove(&name)),
        }
    }
    variables
}

/// Adds what an entry of `envFrom` takes from a ConfigMap.
fn add_config_map(variables: &mut Environment, pod: &Pod, from: &Value) {
    let name = text(from, "/configMapRef/name");
    if name.is_empty() {
        return;
    }
    let Seen::Found(config_map) = pod.config_map(name) else { return };
    let prefix = text(from, "/prefix");
    for (key, value) in config_map.get("data").and_then(Value::as_object).into_iter().flatten() {
        variables.insert(format!("{prefix}{key}"), value.as_str().unwrap_or_default().to_owned());
    }
}

/// The value of an entry of `env`; nothing where it can't be seen.
fn value_of(pod: &Pod, entry: &Value) -> Option<String> {
    let from = json::at(entry, "/valueFrom/configMapKeyRef");
    match (member(entry, "value"), from) {
        (Some(value), _) if !value.is_null() => Some(plain(value)),
        (_, Some(from)) => match pod.config_map(text(from, "/name")) {
            Seen::Found(config_map) => field(config_map, "/data", text(from, "/key")).map(str::to_owned),
            Seen::Absent | Seen::Unknown(_) => None,
        },
        (_, None) if member(entry, "valueFrom").is_none_or(Value::is_null) => Some(String::new()),
        _ => None,
    }
}
