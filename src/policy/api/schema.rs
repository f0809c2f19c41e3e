//! `RedisPolicy` and `RedisPolicyException` as they are written. The custom resource definitions, the check of what users
//! write and the reading of it all come from these types; the comments on fields are what `kubectl explain` shows.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::matching::RawMatch;
use crate::policy::action::{Action, Mode};
use crate::policy::custom_rules::RawCustomRule;
use crate::rules::{self, Ratio, Severity};

/// The group of our own kinds.
pub const GROUP: &str = "plimsoll.dev";
/// The group and version of our own kinds.
pub(crate) const API_VERSION: &str = "plimsoll.dev/v1alpha1";
/// The kind of a policy.
pub(crate) const POLICY: &str = "RedisPolicy";
/// The kind of an exception.
pub(crate) const EXCEPTION: &str = "RedisPolicyException";

/// How many days a policy honours an exception where it says nothing.
pub const EXCEPTION_DAYS: u16 = 90;
/// The most days that a policy may say.
pub const MOST_EXCEPTION_DAYS: u16 = 3650;

/// What is wanted of the Redis workloads that this policy matches. The highest matching policy wins whole; where none
/// matches, the profile holds that the webhook was started with.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct RawSpec {
    /// The shipped profile that this policy starts from; baseline where unset. What is written here goes over it, rule by
    /// rule.
    pub(crate) extends: Option<Profile>,
    /// Of all policies that match a workload the one with the highest priority holds, alone. No two policies may have the
    /// same.
    pub(crate) priority: i32,
    /// Which workloads this policy is for: those that meet all of what is written. Empty: all.
    #[serde(rename = "match")]
    pub(crate) matches: RawMatch,
    /// How far this policy may go.
    pub(crate) mode: Option<Mode>,
    /// How maxmemory is derived from the memory limit.
    pub(crate) maxmemory: RawMaxmemory,
    /// The version of Plimsoll, such as 0.1, whose rules this policy was written for: newer rules only audit, so that an
    /// upgrade never starts to deny. Unset: all rules that the running version has.
    #[schemars(length(max = 32), extend("x-kubernetes-validations" = [
        {"rule": r"self.matches('^[0-9]{1,4}[.][0-9]{1,4}$')", "message": "write a version as 0.1"}
    ]))]
    pub(crate) ruleset: Option<String>,
    /// How a derived maxmemory gets to the server.
    pub(crate) delivery: Option<DeliveryMode>,
    /// What happens where a Safe fix would replace a value that the user wrote.
    pub(crate) replaces: Option<Replaces>,
    /// What happens to a request when its review fails by a fault of Plimsoll.
    pub(crate) on_error: Option<OnError>,
    /// What is done about the findings of each rule, by the rule's id: an action (`deny`), or an action with more
    /// (`{action: mutate, otherwise: warn, severities: {high: deny}, params: {…}}`). `plimsoll rules` lists them all.
    #[schemars(schema_with = "rules_schema")]
    pub(crate) rules: BTreeMap<String, RawRule>,
    /// Rules of your own, in CEL over the model of a workload.
    pub(crate) custom_rules: Vec<RawCustomRule>,
    /// Whose RedisPolicyExceptions are honoured.
    pub(crate) exceptions: RawExceptions,
    /// Users whose requests are neither patched nor denied nor warned of under this policy: exact names, or with a `*` at
    /// the end all that start alike, such as `system:serviceaccount:platform:*`.
    pub(crate) exempt_users: Vec<String>,
}

/// The shipped profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// For everybody: it kills nothing that works.
    Baseline,
    /// For data sets that must survive.
    Production,
    /// For caches whose loss is acceptable.
    Cache,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Production => "production",
            Self::Cache => "cache",
        }
    }
}

/// How maxmemory is derived.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct RawMaxmemory {
    /// The way it is derived.
    pub(crate) derive: Option<Derive>,
    /// The share of the memory limit that maxmemory may take at most: above 0, up to 1. Profiles say 0.75.
    pub(crate) ratio: Option<Ratio>,
    /// Writes a second to expect while a snapshot runs, 200 where unset: what `headroom` leaves room for.
    pub(crate) writes_per_second: Option<u32>,
    /// Seconds that a snapshot takes, 30 where unset: what `headroom` leaves room for.
    pub(crate) snapshot_seconds: Option<u32>,
    /// Whether a maxmemory of the user's above the ratio is lowered to it.
    #[serde(rename = "override")]
    pub(crate) override_: Option<bool>,
}

/// How maxmemory is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Derive {
    /// The ratio of the memory limit.
    Ratio,
    /// What is left of the memory limit after fragmentation, a fork and the replica buffers, never above the ratio.
    Headroom,
}

/// How a derived maxmemory gets to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryMode {
    /// Where it takes effect: arguments, environment, the operator's field or an overlay of the configuration.
    Auto,
    /// In the mounted ConfigMap.
    ConfigMap,
    /// Not at all: the finding follows `otherwise`.
    Deny,
}

/// What happens where a Safe fix would replace a value that the user wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Replaces {
    /// It is replaced.
    Mutate,
    /// The object is refused, with the fix shown: for manifests that a GitOps tool would put back.
    Deny,
}

/// What happens to a request when one review fails by an internal error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// It passes, with a warning.
    Allow,
    /// It is refused.
    Deny,
}

