//! Which workloads a policy is for: namespaces, labels of namespaces and workloads, flavours, topologies.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Value, json};

use crate::kubernetes::is_label;
use crate::workload::{Flavour, Topology, Workload};
use crate::yaml::{Diagnostic, Path};

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// The label that every namespace carries: its own name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// What is known of what a policy is looked for. What is not known meets no condition on it.
#[derive(Debug, Clone)]
pub struct Target {
    namespace: String,
    workload: Option<(Labels, Flavour, Topology)>,
}

impl Target {
    /// The labels of its namespace. Of one that is not among the known ones we know the one label that all carry.
    pub(crate) fn namespace_labels<'a>(&self, known: &'a BTreeMap<String, Labels>) -> Cow<'a, Labels> {
        match known.get(&self.namespace) {
            Some(labels) => Cow::Borrowed(labels),
            None => Cow::Owned(Labels::from([(NAMESPACE_NAME.to_owned(), self.namespace.clone())])),
        }
    }

    /// Whether the labels of its namespace are among the known ones.
    pub(crate) fn is_labelled(&self, known: &BTreeMap<String, Labels>) -> bool {
        known.contains_key(&self.namespace)
    }

    /// A workload; `object` is the object that it was read from.
    #[must_use]
    pub fn workload(workload: &Workload, object: &Value) -> Self {
        let known = (labels_of(object), workload.flavour, workload.topology);
        Self { namespace: workload.object.namespace.clone(), workload: Some(known) }
    }

    /// A namespace, where no workload is known.
    #[must_use]
    pub fn namespace(name: &str) -> Self {
        Self { namespace: name.to_owned(), workload: None }
    }
}

/// The labels of an object.
#[must_use]
pub fn labels_of(object: &Value) -> Labels {
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
    let labels = labels.into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Which workloads a policy is for: those that meet all of what is written.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct RawMatch {
    /// Namespaces by name; empty: all.
    pub(crate) namespaces: Vec<String>,
    /// The labels of the namespace.
    pub(crate) namespace_selector: Selector,
    /// The labels of the workload object.
    pub(crate) selector: Selector,
    /// Who made the manifest; empty: all.
    pub(crate) flavours: Vec<RawFlavour>,
    /// How the servers belong together; empty: all.
    pub(crate) topologies: Vec<RawTopology>,
}

/// A condition on labels: all of it has to hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Selector {
    /// Labels with exactly these values.
    match_labels: BTreeMap<String, String>,
    /// Conditions on single labels.
    match_expressions: Vec<Expression>,
}

/// A condition on one label.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Expression {
    /// The key of the label.
    #[schemars(length(min = 1))]
    key: String,
    /// What has to hold of it.
    operator: Operator,
    /// The values for In and NotIn; none for Exists and DoesNotExist.
    #[serde(default)]
    values: Vec<String>,
}

/// What has to hold of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
enum Operator {
    /// It has one of the values.
    In,
    /// It has none of the values, or is not there.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// Who made a manifest, by the name of its flavour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawFlavour(Flavour);

/// How the servers belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RawTopology {
    /// One server, or several that know nothing of each other.
    Standalone,
    /// A master and replicas without Sentinels.
    Replication,
    /// Sentinels watch a master.
    Sentinel,
    /// Redis Cluster.
    Cluster,
    /// Not to be seen.
    Unknown,
}

impl<'de> Deserialize<'de> for RawFlavour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Flavour::named(&name).map(Self).ok_or_else(|| D::Error::custom(format!("there is no flavour `{name}`")))
    }
}

impl JsonSchema for RawFlavour {
    fn schema_name() -> Cow<'static, str> {
        "RawFlavour".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut names = Vec::new();
        for flavour in Flavour::all() {
            names.push(json!({"description": flavour.summary(), "type": "string", "const": flavour.name()}));
        }
        json_schema!({"description": "Who made a manifest.", "oneOf": names})
    }
}

