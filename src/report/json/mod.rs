//! Reports as JSON: contracts, with schemas in `docs/schemas/`.

mod impact;
mod marks;

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::policy::{Policies, Target};
use crate::redis::Redacted;
use crate::report::format::ToJson;
use crate::report::rule_table::RuleTable;
use crate::report::{Found, Model, Report};
use crate::rules::{Fix, RuleInfo, Severity};
use crate::workload::WorkloadView;

/// The version of the shapes.
const VERSION: u32 = 1;

/// What `check -o json` prints: `docs/schemas/check.schema.json`.
impl ToJson for Report {
    fn to_json(&self) -> Value {
        let findings: Vec<Value> = self.all().map(finding).collect();
        json!({"version": VERSION, "findings": findings, "summary": summary(self)})
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(
    deny_unknown_fields,
    title = "What `plimsoll inspect -o json` prints",
    extend("$id" = "https://plimsoll.dev/schemas/inspect.schema.json"),
)]
struct Models<'a> {
    #[schemars(extend("const" = VERSION))]
    version: u32,
    workloads: Vec<WorkloadView<'a>>,
}

/// What `inspect -o json` prints: `docs/schemas/inspect.schema.json`.
impl ToJson for [Model] {
    fn to_json(&self) -> Value {
        json!(Models { version: VERSION, workloads: self.iter().map(|model| model.workload.view()).collect() })
    }
}

/// The JSON Schema of what `inspect -o json` prints.
#[must_use]
pub fn models_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(join_lines));
    settings.into_generator().into_root_schema_for::<Models>().to_value()
}

/// A description is one line, however its comment is wrapped.
fn join_lines(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}

/// What `rules -o json` prints: each rule with its actions, named by the profiles.
impl ToJson for RuleTable {
    fn to_json(&self) -> Value {
        rules(&self.rules, &self.profiles)
    }
}

fn rules(rules: &[RuleInfo], profiles: &[(&str, Policies)]) -> Value {
    let rules: Vec<Value> = rules.iter().map(|rule| rule_json(rule, profiles)).collect();
    json!({"version": VERSION, "rules": rules})
}

fn rule_json(rule: &RuleInfo, profiles: &[(&str, Policies)]) -> Value {
    let mut actions = Map::new();
    for (name, policies) in profiles {
        let (action, otherwise) = policies.of(&Target::namespace("")).action(rule.id, rule.severity);
        actions.insert((*name).to_owned(), json!({"action": action, "otherwise": otherwise}));
    }
    json!({
        "id": rule.id,
        "group": rule.group,
        "severity": rule.severity,
        "summary": rule.summary.trim(),
        "fix": rule.fix.symbol(),
        "doors": rule.doors.to_string(),
        "actions": actions,
    })
}

fn finding(found: &Found) -> Value {
    let judged = &found.judged;
    let finding = &judged.finding;
    let related = finding
        .related
        .iter()
        .map(|related| json!({"object": related.place.object, "at": related.place.at, "label": related.label}));
    let spot = found.spot.as_ref();
    json!({
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "fingerprint": finding.fingerprint(),
        "subject": finding.subject,
        "workload": finding.workload,
        "object": finding.at.object,
        "at": finding.at.at,
        "inner": finding.at.line.map(|line| json!({"line": line, "column": finding.at.column})),
        "file": spot.map(|spot| spot.file.as_ref()),
        "line": spot.map(|spot| spot.span.start.line),
        "column": spot.map(|spot| spot.span.start.column),
        "related": related.collect::<Vec<_>>(),
        "needs": finding.needs,
        "fix": finding.fix.as_ref().map(|fix| fix_json(fix, found)),
        "action": judged.action,
        "suppressedBy": judged.suppressed_by,
    })
}

/// A patch that would hold a password, such as one that appends words to an environment variable with others in it, is
/// left out whole: one without the password would do harm.
fn fix_json(fix: &Fix, found: &Found) -> Value {
    let patches = json!(found.judged.patches);
    let is_open = *Redacted::object(&patches).value() == patches;
    json!({
        "applicability": fix.applicability,
        "description": fix.description,
        "patches": if is_open { patches } else { json!([]) },
    })
}

/// Suppressed findings are counted as such and nowhere else; unknown facts count as the `info` that they are, too.
fn summary(report: &Report) -> Value {
    let mut by_severity: Map<String, Value> =
        Severity::ALL.iter().rev().map(|severity| (severity.name().to_owned(), 0.into())).collect();
    for severity in Severity::ALL {
        let count = report.counted().filter(|found| found.judged.finding.severity == severity).count();
        by_severity.insert(severity.name().to_owned(), count.into());
    }
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for found in report.counted() {
        *by_rule.entry(found.judged.finding.rule.as_str()).or_default() += 1;
    }
    json!({
        "workloads": report.workloads.len(),
        "objects": report.objects,
        "bySeverity": by_severity,
        "byRule": by_rule,
        "unknown": report.unknown(),
        "suppressed": report.suppressed(),
    })
}