/// Whose exceptions are honoured.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct RawExceptions {
    /// The namespaces in which a RedisPolicyException counts; empty: none. Who may write there may exempt workloads.
    pub(crate) namespaces: Vec<String>,
    /// The most days, from its creation, that an exception holds, whatever it says itself.
    #[schemars(range(min = 1, max = MOST_EXCEPTION_DAYS))]
    pub(crate) max_days: u16,
}

impl Default for RawExceptions {
    fn default() -> Self {
        Self { namespaces: Vec::new(), max_days: EXCEPTION_DAYS }
    }
}

/// Keeps the findings of some rules on one workload from being denied or fixed, for a time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RawException {
    /// The workload, in any namespace.
    pub(crate) workload: RawWorkload,
    /// The ids of the rules whose findings are let through.
    #[schemars(length(min = 1))]
    pub(crate) rules: Vec<String>,
    /// Why, for those who read it later.
    #[schemars(length(min = 1))]
    pub(crate) reason: String,
    /// The first day, in UTC, on which it no longer holds, such as 2027-03-01.
    #[schemars(length(max = 32), extend("x-kubernetes-validations" = [
        {"rule": r"self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$')", "message": "write a day as 2027-03-01"}
    ]))]
    pub(crate) expires: String,
}

/// The workload that an exception is for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RawWorkload {
    /// Its group and version, such as apps/v1.
    #[schemars(length(min = 1))]
    pub(crate) api_version: String,
    /// Its kind, such as StatefulSet.
    #[schemars(length(min = 1))]
    pub(crate) kind: String,
    /// Its namespace.
    #[schemars(length(min = 1))]
    pub(crate) namespace: String,
    /// Its name.
    #[schemars(length(min = 1))]
    pub(crate) name: String,
}

/// What a word of the schemas calls the keys of a mapping, for the text of an error.
pub(crate) const NOUN: &str = "x-plimsoll-noun";

/// One field for each rule. The short form and `off`, which YAML 1.1 reads as `false`, make a rule's line untyped for the
/// API server; we check it ourselves.
fn rules_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut properties = Map::new();
    for entry in rules::entries() {
        let params = entry.schema(generator);
        properties.insert(entry.info.id.to_owned(), rule_schema(entry.info.summary.trim(), &params));
    }
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false, NOUN: "rule"})
}

fn rule_schema(summary: &str, params: &Schema) -> Value {
    let actions = json!({"type": "string", "enum": ["mutate", "deny", "warn", "audit", "off"]});
    let otherwise = json!({"type": "string", "enum": ["deny", "warn", "audit", "off"]});
    let response = json!({"oneOf": [actions, {
        "type": "object", "additionalProperties": false, "required": ["action"],
        "properties": {"action": actions, "otherwise": otherwise},
    }]});
    let severities: Map<String, Value> =
        Severity::ALL.iter().map(|severity| (severity.name().to_owned(), response.clone())).collect();
    let severities =
        json!({"type": "object", "properties": severities, "additionalProperties": false, NOUN: "severity"});
    json!({"description": summary, "oneOf": [actions, {
        "type": "object", "additionalProperties": false,
        "properties": {"action": actions, "otherwise": otherwise, "severities": severities, "params": params},
    }]})
}

/// A rule's line: an action, or an action with more.
#[derive(Debug, Clone)]
pub(crate) struct RawRule {
    /// Whether it is a bare action.
    pub(crate) is_short: bool,
    pub(crate) action: Option<Action>,
    pub(crate) otherwise: Option<Action>,
    pub(crate) severities: BTreeMap<Severity, RawResponse>,
    pub(crate) params: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFullRule {
    action: Option<Action>,
    otherwise: Option<Action>,
    /// Actions for findings of one severity.
    #[serde(default)]
    severities: BTreeMap<Severity, RawResponse>,
    params: Option<Value>,
}

impl<'de> Deserialize<'de> for RawRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShortOrFull(PhantomData::<RawFullRule>)).map(|rule| match rule {
            Either::Short(action) => {
                let severities = BTreeMap::new();
                Self { is_short: true, action: Some(action), otherwise: None, severities, params: None }
            }
            Either::Full(full) => Self {
                is_short: false,
                action: full.action,
                otherwise: full.otherwise,
                severities: full.severities,
                params: full.params,
            },
        })
    }
}

/// The line of one severity: an action, or an action and what follows where it can't fix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawResponse {
    /// Whether it is a bare action.
    pub(crate) is_short: bool,
    pub(crate) action: Action,
    pub(crate) otherwise: Option<Action>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFullResponse {
    action: Action,
    otherwise: Option<Action>,
}

impl<'de> Deserialize<'de> for RawResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShortOrFull(PhantomData::<RawFullResponse>)).map(|response| match response {
            Either::Short(action) => Self { is_short: true, action, otherwise: None },
            Either::Full(full) => Self { is_short: false, action: full.action, otherwise: full.otherwise },
        })
    }
}

enum Either<T> {
    Short(Action),
    Full(T),
}

/// Reads a bare action or a mapping, so that an error is named where it is and not as "no variant matched".
struct ShortOrFull<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShortOrFull<T> {
    type Value = Either<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("mutate, deny, warn, audit, off or a mapping with an `action`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Action::deserialize(de::value::StrDeserializer::new(text)).map(Either::Short)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Either::Full)
    }
}
