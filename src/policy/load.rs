//! From what users write to policies and exceptions that can judge. All mistakes are found in one pass, each with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::check::{check, without};
use super::crd::{EXCEPTION_SPEC, POLICY_SPEC};
use super::custom::{self, CustomRule};
use super::exception::{Exception, day};
use super::files::placed;
use super::mistake::{Mistake, Path, PolicyError, PolicyErrors, hint};
use super::schema::{
    API_VERSION, Delivery, Derive, EXCEPTION, OnError, POLICY, Profile, RawException, RawExceptions, RawMaxmemory,
    RawRule, RawSpec, Replaces,
};
use super::select::{RawMatch, check_namespaces};
use super::source;
use super::{Action, Mode};
use crate::rules::{self, Check, Derivation, RuleInfo, Severity};
use crate::workload::ObjectRef;

const PROFILES: [(&str, &str); 3] = [
    ("baseline", include_str!("../../policies/baseline.yaml")),
    ("production", include_str!("../../policies/production.yaml")),
    ("cache", include_str!("../../policies/cache.yaml")),
];

/// The names of the shipped profiles.
pub const PROFILE_NAMES: [&str; 3] = ["baseline", "production", "cache"];

/// One policy, ready to judge.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// How a derived maxmemory gets to the server.
    pub delivery: Delivery,
    pub(super) priority: i32,
    pub(super) matches: RawMatch,
    pub(super) mode: Mode,
    pub(super) derivation: Derivation,
    pub(super) replaces: Replaces,
    pub(super) on_error: OnError,
    pub(super) rules: BTreeMap<&'static str, RuleSetting>,
    pub(super) custom: Vec<CustomRule>,
    pub(super) exceptions: RawExceptions,
    exempt_users: Vec<String>,
}

/// One rule of a policy.
#[derive(Debug, Clone)]
pub(super) struct RuleSetting {
    info: &'static RuleInfo,
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

    /// Whether a derived maxmemory is written into mounted ConfigMaps.
    pub(super) fn mends_by_config_map(&self) -> bool {
        self.delivery == Delivery::ConfigMap
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &RuleSetting> {
        self.rules.values().filter(|setting| !setting.is_off())
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
            delivery: Delivery::Auto,
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
pub(super) fn profile(name: &str) -> Result<Policy, PolicyErrors> {
    let text = PROFILES.iter().find(|(profile, _)| *profile == name).map(|(_, text)| *text);
    let Some(text) = text else {
        let what = format!("there is no profile `{name}`; write {}", PROFILE_NAMES.join(", "));
        return Err(PolicyError::new("profile", None, what).into());
    };
    let file = format!("policies/{name}.yaml");
    let documents = source::read(&file, text)?;
    let Some(document) = documents.first() else {
        return Err(PolicyError::new(&file, None, "holds no policy".to_owned()).into());
    };
    let mut mistakes = Vec::new();
    let policy = build(&document.value, Some(Policy::empty(name)), &mut mistakes);
    policy.ok_or_else(|| PolicyErrors(placed(&file, document, mistakes)))
}

/// The mistake of a policy that has the priority, or the name, of another.
pub(super) fn clash<'a>(mut others: impl Iterator<Item = &'a Policy>, policy: &Policy) -> Option<Mistake> {
    others.find_map(|other| {
        let spec = Path::root("spec");
        if other.name == policy.name {
            let what = format!("there are two policies of the name {}", policy.name);
            return Some(Mistake { at: Path::root("metadata").key("name"), what });
        }
        let what = format!(
            "policies {} and {} both have priority {}; the highest matching one wins whole, so give each its own",
            other.name, policy.name, policy.priority
        );
        (other.priority == policy.priority).then(|| Mistake { at: spec.key("priority"), what })
    })
}

/// One policy.
pub(super) fn policy(object: &Value) -> Result<Policy, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    head(object, POLICY, &mut mistakes);
    let policy = build(object, None, &mut mistakes);
    if mistakes.is_empty() { policy.ok_or(mistakes) } else { Err(mistakes) }
}

/// One exception.
pub(super) fn exception(object: &Value) -> Result<Exception, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    head(object, EXCEPTION, &mut mistakes);
    let raw: Option<RawException> = read(object, &EXCEPTION_SPEC, &mut mistakes);
    let spec = Path::root("spec");
    let name = ObjectRef::of(object);
    let Some(raw) = raw else { return Err(mistakes) };
    for (index, id) in raw.rules.iter().enumerate() {
        if rules::entry(id).is_none() && !id.starts_with("custom/") {
            mistakes.push(Mistake { at: spec.key("rules").index(index), what: no_rule(id) });
        }
    }
    let expires = day(&raw.expires);
    if expires.is_none() {
        let what = format!("`{}` is no day; write it as 2027-03-01", raw.expires);
        mistakes.push(Mistake { at: spec.key("expires"), what });
    }
    match expires {
        Some(expires) if mistakes.is_empty() => Ok(Exception {
            name: name.name,
            namespace: name.namespace,
            workload: ObjectRef::new(
                &raw.workload.api_version,
                &raw.workload.kind,
                &raw.workload.namespace,
                &raw.workload.name,
            ),
            rules: raw.rules.into_iter().collect(),
            reason: raw.reason,
            expires,
            created: text(object, "/metadata/creationTimestamp").and_then(|text| text.parse::<Timestamp>().ok()),
        }),
        _ => Err(mistakes),
    }
}

