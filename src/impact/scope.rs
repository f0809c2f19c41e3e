//! Which Pods a `ResourceQuota` counts: `podMatchesScopeFunc` of Kubernetes 1.34. All scopes of a quota must match.

use std::fmt;

use serde_json::Value;

use super::pods::{Class, Pods};

/// The scopes of a quota; none counts all Pods.
#[derive(Debug, Default)]
pub(crate) struct Scopes(Vec<Scope>);

#[derive(Debug, PartialEq, Eq)]
enum Scope {
    Terminating,
    NotTerminating,
    NotBestEffort,
    CrossNamespacePodAffinity,
    PriorityClass(Operator, Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Scopes {
    /// Those of a quota that bounds memory; else why it can't be told what it counts.
    pub(crate) fn read(quota: &Value) -> Result<Self, String> {
        let mut scopes = Vec::new();
        for name in list(quota, "/spec/scopes") {
            scopes.push(Scope::new(name.as_str().unwrap_or_default(), "Exists", Vec::new())?);
        }
        for expression in list(quota, "/spec/scopeSelector/matchExpressions") {
            scopes.push(Scope::read(expression)?);
        }
        scopes.dedup();
        if scopes.contains(&Scope::Terminating) && scopes.contains(&Scope::NotTerminating) {
            return Err(refused("Terminating and NotTerminating exclude each other"));
        }
        Ok(Self(scopes))
    }

    /// Whether the quota counts these Pods.
    pub(crate) fn count(&self, pods: &Pods) -> bool {
        self.0.iter().all(|scope| match scope {
            Scope::Terminating => pods.is_terminating(),
            Scope::NotTerminating => !pods.is_terminating(),
            Scope::NotBestEffort => !pods.is_best_effort(),
            Scope::CrossNamespacePodAffinity => pods.crosses_namespaces(),
            Scope::PriorityClass(operator, values) => {
                let class = match pods.class() {
                    Class::Named(class) => Some(class),
                    Class::None | Class::Unwritten => None,
                };
                let is_named = class.is_some_and(|class| values.iter().any(|value| value == class));
                match operator {
                    Operator::In => is_named,
                    // As of labels: what has none is not in the list.
                    Operator::NotIn => !is_named,
                    Operator::Exists => class.is_some(),
                    Operator::DoesNotExist => class.is_none(),
                }
            }
        })
    }

    /// Whether it depends on a default `PriorityClass`, of which nothing is known, if the quota counts these Pods.
    pub(crate) fn depend_on_default_class(&self, pods: &Pods) -> bool {
        let by_class = self.0.iter().any(|scope| matches!(scope, Scope::PriorityClass(..)));
        pods.class() == Class::Unwritten && by_class
    }

    /// Each as people read it.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl Scope {
    /// An element of `matchExpressions`.
    fn read(expression: &Value) -> Result<Self, String> {
        let text = |key: &str| expression.get(key).and_then(Value::as_str).unwrap_or_default();
        let values = list(expression, "/values").filter_map(Value::as_str).map(str::to_owned);
        Self::new(text("scopeName"), text("operator"), values.collect())
    }

    fn new(name: &str, operator: &str, values: Vec<String>) -> Result<Self, String> {
        let scope = match name {
            "Terminating" => Self::Terminating,
            "NotTerminating" => Self::NotTerminating,
            "NotBestEffort" => Self::NotBestEffort,
            "CrossNamespacePodAffinity" => Self::CrossNamespacePodAffinity,
            "PriorityClass" => return Self::by_class(operator, values),
            "BestEffort" => return Err(refused("with scope BestEffort it can't bound memory")),
            "VolumeAttributesClass" => return Err(refused("with scope VolumeAttributesClass it can't bound memory")),
            other => return Err(format!("its scope `{other}` is not known here")),
        };
        if operator != "Exists" || !values.is_empty() {
            return Err(refused(&format!("the operator of scope {name} is `Exists`, without values")));
        }
        Ok(scope)
    }

    fn by_class(operator: &str, values: Vec<String>) -> Result<Self, String> {
        let (operator, wants_values) = match operator {
            "In" => (Operator::In, true),
            "NotIn" => (Operator::NotIn, true),
            "Exists" => (Operator::Exists, false),
            "DoesNotExist" => (Operator::DoesNotExist, false),
            other => return Err(format!("the operator `{other}` of its scope PriorityClass is not known here")),
        };
        if values.is_empty() == wants_values {
            let needs = if wants_values { "needs" } else { "takes no" };
            return Err(refused(&format!("the operator {operator:?} {needs} values")));
        }
        Ok(Self::PriorityClass(operator, values))
    }
}

fn list<'a>(value: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

fn refused(why: &str) -> String {
    format!("{why}: no API server takes it")
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PriorityClass(operator, values) if values.is_empty() => {
                write!(formatter, "PriorityClass {operator:?}")
            }
            Self::PriorityClass(operator, values) => {
                write!(formatter, "PriorityClass {operator:?} {}", values.join(", "))
            }
            other => write!(formatter, "{other:?}"),
        }
    }
}
