//! What is read of policies, and what is told of those with errors.

use super::files::{Loaded, read_policies};
use super::load::{Policy, profile};
use super::schema::{DeliveryMode, OnError, Replaces};
use crate::policy::action::{Action, Mode};
use crate::policy::profiles::{PROFILE_NAMES, PROFILES};
use crate::rules::{self, Door, Severity};
use crate::yaml::Diagnostics;

fn written(spec: &str) -> String {
    format!("apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {{name: mine}}\nspec:\n{spec}\n")
}

fn parse(text: &str) -> Result<Loaded, Diagnostics> {
    read_policies(&[("mine.yaml".to_owned(), text.to_owned())])
}

#[track_caller]
fn one(spec: &str) -> Policy {
    parse(&written(spec)).unwrap().policies.pop().unwrap()
}

/// Everything that is wrong, as it is printed, but for the columns.
#[track_caller]
fn refuses(text: &str, expected: &[&str]) {
    let errors = parse(text).unwrap_err().0;
    let told: Vec<String> = errors.iter().map(|error| without_column(&error.to_string())).collect();
    assert_eq!(told, expected);
}

fn without_column(told: &str) -> String {
    let parts: Vec<&str> = told.splitn(4, ':').collect();
    match parts.as_slice() {
        [file, line, column, rest] if column.parse::<usize>().is_ok() => format!("{file}:{line}:{rest}"),
        _ => told.to_owned(),
    }
}

#[test]
fn errors_are_placed_to_the_column() {
    let errors = parse(&written("  maxmemory: {ratio: 1.5}")).unwrap_err();
    assert_eq!(errors.to_string(), "mine.yaml:5:22: spec.maxmemory.ratio: must be at most 1, found 1.5");
}

#[test]
fn profiles_know_every_rule() {
    for name in PROFILE_NAMES {
        let policy = profile(name).unwrap();
        assert_eq!(policy.rules.len(), rules::entries().count(), "{name}");
    }
}

#[test]
fn the_shipped_policies_can_be_applied_together() {
    let shipped: Vec<(String, String)> =
        PROFILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(read_policies(&shipped).unwrap().policies.len(), 3);
}

#[test]
fn extends_a_profile_rule_by_rule() {
    let policy = one("  extends: production\n  maxmemory: {ratio: 0.6}\n  rules:\n    too-few-sentinels: warn");
    assert_eq!(policy.action("too-few-sentinels", Severity::High).0, Action::Warn);
    assert_eq!(policy.action("maxmemory-above-ratio", Severity::Medium).0, Action::Deny);
    assert_eq!(policy.derivation.ratio.to_string(), "0.6");
}

/// An entry changes what it names: the profile's severities go only with its action, its parameters with others.
#[test]
fn what_an_entry_does_not_name_stays_the_profiles() {
    let of = |entry: &str| one(&format!("  extends: production\n  rules:\n    {entry}"));
    let actions = |policy: &Policy| {
        [Severity::High, Severity::Medium, Severity::Low]
            .map(|severity| policy.action("quorum-not-majority", severity).0)
    };
    assert_eq!(actions(&of("probe-delay-short: off")), [Action::Deny, Action::Warn, Action::Warn]);
    assert_eq!(
        actions(&of("quorum-not-majority: {severities: {low: off}}")),
        [Action::Deny, Action::Warn, Action::Off]
    );
    assert_eq!(actions(&of("quorum-not-majority: audit")), [Action::Audit; 3]);
    let only = of("quorum-not-majority: {action: audit, severities: {low: off}}");
    assert_eq!(actions(&only), [Action::Audit, Action::Audit, Action::Off]);
    let check = |entry: &str| format!("{:?}", of(entry).rules["storage-ephemeral"].check);
    assert!(check("storage-ephemeral: warn").contains("true"), "production looks at default save points");
    assert!(check("storage-ephemeral: {params: {evenByDefault: false}}").contains("false"));
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
    assert_eq!((policy.priority, policy.mode, policy.delivery), (100, Mode::Warn, DeliveryMode::Deny));
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
fn diagnostics_have_their_place_and_the_nearest_name() {
    refuses(
        &written("  rules:\n    maxmemory-mising: deny"),
        &[
            "mine.yaml:6: spec.rules.maxmemory-mising: there is no rule `maxmemory-mising`; did you mean `maxmemory-missing`? (`plimsoll rules` lists them)",
        ],
    );
    refuses(
        &written("  extends: strict"),
        &["mine.yaml:5: spec.extends: `strict` is not allowed; write one of baseline, production, cache"],
    );
    refuses(
        &written("  maxmemory: {ratio: 1.5}"),
        &["mine.yaml:5: spec.maxmemory.ratio: must be at most 1, found 1.5"],
    );
    refuses(&written("  maxmemory: {ratio: 0}"), &["mine.yaml:5: spec.maxmemory.ratio: must be above 0, found 0"]);
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
            "mine.yaml:2: kind: expected a RedisPolicy or a RedisPolicyException of plimsoll.dev/v1alpha1, found v1 ConfigMap",
        ],
    );
    refuses("", &["mine.yaml: holds no RedisPolicy"]);
}

