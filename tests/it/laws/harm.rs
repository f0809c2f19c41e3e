//! What we mend does no harm: no limit below what the configuration may use, no more asked for than the Pod has, no
//! maxmemory without a word on what happens when it is full, nothing put where nobody reads it, and the mark stands when
//! the API server asks again.

use std::sync::Arc;

use plimsoll::engine::{Hook, Verdict};
use plimsoll::kubernetes::ObjectRef;
use plimsoll::patch::MARK_ANNOTATION;
use plimsoll::workload::{Container, Fact, Workload};
use serde_json::{Value, json};

use super::{for_each_workload_and_case, is_owned, is_pod};
use crate::support::namespace::Namespace;

const PROFILES: [&str; 3] = ["baseline", "production", "cache"];
const MIB: u64 = 1 << 20;

/// The servers of an object, before and after.
fn servers(namespace: &Namespace, object: &Value, patched: &Value) -> Vec<(Container, Container)> {
    let read = |object: &Value| Workload::read(object, &namespace.snapshot).unwrap();
    let (before, after) = (read(object), read(patched));
    let pairs = before.servers().zip(after.servers());
    pairs.map(|(before, after)| (before.clone(), after.clone())).collect()
}

/// What the mutating webhook makes of a request.
fn mutated(namespace: &mut Namespace, object: &Value, old: Option<&Arc<Value>>) -> (Value, Verdict) {
    let verdict = namespace.decide(Hook::Mutate, &Namespace::request(&Arc::new(object.clone()), old));
    let mut patched = object.clone();
    json_patch::patch(&mut patched, &verdict.patch).unwrap();
    (patched, verdict)
}

#[test]
fn no_first_limit_is_below_what_the_configuration_may_use() {
    for profile in PROFILES {
        for_each_workload_and_case(profile, |name, namespace, object| {
            let (patched, _) = mutated(namespace, object, None);
            for (before, after) in servers(namespace, object, &patched) {
                let limit = match (&before.memory.limit, &after.memory.limit) {
                    (None, Some(limit)) => limit.bytes,
                    _ => continue,
                };
                match before.config.unwrap().maxmemory {
                    Fact::Unknown(needs) => panic!("{name}: a limit while maxmemory needs {needs}"),
                    Fact::Set(set) => {
                        // The ratio is 0.75 in each profile.
                        let holds = limit * 3 >= set.value * 4 && limit >= set.value + set.value / 10 + 12 * MIB;
                        assert!(set.value == 0 || holds, "{name}: maxmemory {} in {limit}", set.value);
                    }
                    Fact::Unset => {}
                }
            }
        });
    }
}

/// The sum of what the containers of a template ask for, in bytes, as Kubernetes counts it for a Pod with memory of its own.
fn asked(workload: &Workload) -> u64 {
    let amounts = workload.containers.iter().map(|container| &container.memory);
    amounts.map(|memory| memory.request.as_ref().or(memory.limit.as_ref()).map_or(0, |amount| amount.bytes)).sum()
}

#[test]
fn containers_never_ask_for_more_than_their_pod_has() {
    for pod in [
        json!({"requests": {"memory": "1Gi"}}),
        json!({"limits": {"memory": "2Gi"}}),
        json!({"requests": {"memory": "512Mi"}, "limits": {"memory": "64Gi"}}),
        json!({"requests": {"memory": "64Gi"}, "limits": {"memory": "64Gi"}}),
    ] {
        for_each_workload_and_case("baseline", |name, namespace, object| {
            let mut object = object.clone();
            let spec = if is_pod(&object) { "/spec" } else { "/spec/template/spec" };
            object.pointer_mut(spec).unwrap()["resources"] = pod.clone();
            let (patched, _) = mutated(namespace, &object, None);
            let [before, after] =
                [&object, &patched].map(|object| Workload::read(object, &namespace.snapshot).unwrap());
            assert_eq!(asked(&before), asked(&after), "{name}: {pod}");
            for (before, after) in before.containers.iter().zip(&after.containers) {
                assert_eq!(before.memory, after.memory, "{name}: {pod}");
            }
        });
    }
}

