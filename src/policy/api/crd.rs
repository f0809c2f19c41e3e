//! The schemas of our kinds, from the types: as the check of what users write reads them, and as structural schemas inside
//! custom resource definitions.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::keywords::UNTYPED;
use super::schema::{API_VERSION, EXCEPTION, GROUP, NOUN, POLICY, RawException, RawSpec};

/// What the single words of an enumeration mean, kept aside until a description is written.
const WORDS: &str = "x-plimsoll-words";

/// The schema of a policy's `spec`.
pub(crate) static POLICY_SPEC: LazyLock<Value> = LazyLock::new(of::<RawSpec>);
/// The schema of an exception's `spec`.
pub(crate) static EXCEPTION_SPEC: LazyLock<Value> = LazyLock::new(of::<RawException>);

/// The custom resource definitions of our kinds, each with the name of its file.
#[must_use]
pub fn custom_resource_definitions() -> [(&'static str, Value); 2] {
    let policy = Kind {
        name: POLICY,
        plural: "redispolicies",
        short: "rp",
        scope: "Cluster",
        spec: &POLICY_SPEC,
        columns: json!([
            column("Mode", "string", ".spec.mode", 0),
            column("Extends", "string", ".spec.extends", 0),
            column("Priority", "integer", ".spec.priority", 0),
            condition("Accepted"),
            condition("Active"),
            column("Age", "date", ".metadata.creationTimestamp", 0),
        ]),
    };
    let exception = Kind {
        name: EXCEPTION,
        plural: "redispolicyexceptions",
        short: "rpx",
        scope: "Namespaced",
        spec: &EXCEPTION_SPEC,
        columns: json!([
            column("Namespace-Of", "string", ".spec.workload.namespace", 1),
            column("Workload", "string", ".spec.workload.name", 0),
            column("Rules", "string", ".spec.rules", 0),
            column("Expires", "string", ".spec.expires", 0),
            condition("Active"),
            column("Age", "date", ".metadata.creationTimestamp", 0),
        ]),
    };
    [("redispolicies.yaml", policy.definition()), ("redispolicyexceptions.yaml", exception.definition())]
}

struct Kind<'a> {
    name: &'a str,
    plural: &'a str,
    short: &'a str,
    scope: &'a str,
    spec: &'a Value,
    columns: Value,
}

impl Kind<'_> {
    fn definition(&self) -> Value {
        let singular = self.name.to_ascii_lowercase();
        let version = API_VERSION.rsplit('/').next().unwrap_or_default();
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{}.{GROUP}", self.plural)},
            "spec": {
                "group": GROUP,
                "names": {
                    "kind": self.name,
                    "listKind": format!("{}List", self.name),
                    "plural": self.plural,
                    "singular": singular,
                    "shortNames": [self.short],
                    "categories": ["plimsoll"],
                },
                "scope": self.scope,
                "versions": [{
                    "name": version,
                    "served": true,
                    "storage": true,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": self.columns,
                    "schema": {"openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {"spec": structural(self.spec), "status": status()},
                    }},
                }],
            },
        })
    }
}

fn column(name: &str, kind: &str, path: &str, priority: u8) -> Value {
    json!({"name": name, "type": kind, "jsonPath": path, "priority": priority})
}

fn condition(name: &str) -> Value {
    column(name, "string", &format!(".status.conditions[?(@.type==\"{name}\")].status"), 0)
}

fn status() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let condition = json!({
        "type": "object",
        "required": ["type", "status", "reason", "message", "lastTransitionTime"],
        "properties": {
            "type": text("Accepted or Active."),
            "status": {"type": "string", "enum": ["True", "False", "Unknown"], "description": "Whether it is so."},
            "reason": text("Why, in one word."),
            "message": text("Why, in full: every error with its place."),
            "observedGeneration": {
                "type": "integer", "format": "int64", "description": "The generation of the object that this speaks of.",
            },
            "lastTransitionTime": {
                "type": "string", "format": "date-time", "description": "Since when the status is as it is.",
            },
        },
    });
    json!({
        "type": "object",
        "description": "What Plimsoll makes of it. Written by the webhook.",
        "properties": {"conditions": {
            "type": "array",
            "description": "Accepted: it holds no error. Active: it is in force.",
            "items": condition,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        }},
    })
}

/// The schema of a type.
pub(crate) fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    schema
}

/// Without nulls, titles and what else a reader of a schema does not need; enumerations in one list.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match (key.as_str(), value) {
                    // Its keys are names of users' fields, not words of a schema.
                    ("properties", Value::Object(properties)) => properties.values_mut().for_each(tidy),
                    (_, value) => tidy(value),
                }
            }
            tidy_object(fields);
        }
        _ => {}
    }
}

