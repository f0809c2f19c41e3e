//! What the API server would ask the webhook about: the registrations that a cluster gets, read from the manifest that
//! installs them. `matchPolicy` is left out: none of these resources has a second version.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::conditions::{Condition, Subject};
use super::error::SandboxError;
use crate::kubernetes::{Kind, ObjectRef};
use crate::manifests::{Document, Manifests};
use crate::policy::Labels;

const MANIFEST: &str = include_str!("../../deploy/manifests/webhooks.yaml");

/// Before an object is stored, the API server asks twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Mutate,
    Validate,
}

/// All registrations.
pub(crate) struct Hooks {
    mutating: Vec<Hook>,
    validating: Vec<Hook>,
    /// The labels of the namespaces among the manifests.
    namespaces: BTreeMap<String, Labels>,
}

/// One webhook of a configuration.
struct Hook {
    registration: Registration,
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    name: String,
    rules: Vec<Rule>,
    #[serde(default)]
    namespace_selector: Selector,
    #[serde(default)]
    match_conditions: Vec<MatchCondition>,
    failure_policy: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<String>,
    api_versions: Vec<String>,
    resources: Vec<String>,
    operations: Vec<String>,
}

/// Labels with exact values are no part of the shipped selectors: a manifest that has them is refused, not misread.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Selector {
    match_expressions: Vec<Requirement>,
}

#[derive(Deserialize)]
struct Requirement {
    key: String,
    operator: Operator,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

#[derive(Deserialize)]
struct MatchCondition {
    name: String,
    expression: String,
}

/// One request, as the registrations see it.
pub(crate) struct Asking<'a> {
    pub(crate) object: &'a ObjectRef,
    pub(crate) new: &'a Value,
    pub(crate) old: Option<&'a Value>,
}

/// Whether a webhook is called, and which.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Called {
    /// It is, by this name. The note tells of a condition that could not be evaluated.
    Yes { webhook: String, note: Option<String> },
    /// One is registered for the kind, but this keeps the object away.
    KeptAway(String),
    /// None is registered for what is asked.
    Never,
}

/// The resource of a kind that we know.
pub(crate) fn resource(object: &ObjectRef) -> Option<&'static str> {
    Kind::of(object).map(|kind| kind.plural)
}

impl Hooks {
    /// The shipped ones, in a cluster with these namespaces.
    pub(crate) fn shipped(namespaces: BTreeMap<String, Labels>) -> Result<Self, SandboxError> {
        let documents = Manifests::parse("webhooks.yaml", MANIFEST).documents;
        let mutating = read_hooks(&documents, "MutatingWebhookConfiguration");
        let validating = read_hooks(&documents, "ValidatingWebhookConfiguration");
        let (Some(mutating), Some(validating)) = (mutating, validating) else {
            return Err(SandboxError::NotLoaded("the registration of the webhooks"));
        };
        Ok(Self { mutating, validating, namespaces })
    }

    /// Whether any webhook is registered for the kind of an object.
    pub(crate) fn are_for(&self, object: &ObjectRef) -> bool {
        let mut rules = self.mutating.iter().chain(&self.validating).flat_map(|hook| &hook.registration.rules);
        rules.any(|rule| rule.names(object))
    }

    /// Which webhook is called.
    pub(crate) fn called(&self, stage: Stage, asking: &Asking) -> Called {
        let hooks = match stage {
            Stage::Mutate => &self.mutating,
            Stage::Validate => &self.validating,
        };
        let operation = if asking.old.is_some() { "UPDATE" } else { "CREATE" };
        for hook in hooks {
            let mut rules = hook.registration.rules.iter();
            if rules.any(|rule| rule.names(asking.object) && lists(&rule.operations, operation)) {
                return hook.called(asking, operation, &self.namespaces);
            }
        }
        Called::Never
    }
}

/// The webhooks of the configuration of a kind; nothing where it can't be read.
fn read_hooks(documents: &[Document], kind: &str) -> Option<Vec<Hook>> {
    let configuration = documents.iter().find(|document| document.value().get("kind").is_some_and(|it| it == kind))?;
    let hooks = configuration.value().get("webhooks")?.clone();
    let registrations: Vec<Registration> = serde_json::from_value(hooks).ok()?;
    registrations.into_iter().map(Hook::parse).collect()
}

impl Hook {
    fn parse(registration: Registration) -> Option<Self> {
        let conditions = registration.match_conditions.iter();
        let conditions = conditions.map(|condition| Condition::parse(&condition.name, &condition.expression));
        Some(Self { conditions: conditions.collect::<Option<_>>()?, registration })
    }

    fn called(&self, asking: &Asking, operation: &str, namespaces: &BTreeMap<String, Labels>) -> Called {
        let namespace = &asking.object.namespace;
        if !namespace.is_empty() {
            let unknown = crate::manifests::with_name_label(namespace, Labels::new());
            let labels = namespaces.get(namespace).unwrap_or(&unknown);
            let mut requirements = self.registration.namespace_selector.match_expressions.iter();
            if let Some(requirement) = requirements.find(|requirement| !requirement.is_met(labels)) {
                return Called::KeptAway(requirement.reason(namespace, labels));
            }
        }
        let request = json!({
            "operation": operation, "name": asking.object.name, "namespace": namespace, "dryRun": false,
            "kind": {"group": asking.object.group(), "kind": asking.object.kind},
            "resource": {"group": asking.object.group(), "resource": resource(asking.object)},
        });
        let subject = Subject::new(asking.new, asking.old, &request);
        let mut note = None;
        // One that does not hold decides, whatever else fails.
        for condition in &self.conditions {
            match condition.holds(&subject) {
                Ok(true) => {}
                Ok(false) => return Called::KeptAway(format!("the match condition {} does not hold", condition.name)),
                Err(why) => note = Some(self.note(condition, &why)),
            }
        }
        Called::Yes { webhook: self.registration.name.clone(), note }
    }

