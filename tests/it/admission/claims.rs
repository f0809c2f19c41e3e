//! Claims at the door: judged by the workloads that mount them, warned of at most, never patched.

use std::sync::Arc;

use plimsoll::engine::{Hook, Request, Review, Verdict};
use plimsoll::kubernetes::{Lookup, ObjectRef, Seen, Snapshot};
use plimsoll::policy::Policies;
use serde_json::{Value, json};

use crate::support::namespace::Namespace;
use crate::support::policy::only;
use crate::support::statefulset::{StatefulSet, statefulset};

const SMALL: &str = "volume-too-small: Deployment cart: container redis: its claim of 1Gi is below 2 x maxmemory 768mb; \
                     grow the claim to 1536Mi or more";

fn claim(name: &str, storage: &str) -> Arc<Value> {
    Arc::new(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}},
    }))
}

/// What these tests speak of. All other rules are off.
const RULES: [&str; 2] = ["volume-too-small", "deployment-shares-claim"];

fn cart() -> StatefulSet {
    statefulset("cart").namespace("shop").replicas(3).args(&["--maxmemory", "768mb"])
}

/// A Deployment whose volume names the claim `redis-data`.
fn deployment() -> Value {
    let claim = json!({"persistentVolumeClaim": {"claimName": "redis-data"}});
    let mut deployment = cart().volume("data", "/data", claim).build_as("Deployment");
    deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    deployment
}

/// A set whose template claims so much.
fn set(storage: &str) -> Value {
    cart().claim("redis", "/data", storage).build()
}

fn namespace(profile: &str, workloads: &[Value]) -> Namespace {
    let mut namespace = Namespace::with_only(profile, &RULES);
    let workloads = workloads.iter().map(|workload| Arc::new(workload.clone())).collect();
    namespace.snapshot.insert_workloads("shop", &Seen::Found(workloads));
    namespace
}

/// What is said of a claim by both hooks; neither denies or patches it.
#[track_caller]
fn told(namespace: &mut Namespace, new: &Arc<Value>, old: Option<&Arc<Value>>) -> Vec<String> {
    let mut told = Vec::new();
    for user in ["jane", "system:serviceaccount:kube-system:statefulset-controller"] {
        for hook in [Hook::Mutate, Hook::Validate] {
            let request = Request { user: user.to_owned(), ..Namespace::request(new, old) };
            let Verdict { denial, patch, warnings, .. } = namespace.decide(hook, &request);
            assert_eq!((denial, patch.as_slice()), (None, &[][..]), "{user} {hook:?}");
            assert!(warnings.is_empty() || hook == Hook::Validate);
            told = warnings;
        }
    }
    told
}

#[test]
fn a_claim_too_small_for_the_redis_that_mounts_it_is_warned_of() {
    let mut production = namespace("production", &[deployment()]);
    assert_eq!(told(&mut production, &claim("redis-data", "1Gi"), None), [SMALL]);
    assert_eq!(told(&mut production, &claim("redis-data", "2Gi"), None), [""; 0]);
    for profile in ["baseline", "cache"] {
        let mut namespace = namespace(profile, &[deployment()]);
        assert_eq!(told(&mut namespace, &claim("redis-data", "1Gi"), None), [""; 0], "{profile}");
    }
}

#[test]
fn no_policy_may_deny_a_claim() {
    let mut namespace = namespace("production", &[deployment()]);
    let policy = only("baseline", &RULES, "").replace("  rules:\n", "  rules:\n    volume-too-small: deny\n");
    namespace.policies = Policies::parse(&[("strict.yaml".into(), policy)]).unwrap();
    assert_eq!(told(&mut namespace, &claim("redis-data", "1Gi"), None), [SMALL]);
}

