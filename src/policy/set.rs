//! The policies and exceptions in force, and which of them holds for a workload.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::action::Mode;
use super::api::exception as exception_api;
use super::api::load::{self, Policy};
use super::api::matching::{Labels, Target};
use super::api::schema::{EXCEPTION, OnError, POLICY};
use super::exception::Exception;
use crate::kubernetes::ObjectRef;
use crate::rules::{self, Finding};
use crate::yaml::{Diagnostic, Diagnostics, hint};

/// The policies in force. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Policies {
    /// Highest priority first.
    ranked: Arc<[Policy]>,
    /// For workloads that none of them matches.
    fallback: Arc<Policy>,
    pub(crate) exceptions: Arc<[Exception]>,
    namespaces: Arc<BTreeMap<String, Labels>>,
    mode: Mode,
    pub(crate) now: Option<Timestamp>,
}

/// An object of ours that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The object.
    pub object: ObjectRef,
    /// What is wrong with it: at least one.
    pub diagnostics: Vec<Diagnostic>,
}

/// What there is to say of an object of ours that is being applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// Why it can't be used.
    pub diagnostics: Vec<Diagnostic>,
    /// What its author should know.
    pub warnings: Vec<String>,
}

impl Policies {
    /// A shipped profile: `baseline`, `production` or `cache`.
    ///
    /// # Errors
    /// When there is no profile of that name; the text lists them.
    pub fn profile(name: &str) -> Result<Self, Diagnostics> {
        Ok(Self::over(load::profile(name)?))
    }