    fn note(&self, condition: &Condition, why: &str) -> String {
        let Registration { name, failure_policy, .. } = &self.registration;
        let then = if failure_policy == "Fail" { "refuse the object" } else { "leave the webhook out" };
        let condition = &condition.name;
        format!(
            "(the match condition {condition} of {name} can't be evaluated: {why}; an API server would {then}, here it is \
             asked all the same)"
        )
    }
}

impl Rule {
    /// Whether it is for the kind, whatever is done with the object.
    fn names(&self, object: &ObjectRef) -> bool {
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        lists(&self.api_groups, object.group())
            && lists(&self.api_versions, version)
            && resource(object).is_some_and(|resource| lists(&self.resources, resource))
    }
}

/// Whether a list of a rule holds a word, or all of them.
fn lists(list: &[String], wanted: &str) -> bool {
    list.iter().any(|word| word == wanted || word == "*")
}

impl Requirement {
    fn is_met(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let is_named = value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => is_named,
            Operator::NotIn => !is_named,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }

    /// Why the webhooks are not called for a namespace.
    fn reason(&self, namespace: &str, labels: &Labels) -> String {
        match labels.get(&self.key) {
            Some(value) if value == namespace => format!("namespace {namespace} is left out by its name"),
            Some(value) => format!("namespace {namespace} is labelled {}: {value}", self.key),
            None => format!("namespace {namespace} is not labelled {}", self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn called(stage: Stage, object: &Value, old: bool, labels: &[(&str, &str)]) -> Called {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let hooks = Hooks::shipped(BTreeMap::from([("shop".to_owned(), labels)])).unwrap();
        let name = ObjectRef::of(object);
        hooks.called(stage, &Asking { object: &name, new: object, old: old.then_some(object) })
    }

    fn object(kind: &str, name: &str) -> Value {
        let version = if kind.ends_with("Set") { "apps/v1" } else { "v1" };
        let container = json!({"name": name, "image": format!("shop/{name}:1"), "env": [{"name": "A", "value": "b"}]});
        let template = json!({"spec": {"containers": [container.clone()]}});
        let spec =
            json!({"template": template, "containers": [container], "ports": [{"port": 80, "targetPort": "http"}]});
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
    }

    fn yes(webhook: &str) -> Called {
        Called::Yes { webhook: webhook.to_owned(), note: None }
    }

    #[test]
    fn each_kind_has_its_own_webhook() {
        for (kind, hook) in [
            ("StatefulSet", "workloads"),
            ("DaemonSet", "workloads"),
            ("ConfigMap", "configmaps"),
            ("Service", "services"),
            ("Pod", "pods"),
        ] {
            let of = |stage| called(stage, &object(kind, "redis"), false, &[]);
            assert_eq!(of(Stage::Mutate), yes(&format!("{hook}.mutate.plimsoll.dev")), "{kind}");
            assert_eq!(of(Stage::Validate), yes(&format!("{hook}.validate.plimsoll.dev")), "{kind}");
        }
        let update = |stage| called(stage, &object("Service", "redis"), true, &[]);
        assert_eq!(update(Stage::Mutate), Called::Never, "a Service is fixed when it is made, and never later");
        assert_eq!(update(Stage::Validate), yes("services.validate.plimsoll.dev"));
        assert_eq!(called(Stage::Validate, &object("Secret", "redis"), false, &[]), Called::Never);
    }

    #[test]
    fn what_cannot_be_redis_is_kept_away() {
        let away = Called::KeptAway("the match condition may-be-redis does not hold".to_owned());
        for kind in ["StatefulSet", "ConfigMap", "Service", "Pod"] {
            for stage in [Stage::Mutate, Stage::Validate] {
                assert_eq!(called(stage, &object(kind, "web"), false, &[]), away, "{kind}");
            }
        }
        let mut going = object("StatefulSet", "redis");
        going["metadata"]["deletionTimestamp"] = "2026-11-25T12:00:00Z".into();
        let away = Called::KeptAway("the match condition not-being-deleted does not hold".to_owned());
        assert_eq!(called(Stage::Validate, &going, true, &[]), away);
    }

    #[test]
    fn a_namespace_may_be_left_out() {
        let off = called(Stage::Validate, &object("StatefulSet", "redis"), false, &[("plimsoll.dev/mode", "off")]);
        assert_eq!(off, Called::KeptAway("namespace shop is labelled plimsoll.dev/mode: off".to_owned()));
        let mut system = object("StatefulSet", "redis");
        system["metadata"]["namespace"] = "kube-system".into();
        let away = Called::KeptAway("namespace kube-system is left out by its name".to_owned());
        assert_eq!(called(Stage::Validate, &system, false, &[]), away);
    }

    #[test]
    fn a_condition_that_fails_is_told() {
        let mut broken = object("StatefulSet", "redis");
        broken["spec"] = json!({"template": {}});
        let Called::Yes { note: Some(note), .. } = called(Stage::Validate, &broken, false, &[]) else {
            panic!("no note")
        };
        assert!(
            note.contains("may-be-redis") && note.contains("no `spec`") && note.contains("refuse the object"),
            "{note}"
        );
    }
}
