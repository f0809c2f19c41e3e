//! What a rule is, and how the table of rules is made. A rule's doc comment is its page: `rule!` captures it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::context::Context;
use super::finding::{Finding, Identity};
use super::info::RuleInfo;
use crate::kubernetes::Place;
use crate::workload::Workload;

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
        let subject = subject.to_owned();
        let identity = Identity { rule: Self::INFO.id.into(), workload: workload.object.clone(), subject };
        Finding::new(identity, Self::INFO.severity, at, message)
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
    pub const fn new<R: Rule>() -> Self {
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

/// Says what is known of a rule: the doc comment becomes its page, and its first line the summary. The fields are those of
/// [`RuleInfo`]; the first five are every rule's, the others have defaults. `struct` before the name makes the type of a
/// rule without parameters; with parameters the type stands above.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])*
        pub(crate) struct $type:ident = RuleInfo $info:tt
    ) => {
        /// No parameters.
        #[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $type {}

        $crate::rules::registry::rule! {
            $(#[doc = $doc])*
            $type = RuleInfo $info
        }
    };
    (
        #[doc = $summary:literal]
        $(#[doc = $doc:literal])*
        $type:ident = RuleInfo {
            id: $id:literal,
            group: $group:literal,
            severity: $severity:expr,
            fix: $fix:expr,
            profiles: $profiles:expr,
            $($field:ident: $value:expr,)*
        }
    ) => {
        impl $crate::rules::registry::Described for $type {
            const INFO: $crate::rules::info::RuleInfo = $crate::rules::info::RuleInfo {
                id: $id,
                group: $group,
                severity: $severity,
                summary: $summary,
                page: concat!($($doc, "\n"),*),
                fix: $fix,
                profiles: $profiles,
                $($field: $value,)*
                ..$crate::rules::info::RuleInfo::DEFAULT
            };
        }
    };
}
pub(crate) use rule;
