//! Several directives of ours through each delivery: in, recognised, rewritten, taken out one by one, put back.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

use super::directive::Directive;
use crate::kubernetes::{Pointer, Snapshot};
use crate::patch::ownership::mark::{Key, Mark};
use crate::patch::ownership::owned::{delivered, directive, holds};
use crate::patch::ownership::{Update, roll_out, still_owned, update};
use crate::patch::{Evaluation, apply_to_fixpoint};
use crate::rules::{Context, Derivation, Door, Finding, Fix, Lifecycle, Severity};
use crate::workload::{Fact, OVERLAY_ANNOTATION, Workload};

type Wanted = [(&'static str, &'static str)];

const BOTH: &Wanted = &[("maxmemory", "768mb"), ("maxmemory-policy", "allkeys-lru")];
const CONTAINER: &str = "/spec/template/spec/containers/0";

/// A server, and around it the ConfigMap of its start script.
#[derive(Debug, Clone)]
struct Server {
    name: &'static str,
    object: Value,
}

fn stateful_set(container: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "cache", "namespace": "shop"},
        "spec": {"replicas": 1, "template": {"spec": {
            "containers": [container],
            "volumes": [{"name": "conf", "configMap": {"name": "conf"}}],
        }}},
    })
}

fn with_args(args: &[&str]) -> Server {
    let container = json!({"name": "redis", "image": "redis:7.4", "args": args});
    Server { name: "args", object: stateful_set(&container) }
}

fn with_env(value: Option<&str>) -> Server {
    let mut container = json!({"name": "redis", "image": "bitnami/redis:7.4", "env": [{"name": "A", "value": "b"}]});
    if let Some(value) = value {
        container["env"].as_array_mut().unwrap().push(json!({"name": "REDIS_EXTRA_FLAGS", "value": value}));
    }
    Server { name: "env", object: stateful_set(&container) }
}

fn with_script() -> Server {
    let container = json!({
        "name": "redis", "image": "redis:7.4", "command": ["sh", "-c", "exec redis-server /conf/redis.conf"],
        "volumeMounts": [{"name": "conf", "mountPath": "/conf"}],
    });
    Server { name: "overlay", object: stateful_set(&container) }
}

fn servers() -> [Server; 4] {
    [with_args(&["--appendonly", "no"]), with_env(Some("--io-threads 2")), with_env(None), with_script()]
}

fn around() -> Snapshot {
    let conf = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "shop"},
        "data": {"redis.conf": "appendonly no\n"},
    });
    let mut around = Snapshot::new();
    around.insert_object(Arc::new(conf));
    around
}

/// A finding for each directive that is not set, in this order; with `one_by_one` the second only once the first is set.
fn findings(workload: &Workload, wanted: &Wanted, one_by_one: bool) -> Vec<Finding> {
    let context = Context::new(Door::Admission, Lifecycle::Creating, Derivation::default());
    let server = workload.servers().next().unwrap();
    let config = server.config.as_ref().unwrap();
    let is_unset = |name: &str| matches!(config.directive(name), Fact::Unset);
    let unset = wanted.iter().filter(|(name, _)| is_unset(name));
    let findings = unset.map(|(name, value)| Finding {
        rule: "maxmemory-missing".into(),
        severity: Severity::High,
        message: String::new(),
        workload: workload.object.clone(),
        subject: (*name).to_owned(),
        at: workload.place(Pointer::root()),
        related: Vec::new(),
        fix: Some(Fix::directive(&context, server, name, *value)),
        gap: 0.0,
        needs: None,
    });
    findings.take(if one_by_one { 1 } else { wanted.len() }).collect()
}

/// The object as the webhook stores it when it is created.
fn create(received: &Value, wanted: &Wanted, one_by_one: bool) -> Value {
    let mut rollout = roll_out(received, still_owned(received));
    let fixed = apply_to_fixpoint(&mut rollout.object, &mut rollout.mark, &rollout.carried, &mut |object, _| {
        let workload = Workload::read(object, &around()).unwrap();
        let findings = findings(&workload, wanted, one_by_one);
        Evaluation { workload: Some(Arc::new(workload)), findings }
    });
    assert!(fixed.converged);
    rollout.mark.write(&mut rollout.object);
    rollout.object
}

fn container(object: &Value) -> &Value {
    object.pointer(CONTAINER).unwrap()
}