#[test]
fn all_diagnostics_are_told_in_one_pass() {
    refuses(
        &written(
            "  priority: high\n  match:\n    namespaces: [team-*]\n    flavours: [bitnamy]\n  maxmemory: {derive: headrom}\n  ruleset: \"1\"\n\
             \x20 exemptUsers: [\"*\"]\n  rules:\n    probe-delay-short: {action: mutate, otherwise: mutate}\n    memory-limit-missing:\n\
             \x20     severities: {hi: deny}\n      params: {default: 512MiB}\n    config-not-accepted: refuse",
        ),
        &[
            "mine.yaml:5: spec.priority: must be a whole number, found the text `high`",
            "mine.yaml:7: spec.match.namespaces[0]: `team-*` is not a valid name of a namespace; for a pattern, use labels and namespaceSelector",
            "mine.yaml:8: spec.match.flavours[0]: `bitnamy` is not allowed; did you mean `bitnami`? (one of bitnami, bitnami-cluster, official, script, plain)",
            "mine.yaml:9: spec.maxmemory.derive: `headrom` is not allowed; did you mean `headroom`? (one of ratio, headroom)",
            "mine.yaml:10: spec.ruleset: write a version as 0.1",
            "mine.yaml:11: spec.exemptUsers[0]: `*` would exempt everybody; use mode: observe for that",
            "mine.yaml:13: spec.rules.probe-delay-short.otherwise: `mutate` is not allowed; write one of deny, warn, audit, off",
            "mine.yaml:15: spec.rules.memory-limit-missing.severities.hi: there is no severity `hi`; write one of info, low, medium, high",
            "mine.yaml:16: spec.rules.memory-limit-missing.params: `512MiB` is no amount of memory; write it as `512Mi`",
            "mine.yaml:17: spec.rules.config-not-accepted: `refuse` is not allowed; write one of mutate, deny, warn, audit, off",
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
            "mine.yaml:5: spec.workload: `name` is required",
        ],
    );
    let wrong = wrong.replace("nam: ledger", "name: ledger");
    refuses(
        &wrong,
        &[
            "mine.yaml:6: spec.rules[0]: there is no rule `maxmemory-mising`; did you mean `maxmemory-missing`? (`plimsoll rules` lists them)",
            "mine.yaml:8: spec.expires: `2027-02-30` is not a date; write it as 2027-03-01",
        ],
    );
    assert!(
        parse(&text.replace(", namespace: platform", "")).unwrap_err().to_string().contains("`namespace` is required")
    );
}

