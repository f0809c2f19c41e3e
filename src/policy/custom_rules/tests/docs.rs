//! The page for policy authors: its examples run, and its fields are those of the table.

use std::fmt::Write as _;

use serde_json::Value;

use super::schema;
use crate::cel::{Expression, Field, Kind};
use crate::policy::custom_rules::samples;
use crate::policy::custom_rules::workload::{LANGUAGE, WORKLOAD};
use crate::policy::set::Policies;

const PAGE: &str = include_str!("../../../../docs/custom-rules.md");

/// The blocks of a language, by what stands behind the three backticks.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    PAGE.split(&opening).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn examples_run() {
    let examples: Vec<&str> = blocks("cel").into_iter().flat_map(str::lines).collect();
    assert!(examples.len() >= 10, "{examples:?}");
    for text in examples {
        let expression = Expression::condition(&LANGUAGE, text).unwrap_or_else(|why| panic!("{text}: {why}"));
        for model in [samples::full(), samples::empty()] {
            expression.holds(&LANGUAGE.context(&model, &[])).unwrap_or_else(|why| panic!("{text}: {why}"));
        }
    }
    let refused: Vec<&str> = blocks("cel refused").into_iter().flat_map(str::lines).collect();
    assert!(!refused.is_empty());
    for text in refused {
        assert!(Expression::condition(&LANGUAGE, text).unwrap_err().to_string().contains("can be null here"), "{text}");
    }
}

#[test]
fn policies_load() {
    let policies = blocks("yaml");
    assert!(!policies.is_empty());
    for text in policies {
        Policies::parse(&[("docs/custom-rules.md".to_owned(), text.to_owned())]).unwrap();
    }
}

#[test]
fn fields_are_those_of_the_table() {
    let start = PAGE.find("<!-- fields").unwrap();
    let (_, found) = PAGE[start..].split_once("-->\n").unwrap();
    let expected = tables();
    assert!(found == expected, "docs/custom-rules.md ends in:\n{expected}");
}

/// A table for each kind of object, where it is met first.
fn tables() -> String {
    let mut text = String::new();
    let workload = schema::workload();
    let mut due: Vec<(String, &'static [Field], &Value)> = vec![("workload".to_owned(), WORKLOAD, &workload)];
    let mut seen: Vec<&'static [Field]> = Vec::new();
    while !due.is_empty() {
        let (way, fields, object) = due.remove(0);
        if seen.contains(&fields) {
            continue;
        }
        seen.push(fields);
        write!(text, "\n### `{way}`\n\n| field | type | meaning | example |\n|---|---|---|---|\n").unwrap();
        for field in fields {
            let null = if field.nullable { " or null" } else { "" };
            let example = field.example.replace('|', "\\|");
            let described = schema::property(object, field.name);
            let (kind, meaning) = (field.kind.name(), schema::meaning(described));
            writeln!(text, "| `{}` | {kind}{null} | {meaning} | `{example}` |", field.name).unwrap();
            let way = format!("{way}.{}", field.name);
            match field.kind {
                Kind::Object(inner) => due.push((way, inner, described)),
                Kind::List(Kind::Object(inner), _) => due.push((format!("{way}[…]"), inner, schema::entry(described))),
                _ => {}
            }
        }
    }
    text
}

#[test]
fn the_samples_are_of_the_shape_that_inspect_prints() {
    let object: Value = serde_json::json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "cache", "namespace": "shop"},
        "spec": {"serviceName": "cache", "template": {"spec": {"containers": [
            {"name": "redis", "image": "redis:7.4", "args": ["--maxmemory", "100mb"],
             "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
        ]}}, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}]},
    });
    let workload = crate::workload::Workload::read(&object, &crate::kubernetes::Snapshot::new()).unwrap();
    let model = workload.to_json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let sample = samples::full();
    assert_eq!(keys(&model), keys(&sample));
    for at in [
        "/containers/0",
        "/containers/0/memory",
        "/containers/0/probes",
        "/maxmemory_origin",
        "/maxmemory_origin/object",
        "/storage",
        "/unknown/0",
    ] {
        assert_eq!(keys(model.pointer(at).unwrap()), keys(sample.pointer(at).unwrap()), "{at}");
    }
}
