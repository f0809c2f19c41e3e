//! Rules that a policy brings along: CEL expressions over the workload model, as `inspect` prints it.
//!
//! As in Kubernetes' `ValidatingAdmissionPolicy`, an expression says what must hold: where it is false, that is a
//! finding. It is type-checked when it is loaded, bounded in size and time, and never guesses: what it can't tell, since
//! the model could not see it or the expression fails, is an unknown fact. `docs/custom-rules.md` is the page for authors.

mod samples;
mod words;
mod workload;

use std::collections::BTreeSet;
use std::sync::Arc;

use ::cel::Context;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use self::workload::LANGUAGE;
pub(crate) use self::workload::can_read;
use super::action::Action;
use super::api::keywords::UNTYPED;
use crate::cel::{self, Expression};
use crate::kubernetes::{LABEL, Pointer, is_rule_name};
use crate::rules::{Finding, Identity, RuleId, Severity, UNKNOWN_FACT};
use crate::workload::Workload;
use crate::yaml::{Diagnostic, Path};

/// The most custom rules of one policy.
const RULES: usize = 64;
/// The most steps that all rules of a policy may take on one workload.
const COST: u64 = 400_000;
/// The longest message, in characters.
const MESSAGE: usize = 256;

/// A custom rule as it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RawCustomRule {
    /// Its name within the policy, in kebab-case: it names what is wrong.
    pub(crate) name: String,
    /// What must hold: a CEL expression over `workload`.
    pub(crate) expression: String,
    /// What is wrong where it does not hold, on one line.
    pub(crate) message: String,
    /// A CEL expression that makes a better message; where it fails, `message` stands.
    pub(crate) message_expression: Option<String>,
    /// How bad it is: medium where unset.
    pub(crate) severity: Option<Severity>,
    /// deny, warn, audit or off: warn where unset. There is no fix, so there is no mutate.
    #[serde(default)]
    #[schemars(schema_with = "actions")]
    pub(crate) action: Option<Action>,
}

/// Untyped for the API server, as the actions of our rules: kubectl reads a bare `off` as `false`.
fn actions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["deny", "warn", "audit", "off"], UNTYPED: true})
}

/// A custom rule, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct CustomRule {
    id: RuleId,
    name: String,
    severity: Severity,
    action: Action,
    message: String,
    expression: Arc<Expression>,
    message_expression: Option<Arc<Expression>>,
}