#[test]
fn what_could_never_be_fixed_is_never_mutated() {
    let no_fix = "has no safe fix, so nothing can be mutated; write deny, warn, audit or off";
    refuses(
        &written(
            "  rules:\n    config-not-accepted: mutate\n    too-few-sentinels: {action: mutate}\n    quorum-not-majority:\n\
             \x20     severities:\n        low: mutate\n        high: {action: mutate, otherwise: deny}",
        ),
        &[
            &format!("mine.yaml:6: spec.rules.config-not-accepted: config-not-accepted {no_fix}"),
            &format!("mine.yaml:7: spec.rules.too-few-sentinels.action: too-few-sentinels {no_fix}"),
            &format!("mine.yaml:10: spec.rules.quorum-not-majority.severities.low: quorum-not-majority {no_fix}"),
            &format!(
                "mine.yaml:11: spec.rules.quorum-not-majority.severities.high.action: quorum-not-majority {no_fix}"
            ),
        ],
    );
}

#[test]
fn otherwise_goes_with_mutate() {
    let idle = |action: &str| {
        format!(
            "is for what `mutate` can't fix, and the action here is {action}; leave it out, or write action: mutate"
        )
    };
    refuses(
        &written(
            "  rules:\n    maxmemory-missing: {action: deny, otherwise: warn}\n    maxmemory-above-ratio: {otherwise: deny}\n\
             \x20   probe-delay-short: {severities: {low: {action: off, otherwise: warn}}}",
        ),
        &[
            &format!("mine.yaml:6: spec.rules.maxmemory-missing.otherwise: {}", idle("deny")),
            &format!("mine.yaml:7: spec.rules.maxmemory-above-ratio.otherwise: {}", idle("warn")),
            &format!("mine.yaml:8: spec.rules.probe-delay-short.severities.low.otherwise: {}", idle("off")),
        ],
    );
    let inherited = one("  rules: {maxmemory-missing: {otherwise: deny}}");
    assert_eq!(inherited.action("maxmemory-missing", Severity::High), (Action::Mutate, Action::Deny));
}

#[test]
fn what_an_api_server_refuses_is_refused() {
    let head = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\n";
    refuses(&format!("{head}metadata: {{name: mine}}\n"), &["mine.yaml:1: `spec` is required"]);
    refuses(&format!("{head}metadata: {{name: mine}}\nspec:\n"), &["mine.yaml:4: spec: is empty"]);
    refuses(
        &format!("{head}metadata: {{name: My_Policy, namespace: shop}}\nspec: {{}}\n"),
        &[
            "mine.yaml:3: metadata.name: `My_Policy` is not a valid name of an object: use lower-case letters, digits, hyphens and dots, 253 at most, and start and end with a letter or digit",
            "mine.yaml:3: metadata.namespace: a RedisPolicy is of the whole cluster and has no namespace; for whom it is says spec.match",
        ],
    );
    let as_stored = "metadata: {name: mine, uid: x, generation: 3, managedFields: [{manager: kubectl}]}\nspec: {}\nstatus: {conditions: []}\n";
    assert_eq!(parse(&format!("{head}{as_stored}")).unwrap().policies.len(), 1);
}

#[test]
fn what_is_of_another_kind_is_told_once_with_the_right_spelling() {
    let ours = "a RedisPolicy or a RedisPolicyException of plimsoll.dev/v1alpha1";
    let good = written("  mode: warn");
    refuses(
        &good.replace("RedisPolicy", "RedisPolicies").replace("mode", "moed"),
        &["mine.yaml:2: kind: there is no kind `RedisPolicies` in plimsoll.dev/v1alpha1; did you mean `RedisPolicy`?"],
    );
    refuses(
        &good.replace("v1alpha1", "v1"),
        &["mine.yaml:1: apiVersion: `plimsoll.dev/v1` has no RedisPolicy; write plimsoll.dev/v1alpha1"],
    );
    refuses(
        &good.replace("apiVersion: plimsoll.dev/v1alpha1\n", ""),
        &["mine.yaml:1: `apiVersion` is required: plimsoll.dev/v1alpha1"],
    );
    refuses(
        &good.replace("kind: RedisPolicy\n", ""),
        &["mine.yaml:1: `kind` is required: RedisPolicy or RedisPolicyException"],
    );
    let found = |line: usize, word: &str| format!("mine.yaml:{line}: expected {ours}, found the text `{word}`");
    refuses("- a\n- b\n", &[&found(1, "a"), &found(2, "b")]);
    refuses("a: b\n", &[&format!("mine.yaml:1: expected {ours}, found a mapping without `kind` and `apiVersion`")]);
}

