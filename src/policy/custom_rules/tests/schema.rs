//! The table of fields against the fields of the model as they are described: names, types and words agree.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::cel::{Field, Kind};
use crate::policy::custom_rules::workload::WORKLOAD;
use crate::workload::WorkloadView;

/// The JSON Schema of `workload`, without references.
pub(super) fn workload() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<WorkloadView>().to_value()
}

/// A field of an object.
pub(super) fn property<'s>(object: &'s Value, name: &str) -> &'s Value {
    let found = &without_null(object)["properties"][name];
    assert!(found.is_object(), "{name} is not described");
    found
}

/// What a list holds.
pub(super) fn entry(list: &Value) -> &Value {
    &without_null(list)["items"]
}

/// What a field means, on one line.
pub(super) fn meaning(field: &Value) -> String {
    field["description"].as_str().unwrap().replace('\n', " ")
}

fn without_null(schema: &Value) -> &Value {
    schema["anyOf"].as_array().and_then(|any| any.first()).unwrap_or(schema)
}

fn may_be_null(schema: &Value) -> bool {
    let has_null = |types: &Value| types == "null" || types.as_array().is_some_and(|all| all.contains(&"null".into()));
    has_null(&schema["type"])
        || schema["anyOf"].as_array().is_some_and(|any| any.iter().any(|one| has_null(&one["type"])))
}

/// The name of its type; nothing for what is shown as declared, whatever its type.
fn type_name(schema: &Value) -> Option<&str> {
    let found = &without_null(schema)["type"];
    found.as_str().or_else(|| found.as_array()?.iter().filter_map(Value::as_str).find(|name| *name != "null"))
}

#[test]
fn the_table_has_the_fields_that_are_described() {
    assert_agreement("workload", WORKLOAD, &workload());
}

fn assert_agreement(way: &str, fields: &[Field], object: &Value) {
    let described = without_null(object)["properties"].as_object().unwrap();
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    assert_eq!(described.keys().collect::<Vec<_>>(), names, "{way}");
    for field in fields {
        let (way, schema) = (format!("{way}.{}", field.name), &described[field.name]);
        let expected = match field.kind {
            Kind::Bool => "boolean",
            Kind::Int => "integer",
            Kind::Text(_) | Kind::Word => "string",
            Kind::List(_, _) => "array",
            Kind::Object(_) | Kind::Either => "object",
        };
        if let Some(found) = type_name(schema) {
            assert_eq!(found, expected, "{way}");
            // An object that is null reads as one in which nothing is set.
            let is_object = matches!(field.kind, Kind::Object(_)) && !field.nullable;
            assert!(is_object || may_be_null(schema) == field.nullable, "{way} may be null in one of the two");
        }
        if let Some(words) = schema["enum"].as_array().filter(|_| !field.words.is_empty()) {
            let known: Vec<&str> = field.words.iter().copied().chain(field.unseen_word).collect();
            assert_eq!(words, &known, "{way}");
        }
        match field.kind {
            Kind::Object(inner) => assert_agreement(&way, inner, schema),
            Kind::List(Kind::Object(inner), _) => assert_agreement(&format!("{way}[…]"), inner, entry(schema)),
            _ => {}
        }
    }
}
