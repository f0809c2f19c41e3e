//! A `RedisPolicy` as it is written. Unknown fields are mistakes.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::custom::RawCustomRule;
use super::{Action, Mode};
use crate::rules::{Ratio, Severity};

/// The group and version of our own kinds.
pub(super) const API_VERSION: &str = "plimsoll.dev/v1alpha1";
/// The kind of a policy.
pub(super) const KIND: &str = "RedisPolicy";

/// A `RedisPolicy`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawPolicy {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) metadata: RawMetadata,
    pub(super) spec: RawSpec,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawMetadata {
    pub(super) name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct RawSpec {
    /// The shipped profile that it starts from: `baseline` where unset.
    pub(super) extends: Option<String>,
    /// The highest matching policy wins whole.
    pub(super) priority: i32,
    #[serde(rename = "match")]
    pub(super) matches: RawMatch,
    pub(super) mode: Option<Mode>,
    pub(super) maxmemory: RawMaxmemory,
    pub(super) delivery: Option<Delivery>,
    pub(super) replaces: Option<Replaces>,
    pub(super) on_error: Option<OnError>,
    pub(super) rules: BTreeMap<String, RawRule>,
    pub(super) custom_rules: Vec<RawCustomRule>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct RawMatch {
    /// Empty = all.
    pub(super) namespaces: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct RawMaxmemory {
    pub(super) derive: Option<Derive>,
    pub(super) ratio: Option<Ratio>,
    #[serde(rename = "override")]
    pub(super) override_: Option<bool>,
}

/// How maxmemory is derived. `headroom` comes with its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Derive {
    Ratio,
}

/// How a derived maxmemory gets to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// Where it takes effect: arguments, environment, the operator's field or an overlay of the configuration.
    Auto,
    /// In the mounted ConfigMap.
    ConfigMap,
    /// Not at all: the finding follows `otherwise`.
    Deny,
}

/// What happens where a Safe fix would replace a value that the user wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Replaces {
    /// It is replaced.
    Mutate,
    /// The object is refused, with the fix shown: for manifests that a GitOps tool would put back.
    Deny,
}

/// What happens to a request when one review fails by a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// It passes, with a warning.
    Allow,
    /// It is refused.
    Deny,
}

/// A rule's line: an action, or an action with more.
#[derive(Debug, Clone)]
pub(super) struct RawRule {
    pub(super) action: Option<Action>,
    pub(super) otherwise: Option<Action>,
    pub(super) severities: BTreeMap<Severity, RawResponse>,
    pub(super) params: Option<Value>,
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
                Self { action: Some(action), otherwise: None, severities: BTreeMap::new(), params: None }
            }
            Either::Full(full) => Self {
                action: full.action,
                otherwise: full.otherwise,
                severities: full.severities,
                params: full.params,
            },
        })
    }
}

/// The line of one severity: an action, or an action and what follows where it can't mend.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawResponse {
    pub(super) action: Action,
    pub(super) otherwise: Option<Action>,
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
            Either::Short(action) => Self { action, otherwise: None },
            Either::Full(full) => Self { action: full.action, otherwise: full.otherwise },
        })
    }
}

enum Either<T> {
    Short(Action),
    Full(T),
}

/// Reads a bare action or a mapping, so that a mistake is named where it is and not as "no variant matched".
struct ShortOrFull<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShortOrFull<T> {
    type Value = Either<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("mutate, deny, warn, audit, off or a mapping with an `action`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Action::deserialize(de::value::StrDeserializer::new(text)).map(Either::Short)
    }

    // YAML 1.1 readers take a bare `off` for a boolean.
    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
        if on { Err(E::invalid_value(de::Unexpected::Bool(on), &self)) } else { Ok(Either::Short(Action::Off)) }
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Either::Full)
    }
}