    /// Policies and exceptions from files: each is a name to quote and its text (YAML, several documents allowed). Where
    /// no policy matches, `baseline` holds.
    ///
    /// # Errors
    /// With every error, each with file and line; also where two policies have the same priority.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Diagnostics> {
        let loaded = super::api::files::read_policies(files)?;
        Self::of_files(loaded.policies, loaded.exceptions)
    }

    pub(crate) fn of_files(policies: Vec<Policy>, exceptions: Vec<Exception>) -> Result<Self, Diagnostics> {
        Ok(Self::over(load::profile("baseline")?).with(policies, exceptions))
    }

    /// These policies' fallback and caps with other policies and exceptions: objects of a cluster. What can't be used is
    /// left out and told. Of two policies with the same priority the older is used.
    #[must_use]
    pub fn of_objects<'a>(&self, objects: impl IntoIterator<Item = &'a Value>) -> (Self, Vec<Refused>) {
        let mut objects: Vec<&Value> = objects.into_iter().collect();
        objects.sort_by_cached_key(|object| (read_creation(object), ObjectRef::of(object)));
        let (mut policies, mut exceptions, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for object in objects {
            let name = ObjectRef::of(object);
            let diagnostics = if name.kind == EXCEPTION {
                exception_api::exception(object).map(|exception| exceptions.push(exception)).err()
            } else {
                let usable = load::policy(object).and_then(|policy| match load::clash(policies.iter(), &policy) {
                    Some(diagnostic) => Err(vec![diagnostic]),
                    None => Ok(policy),
                });
                usable.map(|policy| policies.push(policy)).err()
            };
            refused.extend(diagnostics.map(|diagnostics| Refused { object: name, diagnostics }));
        }
        (self.clone().with(policies, exceptions), refused)
    }

    fn over(fallback: Policy) -> Self {
        Self {
            ranked: Arc::default(),
            fallback: Arc::new(fallback),
            exceptions: Arc::default(),
            namespaces: Arc::default(),
            mode: Mode::Enforce,
            now: None,
        }
    }

    fn with(mut self, mut policies: Vec<Policy>, exceptions: Vec<Exception>) -> Self {
        policies.sort_by_key(|policy| std::cmp::Reverse(policy.priority));
        self.ranked = policies.into();
        self.exceptions = exceptions.into();
        self
    }

    /// Caps all policies.
    #[must_use]
    pub fn capped(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The same at a moment: without one, no exception is honoured.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// The same with the labels of namespaces. Of one that is not among them only its name is known.
    #[must_use]
    pub fn with_namespaces(mut self, namespaces: BTreeMap<String, Labels>) -> Self {
        self.namespaces = Arc::new(namespaces);
        self
    }

    /// Whether it takes the labels of namespaces to know which policy holds.
    #[must_use]
    pub fn needs_namespaces(&self) -> bool {
        self.ranked.iter().any(|policy| policy.matches.needs_namespaces())
    }

    /// The policy that holds for a workload, or for a namespace of which no workload is known.
    #[must_use]
    pub fn of(&self, target: &Target) -> &Policy {
        let namespace = target.namespace_labels(&self.namespaces);
        let matching = self.ranked.iter().find(|policy| policy.matches.matches(target, &namespace));
        matching.unwrap_or(&self.fallback)
    }

    /// The policy that might hold for a workload instead of the one that does: it asks for labels of the namespace, which
    /// are not known.
    #[must_use]
    pub fn waits_for_labels(&self, target: &Target) -> Option<&Policy> {
        if target.is_labelled(&self.namespaces) {
            return None;
        }
        let holds = self.of(target);
        let above = self.ranked.iter().take_while(|policy| policy.name != holds.name);
        let mut waiting = above.filter(|policy| policy.matches.needs_namespaces());
        waiting.find(|policy| policy.matches.matches_but_for_labels(target))
    }

    /// Whether any of them, the fallback included, is so.
    pub(crate) fn any(&self, is_so: impl Fn(&Policy) -> bool) -> bool {
        self.ranked.iter().chain(std::iter::once(&*self.fallback)).any(is_so)
    }

    /// The ids of all custom rules, the fallback's among them.
    pub(crate) fn custom_rules(&self) -> impl Iterator<Item = &str> {
        let policies = self.ranked.iter().chain(std::iter::once(&*self.fallback));
        policies.flat_map(|policy| policy.custom.iter().map(|rule| rule.id().as_str()))
    }

    /// What is wrong with an id of a rule; nothing where something finds what it names.
    #[must_use]
    pub fn unknown_rule(&self, id: &str) -> Option<String> {
        let own = rules::entries().map(|entry| entry.info.id);
        let notices = rules::NOTICES.iter().map(|notice| notice.id);
        let known: Vec<&str> = own.chain(notices).chain(self.custom_rules()).collect();
        let is_known = known.contains(&id);
        (!is_known).then(|| format!("there is no rule `{id}`{} (`plimsoll rules` lists ours)", hint(id, &known)))
    }

    /// The names of the policies, highest priority first; the fallback is not among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.ranked.iter().map(|policy| policy.name.as_str())
    }

    /// What happens to a request of a namespace when its review fails by an internal error.
    #[must_use]
    pub fn on_error(&self, namespace: &str) -> OnError {
        self.of(&Target::namespace(namespace)).on_error
    }

    /// How far a policy may go under the cap of all.
    pub(crate) fn mode(&self, policy: &Policy) -> Mode {
        self.mode.min(policy.mode)
    }

    /// The exception that lets a finding through under its workload's policy.
    pub(crate) fn excepted(&self, policy: &Policy, finding: &Finding) -> Option<&Exception> {
        let now = self.now?;
        let honoured = &policy.exceptions;
        let mut exceptions =
            self.exceptions.iter().filter(|exception| honoured.namespaces.contains(&exception.namespace));
        exceptions.find(|exception| exception.covers(finding) && now < exception.ends(honoured.max_days, now))
    }

    /// For how many days exceptions of a namespace are honoured at most; nothing where no policy honours them.
    #[must_use]
    pub fn honoured_days(&self, namespace: &str) -> Option<u16> {
        let policies = self.ranked.iter().chain(std::iter::once(&*self.fallback));
        let exceptions = policies.map(|policy| &policy.exceptions);
        let honoured = exceptions.filter(|honoured| honoured.namespaces.iter().any(|name| name == namespace));
        honoured.map(|honoured| honoured.max_days).max()
    }

    /// What there is to say of a `RedisPolicy` or `RedisPolicyException` that is being applied beside these.
    #[must_use]
    pub fn review(&self, object: &Value) -> Reviewed {
        match ObjectRef::of(object).kind.as_str() {
            POLICY => {
                let diagnostics = match load::policy(object) {
                    Ok(policy) => {
                        let others = self.ranked.iter().filter(|other| other.name != policy.name);
                        load::clash(others, &policy).into_iter().collect()
                    }
                    Err(diagnostics) => diagnostics,
                };
                Reviewed { diagnostics, warnings: Vec::new() }
            }
            EXCEPTION => match exception_api::exception(object) {
                Ok(exception) => {
                    let limits = self.limits(&exception).into_iter();
                    Reviewed { diagnostics: Vec::new(), warnings: limits.map(|limit| limit.message).collect() }
                }
                Err(diagnostics) => Reviewed { diagnostics, warnings: Vec::new() },
            },
            _ => Reviewed::default(),
        }
    }

    /// Whether an exception is honoured now by any policy, else why not.
    ///
    /// # Errors
    /// With the reason, for its status.
    pub fn is_active(&self, object: &Value) -> Result<(), String> {
        let Ok(exception) = exception_api::exception(object) else { return Err("it has errors".to_owned()) };
        let namespace = &exception.namespace;
        let days = self.honoured_days(namespace);
        let Some(days) = days else { return Err(format!("no policy honours exceptions of namespace {namespace}")) };
        match self.now {
            Some(now) if now < exception.ends(days, now) => Ok(()),
            _ => Err("its time is over".to_owned()),
        }
    }
}

/// When a cluster created an object, as it writes times: their order is that of the texts.
fn read_creation(object: &Value) -> Option<String> {
    object.pointer("/metadata/creationTimestamp").and_then(Value::as_str).map(str::to_owned)
}