#[test]
fn numbers_have_their_range_and_words_their_quotes() {
    refuses(
        &written(
            "  priority: 99999999999\n  maxmemory: {ratio: 75%, writesPerSecond: 9999999999, snapshotSeconds: 99999999999999999999}\n\
             \x20 ruleset: 0.1\n  mode: off\n  exemptUsers: jane\n  match: {selector: {matchLabels: {redis: true}}}\n\
             \x20 exceptions: {maxDays: '30'}",
        ),
        &[
            "mine.yaml:5: spec.priority: must be at most 2147483647, found 99999999999",
            "mine.yaml:6: spec.maxmemory.ratio: must be a number, found the text `75%`; write 0.75",
            "mine.yaml:6: spec.maxmemory.writesPerSecond: must be at most 4294967295, found 9999999999",
            "mine.yaml:6: spec.maxmemory.snapshotSeconds: must be at most 4294967295, found 1e+20",
            "mine.yaml:7: spec.ruleset: must be a string, found `0.1`; put it in quotes: \"0.1\"",
            "mine.yaml:8: spec.mode: must be one of observe, warn, enforce, found `false`; YAML reads a bare on, off, yes and no so: put the word in quotes",
            "mine.yaml:9: spec.exemptUsers: must be a list, found the text `jane`; write [jane]",
            "mine.yaml:10: spec.match.selector.matchLabels.redis: must be a string, found `true`; put it in quotes: \"true\"",
            "mine.yaml:11: spec.exceptions.maxDays: must be a whole number, found the text `30`; write it without quotes",
        ],
    );
}

#[test]
fn objects_of_a_list_are_read_with_their_lines() {
    let item = |name: &str, spec: &str| {
        format!(
            "- apiVersion: plimsoll.dev/v1alpha1\n  kind: RedisPolicy\n  metadata: {{name: {name}}}\n  spec: {spec}\n"
        )
    };
    let list = |items: &str| format!("apiVersion: v1\nkind: List\nmetadata: {{resourceVersion: ''}}\nitems:\n{items}");
    let text = list(&[item("one", "{priority: 1}"), item("two", "{priority: 2}")].concat());
    assert_eq!(parse(&text).unwrap().policies.len(), 2);
    refuses(
        &list(&[item("one", "{priority: 1}"), item("two", "{priority: 1, mode: warm}")].concat()),
        &["mine.yaml:12: spec.mode: `warm` is not allowed; did you mean `warn`? (one of observe, warn, enforce)"],
    );
    refuses("apiVersion: v1\nkind: List\nitems: []\n", &["mine.yaml: holds no RedisPolicy"]);
}

#[test]
fn a_diagnostic_in_an_expression_has_the_line_of_the_file() {
    refuses(
        &written(
            "  customRules:\n  - name: a\n    message: m\n    expression: |\n      workload.kind == 'Pod' &&\n\n      workload.quorun == 2\n\
             \x20 - name: b\n    message: m\n    expression: !has(workload.quorum)",
        ),
        &[
            "mine.yaml:11: spec.customRules[0].expression: line 3, column 9: there is no field `quorun`; did you mean `quorum`?",
            "mine.yaml:14: spec.customRules[1].expression: YAML reads what starts with `!` as a tag and leaves it out; put the expression in quotes, or write it as a block behind `|`",
        ],
    );
}

