//! The laws, over every release and case under `tests/fixtures` and, where it is at hand, the corpus: what is patched once
//! is not patched twice, nothing that could be fixed safely is left, nothing gets worse, and an update that changes
//! nothing relevant is let alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll::engine::{Hook, Judged};
use plimsoll::kubernetes::{Lookup, ObjectRef, Seen};
use plimsoll::policy::{Action, Policies};
use plimsoll::rules::{self, Applicability, Door};
use plimsoll::workload::Workload;
use serde_json::{Value, json};

use crate::support::namespace::Namespace;
use crate::support::releases::{Release, corpus_releases, own_cases, own_releases, shared_cases};

mod harm;

/// All releases: ours, our cases, and those of the corpus.
fn releases() -> Vec<Release> {
    let mut releases = own_releases();
    releases.extend(own_cases());
    releases.extend(corpus_releases("the laws over the corpus"));
    releases
}

/// Calls `test` with a fresh namespace in which everything but the workloads of the release is stored, for each workload.
fn for_each_workload(profile: &str, test: impl FnMut(&str, &mut Namespace, &Value)) {
    for_each_workload_of(&releases(), profile, test);
}

/// Likewise for each workload of releases and all cases, those beside the corpus included.
pub(crate) fn for_each_workload_and_case(profile: &str, test: impl FnMut(&str, &mut Namespace, &Value)) {
    let mut releases = releases();
    releases.extend(shared_cases("the laws over the cases beside the corpus"));
    for_each_workload_of(&releases, profile, test);
}

fn for_each_workload_of(releases: &[Release], profile: &str, mut test: impl FnMut(&str, &mut Namespace, &Value)) {
    for release in releases {
        let objects = release.objects();
        let name = release.path.display().to_string();
        let mut namespace = Namespace::new(profile);
        for object in &objects {
            let (_, verdict) = namespace.apply(object, None);
            drop(verdict);
        }
        for object in &objects {
            if Workload::read(object, &namespace.snapshot).is_none() {
                continue;
            }
            // As it was before the release: neither it nor its Pods.
            namespace.snapshot.insert(Lookup::Object(ObjectRef::of(object)), Seen::Absent);
            test(&name, &mut namespace, object);
        }
    }
}

/// Whether an operator made it: then nothing of it is changed, and nothing denied.
fn is_owned(object: &Value) -> bool {
    object.pointer("/metadata/ownerReferences/0/controller").is_some_and(|controller| controller == true)
}

/// Whether nothing that it runs can be changed once it is stored.
fn is_pod(object: &Value) -> bool {
    object["kind"] == "Pod"
}

#[test]
fn patching_twice_is_patching_once() {
    for_each_workload("production", |name, namespace, object| {
        let (stored, _) = namespace.apply(object, None);
        let again = namespace.decide(Hook::Mutate, &Namespace::request(&stored, None));
        assert_eq!(again.patch, [], "{name}: {}", ObjectRef::of(object));
    });
}

#[test]
fn nothing_that_could_be_fixed_safely_is_left() {
    for_each_workload("baseline", |name, namespace, object| {
        if is_owned(object) {
            return;
        }
        let (stored, _) = namespace.apply(object, None);
        let left = namespace.judge(&stored);
        let safe = |judged: &&Judged| {
            let fix = judged.finding.fix.as_ref();
            judged.finding.at.object == ObjectRef::of(object)
                && fix.is_some_and(|fix| fix.applicability == Applicability::Safe)
        };
        assert!(left.iter().find(safe).is_none(), "{name}: {left:#?}");
    });
}

#[test]
fn a_mutation_makes_nothing_worse() {
    for_each_workload("baseline", |name, namespace, object| {
        let before = namespace.judge(object);
        let (stored, _) = namespace.apply(object, None);
        for judged in namespace.judge(&stored) {
            let was = before.iter().find(|before| before.finding.is_same(&judged.finding));
            let gap = was.map(|was| was.finding.gap);
            assert!(gap.is_some_and(|gap| judged.finding.gap <= gap), "{name}: {:#?}", judged.finding);
        }
    });
}