impl From<RawTopology> for Topology {
    fn from(topology: RawTopology) -> Self {
        match topology {
            RawTopology::Standalone => Self::Standalone,
            RawTopology::Replication => Self::Replication,
            RawTopology::Sentinel => Self::Sentinel,
            RawTopology::Cluster => Self::Cluster,
            RawTopology::Unknown => Self::Unknown,
        }
    }
}

impl Selector {
    fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        let expressions = self.match_expressions.iter().map(|expression| &expression.key);
        self.match_labels.keys().chain(expressions).map(String::as_str)
    }

    fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|one| one.matches(labels))
    }

    fn check(&self, at: &Path, diagnostics: &mut Vec<Diagnostic>) {
        for (key, value) in &self.match_labels {
            if !is_label_value(value) {
                let what = format!("`{value}` can be no value of a label, so nothing would match");
                diagnostics.push(Diagnostic::new(at.key("matchLabels").key(key), what));
            }
        }
        for (index, expression) in self.match_expressions.iter().enumerate() {
            let at = at.key("matchExpressions").index(index).key("values");
            let wants_values = matches!(expression.operator, Operator::In | Operator::NotIn);
            if wants_values && expression.values.is_empty() {
                diagnostics.push(Diagnostic::new(at, "In and NotIn take at least one value".to_owned()));
            } else if !wants_values && !expression.values.is_empty() {
                diagnostics.push(Diagnostic::new(at, "Exists and DoesNotExist take no values".to_owned()));
            }
        }
    }
}

impl Expression {
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = || value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

impl RawMatch {
    /// Whether a policy with this is for `target`; `namespace` are the labels of its namespace.
    pub(crate) fn matches(&self, target: &Target, namespace: &Labels) -> bool {
        self.names(target) && self.namespace_selector.matches(namespace) && self.matches_workload(target)
    }

    /// The same, whatever the labels of its namespace.
    pub(crate) fn matches_but_for_labels(&self, target: &Target) -> bool {
        self.names(target) && self.matches_workload(target)
    }

    fn names(&self, target: &Target) -> bool {
        self.namespaces.is_empty() || self.namespaces.contains(&target.namespace)
    }

    /// Whether it takes the labels of a namespace to know, and not only its name.
    pub(crate) fn needs_namespaces(&self) -> bool {
        self.namespace_selector.keys().any(|key| key != NAMESPACE_NAME)
    }

    fn matches_workload(&self, target: &Target) -> bool {
        let any = self.selector.is_empty() && self.flavours.is_empty() && self.topologies.is_empty();
        let Some((labels, flavour, topology)) = &target.workload else { return any };
        self.selector.matches(labels)
            && (self.flavours.is_empty() || self.flavours.iter().any(|one| one.0 == *flavour))
            && (self.topologies.is_empty() || self.topologies.iter().any(|one| Topology::from(*one) == *topology))
    }

