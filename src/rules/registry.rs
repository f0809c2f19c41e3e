//! What a rule is, and how the table of rules is made. A rule's doc comment is its page: `rule!` captures it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::context::Context;
use super::finding::{Finding, Severity};
use crate::kubernetes::Place;
use crate::workload::Workload;

/// What `explain` and `rules` print of a rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// The id, in kebab-case; it names what is wrong.
    pub id: &'static str,
    /// `memory`, `probes`, `network`, `topology` or `storage`.
    pub group: &'static str,
    /// The highest severity of its findings.
    pub severity: Severity,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// The whole page in Markdown.
    pub page: &'static str,
    /// How far its fix may be trusted: `S`, `S¹` (Safe on CREATE or where the value is ours), `U`, `D` or `–`.
    pub fix: &'static str,
    /// Where it is checked: `A` admission, `F` files, `C` cluster. In lower case: never a denial there.
    pub doors: &'static str,
    /// When its fix is applied.
    pub stage: Stage,
    /// The version of Plimsoll that brought it, major and minor: a policy for an older `ruleset` only audits it.
    pub since: (u16, u16),
}

/// The order in which fixes are applied; after each stage everything is evaluated again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Memory limits.
    Limit,
    /// Memory requests.
    Request,
    /// maxmemory and its policy.
    Maxmemory,
    /// Probes.
    Probes,
    /// Services.
    Network,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Limit, Self::Request, Self::Maxmemory, Self::Probes, Self::Network];
}

/// What is known of a rule; `rule!` implements it.
pub trait Described {
    /// What is known of it.
    const INFO: RuleInfo;
}

/// A rule. The implementing type holds its parameters, as a `RedisPolicy` writes them.
pub trait Rule: Described + Default + DeserializeOwned + JsonSchema + std::fmt::Debug + Send + Sync + 'static {
    /// Adds what is wrong with `workload`. What the model does not know is left alone: the engine reports it.
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload);

    /// A finding of this rule, with the rule's severity.
    #[must_use]
    fn finding(workload: &Workload, subject: &str, at: Place, message: String) -> Finding {
        Finding {
            rule: Self::INFO.id.into(),
            severity: Self::INFO.severity,
            message,
            workload: workload.object.clone(),
            subject: subject.to_owned(),
            at,
            related: Vec::new(),
            fix: None,
            gap: 0.0,
            needs: None,
        }
    }
}

/// A rule with its parameters set.
pub trait Check: std::fmt::Debug + Send + Sync {
    /// See [`Rule::check`].
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload);
}

impl<R: Rule> Check for R {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        Rule::check(self, context, findings, workload);
    }
}

/// Parameters that a rule does not take: the text says which, and what it takes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ParamError(String);

/// A line of the table of rules.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What is known of it.
    pub info: &'static RuleInfo,
    build: Build,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

type Build = fn(Option<&Value>) -> Result<Box<dyn Check>, ParamError>;

impl Entry {
    /// The line of a rule.
    #[must_use]
    pub const fn of<R: Rule>() -> Self {
        Self { info: &R::INFO, build: build::<R>, schema: R::json_schema }
    }

    /// The rule with these parameters, or with its defaults.
    ///
    /// # Errors
    /// When a parameter is unknown or of the wrong type.
    pub fn build(&self, params: Option<&Value>) -> Result<Box<dyn Check>, ParamError> {
        (self.build)(params)
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }
}

fn build<R: Rule>(params: Option<&Value>) -> Result<Box<dyn Check>, ParamError> {
    match params {
        None => Ok(Box::new(R::default())),
        Some(params) => match R::deserialize(params) {
            Ok(rule) => Ok(Box::new(rule)),
            Err(error) => Err(ParamError(error.to_string())),
        },
    }
}

/// Says what is known of a rule: the doc comment becomes its page, and its first line the summary.
macro_rules! rule {
    (
        #[doc = $summary:literal]
        $(#[doc = $doc:literal])*
        $type:ident, $id:literal, $group:literal, $severity:ident, $stage:ident, fix $fix:literal, doors $doors:literal
        $(, since $major:literal $minor:literal)?
    ) => {
        impl $crate::rules::Described for $type {
            const INFO: $crate::rules::RuleInfo = $crate::rules::RuleInfo {
                id: $id,
                group: $group,
                severity: $crate::rules::Severity::$severity,
                summary: $summary,
                page: concat!($($doc, "\n"),*),
                fix: $fix,
                doors: $doors,
                stage: $crate::rules::Stage::$stage,
                since: $crate::rules::since!($($major $minor)?),
            };
        }
    };
}
pub(crate) use rule;

/// The first rules came with 0.1.
macro_rules! since {
    () => {
        (0, 1)
    };
    ($major:literal $minor:literal) => {
        ($major, $minor)
    };
}
pub(crate) use since;