fn no_rule(id: &str) -> String {
    let ids: Vec<&str> = rules::ENTRIES.iter().map(|entry| entry.info.id).collect();
    format!("there is no rule `{id}`{} (`plimsoll rules` lists them)", hint(id, &ids))
}

fn text<'a>(object: &'a Value, at: &str) -> Option<&'a str> {
    object.pointer(at).and_then(Value::as_str)
}

/// Version, kind and name.
fn head(object: &Value, kind: &str, mistakes: &mut Vec<Mistake>) {
    let (version, found) = (text(object, "/apiVersion"), text(object, "/kind"));
    if version != Some(API_VERSION) || found != Some(kind) {
        let found = format!("{} {}", version.unwrap_or("no apiVersion"), found.unwrap_or("no kind"));
        let what = format!("expected `{API_VERSION}` `{POLICY}` or `{EXCEPTION}`, found `{found}`");
        mistakes.push(Mistake { at: Path::root("kind"), what });
    }
    if text(object, "/metadata/name").is_none_or(str::is_empty) && text(object, "/metadata/generateName").is_none() {
        mistakes.push(Mistake { at: Path::root("metadata"), what: "lacks `name`".to_owned() });
    }
    if kind == EXCEPTION && text(object, "/metadata/namespace").is_none_or(str::is_empty) {
        let what = "lacks `namespace`: an exception counts only in the namespaces that a policy names".to_owned();
        mistakes.push(Mistake { at: Path::root("metadata"), what });
    }
}

/// Checks `spec` against its schema and reads what is right of it.
fn read<T: DeserializeOwned>(object: &Value, schema: &Value, mistakes: &mut Vec<Mistake>) -> Option<T> {
    let mut spec = object.get("spec").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    drop_nulls(&mut spec);
    spell_off(&mut spec);
    let at = Path::root("spec");
    let mut found = Vec::new();
    check(schema, &spec, &at, &mut found);
    let rest = without(json!({"spec": spec}), &found)["spec"].take();
    let read = T::deserialize(rest);
    if let (Err(error), true) = (&read, found.is_empty()) {
        found.push(Mistake { at, what: error.to_string() });
    }
    mistakes.append(&mut found);
    read.ok()
}

/// A field without a value is not there.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Readers of YAML 1.1, kubectl among them, take a bare `off` for `false`.
fn spell_off(spec: &mut Value) {
    fn spell(action: &mut Value) {
        if *action == Value::Bool(false) {
            *action = "off".into();
        }
    }
    fn response(value: &mut Value) {
        spell(value);
        for key in ["action", "otherwise"] {
            value.get_mut(key).into_iter().for_each(spell);
        }
    }
    for rule in spec.get_mut("customRules").and_then(Value::as_array_mut).into_iter().flatten() {
        response(rule);
    }
    for (_, rule) in spec.get_mut("rules").and_then(Value::as_object_mut).into_iter().flatten() {
        response(rule);
        let severities = rule.get_mut("severities").and_then(Value::as_object_mut);
        severities.into_iter().flatten().for_each(|(_, value)| response(value));
    }
}