/// Whether a missing maxmemory has a fix that needs no human.
fn is_mended(judged: &Judged) -> bool {
    let fix = judged.finding.fix.as_ref();
    judged.finding.rule == "maxmemory-missing" && fix.is_some_and(|fix| fix.applicability != Applicability::Display)
}

/// What is said of a manifest holds when it is applied: nobody has to ask the webhook to know.
#[test]
fn what_check_says_would_be_denied_is_denied() {
    let spec = |rest: &str| {
        let head =
            "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: law}\nspec: {extends: production";
        Policies::parse(&[("law.yaml".to_owned(), format!("{head}, {rest}}}\n"))]).unwrap()
    };
    let enforced = spec("mode: enforce");
    let mut denied = BTreeSet::new();
    for rest in ["mode: enforce", "mode: warn", "delivery: configmap", "delivery: deny", "replaces: deny"] {
        let policies = spec(rest);
        for_each_workload("production", |name, namespace, object| {
            if is_owned(object) {
                return;
            }
            namespace.policies = enforced.clone();
            let is_ours = namespace.judge(object).iter().any(is_mended);
            namespace.policies = policies.clone();
            let said = namespace.judge(object);
            let (_, verdict) = namespace.apply(object, None);
            let of = |action: Action| {
                let rules = said.iter().filter(move |judged| judged.action == action && judged.suppressed_by.is_none());
                // That Service may be applied a moment later: the one denial that the door turns into a warning.
                let rules = rules.filter(|judged| judged.finding.rule != "governing-service-missing");
                rules.map(|judged| judged.finding.rule.to_string()).collect::<BTreeSet<String>>()
            };
            let refused = verdict.denial.iter().flat_map(|denial| denial.lines());
            let refused: BTreeSet<String> = refused.map(|line| line.split(':').next().unwrap().to_owned()).collect();
            assert_eq!(of(Action::Deny), refused, "{name} {rest}: {} {:?}", ObjectRef::of(object), verdict.denial);
            // Where a human has to write it under any policy, nothing is ours to deliver.
            if is_ours {
                denied.insert((rest, refused.contains("maxmemory-missing")));
            }
        });
    }
    for delivery in ["delivery: configmap", "delivery: deny"] {
        assert!(denied.contains(&(delivery, true)), "{denied:?}");
    }
    assert!(!denied.contains(&("mode: enforce", true)) && !denied.contains(&("mode: warn", true)), "{denied:?}");
}

#[test]
fn the_same_manifest_again_finds_the_same_object() {
    for_each_workload("production", |name, namespace, object| {
        if is_pod(object) {
            return;
        }
        let (stored, _) = namespace.apply(object, None);
        // As `kubectl replace` sends it: the manifest alone.
        let (again, _) = namespace.apply(object, Some(&stored));
        assert_eq!(again["spec"], stored["spec"], "{name}: {}", ObjectRef::of(object));
        assert_eq!(again["metadata"]["annotations"], stored["metadata"]["annotations"], "{name}");
    });
}

#[test]
fn a_label_or_a_scale_is_neither_patched_nor_denied() {
    for_each_workload("production", |name, namespace, object| {
        // Never seen by us before: whatever is wrong with it, it runs.
        let stored = Arc::new(object.clone());
        let mut labelled = object.clone();
        labelled["metadata"]["labels"]["team"] = json!("shop");
        if let Some(replicas) = object.pointer("/spec/replicas").and_then(Value::as_u64) {
            labelled["spec"]["replicas"] = json!(replicas + 2);
        }
        let labelled = Arc::new(labelled);
        let request = Namespace::request(&labelled, Some(&stored));
        assert_eq!(namespace.decide(Hook::Mutate, &request).patch, [], "{name}: {}", ObjectRef::of(object));
        assert_eq!(namespace.decide(Hook::Validate, &request).denial, None, "{name}: {}", ObjectRef::of(object));
    });
}

