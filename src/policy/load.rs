//! From `RedisPolicy` documents to policies that can judge. Every mistake has its file and, where it has one, its line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_saphyr::Options;

use super::custom::{self, CustomRule, RawCustomRule};
use super::schema::{API_VERSION, KIND, OnError, RawPolicy, RawRule, Replaces};
use super::{Action, Mode};
use crate::rules::{self, Check, Derivation, Severity};

const PROFILES: [(&str, &str); 3] = [
    ("baseline", include_str!("../../policies/baseline.yaml")),
    ("production", include_str!("../../policies/production.yaml")),
    ("cache", include_str!("../../policies/cache.yaml")),
];

/// The names of the shipped profiles.
pub const PROFILE_NAMES: [&str; 3] = ["baseline", "production", "cache"];

/// Why policies could not be loaded: where, what, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", line.map_or(String::new(), |line| format!(":{line}")))]
pub struct PolicyError {
    /// The file, or the profile.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// One policy, ready to judge.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    pub(super) priority: i32,
    /// Empty = all.
    pub(super) namespaces: Vec<String>,
    pub(super) mode: Mode,
    pub(super) derivation: Derivation,
    pub(super) replaces: Replaces,
    pub(super) on_error: OnError,
    pub(super) rules: BTreeMap<&'static str, RuleSetting>,
    pub(super) custom: Vec<CustomRule>,
}

/// One rule of a policy.
#[derive(Debug, Clone)]
pub(super) struct RuleSetting {
    pub(super) check: Arc<dyn Check>,
    response: Response,
    severities: BTreeMap<Severity, Response>,
}

/// What is done about a finding: `otherwise` is for what `mutate` can't mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) action: Action,
    pub(super) otherwise: Action,
}

impl RuleSetting {
    /// The response to a finding of this severity.
    pub(super) fn response(&self, severity: Severity) -> Response {
        self.severities.get(&severity).copied().unwrap_or(self.response)
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

    pub(super) fn active(&self) -> impl Iterator<Item = &RuleSetting> {
        self.rules.values().filter(|setting| !setting.is_off())
    }

    fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            priority: 0,
            namespaces: Vec::new(),
            mode: Mode::Enforce,
            derivation: Derivation::default(),
            replaces: Replaces::Mutate,
            on_error: OnError::Allow,
            rules: BTreeMap::new(),
            custom: Vec::new(),
        }
    }
}

/// A shipped profile.
pub(super) fn profile(name: &str) -> Result<Policy, PolicyError> {
    let text = PROFILES.iter().find(|(profile, _)| *profile == name).map(|(_, text)| *text);
    let Some(text) = text else {
        let what = format!("there is no profile `{name}`; write {}", PROFILE_NAMES.join(", "));
        return Err(PolicyError { file: "profile".to_owned(), line: None, what });
    };
    let mut policies = parse(&format!("policies/{name}.yaml"), text)?;
    policies.pop().ok_or_else(|| PolicyError { file: name.to_owned(), line: None, what: "holds no policy".to_owned() })
}

/// All policies of one file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Policy>, PolicyError> {
    let raw: Vec<RawPolicy> = serde_saphyr::from_multiple_with_options(text, Options::default()).map_err(|error| {
        let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
        let what = error.without_snippet().to_string();
        PolicyError { file: file.to_owned(), line, what: what.lines().next().unwrap_or_default().to_owned() }
    })?;
    if raw.is_empty() {
        return Err(PolicyError { file: file.to_owned(), line: None, what: "holds no RedisPolicy".to_owned() });
    }
    raw.into_iter().map(|raw| Loader { file, text }.policy(raw)).collect()
}

/// Every mistake of a file. What is no YAML, or not of the shape of a policy, is one mistake a document.
pub(super) fn mistakes(file: &str, text: &str) -> Vec<PolicyError> {
    let mut mistakes = Vec::new();
    for document in documents(text) {
        let Ok(raw) = serde_saphyr::from_multiple::<RawPolicy>(&document) else {
            mistakes.extend(parse(file, &document).err());
            continue;
        };
        let loader = Loader { file, text: &document };
        for raw in raw {
            loader.mistakes(raw, &mut mistakes);
        }
    }
    if mistakes.is_empty() { parse(file, text).err().into_iter().collect() } else { mistakes }
}