/// What stands in the object of ours, as text.
fn text(object: &Value) -> String {
    let annotation = object["spec"]["template"]["metadata"]["annotations"][OVERLAY_ANNOTATION].as_str();
    let env = object.pointer(&format!("{CONTAINER}/env/1/value")).unwrap_or(&Value::Null);
    let args = container(object)["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
    annotation.or(env.as_str()).map_or_else(|| args.collect::<Vec<_>>().join(" "), str::to_owned)
}

/// Takes one directive of ours out.
fn take_out(object: &mut Value, mark: &Mark, name: &str) {
    let key = Key::directive("redis", name);
    let entry = &mark.entries[&key];
    let (delivered, directive) = (delivered(mark, &key).unwrap(), directive(&key, entry).unwrap());
    delivered.take_out(object, directive, entry.was.as_ref());
}

/// Without the mark, and without the empty maps and lists that were made on the way.
fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    Mark::default().write(&mut object);
    object["metadata"].as_object_mut().unwrap().shift_remove("annotations");
    object["spec"]["template"].as_object_mut().unwrap().shift_remove("metadata");
    object
}

#[test]
fn two_directives_stand_one_behind_the_other() {
    let written = |server: &Server| text(&create(&server.object, BOTH, false));
    let words = "--maxmemory 768mb --maxmemory-policy allkeys-lru";
    let [args, env, new_env, script] = servers();
    assert_eq!(written(&args), format!("--appendonly no {words}"));
    assert_eq!(written(&env), format!("--io-threads 2 {words}"));
    assert_eq!(written(&new_env), words);
    assert_eq!(written(&script), "include /conf/plimsoll/redis.conf\nmaxmemory 768mb\nmaxmemory-policy allkeys-lru\n");
}

#[test]
fn each_has_its_own_entry_in_the_mark() {
    let stored = create(&servers()[1].object, BOTH, false);
    let mark = &stored["metadata"]["annotations"]["plimsoll.dev/applied"];
    assert_eq!(
        *mark,
        r#"{"v":1,"redis/maxmemory":{"via":"env:REDIS_EXTRA_FLAGS","set":"768mb","was":"--io-threads 2"},"redis/maxmemory-policy":{"via":"env:REDIS_EXTRA_FLAGS","set":"allkeys-lru","was":"--io-threads 2"}}"#
    );
}

#[test]
fn one_that_is_found_later_joins_the_first() {
    for server in servers() {
        let together = create(&server.object, BOTH, false);
        assert_eq!(create(&server.object, BOTH, true), together, "{}", server.name);
        assert_eq!(create(&together, BOTH, false), together, "{}: patched twice", server.name);
    }
}

#[test]
fn each_is_recognised_rewritten_and_taken_out_alone() {
    for server in servers() {
        let stored = create(&server.object, BOTH, false);
        let mark = still_owned(&stored);
        assert_eq!(mark.entries.len(), 2, "{}", server.name);
        for [(first, _), (second, _)] in [[BOTH[0], BOTH[1]], [BOTH[1], BOTH[0]]] {
            let (key, other) = (Key::directive("redis", first), Key::directive("redis", second));
            let entry = &mark.entries[&key];
            let mut object = stored.clone();
            delivered(&mark, &key).unwrap().rewrite(&mut object, directive(&key, entry).unwrap(), "other");
            assert_eq!(text(&object), text(&stored).replace(entry.set.as_str().unwrap(), "other"), "{}", server.name);
            assert!(!holds(&object, &mark, &key) && holds(&object, &mark, &other), "{}", server.name);

            let mut object = stored.clone();
            take_out(&mut object, &mark, first);
            assert!(!holds(&object, &mark, &key) && holds(&object, &mark, &other), "{}", server.name);
            take_out(&mut object, &mark, second);
            assert_eq!(bare(&object), bare(&server.object), "{}", server.name);
        }
    }
}

#[test]
fn the_same_manifest_finds_both_again() {
    for server in servers() {
        let stored = create(&server.object, BOTH, false);
        match update(&stored, &server.object) {
            Update::Unchanged(copy) => assert_eq!(copy, stored, "{}", server.name),
            Update::Rollout(rollout) => panic!("{} rolls out: {rollout:#?}", server.name),
        }
    }
}

#[test]
fn one_that_was_removed_by_an_edit_comes_back() {
    for server in servers() {
        let stored = create(&server.object, BOTH, false);
        for (name, _) in BOTH {
            let mut edited = stored.clone();
            take_out(&mut edited, &still_owned(&stored), name);
            let Update::Unchanged(copy) = update(&stored, &edited) else { panic!("{} {name} rolls out", server.name) };
            assert_eq!(copy, stored, "{} {name}", server.name);
        }
    }
}