#[test]
fn an_object_that_is_being_deleted_passes() {
    for_each_workload("production", |_, namespace, object| {
        let stored = Arc::new(object.clone());
        let mut going = object.clone();
        going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        going["spec"]["replicas"] = json!(1);
        let request = Namespace::request(&Arc::new(going), Some(&stored));
        for hook in [Hook::Mutate, Hook::Validate] {
            let verdict = namespace.decide(hook, &request);
            assert!(verdict.patch.is_empty() && verdict.denial.is_none() && verdict.warnings.is_empty());
        }
    });
}

#[test]
fn an_image_upgrade_keeps_what_is_ours() {
    for_each_workload("baseline", |name, namespace, object| {
        if is_pod(object) {
            return;
        }
        let (stored, _) = namespace.apply(object, None);
        let mut upgraded = object.clone();
        upgraded["spec"]["template"]["metadata"]["annotations"]["restartedAt"] = json!("now");
        let (again, _) = namespace.apply(&upgraded, Some(&stored));
        let containers = |object: &Value| object["spec"]["template"]["spec"]["containers"].clone();
        assert_eq!(containers(&again), containers(&stored), "{name}: {}", ObjectRef::of(object));
    });
}

/// Whether a rule lists admission among its doors; what is no rule's finding is told everywhere.
fn is_checked_at_admission(rule: &str) -> bool {
    rules::entry(rule).is_none_or(|entry| entry.info.doors.include(Door::Admission))
}

#[test]
fn the_same_inventory_gives_the_same_findings_at_admission_and_in_files() {
    for_each_workload("production", |name, namespace, object| {
        let told = |judged: &[Judged]| -> BTreeSet<String> {
            let told = |judged: &Judged| {
                let finding = &judged.finding;
                let (mut severity, mut message) = (finding.severity.to_string(), finding.message.clone());
                if finding.rule == "governing-service-missing" {
                    // Files may not hold a Service that the namespace has: that is told in other words, and milder.
                    severity.clear();
                    message.clear();
                }
                format!("{} {severity} {message} {:?} {}", finding.fingerprint(), finding.at, finding.gap)
            };
            judged.iter().map(told).collect()
        };
        let mut in_files = namespace.judge(object);
        in_files.retain(|judged| is_checked_at_admission(&judged.finding.rule));
        let at_admission =
            namespace.decide(Hook::Validate, &Namespace::request(&Arc::new(object.clone()), None)).judged;
        assert_eq!(told(&at_admission), told(&in_files), "{name}: {}", ObjectRef::of(object));
    });
}

#[test]
fn what_an_operator_owns_is_never_patched_nor_denied() {
    for_each_workload("production", |name, namespace, object| {
        for (owner, controller) in [("databases.spotahome.com/v1", true), ("redis.redis.opstreelabs.in/v1beta2", false)]
        {
            let mut child = object.clone();
            let reference =
                json!([{"apiVersion": owner, "kind": "Redis", "name": "x", "uid": "1", "controller": controller}]);
            child["metadata"]["ownerReferences"] = reference;
            let request = Namespace::request(&Arc::new(child), None);
            assert_eq!(namespace.decide(Hook::Mutate, &request).patch, [], "{name}: {owner}");
            let denial = namespace.decide(Hook::Validate, &request).denial;
            assert!(denial.is_none() || !controller, "{name}: {owner}: {denial:?}");
        }
    });
}

#[test]
fn every_release_of_ours_has_a_workload_to_prove_the_laws_on() {
    let mut proven = BTreeSet::new();
    for_each_workload("baseline", |name, _, _| {
        proven.insert(name.to_owned());
    });
    for release in own_releases() {
        assert!(proven.contains(&release.path.display().to_string()), "{}", release.name);
    }
}