#[test]
fn who_is_given_a_maxmemory_is_given_a_policy_or_told() {
    let mut given = 0;
    for profile in PROFILES {
        for_each_workload_and_case(profile, |name, namespace, object| {
            let (patched, verdict) = mutated(namespace, object, None);
            let validated = namespace.decide(Hook::Validate, &Namespace::request(&Arc::new(patched.clone()), None));
            for (before, after) in servers(namespace, object, &patched) {
                let [before, after] = [before, after].map(|server| server.config.unwrap());
                let is_given = before.maxmemory.value().is_none_or(|set| set.value == 0)
                    && after.maxmemory.value().is_some_and(|set| set.value > 0);
                if !is_given || !after.maxmemory_policy.is_unset() {
                    continue;
                }
                given += 1;
                assert_ne!(profile, "cache", "{name}");
                let mut warnings = verdict.warnings.iter().chain(&validated.warnings);
                assert!(warnings.any(|warning| warning.contains("allkeys-lru")), "{name}: {verdict:#?}");
            }
        });
    }
    assert!(given > 0);
}

/// As somebody would roll out a workload that is older than we are, or that we have marked.
fn rolled_out(object: &Value) -> Value {
    let mut object = object.clone();
    object["spec"]["template"]["metadata"]["annotations"]["restartedAt"] = json!("now");
    object
}

#[test]
fn an_update_that_is_asked_about_again_keeps_its_patch_and_mark() {
    let mut marked = 0;
    for profile in PROFILES {
        for_each_workload_and_case(profile, |name, namespace, object| {
            if is_pod(object) || is_owned(object) {
                return;
            }
            let (ours, _) = namespace.apply(object, None);
            for stored in [Arc::new(object.clone()), ours] {
                for new in [rolled_out(object), rolled_out(&stored), raised(object), object.clone()] {
                    let (first, _) = mutated(namespace, &new, Some(&stored));
                    for again in [with_sidecar(&first), first] {
                        let (second, verdict) = mutated(namespace, &again, Some(&stored));
                        assert_eq!(verdict.patch, [], "{name}: {}", ObjectRef::of(object));
                        marked += u32::from(second["metadata"]["annotations"][MARK_ANNOTATION].is_string());
                    }
                }
            }
        });
    }
    assert!(marked > 0);
}

/// What a mesh makes of an object that is rolling out; any other as it is.
fn with_sidecar(object: &Value) -> Value {
    let mut object = object.clone();
    let template = &mut object["spec"]["template"];
    if template["metadata"]["annotations"]["restartedAt"].is_string() {
        let containers = template["spec"]["containers"].as_array_mut().unwrap();
        containers.push(json!({"name": "mesh", "image": "example.com/mesh/proxy:1"}));
    }
    object
}

/// The object with a larger memory limit in each container that has one.
fn raised(object: &Value) -> Value {
    let mut object = object.clone();
    let containers = object["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap();
    for container in containers.iter_mut().filter(|container| container["resources"]["limits"]["memory"].is_string()) {
        container["resources"]["limits"]["memory"] = json!("48Gi");
    }
    object
}

/// A mark proves nothing: what somebody else wrote is never taken out, whatever a mark in the request says of it.
#[test]
fn what_a_copied_mark_calls_ours_stays_where_it_is() {
    for_each_workload_and_case("baseline", |name, namespace, object| {
        if is_pod(object) || is_owned(object) {
            return;
        }
        let (copied, _) = namespace.apply(object, None);
        let stored = Arc::new(object.clone());
        let (patched, _) = mutated(namespace, &rolled_out(&copied), Some(&stored));
        let template = |object: &Value| object["spec"]["template"]["spec"].clone();
        assert_eq!(template(&patched), template(&copied), "{name}: {}", ObjectRef::of(object));
    });
}

#[test]
fn nothing_is_put_behind_words_that_no_longer_reach_the_server() {
    const SCRIPT: &str = "echo port 6379 > r.conf && fetch >> r.conf && exec redis-server r.conf";
    for_each_workload_and_case("baseline", |name, namespace, object| {
        if is_pod(object) || is_owned(object) {
            return;
        }
        let (stored, _) = namespace.apply(object, None);
        let mut new = object.clone();
        for container in new["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap() {
            container["command"] = json!(["sh", "-c"]);
            container["args"] = json!([SCRIPT]);
        }
        let (patched, _) = mutated(namespace, &new, Some(&stored));
        for container in patched["spec"]["template"]["spec"]["containers"].as_array().unwrap() {
            assert_eq!(container["args"], json!([SCRIPT]), "{name}: {}", ObjectRef::of(object));
        }
    });
}