/// The policy that `object` writes over `base`, or over the profile that it extends.
fn build(object: &Value, base: Option<Policy>, mistakes: &mut Vec<Mistake>) -> Option<Policy> {
    let spec: RawSpec = read(object, &POLICY_SPEC, mistakes)?;
    let at = Path::root("spec");
    let base = match (base, spec.extends) {
        (Some(base), None) => base,
        (_, extends) => match profile(extends.unwrap_or(Profile::Baseline).name()) {
            Ok(profile) => profile,
            Err(error) => {
                mistakes.push(Mistake { at: at.key("extends"), what: error.to_string() });
                return None;
            }
        },
    };
    spec.matches.check(&at.key("match"), mistakes);
    check_namespaces(&spec.exceptions.namespaces, &at.key("exceptions").key("namespaces"), mistakes);
    check_users(&spec.exempt_users, &at.key("exemptUsers"), mistakes);
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
            Some(entry) => set_rule(&mut policy, entry, rule, &at, mistakes),
            None => mistakes.push(Mistake { at, what: no_rule(&id) }),
        }
    }
    policy.custom = custom::load(&policy.name, &spec.custom_rules, &at.key("customRules"), mistakes);
    if let Some(written) = spec.ruleset {
        match ruleset(&written) {
            Some(version) => policy.audit_newer_than(version),
            None => mistakes.push(Mistake { at: at.key("ruleset"), what: "write a version as 0.1".to_owned() }),
        }
    }
    Some(policy)
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

fn check_users(users: &[String], at: &Path, mistakes: &mut Vec<Mistake>) {
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
        mistakes.push(Mistake { at: at.index(index), what: what.to_owned() });
    }
}