/// The rules of a policy, as far as they are right. `at` is where they stand.
pub(crate) fn load(
    policy: &str,
    raw: &[RawCustomRule],
    at: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<CustomRule> {
    let (mut rules, mut names) = (Vec::new(), BTreeSet::new());
    if raw.len() > RULES {
        let what = format!("there are {} custom rules; at most {RULES} are allowed", raw.len());
        diagnostics.push(Diagnostic::new(at.clone(), what));
        return rules;
    }
    for (index, raw) in raw.iter().enumerate() {
        let at = at.index(index);
        if !names.insert(raw.name.as_str()) {
            let what = format!("there are two custom rules `{}`", raw.name);
            diagnostics.push(Diagnostic::new(at.key("name"), what));
        }
        diagnostics.extend(shape(raw).into_iter().map(|(field, what)| Diagnostic::new(at.key(field), what)));
        let expression =
            compiled(&at.key("expression"), Expression::condition(&LANGUAGE, &raw.expression), diagnostics);
        // What a message may read depends on the condition: of a condition with an error nobody knows.
        let Some(expression) = expression else { continue };
        let message = raw.message_expression.as_ref().map(|text| Expression::message(&LANGUAGE, text, &expression));
        let message = message.map(|message| compiled(&at.key("messageExpression"), message, diagnostics));
        if message.as_ref().is_some_and(Option::is_none) {
            continue;
        }
        rules.push(CustomRule {
            id: RuleId::custom(policy, &raw.name),
            name: raw.name.clone(),
            severity: raw.severity.unwrap_or(Severity::Medium),
            action: raw.action.unwrap_or(Action::Warn),
            message: raw.message.trim().to_owned(),
            expression: Arc::new(expression),
            message_expression: message.flatten().map(Arc::new),
        });
    }
    let cost: u64 = rules.iter().map(CustomRule::cost).sum();
    if cost > COST {
        let what = format!(
            "custom rules could take {cost} steps together; at most {COST} are allowed: put fewer loops within one another, \
             or leave out a rule"
        );
        diagnostics.push(Diagnostic::new(at.clone(), what));
    }
    rules
}

/// The compiled expression of a field; its error lies in the field's text.
fn compiled(
    field: &Path,
    expression: Result<Expression, cel::Diagnostic>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expression> {
    match expression {
        Ok(expression) => Some(expression),
        Err(diagnostic) => {
            let at = diagnostic.at.map_or_else(|| field.clone(), |place| field.character(place.characters));
            diagnostics.push(Diagnostic::new(at, diagnostic.to_string()));
            None
        }
    }
}

/// What is wrong with everything but the expressions: the field, and what.
fn shape(raw: &RawCustomRule) -> Vec<(&'static str, String)> {
    let mut diagnostics = Vec::new();
    if !is_rule_name(&raw.name) {
        let name = raw.name.escape_debug();
        let what = format!(
            "`{name}` is not a valid name of a rule: use lower-case letters, digits and hyphens, {LABEL} at most"
        );
        diagnostics.push(("name", what));
    }
    let length = raw.message.trim().chars().count();
    if length == 0 {
        diagnostics.push(("message", "is empty; say what is wrong".to_owned()));
    } else if length > MESSAGE {
        diagnostics.push(("message", format!("has {length} characters; at most {MESSAGE} are allowed")));
    } else if !is_message(raw.message.trim()) {
        diagnostics.push(("message", "takes one line without control characters".to_owned()));
    }
    if raw.action == Some(Action::Mutate) {
        diagnostics.push(("action", "is deny, warn, audit or off: a custom rule has no fix".to_owned()));
    }
    diagnostics
}

fn is_message(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MESSAGE && !text.chars().any(char::is_control)
}

impl CustomRule {
    pub(crate) fn id(&self) -> &RuleId {
        &self.id
    }

    pub(crate) fn action(&self) -> Action {
        self.action
    }

    fn cost(&self) -> u64 {
        let message = self.message_expression.as_ref().map_or(0, |expression| expression.cost);
        self.expression.cost.saturating_add(message)
    }

    /// Adds a finding where the workload does not hold what the rule says, or where that can't be told.
    pub(crate) fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        match self.expression.holds(context) {
            Ok(true) => {}
            Ok(false) => {
                let made = self.message_expression.as_ref().and_then(|made| made.text(context).ok());
                let message = made.map(|text| text.trim().to_owned()).filter(|text| is_message(text));
                let message = message.unwrap_or_else(|| self.message.clone());
                findings.push(self.finding(workload, message));
            }
            Err(why) => findings.push(self.unknown(workload, &why)),
        }
    }

    fn finding(&self, workload: &Workload, message: String) -> Finding {
        let identity =
            Identity { rule: self.id.clone(), workload: workload.object.clone(), subject: self.name.clone() };
        Finding::new(identity, self.severity, workload.place(Pointer::root()), message)
    }

    /// What the rule could not tell: it needs what the model needs, or an expression that does not fail.
    fn unknown(&self, workload: &Workload, why: &str) -> Finding {
        let read = workload.unknown.iter().filter(|unknown| self.expression.reads(unknown.fact));
        let mut needs: Vec<&str> = read.map(|unknown| unknown.needs.as_str()).collect();
        needs.dedup();
        let needs =
            if needs.is_empty() { format!("an expression that can be answered: {why}") } else { needs.join(", ") };
        let message = format!("{} could not be answered: {why}", self.id);
        let identity =
            Identity { rule: UNKNOWN_FACT.into(), workload: workload.object.clone(), subject: self.id.to_string() };
        Finding::new(identity, Severity::Info, workload.place(Pointer::root()), message).needs(needs)
    }
}

/// What all custom rules read of a workload.
pub(crate) struct Facts {
    model: Value,
    unseen: Vec<&'static str>,
}

impl Facts {
    pub(crate) fn of(workload: &Workload) -> Self {
        Self { model: workload.to_json(), unseen: workload.unknown.iter().map(|unknown| unknown.fact).collect() }
    }

    /// What expressions run in: it serves all rules of a policy.
    pub(crate) fn context(&self) -> Context<'_, '_> {
        LANGUAGE.context(&self.model, &self.unseen)
    }
}

/// One condition on its own, outside a policy: what a benchmark runs, and anybody who asks one question of many models.
#[derive(Debug)]
pub struct Condition(Expression);

impl Condition {
    /// Reads and checks a condition as a custom rule's `expression`.
    ///
    /// # Errors
    /// What is wrong with it, with the place.
    pub fn parse(text: &str) -> Result<Self, String> {
        Expression::condition(&LANGUAGE, text).map(Self).map_err(|diagnostic| diagnostic.to_string())
    }

    /// Whether it holds for a workload, the conversion of the model included.
    ///
    /// # Errors
    /// Why that can't be told.
    pub fn holds(&self, workload: &Workload) -> Result<bool, String> {
        let facts = Facts::of(workload);
        self.0.holds(&facts.context())
    }
}

#[cfg(test)]
mod tests;