    pub(crate) fn check(&self, at: &Path, diagnostics: &mut Vec<Diagnostic>) {
        const INSTEAD: &str = "for a pattern, use labels and namespaceSelector";
        check_namespaces(&self.namespaces, INSTEAD, &at.key("namespaces"), diagnostics);
        self.namespace_selector.check(&at.key("namespaceSelector"), diagnostics);
        self.selector.check(&at.key("selector"), diagnostics);
    }
}

/// Names of namespaces that can be none would silently match nothing; `instead` says what to write for a pattern.
pub(crate) fn check_namespaces(names: &[String], instead: &str, at: &Path, diagnostics: &mut Vec<Diagnostic>) {
    for (index, name) in names.iter().enumerate() {
        if !is_label(name) {
            let what = format!("`{name}` is not a valid name of a namespace; {instead}");
            diagnostics.push(Diagnostic::new(at.index(index), what));
        }
    }
}

fn is_label_value(value: &str) -> bool {
    value.len() <= 63 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn target() -> Target {
        let known =
            (labels(&[("app", "ledger"), ("tier", "gold")]), Flavour::named("bitnami").unwrap(), Topology::Sentinel);
        Target { namespace: "shop".to_owned(), workload: Some(known) }
    }

    #[track_caller]
    fn matches(written: impl Into<Value>, expected: bool) {
        let written = written.into();
        let raw: RawMatch = serde_json::from_value(written.clone()).unwrap();
        let namespaces = BTreeMap::from([("shop".to_owned(), labels(&[("team", "payments"), ("env", "prod")]))]);
        assert_eq!(raw.matches(&target(), &target().namespace_labels(&namespaces)), expected, "{written}");
    }

    #[test]
    fn every_condition_counts_and_all_of_them_have_to_hold() {
        matches(json!({}), true);
        matches(json!({"namespaces": ["other", "shop"]}), true);
        matches(json!({"namespaces": ["other"]}), false);
        matches(json!({"namespaceSelector": {"matchLabels": {"team": "payments"}}}), true);
        matches(json!({"namespaceSelector": {"matchLabels": {"team": "payments", "env": "test"}}}), false);
        matches(json!({"selector": {"matchLabels": {"app": "ledger"}}}), true);
        matches(json!({"selector": {"matchLabels": {"team": "payments"}}}), false);
        matches(json!({"flavours": ["plain", "bitnami"]}), true);
        matches(json!({"flavours": ["bitnami-cluster"]}), false);
        matches(json!({"topologies": ["sentinel"]}), true);
        matches(json!({"topologies": ["cluster"]}), false);
        matches(json!({"namespaces": ["shop"], "flavours": ["bitnami"], "topologies": ["cluster"]}), false);
        matches(json!({"namespaces": ["shop"], "flavours": ["bitnami"], "topologies": ["sentinel"]}), true);
    }

    #[test]
    fn expressions_mean_what_they_mean_in_kubernetes() {
        let cases = [
            ("tier", "In", json!(["gold", "silver"]), true),
            ("tier", "In", json!(["silver"]), false),
            ("absent", "In", json!(["gold"]), false),
            ("tier", "NotIn", json!(["gold"]), false),
            ("tier", "NotIn", json!(["silver"]), true),
            ("absent", "NotIn", json!(["gold"]), true),
            ("tier", "Exists", json!([]), true),
            ("absent", "Exists", json!([]), false),
            ("tier", "DoesNotExist", json!([]), false),
            ("absent", "DoesNotExist", json!([]), true),
        ];
        for (key, operator, values, expected) in cases {
            let expression = json!({"key": key, "operator": operator, "values": values});
            matches(json!({"selector": {"matchExpressions": [expression]}}), expected);
        }
    }

    #[test]
    fn of_an_unknown_namespace_only_the_name_is_known() {
        let raw: RawMatch =
            serde_json::from_value(json!({"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "shop"}}})).unwrap();
        assert!(raw.matches(&target(), &target().namespace_labels(&BTreeMap::new())));
        let raw: RawMatch =
            serde_json::from_value(json!({"namespaceSelector": {"matchLabels": {"team": "x"}}})).unwrap();
        assert!(!raw.matches(&target(), &target().namespace_labels(&BTreeMap::new())));
    }

    #[test]
    fn what_is_not_known_of_a_workload_meets_no_condition() {
        let unknown = Target::namespace("shop");
        for (written, expected) in
            [(json!({}), true), (json!({"namespaces": ["shop"]}), true), (json!({"flavours": ["plain"]}), false)]
        {
            let raw: RawMatch = serde_json::from_value(written).unwrap();
            assert_eq!(raw.matches(&unknown, &unknown.namespace_labels(&BTreeMap::new())), expected);
        }
    }

    #[test]
    fn the_names_are_those_of_the_model() {
        for flavour in Flavour::all() {
            assert_eq!(serde_json::from_value::<RawFlavour>(json!(flavour.name())).unwrap().0, flavour);
        }
    }
}