const EXCEPTION: &str = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicyException\nmetadata: {name: x, namespace: platform}\nspec:\n\
                         \x20 workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}\n  rules: [maxmemory-missing]\n\
                         \x20 reason: a reason\n  expires: 2027-03-01\n";

/// The errors of the exception, changed in one place.
#[track_caller]
fn refuses_exception(from: &str, to: &str, expected: &[&str]) {
    assert!(EXCEPTION.contains(from), "{from}");
    refuses(&EXCEPTION.replace(from, to), expected);
}

#[test]
fn an_exception_that_could_never_count_is_a_diagnostic() {
    assert_eq!(parse(EXCEPTION).unwrap().exceptions.len(), 1);
    for (kind, right) in [("Statefulset", "StatefulSet"), ("sts", "StatefulSet"), ("deployments", "Deployment")] {
        let expected = format!("mine.yaml:5: spec.workload.kind: `{kind}` is not a kind; write {right}");
        refuses_exception("kind: StatefulSet", &format!("kind: {kind}"), &[&expected]);
    }
    refuses_exception(
        "kind: StatefulSet",
        "kind: CronJob",
        &[
            "mine.yaml:5: spec.workload.kind: `CronJob` is not a kind of workload that Plimsoll judges; write one of StatefulSet, Deployment, DaemonSet, Pod, ReplicaSet, ReplicationController",
        ],
    );
    for version in ["apps", "v1"] {
        let expected = format!(
            "mine.yaml:5: spec.workload.apiVersion: a StatefulSet is of `apps/v1`, not of `{version}`; write apps/v1"
        );
        refuses_exception("apiVersion: apps/v1", &format!("apiVersion: {version}"), &[&expected]);
    }
    refuses_exception(
        "namespace: shop, name: ledger",
        "namespace: 'team-*', name: 'redis-*'",
        &[
            "mine.yaml:5: spec.workload.namespace: `team-*` is not a valid name of a namespace; write one whole name",
            "mine.yaml:5: spec.workload.name: `redis-*` is not a valid name of a StatefulSet; write one whole name",
        ],
    );
    refuses_exception(
        "[maxmemory-missing]",
        "[custom/payments/*, custom/exporter-missing, exporter-missing, unknown-fact]",
        &[
            "mine.yaml:6: spec.rules[0]: `custom/payments/*` names no custom rule; write custom/POLICY/NAME with both names whole",
            "mine.yaml:6: spec.rules[1]: `custom/exporter-missing` names no custom rule; write custom/POLICY/NAME with both names whole",
            "mine.yaml:6: spec.rules[2]: there is no rule `exporter-missing`; a custom rule is written custom/POLICY/NAME (`plimsoll rules` lists them)",
            "mine.yaml:6: spec.rules[3]: `unknown-fact` is reported and never denied, so it needs no exception",
        ],
    );
    refuses(
        &format!("{EXCEPTION}---\n{EXCEPTION}"),
        &["mine.yaml:12: metadata.name: there are two exceptions platform/x; only one of them can be in a cluster"],
    );
    // The kind of an operator, and a custom rule of any policy.
    let other = EXCEPTION.replace("apps/v1, kind: StatefulSet", "databases.spotahome.com/v1, kind: RedisFailover");
    assert!(parse(&other.replace("[maxmemory-missing]", "[custom/payments.eu/exporter-missing]")).is_ok());
}

#[test]
fn a_rule_is_active_only_at_its_doors() {
    let policy = profile("baseline").unwrap();
    for door in [Door::Admission, Door::Files, Door::Cluster] {
        assert!(policy.active_at(door).all(|setting| setting.info.doors.include(door)), "{door:?}");
    }
    let compares = |door| policy.active_at(door).any(|setting| setting.info.id == rules::FOLLOWS_LIMIT);
    assert!(compares(Door::Admission) && !compares(Door::Files) && !compares(Door::Cluster));
}
