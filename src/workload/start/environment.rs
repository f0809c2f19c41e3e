//! The environment variables that a container starts with, as the kubelet makes them, as far as they can be seen.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pod::Pod;
use super::shell::text::{Shape, Text, Unknown};
use crate::kubernetes::{Quantity, Seen, field, json, list, member, plain, text};

/// The environment of a container.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    values: BTreeMap<String, Text>,
    /// What it would take to see variables that are not among them.
    hidden: Option<String>,
    /// Whether the kubelet adds variables for the Services of the namespace.
    has_services: bool,
}

impl Environment {
    /// Reads `envFrom` and `env`, the later of which wins.
    pub(crate) fn read(pod: &Pod, container: &Value) -> Self {
        let links = json::at(pod.template, "/spec/enableServiceLinks");
        let mut environment = Self { has_services: links != Some(&Value::Bool(false)), ..Self::default() };
        for from in list(container, "/envFrom") {
            environment.add_source(pod, from);
        }
        for entry in list(container, "/env") {
            let name = text(entry, "/name").to_owned();
            match environment.value_of(pod, container, entry) {
                Some(value) => drop(environment.values.insert(name, value)),
                None => drop(environment.values.remove(&name)),
            }
        }
        environment
    }

    /// The value of a variable, where it can be seen.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.known()
    }

    /// The value of a variable as scripts find it: the image may set what the manifest does not.
    pub(crate) fn text(&self, name: &str) -> Text {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let shape = match name {
            "HOSTNAME" => Shape::Word,
            // A PATH with blanks breaks every script that names one.
            "PATH" => Shape::Field,
            _ => Shape::Any,
        };
        Unknown::new(shape, format!("the value of {name}")).into()
    }

    /// Whether the manifest gives a variable of this name.
    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// `$(NAME)` as Kubernetes expands it in `command`, `args` and `env`: what is not declared stays as it is written.
    pub(crate) fn expand(&self, word: &str) -> Text {
        let mut expanded = Text::default();
        let mut rest = word;
        while let Some(at) = rest.find('$') {
            expanded.push_str(rest.get(..at).unwrap_or_default());
            let behind = rest.get(at + 1..).unwrap_or_default();
            if let Some(after) = behind.strip_prefix('$') {
                expanded.push_str("$");
                rest = after;
                continue;
            }
            let named = behind.strip_prefix('(').and_then(|inner| inner.split_once(')'));
            let Some((name, after)) = named else {
                expanded.push_str("$");
                rest = behind;
                continue;
            };
            expanded.push(&self.reference(name));
            rest = after;
        }
        expanded.push_str(rest);
        expanded
    }

    fn reference(&self, name: &str) -> Text {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        match &self.hidden {
            Some(needs) if is_name => Text::any(needs.as_str()),
            None if is_name && self.has_services && is_of_service(name) => {
                Unknown::new(Shape::Word, format!("the value of {name}")).into()
            }
            _ => Text::from(format!("$({name})")),
        }
    }

    /// Adds what an entry of `envFrom` takes from a ConfigMap or Secret.
    fn add_source(&mut self, pod: &Pod, from: &Value) {
        let name = text(from, "/configMapRef/name");
        let secret = text(from, "/secretRef/name");
        let optional = json::at(from, "/configMapRef/optional") == Some(&Value::Bool(true));
        if name.is_empty() {
            if !secret.is_empty() {
                self.hide(format!("Secret {secret}, which is never read"));
            }
            return;
        }
        let config_map = match pod.config_map(name) {
            Seen::Found(config_map) => config_map,
            Seen::Absent if optional => return,
            Seen::Absent | Seen::Unknown(_) => return self.hide(pod.config_map_ref(name).to_string()),
        };
        let prefix = text(from, "/prefix");
        for (key, value) in config_map.get("data").and_then(Value::as_object).into_iter().flatten() {
            self.values.insert(format!("{prefix}{key}"), Text::from(value.as_str().unwrap_or_default()));
        }
    }

    /// A source that can't be seen may set any name, those of earlier sources too.
    fn hide(&mut self, needs: String) {
        for value in self.values.values_mut() {
            *value = Text::any(needs.as_str());
        }
        self.hidden.get_or_insert(needs);
    }

    /// The value of an entry of `env`; nothing where it sets none.
    fn value_of(&self, pod: &Pod, container: &Value, entry: &Value) -> Option<Text> {
        if let Some(value) = member(entry, "value").filter(|value| !value.is_null()) {
            return Some(self.expand(&plain(value)));
        }
        let from = member(entry, "valueFrom").filter(|from| !from.is_null());
        let Some(from) = from else { return Some(Text::default()) };
        let name = text(entry, "/name");
        let hidden = || Text::any(format!("the value of {name}"));
        if let Some(key) = member(from, "configMapKeyRef") {
            let optional = member(key, "optional") == Some(&Value::Bool(true));
            return match pod.config_map(text(key, "/name")) {
                Seen::Found(config_map) => match field(config_map, "/data", text(key, "/key")) {
                    Some(value) => Some(Text::from(value)),
                    None if optional => None,
                    None => Some(hidden()),
                },
                Seen::Absent if optional => None,
                Seen::Absent | Seen::Unknown(_) => Some(Text::any(pod.config_map_ref(text(key, "/name")).to_string())),
            };
        }
        if let Some(resource) = member(from, "resourceFieldRef") {
            return Some(
                resource_field(container, resource)
                    .unwrap_or_else(|| Unknown::new(Shape::Word, format!("the value of {name}")).into()),
            );
        }
        if let Some(path) = json::at(from, "/fieldRef/fieldPath").and_then(Value::as_str) {
            return Some(pod_field(pod, path).unwrap_or_else(|| {
                let shape = if path.starts_with("metadata.labels") || path.starts_with("metadata.annotations") {
                    Shape::Any
                } else {
                    Shape::Word
                };
                Unknown::new(shape, format!("the value of {name}")).into()
            }));
        }
        Some(hidden())
    }
}

/// Whether the kubelet may add a variable of this name for a Service.
fn is_of_service(name: &str) -> bool {
    let is_upper = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_upper && (name.contains("_SERVICE_") || name.ends_with("_PORT") || name.contains("_PORT_"))
}

/// A label or annotation of the Pod that the template gives.
fn pod_field(pod: &Pod, path: &str) -> Option<Text> {
    let (map, key) = path.split_once("['")?;
    let key = key.strip_suffix("']")?;
    let at = format!("/{}", map.replace('.', "/"));
    field(pod.template, &at, key).map(Text::from)
}

/// `limits.memory` of the container itself, divided and rounded up as the kubelet does.
fn resource_field(container: &Value, resource: &Value) -> Option<Text> {
    let own = text(container, "/name");
    let of = text(resource, "/containerName");
    if text(resource, "/resource") != "limits.memory" || !(of.is_empty() || of == own) {
        return None;
    }
    let limit = plain(json::at(container, "/resources/limits/memory")?);
    let limit = Quantity::parse(&limit).ok()?.bytes()?;
    let divisor = match member(resource, "divisor").map(plain).filter(|divisor| !divisor.is_empty() && divisor != "0") {
        None => 1,
        Some(divisor) => Quantity::parse(&divisor).ok()?.bytes()?,
    };
    (divisor > 0).then(|| Text::from(limit.div_ceil(divisor).to_string()))
}