#[test]
fn a_claim_of_others_is_silent() {
    let mut web = deployment();
    web["spec"]["template"]["spec"]["containers"][0]["name"] = json!("web");
    web["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:1.27");
    let mut cache = namespace("production", &[deployment(), set("1Gi")]);
    for name in ["redis-backup", "redis-cart", "redis-cart-x", "redis-other-0"] {
        assert_eq!(told(&mut cache, &claim(name, "1Gi"), None), [""; 0], "{name}");
        // Nothing else is looked up for it.
        let request = Namespace::request(&claim(name, "1Gi"), None);
        let mut seen = Snapshot::new();
        seen.insert_workloads("shop", &Seen::Found(vec![Arc::new(deployment()), Arc::new(set("1Gi"))]));
        let missing = Review::read(Hook::Validate, &request, &seen).missing(&cache.policies);
        assert_eq!(missing, [], "{name}");
    }
    assert_eq!(told(&mut namespace("production", &[web]), &claim("redis-data", "1Gi"), None), [""; 0]);
    assert_eq!(told(&mut namespace("production", &[]), &claim("redis-data", "1Gi"), None), [""; 0]);
    let mut hidden = namespace("production", &[]);
    hidden.snapshot.insert_workloads("shop", &Seen::Unknown("its rights".into()));
    assert_eq!(told(&mut hidden, &claim("redis-data", "1Gi"), None), [""; 0]);
}

#[test]
fn the_ratchet_holds_for_a_claim_that_grows_or_stays() {
    let mut namespace = namespace("production", &[deployment()]);
    let old = claim("redis-data", "512Mi");
    assert_eq!(told(&mut namespace, &claim("redis-data", "1Gi"), Some(&old)), [""; 0], "better, if not enough");
    let mut labelled = (*old).clone();
    labelled["metadata"]["labels"] = json!({"team": "shop"});
    assert_eq!(told(&mut namespace, &Arc::new(labelled), Some(&old)), [""; 0]);
    assert_eq!(told(&mut namespace, &claim("redis-data", "1Gi"), Some(&claim("redis-data", "4Gi"))), [SMALL]);
    let mut going = (*claim("redis-data", "1Gi")).clone();
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(told(&mut namespace, &Arc::new(going), Some(&claim("redis-data", "4Gi"))), [""; 0]);
}

#[test]
fn a_claim_that_its_set_makes_says_nothing_new() {
    assert_eq!(told(&mut namespace("production", &[set("1Gi")]), &claim("redis-cart-0", "1Gi"), None), [""; 0]);
    assert_eq!(told(&mut namespace("production", &[set("2Gi")]), &claim("redis-cart-0", "2Gi"), None), [""; 0]);
    // Made by hand before the set could.
    let small = "volume-too-small: StatefulSet cart: container redis: its claim of 1Gi is below 2 x maxmemory 768mb; \
                 grow each claim of the set to 1536Mi or more";
    for name in ["redis-cart-0", "redis-cart-2"] {
        assert_eq!(told(&mut namespace("production", &[set("2Gi")]), &claim(name, "1Gi"), None), [small], "{name}");
    }
    assert_eq!(
        told(&mut namespace("production", &[set("2Gi")]), &claim("redis-cart-3", "1Gi"), None),
        [""; 0],
        "of no Pod"
    );
}

#[test]
fn a_rollout_onto_the_claim_is_told_when_the_claim_comes() {
    let mut rolling = deployment();
    rolling["spec"].as_object_mut().unwrap().remove("strategy");
    let told = told(&mut namespace("baseline", &[rolling]), &claim("redis-data", "2Gi"), None);
    assert!(
        told.len() == 1 && told[0].starts_with("deployment-shares-claim: Deployment cart: volume data: "),
        "{told:?}"
    );
}

#[test]
fn a_workload_is_judged_by_the_claim_that_is_stored() {
    let mut namespace = namespace("production", &[]);
    let (_, verdict) = namespace.apply(&deployment(), None);
    let unseen = "unknown-fact: storage could not be seen: it needs PersistentVolumeClaim shop/redis-data, which is not there (yet)";
    assert_eq!((verdict.denial, verdict.warnings), (None, vec![unseen.to_owned()]));
    namespace.snapshot.insert_object(claim("redis-data", "1Gi"));
    namespace.snapshot.insert(Lookup::Object(ObjectRef::of(&deployment())), Seen::Absent);
    let (stored, verdict) = namespace.apply(&deployment(), None);
    assert_eq!((verdict.denial, verdict.warnings), (None, vec![SMALL.replace("Deployment cart: ", "")]));
    // A scale is no reason to speak of it.
    let mut scaled = (*stored).clone();
    scaled["spec"]["strategy"] = json!({"type": "RollingUpdate"});
    let stored = Arc::new(scaled.clone());
    scaled["spec"]["replicas"] = json!(1);
    let request =
        Request { subresource: Some("scale".to_owned()), ..Namespace::request(&Arc::new(scaled), Some(&stored)) };
    assert_eq!(namespace.decide(Hook::Validate, &request).warnings, [""; 0]);
}
