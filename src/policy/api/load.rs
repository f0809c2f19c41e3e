//! From what users write to policies and exceptions that can judge. All errors are found in one pass, each with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::crd::POLICY_SPEC;
use super::matching::{RawMatch, check_namespaces};
use super::object::{head, read};
use super::schema::{
    DeliveryMode, Derive, OnError, POLICY, Profile, RawExceptions, RawMaxmemory, RawRule, RawSpec, Replaces,
};
use crate::kubernetes::ObjectRef;
use crate::policy::action::{Action, Mode};
use crate::policy::custom_rules::{self, CustomRule};
use crate::policy::profiles::{PROFILE_NAMES, PROFILES};
use crate::rules::{self, Check, Derivation, Door, RuleInfo, Severity};
use crate::yaml::{self, Diagnostic, Diagnostics, Path, hint};

/// One policy, ready to judge.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// How a derived maxmemory gets to the server.
    pub delivery: DeliveryMode,
    pub(crate) priority: i32,
    pub(crate) matches: RawMatch,
    pub(crate) mode: Mode,
    pub(crate) derivation: Derivation,
    pub(crate) replaces: Replaces,
    pub(crate) on_error: OnError,
    pub(crate) rules: BTreeMap<&'static str, RuleSetting>,
    pub(crate) custom: Vec<CustomRule>,
    pub(crate) exceptions: RawExceptions,
    exempt_users: Vec<String>,
}

/// One rule of a policy.
#[derive(Debug, Clone)]
pub(crate) struct RuleSetting {
    pub(crate) info: &'static RuleInfo,
    pub(crate) check: Arc<dyn Check>,
    response: Response,
    severities: BTreeMap<Severity, Response>,
}

/// What is done about a finding: `otherwise` is for what `mutate` can't fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) action: Action,
    pub(crate) otherwise: Action,
}

impl RuleSetting {
    /// The response to a finding of this severity.
    pub(crate) fn response(&self, severity: Severity) -> Response {
        self.severities.get(&severity).copied().unwrap_or(self.response)
    }

    /// Whether the response to findings of some severity is like this.
    pub(crate) fn may_respond(&self, is_like: impl Fn(Response) -> bool) -> bool {
        Severity::ALL.into_iter().any(|severity| is_like(self.response(severity)))
    }

    /// Whether it is to be fixed by adding this directive.
    fn adds(&self, directive: &str) -> bool {
        self.info.adds_directive == Some(directive) && self.response(self.info.severity).action == Action::Mutate
    }

    fn is_off(&self) -> bool {
        self.response.action == Action::Off && self.severities.values().all(|response| response.action == Action::Off)
    }
}

impl Policy {
    /// The action for a finding of a rule at this severity, as the tables print it; `off` for rules not in the policy.
    #[must_use]
    pub fn action(&self, rule: &str, severity: Severity) -> (Action, Action) {
        if let Some(custom) = self.custom.iter().find(|custom| **custom.id() == *rule) {
            return (custom.action(), custom.action());
        }
        self.rules.get(rule).map_or((Action::Off, Action::Off), |setting| {
            let response = setting.response(severity);
            (response.action, response.otherwise)
        })
    }

    /// Whether a missing directive is written into the mounted ConfigMap.
    pub(crate) fn adds_to_config_map(&self, directive: &str) -> bool {
        self.delivery == DeliveryMode::ConfigMap && self.rules.values().any(|setting| setting.adds(directive))
    }

    /// The rules that are not off and are checked at this door.
    pub(crate) fn active_at(&self, door: Door) -> impl Iterator<Item = &RuleSetting> {
        self.rules.values().filter(move |setting| setting.info.doors.include(door) && !setting.is_off())
    }

    /// Whether requests of this user are neither patched nor denied under this policy.
    #[must_use]
    pub fn exempts(&self, user: &str) -> bool {
        self.exempt_users.iter().any(|exempt| match exempt.strip_suffix('*') {
            Some(stem) => user.starts_with(stem),
            None => user == exempt,
        })
    }

    /// Rules that came after `version` only audit.
    fn audit_newer_than(&mut self, version: (u16, u16)) {
        for setting in self.rules.values_mut().filter(|setting| setting.info.since > version) {
            let responses = std::iter::once(&mut setting.response).chain(setting.severities.values_mut());
            for response in responses {
                response.action = response.action.min(Action::Audit);
                response.otherwise = response.otherwise.min(Action::Audit);
            }
        }
    }

    fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            delivery: DeliveryMode::Auto,
            priority: 0,
            matches: RawMatch::default(),
            mode: Mode::Enforce,
            derivation: Derivation::default(),
            replaces: Replaces::Mutate,
            on_error: OnError::Allow,
            rules: BTreeMap::new(),
            custom: Vec::new(),
            exceptions: RawExceptions::default(),
            exempt_users: Vec::new(),
        }
    }
}

/// A shipped profile.
pub(crate) fn profile(name: &str) -> Result<Policy, Diagnostics> {
    let text = PROFILES.iter().find(|(profile, _)| *profile == name).map(|(_, text)| *text);
    let Some(text) = text else {
        let what = format!("`{name}` does not exist; write one of {}", PROFILE_NAMES.join(", "));
        return Err(Diagnostic::of_file("profile", what).into());
    };
    let file = format!("policies/{name}.yaml");
    let documents = yaml::read_documents(&file, text);
    let Some(document) = documents.objects.first() else {
        return Err(Diagnostic::of_file(&file, "holds no policy").into());
    };
    let mut diagnostics = Vec::new();
    let policy = build(&document.value, Some(Policy::empty(name)), &mut diagnostics);
    policy.ok_or_else(|| Diagnostics(document.with_spans(diagnostics)))
}

/// The error of a policy that has the priority, or the name, of another.
pub(crate) fn clash<'a>(mut others: impl Iterator<Item = &'a Policy>, policy: &Policy) -> Option<Diagnostic> {
    others.find_map(|other| {
        let spec = Path::root("spec");
        if other.name == policy.name {
            let what = format!("there are two policies of the name {}", policy.name);
            return Some(Diagnostic::new(Path::root("metadata").key("name"), what));
        }
        let what = format!(
            "policies {} and {} both have priority {}; the highest matching one wins whole, so give each its own",
            other.name, policy.name, policy.priority
        );
        (other.priority == policy.priority).then(|| Diagnostic::new(spec.key("priority"), what))
    })
}

/// One policy.
pub(crate) fn policy(object: &Value) -> Result<Policy, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    head(object, POLICY, &mut diagnostics)?;
    let policy = build(object, None, &mut diagnostics);
    if diagnostics.is_empty() { policy.ok_or(diagnostics) } else { Err(diagnostics) }
}

/// The policy that `object` writes over `base`, or over the profile that it extends.
fn build(object: &Value, base: Option<Policy>, diagnostics: &mut Vec<Diagnostic>) -> Option<Policy> {
    let spec: RawSpec = read(object, &POLICY_SPEC, diagnostics)?;
    let at = Path::root("spec");
    let base = match (base, spec.extends) {
        (Some(base), None) => base,
        (_, extends) => match profile(extends.unwrap_or(Profile::Baseline).name()) {
            Ok(profile) => profile,
            Err(error) => {
                diagnostics.push(Diagnostic::new(at.key("extends"), error.to_string()));
                return None;
            }
        },
    };
    spec.matches.check(&at.key("match"), diagnostics);
    let homes = at.key("exceptions").key("namespaces");
    check_namespaces(&spec.exceptions.namespaces, "name each: there is no pattern", &homes, diagnostics);
    check_users(&spec.exempt_users, &at.key("exemptUsers"), diagnostics);
    let mut policy = Policy {
        name: ObjectRef::of(object).name,
        priority: spec.priority,
        matches: spec.matches,
        mode: spec.mode.unwrap_or(base.mode),
        derivation: derivation(&spec.maxmemory, base.derivation),
        delivery: spec.delivery.unwrap_or(base.delivery),
        replaces: spec.replaces.unwrap_or(base.replaces),
        on_error: spec.on_error.unwrap_or(base.on_error),
        rules: base.rules,
        custom: Vec::new(),
        exceptions: spec.exceptions,
        exempt_users: spec.exempt_users,
    };
    for (id, rule) in spec.rules {
        let at = at.key("rules").key(&id);
        match rules::entry(&id) {
            Some(entry) => set_rule(&mut policy, entry, rule, &at, diagnostics),
            None => diagnostics.push(Diagnostic::new(at, no_rule(&id))),
        }
    }
    policy.custom = custom_rules::load(&policy.name, &spec.custom_rules, &at.key("customRules"), diagnostics);
    if let Some(written) = spec.ruleset {
        match ruleset(&written) {
            Some(version) => policy.audit_newer_than(version),
            None => diagnostics.push(Diagnostic::new(at.key("ruleset"), "write a version as 0.1".to_owned())),
        }
    }
    Some(policy)
}

fn no_rule(id: &str) -> String {
    let ids: Vec<&str> = rules::entries().map(|entry| entry.info.id).collect();
    format!("there is no rule `{id}`{} (`plimsoll rules` lists them)", hint(id, &ids))
}