/// The documents of a text, each with as many empty lines before it as it has lines above.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for (index, line) in text.lines().enumerate() {
        let is_end = line == "---" || line.starts_with("--- ");
        match documents.last_mut() {
            Some(document) if !is_end => {
                document.push_str(line);
                document.push('\n');
            }
            _ => documents.push("\n".repeat(index + 1)),
        }
    }
    documents.retain(|document| !document.trim().is_empty());
    documents
}

fn first(mistakes: Vec<PolicyError>) -> PolicyError {
    let none = || PolicyError { file: String::new(), line: None, what: String::new() };
    mistakes.into_iter().next().unwrap_or_else(none)
}

struct Loader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Loader<'_> {
    fn policy(&self, raw: RawPolicy) -> Result<Policy, PolicyError> {
        if raw.kind != KIND || raw.api_version != API_VERSION {
            let found = format!("{} {}", raw.api_version, raw.kind);
            return Err(self.error("kind:", format!("a policy is `{API_VERSION}` `{KIND}`, found `{found}`")));
        }
        let spec = raw.spec;
        let mut policy = match spec.extends.as_deref() {
            Some(name) => profile(name).map_err(|error| self.error("extends:", error.what))?,
            None if PROFILE_NAMES.contains(&raw.metadata.name.as_str()) && self.file.starts_with("policies/") => {
                Policy::empty(&raw.metadata.name)
            }
            None => profile("baseline")?,
        };
        policy.name = raw.metadata.name;
        policy.priority = spec.priority;
        policy.namespaces = spec.matches.namespaces;
        policy.mode = spec.mode.unwrap_or(policy.mode);
        policy.replaces = spec.replaces.unwrap_or(policy.replaces);
        policy.on_error = spec.on_error.unwrap_or(policy.on_error);
        policy.derivation.ratio = spec.maxmemory.ratio.unwrap_or(policy.derivation.ratio);
        policy.derivation.override_ = spec.maxmemory.override_.unwrap_or(policy.derivation.override_);
        for (id, rule) in spec.rules {
            self.rule(&mut policy, &id, rule)?;
        }
        policy.custom = self.custom(&policy.name, &spec.custom_rules).map_err(first)?;
        Ok(policy)
    }

    fn rule(&self, policy: &mut Policy, id: &str, rule: RawRule) -> Result<(), PolicyError> {
        let place = format!("{id}:");
        let Some(entry) = rules::entry(id) else {
            return Err(self.error(&place, format!("there is no rule `{id}`; `plimsoll rules` lists them")));
        };
        let inherited = policy.rules.get(entry.info.id).map(|setting| setting.response);
        let inherited = inherited.unwrap_or(Response { action: Action::Audit, otherwise: Action::Audit });
        let action = rule.action.unwrap_or(inherited.action);
        let respond = |action, otherwise: Option<Action>, fallback: Action| {
            let otherwise = if action == Action::Mutate { otherwise.unwrap_or(fallback) } else { action };
            if otherwise == Action::Mutate {
                return Err(self.error(&place, "`otherwise` is deny, warn, audit or off".to_owned()));
            }
            Ok(Response { action, otherwise })
        };
        let fallback = if inherited.otherwise == Action::Mutate { Action::Warn } else { inherited.otherwise };
        let fallback = if inherited.action == Action::Mutate { fallback } else { Action::Warn };
        let response = respond(action, rule.otherwise, fallback)?;
        let mut by_severity = BTreeMap::new();
        for (severity, raw) in rule.severities {
            by_severity.insert(severity, respond(raw.action, raw.otherwise, Action::Warn)?);
        }
        let check = entry.build(rule.params.as_ref()).map_err(|error| self.error(&place, error.to_string()))?;
        let setting = RuleSetting { check: Arc::from(check), response, severities: by_severity };
        policy.rules.insert(entry.info.id, setting);
        Ok(())
    }

    /// Every mistake of one policy: its rules are taken one by one.
    fn mistakes(&self, raw: RawPolicy, mistakes: &mut Vec<PolicyError>) {
        let RawPolicy { api_version, kind, metadata, spec } = raw;
        let mut scratch = Policy::empty(&metadata.name);
        for (id, rule) in spec.rules {
            mistakes.extend(self.rule(&mut scratch, &id, rule).err());
        }
        mistakes.extend(self.custom(&metadata.name, &spec.custom_rules).err().into_iter().flatten());
        let spec = super::schema::RawSpec { rules: BTreeMap::new(), custom_rules: Vec::new(), ..spec };
        mistakes.extend(self.policy(RawPolicy { api_version, kind, metadata, spec }).err());
    }

    fn custom(&self, policy: &str, raw: &[RawCustomRule]) -> Result<Vec<CustomRule>, Vec<PolicyError>> {
        let error = |mistake: custom::Mistake| {
            let line = match &mistake.rule {
                Some(name) => custom::line(self.text, name),
                None => return self.error("customRules:", mistake.what),
            };
            let what = format!("custom rule {}: {}", mistake.rule.unwrap_or_default(), mistake.what);
            PolicyError { file: self.file.to_owned(), line, what }
        };
        custom::load(policy, raw).map_err(|mistakes| mistakes.into_iter().map(error).collect())
    }

    /// A mistake at the first line that starts with `place`.
    fn error(&self, place: &str, what: String) -> PolicyError {
        let line = self.text.lines().position(|line| line.trim_start().starts_with(place)).map(|index| index + 1);
        PolicyError { file: self.file.to_owned(), line, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(spec: &str) -> String {
        format!("apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {{name: mine}}\nspec:\n{spec}\n")
    }

    #[track_caller]
    fn refuses(text: &str, line: usize, part: &str) {
        let error = parse("mine.yaml", text).unwrap_err();
        assert_eq!(error.line, Some(line), "{error}");
        assert!(error.what.contains(part), "{error}");
    }

    #[test]
    fn profiles_know_every_rule() {
        for name in PROFILE_NAMES {
            let policy = profile(name).unwrap();
            assert_eq!(policy.rules.len(), rules::ENTRIES.len(), "{name}");
        }
    }

    #[test]
    fn extends_a_profile_rule_by_rule() {
        let text = policy("  extends: production\n  maxmemory: {ratio: 0.6}\n  rules:\n    too-few-sentinels: warn");
        let policy = parse("mine.yaml", &text).unwrap().pop().unwrap();
        assert_eq!(policy.action("too-few-sentinels", Severity::High).0, Action::Warn);
        assert_eq!(policy.action("maxmemory-above-ratio", Severity::Medium).0, Action::Deny);
        assert_eq!(policy.derivation.ratio.to_string(), "0.6");
    }

    #[test]
    fn mistakes_have_their_place() {
        refuses(&policy("  rules:\n    maxmemory-mising: deny"), 6, "there is no rule `maxmemory-mising`");
        refuses(&policy("  extends: strict"), 5, "there is no profile `strict`");
        refuses(&policy("  maxmemory: {ratio: 1.5}"), 5, "a ratio lies above 0");
        refuses(&policy("  maxmemori: {ratio: 0.5}"), 5, "maxmemori");
        refuses(&policy("  rules:\n    probe-delay-short: {action: mutate, params: {minimun: 3}}"), 6, "minimun");
        refuses(&policy("  rules:\n    probe-delay-short: {action: mutate, otherwise: mutate}"), 6, "otherwise");
        refuses("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nspec: {}\n", 2, "RedisPolicy");
        assert!(parse("mine.yaml", "").is_err());
    }

    #[test]
    fn every_mistake_of_every_document_is_named() {
        let text = "apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicy
metadata: {name: one}
spec:
  extends: strict
  rules:
    maxmemory-mising: deny
    probe-delay-short: {action: mutate, otherwise: mutate}
  customRules:
  - name: broken
    message: x
    expression: workload.nme == ''
---
apiVersion: plimsoll.dev/v1alpha1
kind: RedisPolicy
metadata: {name: two}
spec:
  nonsense: 1
";
        let found: Vec<String> = mistakes("mine.yaml", text).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 5, "{found:#?}");
        let starts = [
            "mine.yaml:7: ",
            "mine.yaml:8: ",
            "mine.yaml:10: custom rule broken: expression, column 9: ",
            "mine.yaml:5: ",
            "mine.yaml:18",
        ];
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start), "{found}");
        }
        assert_eq!(mistakes("baseline.yaml", include_str!("../../policies/cache.yaml")), []);
    }
}