fn set_rule(policy: &mut Policy, entry: &rules::Entry, rule: RawRule, at: &Path, mistakes: &mut Vec<Mistake>) {
    let inherited = policy.rules.get(entry.info.id).map(|setting| setting.response);
    let inherited = inherited.unwrap_or(Response { action: Action::Audit, otherwise: Action::Audit });
    let respond = |action, otherwise: Option<Action>, fallback: Action| {
        let otherwise = if action == Action::Mutate { otherwise.unwrap_or(fallback) } else { action };
        Response { action, otherwise }
    };
    let fallback = if inherited.action == Action::Mutate { inherited.otherwise } else { Action::Warn };
    let response = respond(rule.action.unwrap_or(inherited.action), rule.otherwise, fallback);
    let severities = rule.severities.into_iter();
    let severities = severities.map(|(severity, raw)| (severity, respond(raw.action, raw.otherwise, Action::Warn)));
    match entry.build(rule.params.as_ref()) {
        Ok(check) => {
            let setting =
                RuleSetting { info: entry.info, check: Arc::from(check), response, severities: severities.collect() };
            policy.rules.insert(entry.info.id, setting);
        }
        Err(error) => mistakes.push(Mistake { at: at.key("params"), what: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::files::{Loaded, files};

    fn written(spec: &str) -> String {
        format!("apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {{name: mine}}\nspec:\n{spec}\n")
    }

    fn parse(text: &str) -> Result<Loaded, PolicyErrors> {
        files(&[("mine.yaml".to_owned(), text.to_owned())])
    }

    #[track_caller]
    fn one(spec: &str) -> Policy {
        parse(&written(spec)).unwrap().policies.pop().unwrap()
    }

    /// Every mistake, as it is printed.
    #[track_caller]
    fn refuses(text: &str, expected: &[&str]) {
        let errors = parse(text).unwrap_err().to_string();
        assert_eq!(errors.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn profiles_know_every_rule() {
        for name in PROFILE_NAMES {
            let policy = profile(name).unwrap();
            assert_eq!(policy.rules.len(), rules::ENTRIES.len(), "{name}");
        }
    }

    #[test]
    fn the_shipped_policies_can_be_applied_together() {
        let shipped: Vec<(String, String)> =
            PROFILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        assert_eq!(files(&shipped).unwrap().policies.len(), 3);
    }

    #[test]
    fn extends_a_profile_rule_by_rule() {
        let policy = one("  extends: production\n  maxmemory: {ratio: 0.6}\n  rules:\n    too-few-sentinels: warn");
        assert_eq!(policy.action("too-few-sentinels", Severity::High).0, Action::Warn);
        assert_eq!(policy.action("maxmemory-above-ratio", Severity::Medium).0, Action::Deny);
        assert_eq!(policy.derivation.ratio.to_string(), "0.6");
    }

    #[test]
    fn every_field_of_the_design_is_read() {
        let policy = one(
            "  extends: production\n  priority: 100\n  match:\n    namespaces: [shop]\n    namespaceSelector: {matchLabels: {team: x}}\n\
             \x20   selector: {matchExpressions: [{key: tier, operator: In, values: [gold]}]}\n    flavours: [bitnami]\n    topologies: [sentinel]\n\
             \x20 mode: warn\n  maxmemory: {derive: ratio, ratio: 0.5, writesPerSecond: 200, snapshotSeconds: 30, override: true}\n\
             \x20 ruleset: \"0.1\"\n  delivery: deny\n  replaces: deny\n  onError: deny\n  exceptions: {namespaces: [platform], maxDays: 30}\n\
             \x20 exemptUsers: [jane, \"system:serviceaccount:platform:*\"]",
        );
        assert_eq!((policy.priority, policy.mode, policy.delivery), (100, Mode::Warn, Delivery::Deny));
        assert_eq!((policy.replaces, policy.on_error), (Replaces::Deny, OnError::Deny));
        assert!(policy.derivation.override_);
        assert_eq!(
            (policy.exceptions.namespaces.as_slice(), policy.exceptions.max_days),
            (&["platform".to_owned()][..], 30)
        );
        assert!(policy.exempts("jane") && !policy.exempts("janet") && !policy.exempts("system:serviceaccount:other:x"));
        assert!(policy.exempts("system:serviceaccount:platform:flux"));
    }

    #[test]
    fn mistakes_have_their_place_and_the_nearest_name() {
        refuses(
            &written("  rules:\n    maxmemory-mising: deny"),
            &[
                "mine.yaml:6: spec.rules.maxmemory-mising: there is no rule `maxmemory-mising`; did you mean `maxmemory-missing`? (`plimsoll rules` lists them)",
            ],
        );
        refuses(
            &written("  extends: strict"),
            &[
                "mine.yaml:5: spec.extends: `strict` is none of the words it takes; write one of baseline, production, cache",
            ],
        );
        refuses(&written("  maxmemory: {ratio: 1.5}"), &["mine.yaml:5: spec.maxmemory.ratio: is at most 1, found 1.5"]);
        refuses(&written("  maxmemory: {ratio: 0}"), &["mine.yaml:5: spec.maxmemory.ratio: is above 0, found 0"]);
        refuses(
            &written("  maxmemori: {ratio: 0.5}"),
            &["mine.yaml:5: spec.maxmemori: there is no field `maxmemori`; did you mean `maxmemory`?"],
        );
        refuses(
            &written("  rules:\n    probe-delay-short: {action: mutate, params: {minimun: 3}}"),
            &[
                "mine.yaml:6: spec.rules.probe-delay-short.params.minimun: there is no field `minimun`; did you mean `minimum`?",
            ],
        );
        refuses(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nspec: {}\n",
            &[
                "mine.yaml:2: kind: expected `plimsoll.dev/v1alpha1` `RedisPolicy` or `RedisPolicyException`, found `v1 ConfigMap`",
            ],
        );
        refuses("", &["mine.yaml: holds no RedisPolicy"]);
    }

    #[test]
    fn all_mistakes_are_told_in_one_pass() {
        refuses(
            &written(
                "  priority: high\n  match:\n    namespaces: [team-*]\n    flavours: [bitnamy]\n  maxmemory: {derive: headrom}\n  ruleset: \"1\"\n\
                 \x20 exemptUsers: [\"*\"]\n  rules:\n    probe-delay-short: {action: mutate, otherwise: mutate}\n    memory-limit-missing:\n\
                 \x20     severities: {hi: deny}\n      params: {default: 512MiB}\n    config-not-accepted: refuse",
            ),
            &[
                "mine.yaml:5: spec.priority: takes a whole number, found the text `high`",
                "mine.yaml:7: spec.match.namespaces[0]: `team-*` can be no name of a namespace; for a pattern, use labels and namespaceSelector",
                "mine.yaml:8: spec.match.flavours[0]: `bitnamy` is none of the words it takes; did you mean `bitnami`? (one of bitnami, bitnami-cluster, official, script, plain)",
                "mine.yaml:9: spec.maxmemory.derive: `headrom` is none of the words it takes; did you mean `headroom`? (one of ratio, headroom)",
                "mine.yaml:10: spec.ruleset: write a version as 0.1",
                "mine.yaml:11: spec.exemptUsers[0]: `*` would exempt everybody; use mode: observe for that",
                "mine.yaml:13: spec.rules.probe-delay-short.otherwise: `mutate` is none of the words it takes; write one of deny, warn, audit, off",
                "mine.yaml:15: spec.rules.memory-limit-missing.severities.hi: there is no severity `hi`; write one of info, low, medium, high",
                "mine.yaml:16: spec.rules.memory-limit-missing.params: `512MiB` is no amount of memory; write it as `512Mi`",
                "mine.yaml:17: spec.rules.config-not-accepted: `refuse` is none of the words it takes; write one of mutate, deny, warn, audit, off",
            ],
        );
    }

    #[test]
    fn a_bare_off_is_off_however_yaml_is_read() {
        for off in ["off", "false"] {
            let policy = one(&format!(
                "  rules:\n    too-few-sentinels: {off}\n    probe-delay-short: {{action: warn, severities: {{low: {off}}}}}"
            ));
            assert_eq!(policy.action("too-few-sentinels", Severity::High).0, Action::Off);
            assert_eq!(policy.action("probe-delay-short", Severity::Low).0, Action::Off);
        }
    }

    #[test]
    fn rules_newer_than_the_ruleset_only_audit() {
        let policy = one("  extends: production\n  ruleset: \"0.0\"");
        assert_eq!(policy.action("config-not-accepted", Severity::High), (Action::Audit, Action::Audit));
        let policy = one("  extends: production\n  ruleset: \"0.1\"");
        assert_eq!(policy.action("config-not-accepted", Severity::High).0, Action::Deny);
    }

    #[test]
    fn a_priority_belongs_to_one_policy() {
        let two = format!("{}---\n{}", written("  priority: 7"), written("  priority: 7").replace("mine", "yours"));
        refuses(
            &two,
            &[
                "mine.yaml:11: spec.priority: policies mine and yours both have priority 7; the highest matching one wins whole, so give each its own",
            ],
        );
    }

    #[test]
    fn exceptions_are_checked_alike() {
        let text = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicyException\nmetadata: {name: x, namespace: platform}\nspec:\n\
                    \x20 workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}\n  rules: [maxmemory-missing]\n\
                    \x20 reason: a reason\n  expires: 2027-03-01\n";
        let exception = parse(text).unwrap().exceptions.pop().unwrap();
        assert_eq!(exception.title(), "RedisPolicyException platform/x");
        let wrong = text
            .replace("maxmemory-missing", "maxmemory-mising")
            .replace("03-01", "02-30")
            .replace("name: ledger", "nam: ledger");
        refuses(
            &wrong,
            &[
                "mine.yaml:5: spec.workload.nam: there is no field `nam`; did you mean `name`?",
                "mine.yaml:5: spec.workload: lacks `name`",
            ],
        );
        let wrong = wrong.replace("nam: ledger", "name: ledger");
        refuses(
            &wrong,
            &[
                "mine.yaml:6: spec.rules[0]: there is no rule `maxmemory-mising`; did you mean `maxmemory-missing`? (`plimsoll rules` lists them)",
                "mine.yaml:8: spec.expires: `2027-02-30` is no day; write it as 2027-03-01",
            ],
        );
        assert!(
            parse(&text.replace(", namespace: platform", "")).unwrap_err().to_string().contains("lacks `namespace`")
        );
    }
}