fn derivation(raw: &RawMaxmemory, base: Derivation) -> Derivation {
    let mut writes = base.headroom.unwrap_or_default();
    writes.per_second = raw.writes_per_second.unwrap_or(writes.per_second);
    writes.snapshot_seconds = raw.snapshot_seconds.unwrap_or(writes.snapshot_seconds);
    Derivation {
        ratio: raw.ratio.unwrap_or(base.ratio),
        override_: raw.override_.unwrap_or(base.override_),
        headroom: match raw.derive {
            Some(Derive::Headroom) => Some(writes),
            Some(Derive::Ratio) => None,
            None => base.headroom.map(|_| writes),
        },
    }
}

/// Major and minor of a version such as `0.1`.
fn ruleset(text: &str) -> Option<(u16, u16)> {
    let (major, minor) = text.split_once('.')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    Some((number(major)?, number(minor)?))
}

fn check_users(users: &[String], at: &Path, diagnostics: &mut Vec<Diagnostic>) {
    for (index, user) in users.iter().enumerate() {
        let stem = user.strip_suffix('*').unwrap_or(user);
        let what = if user == "*" {
            "`*` would exempt everybody; use mode: observe for that"
        } else if stem.is_empty() {
            "is empty"
        } else if stem.contains('*') {
            "takes a `*` only at the end"
        } else {
            continue;
        };
        diagnostics.push(Diagnostic::new(at.index(index), what.to_owned()));
    }
}

/// Sets what is written of a rule; the rest stays the profile's. An action stands for all severities but those written.
fn set_rule(policy: &mut Policy, entry: &rules::Entry, rule: RawRule, at: &Path, diagnostics: &mut Vec<Diagnostic>) {
    let profile = policy.rules.get(entry.info.id);
    let inherited = profile.map(|setting| setting.response);
    let inherited = inherited.unwrap_or(Response { action: Action::Audit, otherwise: Action::Audit });
    let fallback = if inherited.action == Action::Mutate { inherited.otherwise } else { Action::Warn };
    let response = respond(rule.action.unwrap_or(inherited.action), rule.otherwise, fallback);
    let action = if rule.is_short { at.clone() } else { at.key("action") };
    diagnostics.extend(rule.action.and_then(|written| without_fix(entry.info, written, &action)));
    diagnostics.extend(rule.otherwise.and_then(|_| idle(response.action, &at.key("otherwise"))));
    let kept = profile.filter(|_| rule.action.is_none()).map(|setting| setting.severities.clone());
    let mut severities = kept.unwrap_or_default();
    severities.extend(rule.severities.into_iter().map(|(severity, raw)| {
        let at = at.key("severities").key(severity.name());
        let action = if raw.is_short { at.clone() } else { at.key("action") };
        diagnostics.extend(without_fix(entry.info, raw.action, &action));
        diagnostics.extend(raw.otherwise.and_then(|_| idle(raw.action, &at.key("otherwise"))));
        (severity, respond(raw.action, raw.otherwise, Action::Warn))
    }));
    let check = match (profile, &rule.params) {
        (Some(profile), None) => Ok(Arc::clone(&profile.check)),
        (_, params) => entry.build(params.as_ref()).map(Arc::from),
    };
    match check {
        Ok(check) => {
            let setting = RuleSetting { info: entry.info, check, response, severities };
            policy.rules.insert(entry.info.id, setting);
        }
        Err(error) => diagnostics.push(Diagnostic::new(at.key("params"), error.to_string())),
    }
}

/// The response of an action: only a mutation may come to something else.
fn respond(action: Action, otherwise: Option<Action>, fallback: Action) -> Response {
    let otherwise = if action == Action::Mutate { otherwise.unwrap_or(fallback) } else { action };
    Response { action, otherwise }
}

/// `mutate` where there is no fix that is safe to apply.
fn without_fix(info: &RuleInfo, written: Action, at: &Path) -> Option<Diagnostic> {
    let what = format!("{} has no safe fix, so nothing can be mutated; write deny, warn, audit or off", info.id);
    (written == Action::Mutate && !info.fix.is_ever_safe()).then(|| Diagnostic::new(at.clone(), what))
}

/// `otherwise` beside an action, written or inherited, that leaves nothing to it.
fn idle(action: Action, at: &Path) -> Option<Diagnostic> {
    let what = format!(
        "is for what `mutate` can't fix, and the action here is {}; leave it out, or write action: mutate",
        action.name()
    );
    (action != Action::Mutate).then(|| Diagnostic::new(at.clone(), what))
}