#[test]
fn the_users_word_on_one_leaves_the_other_ours() {
    let own = |server: &Server, policy: &str| {
        let mut object = server.object.clone();
        let container = object.pointer_mut(CONTAINER).unwrap();
        if server.name == "args" {
            container["args"] = json!(["--appendonly", "no", "--maxmemory-policy", policy]);
        } else {
            let variable = json!({"name": "REDIS_EXTRA_FLAGS", "value": format!("--maxmemory-policy {policy}")});
            container["env"] = json!([{"name": "A", "value": "b"}, variable]);
        }
        object
    };
    let [args, env, new_env, _] = servers();
    for server in [args, env, new_env] {
        let stored = create(&server.object, BOTH, false);
        let new = own(&server, "noeviction");
        let Update::Rollout(rollout) = update(&stored, &new) else { panic!("{} is left alone", server.name) };
        assert_eq!(rollout.object, new, "{}", server.name);
        let stored = create(&new, BOTH, false);
        let owned: Vec<Key> = still_owned(&stored).entries.into_keys().collect();
        assert_eq!(owned, [Key::directive("redis", "maxmemory")], "{}", server.name);
    }
}

#[test]
fn a_rollout_starts_without_either() {
    for server in servers() {
        let mut edited = create(&server.object, BOTH, false);
        edited["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(60);
        let Update::Rollout(rollout) = update(&create(&server.object, BOTH, false), &edited) else {
            panic!("{} is left alone", server.name)
        };
        let mut users = server.object.clone();
        users["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(60);
        assert_eq!(bare(&rollout.object), bare(&users), "{}", server.name);
        assert_eq!(rollout.carried.entries.len(), 2, "{}", server.name);
    }
}

#[test]
fn a_directive_that_the_script_gives_is_for_a_human() {
    let mut server = with_script();
    server.object.pointer_mut(CONTAINER).unwrap()["command"][2] =
        json!("exec redis-server /conf/redis.conf --maxmemory-policy noeviction");
    let workload = Workload::read(&server.object, &around()).unwrap();
    let delivery = |name: &str| format!("{:?}", workload.containers[0].delivery_of(name));
    assert!(delivery("maxmemory").starts_with("Overlay"), "{}", delivery("maxmemory"));
    assert!(delivery("maxmemory-policy").contains("the start script gives maxmemory-policy itself"));
}

/// Manifests, and directives in any order.
fn cases() -> impl Strategy<Value = (Server, Vec<(&'static str, &'static str)>)> {
    let pairs = vec![["--hz", "10"], ["--save", ""], ["--save", "900 1"], ["--maxmemory-samples", "5"]];
    let words = prop::collection::vec(prop::sample::select(pairs), 0..4);
    let value = prop::option::of(prop::sample::select(vec!["", "--hz 10", "--hz 10 ", " --maxmemory-samples 5"]));
    let servers = prop_oneof![
        words.prop_map(|words| with_args(&[&["redis-server"][..], &words.concat()].concat())),
        value.prop_map(with_env),
        Just(with_script()),
    ];
    let wanted = vec![
        ("maxmemory", "768mb"),
        ("maxmemory-policy", "allkeys-lru"),
        ("appendfsync", "everysec"),
        ("client-output-buffer-limit", "replica 256mb 64mb 60"),
    ];
    (servers, subsequence(wanted, 1..=4).prop_shuffle())
}

proptest! {
    #[test]
    fn an_update_with_the_same_manifest_finds_the_same_object((server, wanted) in cases(), one_by_one: bool) {
        let stored = create(&server.object, &wanted, one_by_one);
        let mut names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let owned: Vec<String> = still_owned(&stored).entries.into_keys().map(|key| key.path).collect();
        prop_assert_eq!(owned, names);
        let Update::Unchanged(copy) = update(&stored, &server.object) else {
            return Err(TestCaseError::fail(format!("rolls out: {stored:#}")));
        };
        prop_assert_eq!(&copy, &stored);
        let mut scaled = server.object.clone();
        scaled["spec"]["replicas"] = json!(3);
        prop_assert!(matches!(update(&stored, &scaled), Update::Unchanged(_)));
    }

    #[test]
    fn taking_all_out_leaves_what_the_user_had((server, wanted) in cases()) {
        let stored = create(&server.object, &wanted, false);
        let rollout = roll_out(&stored, still_owned(&stored));
        let trimmed = |object: &Value| bare(object).to_string().replace(" \"", "\"");
        prop_assert_eq!(trimmed(&rollout.object), trimmed(&server.object));
        for (name, value) in wanted {
            let key = Key::directive("redis", name);
            let delivered = delivered(&rollout.carried, &key).unwrap();
            let is_held = delivered.holds(&rollout.object, Directive { name, value });
            prop_assert!(!is_held);
        }
    }
}