fn tidy_object(fields: &mut Map<String, Value>) {
    let null = json!("null");
    let most = match fields.get("format").and_then(Value::as_str) {
        Some("uint8") => Some(u64::from(u8::MAX)),
        Some("uint16") => Some(u64::from(u16::MAX)),
        Some("uint32") => Some(u64::from(u32::MAX)),
        _ => None,
    };
    if let (Some(most), None) = (most, fields.get("maximum")) {
        fields.insert("maximum".to_owned(), most.into());
    }
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|one| *one != null);
        if let [one] = types.as_slice() {
            let one = one.clone();
            fields.insert("type".to_owned(), one);
        }
    }
    fields.retain(|key, value| match key.as_str() {
        "title" => !value.is_string(),
        "format" => value == "int32" || value == "int64",
        "default" => !(value.is_null() || value.is_object() || value.is_array()),
        _ => true,
    });
    if let Some(Value::String(description)) = fields.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    for word in ["oneOf", "anyOf"] {
        let Some(Value::Array(mut branches)) = fields.shift_remove(word) else { continue };
        branches.retain(|branch| branch.get("type") != Some(&null));
        if let Some(words) = words(&branches) {
            fields.insert("type".to_owned(), json!("string"));
            fields.insert("enum".to_owned(), words.keys().cloned().map(Value::from).collect());
            fields.insert(WORDS.to_owned(), Value::Object(words));
        } else if let [Value::Object(only)] = branches.as_slice() {
            for (key, value) in only {
                fields.entry(key.clone()).or_insert_with(|| value.clone());
            }
        } else {
            fields.insert(word.to_owned(), Value::Array(branches));
        }
    }
}

/// The words of an enumeration with what they mean; nothing where the branches are something else.
fn words(branches: &[Value]) -> Option<Map<String, Value>> {
    branches.iter().map(read_word).collect::<Option<Map<_, _>>>().filter(|words| !words.is_empty())
}

fn read_word(branch: &Value) -> Option<(String, Value)> {
    let word = branch.get("const")?.as_str()?.to_owned();
    Some((word, branch.get("description").cloned().unwrap_or_default()))
}

/// As the API server takes a schema: typed throughout, and where a type would have to be two, untyped.
fn structural(schema: &Value) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    if ["oneOf", "anyOf", UNTYPED].iter().any(|word| fields.contains_key(*word)) {
        return json!({"description": description(fields), UNTYPED: true});
    }
    let mut result = Map::new();
    result.insert("description".to_owned(), description(fields).into());
    for (key, value) in fields {
        match key.as_str() {
            "properties" => {
                let properties = value.as_object().into_iter().flatten();
                let properties = properties.map(|(name, schema)| (name.clone(), structural(schema))).collect();
                result.insert(key.clone(), Value::Object(properties));
            }
            "items" => drop(result.insert(key.clone(), structural(value))),
            "additionalProperties" if value.is_object() => drop(result.insert(key.clone(), structural(value))),
            // What we know and a user mistypes is told by us, with the nearest name.
            NOUN => drop(result.insert(UNTYPED.to_owned(), true.into())),
            "exclusiveMinimum" => {
                result.insert("minimum".to_owned(), value.clone());
                result.insert(key.clone(), true.into());
            }
            "additionalProperties" | "description" | WORDS => {}
            _ => drop(result.insert(key.clone(), value.clone())),
        }
    }
    if result.get("description").and_then(Value::as_str) == Some("") {
        result.shift_remove("description");
    }
    Value::Object(result)
}

fn description(fields: &Map<String, Value>) -> String {
    let mut text = fields.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (word, meaning) in fields.get(WORDS).and_then(Value::as_object).into_iter().flatten() {
        for part in [" ", word, ": ", meaning.as_str().unwrap_or_default()] {
            text.push_str(part);
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field, with its path.
    fn walk(schema: &Value, path: &str, seen: &mut Vec<(String, Value)>) {
        seen.push((path.to_owned(), schema.clone()));
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(field, &format!("{path}.{name}"), seen);
        }
        for word in ["items", "additionalProperties"] {
            if let Some(below) = schema.get(word) {
                walk(below, &format!("{path}[]"), seen);
            }
        }
    }

    #[test]
    fn every_field_is_described_and_typed() {
        for (file, definition) in custom_resource_definitions() {
            let mut seen = Vec::new();
            walk(&definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "", &mut seen);
            assert!(seen.len() > 10, "{file}");
            for (path, field) in seen {
                let typed = field["type"].is_string() || field[UNTYPED] == true;
                assert!(typed, "{file} {path}: {field}");
                let described = field["description"].is_string() || path.is_empty() || path.ends_with("[]");
                assert!(described, "{file} {path}: {field}");
                assert!(field.get("$ref").is_none() && field.get("title").is_none(), "{file} {path}");
                assert!(!field.to_string().contains("x-plimsoll"), "{file} {path}");
            }
        }
    }

    #[test]
    fn words_are_listed_and_explained() {
        let mode = structural(&POLICY_SPEC["properties"]["mode"]);
        assert_eq!(mode["enum"], json!(["observe", "warn", "enforce"]));
        assert!(mode["description"].as_str().unwrap().contains("enforce: As written."), "{mode}");
    }
}
