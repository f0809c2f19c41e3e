//! The proof: the same manifests and the same load on a real node, without Plimsoll and through it.
//!
//! The memory limit is 128Mi, which derives 96mb. An empty server takes 12 MB, and every `kubectl exec` and probe runs
//! a redis-cli under the same limit: with 64Mi the outcome would hang on a few MB.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Child, Stdio};

use serde_json::Value;

use super::guard::{EVICTING, guarded};
use super::{Node, PATIENCE, shared};
use crate::support::control_plane::{Ran, wait_until};

const CACHE: &str = include_str!("../../fixtures/node/cache.yaml");
const WRAPPED: &str = include_str!("../../fixtures/node/script-wrapped.yaml");
const TYPED_WRONG: &str = include_str!("../../fixtures/node/typed-wrong.yaml");

/// Each value takes 1,024 bytes and its key about 100: together a third more than the limit.
const WRITES: usize = 160_000;
const VALUE: usize = 1_000;
const MIB: usize = 1024 * 1024;

/// The same manifest with one piece of text replaced.
#[track_caller]
fn with(manifest: &str, text: &str, instead: &str) -> String {
    assert_eq!(manifest.matches(text).count(), 1, "{text}");
    manifest.replace(text, instead)
}

/// Writes through `redis-cli --pipe`. Its last line counts errors and replies; the errors themselves are dropped inside
/// of the Pod, else the server would have to hold them back while they travel. (Without `exec`: containerd closes the
/// standard input of a process whose standard error ends, so the shell keeps its own open.)
const PIPE: &str = "redis-cli --pipe 2>/dev/null; true";

fn pipe(namespace: &str) -> [&str; 9] {
    ["exec", "-i", "-n", namespace, "cache-0", "--", "sh", "-c", PIPE]
}

fn writes() -> String {
    let mut commands = String::with_capacity(WRITES * (VALUE + 64));
    let value = "x".repeat(VALUE);
    for number in 0..WRITES {
        let key = format!("key-{number}");
        let _ = write!(commands, "*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${VALUE}\r\n{value}\r\n", key.len());
    }
    commands
}

/// Writes under way that nobody waits for: when the container is killed, kubectl notices only a minute later.
struct Writing(Child);

impl Writing {
    fn start(node: &Node, namespace: &str) -> Self {
        let mut command = node.cluster.command("kubectl", &pipe(namespace));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        std::thread::spawn(move || drop(input.write_all(writes().as_bytes())));
        Self(child)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The counts of errors and replies.
#[track_caller]
fn counts(ran: &Ran) -> (usize, usize) {
    let text = &ran.stdout;
    let line = text.lines().find(|line| line.starts_with("errors: ")).unwrap_or_else(|| panic!("{text}{}", ran.stderr));
    let mut numbers = line.split([' ', ',']).filter_map(|word| word.parse().ok());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[track_caller]
fn keys(node: &Node, namespace: &str) -> usize {
    node.redis_cli(namespace, "cache-0", &["dbsize"], "").done().trim().parse().unwrap()
}

/// Applies the manifest and leaves a key behind.
#[track_caller]
fn start(node: &Node, namespace: &str, manifest: &str) {
    node.cluster.apply(namespace, manifest);
    node.await_pod_ready(namespace, "cache-0");
    assert_eq!(node.redis_cli(namespace, "cache-0", &["set", "first", "here"], "").done().trim(), "OK");
}

#[track_caller]
fn is_unharmed(node: &Node, namespace: &str) {
    let pod = node.await_pod_ready(namespace, "cache-0");
    let container = &pod["status"]["containerStatuses"][0];
    assert_eq!(container["restartCount"], 0, "{container}");
    assert!(container["lastState"].as_object().is_none_or(serde_json::Map::is_empty), "{container}");
}

#[test]
fn without_plimsoll_a_full_redis_is_killed_and_comes_back_empty() {
    let Some(node) = shared("without_plimsoll_a_full_redis_is_killed_and_comes_back_empty") else { return };
    let namespace = node.cluster.namespace("proof-without");
    start(node, &namespace, CACHE);
    assert_eq!(node.config_get(&namespace, "cache-0", "maxmemory"), "0");
    let _writing = Writing::start(node, &namespace);
    let container = wait_until("the Pod to be killed and started again", PATIENCE, || {
        let pod = node.cluster.try_get("pod", &namespace, "cache-0")?;
        let container = &pod["status"]["containerStatuses"][0];
        let again = container["restartCount"].as_u64() >= Some(1) && container["ready"] == true;
        if again { Ok(container.clone()) } else { Err(container.to_string()) }
    });
    assert_eq!(container["lastState"]["terminated"]["reason"], "OOMKilled", "{container}");
    assert_eq!(keys(node, &namespace), 0, "the data survived");
}

#[test]
fn through_plimsoll_a_full_redis_refuses_writes_and_keeps_its_data() {
    let Some(node) = shared("through_plimsoll_a_full_redis_refuses_writes_and_keeps_its_data") else { return };
    let namespace = guarded(node, "proof-noeviction");
    start(node, &namespace, CACHE);
    let stored = &node.cluster.get("statefulset", &namespace, "cache")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(stored["resources"]["requests"]["memory"], "128Mi");
    assert_eq!(stored["livenessProbe"]["timeoutSeconds"], 5);
    assert_eq!(node.config_get(&namespace, "cache-0", "maxmemory"), (96 * MIB).to_string());

    let (errors, replies) = counts(&node.cluster.kubectl(&pipe(&namespace), &writes()));
    assert_eq!(replies, WRITES);
    assert!(errors > 0, "all writes fitted");
    assert_eq!(keys(node, &namespace), 1 + WRITES - errors);
    assert_eq!(node.redis_cli(&namespace, "cache-0", &["get", "first"], "").done().trim(), "here");
    is_unharmed(node, &namespace);
}

#[test]
fn through_plimsoll_a_full_cache_evicts_and_takes_all_writes() {
    let Some(node) = shared("through_plimsoll_a_full_cache_evicts_and_takes_all_writes") else { return };
    let namespace = guarded(node, "proof-eviction");
    let args = r#"args: [--save, "", --appendonly, "no"]"#;
    let evicting = r#"args: [--save, "", --appendonly, "no", --maxmemory-policy, allkeys-lru]"#;
    start(node, &namespace, &with(CACHE, args, evicting));
    assert_eq!(node.config_get(&namespace, "cache-0", "maxmemory"), (96 * MIB).to_string());

    assert_eq!(counts(&node.cluster.kubectl(&pipe(&namespace), &writes())), (0, WRITES));
    // Both in one answer: each further client takes a little memory, for which a key may have to go.
    let info = node.redis_cli(&namespace, "cache-0", &["info", "everything"], "").done();
    let number = |name: &str| {
        let rest = info.split_once(name).unwrap_or_else(|| panic!("{info}")).1;
        rest.split([',', '\r', '\n']).next().unwrap().parse::<usize>().unwrap()
    };
    let (kept, evicted) = (number("db0:keys="), number("evicted_keys:"));
    assert!(evicted > 0 && kept > 0, "{info}");
    assert_eq!(kept, 1 + WRITES - evicted);
    is_unharmed(node, &namespace);
}

/// Waits for the rollout, and asks the new Pod.
#[track_caller]
fn maxmemory_after_rollout(node: &Node, namespace: &str) -> usize {
    let rollout = ["rollout", "status", "statefulset/wrapped-master", "-n", namespace, "--timeout=180s"];
    node.cluster.kubectl(&rollout, "").done();
    node.config_get(namespace, "wrapped-master-0", "maxmemory").parse().unwrap()
}

#[track_caller]
fn generation(node: &Node, namespace: &str) -> Value {
    node.cluster.get("statefulset", namespace, "wrapped-master")["metadata"]["generation"].clone()
}

#[test]
fn the_overlay_reaches_redis_and_follows_the_limit() {
    let Some(node) = shared("the_overlay_reaches_redis_and_follows_the_limit") else { return };
    let namespace = guarded(node, "proof-overlay");
    let manifest = with(WRAPPED, "    maxmemory 900mb\n", "");
    node.cluster.apply(&namespace, &manifest);
    assert_eq!(maxmemory_after_rollout(node, &namespace), 192 * MIB);
    node.cluster.apply(&namespace, &manifest);
    assert_eq!(generation(node, &namespace), 1, "the same manifest rolls out");

    let larger = "requests: {cpu: 50m, memory: 384Mi}\n            limits: {cpu: \"1\", memory: 384Mi}";
    let smaller = larger.replace("384Mi", "256Mi");
    node.cluster.apply(&namespace, &with(&manifest, &smaller, larger));
    assert_eq!(maxmemory_after_rollout(node, &namespace), 288 * MIB);
    assert_eq!(generation(node, &namespace), 2);

    let restart = ["rollout", "restart", "statefulset/wrapped-master", "-n", &namespace];
    node.cluster.kubectl(&restart, "").done();
    assert_eq!(maxmemory_after_rollout(node, &namespace), 288 * MIB);
    assert_eq!(generation(node, &namespace), 3);
}

#[test]
fn a_policy_of_ours_reaches_redis_beside_maxmemory() {
    let Some(node) = shared("a_policy_of_ours_reaches_redis_beside_maxmemory") else { return };
    let namespace = guarded(node, "proof-policy");
    let head = "kind: StatefulSet\nmetadata: {name: cache";
    start(node, &namespace, &with(CACHE, head, &format!("{head}, labels: {{{EVICTING}}}")));
    assert_eq!(node.config_get(&namespace, "cache-0", "maxmemory-policy"), "allkeys-lru", "by args");
    assert_eq!(node.config_get(&namespace, "cache-0", "maxmemory"), (96 * MIB).to_string());

    let wrapped = with(WRAPPED, "    maxmemory 900mb\n", "");
    let head = "  name: wrapped-master\n  labels: {";
    node.cluster.apply(&namespace, &with(&wrapped, head, &format!("{head}{EVICTING}, ")));
    assert_eq!(maxmemory_after_rollout(node, &namespace), 192 * MIB);
    assert_eq!(node.config_get(&namespace, "wrapped-master-0", "maxmemory-policy"), "allkeys-lru", "by the overlay");
}

#[test]
fn a_denied_configuration_is_one_that_redis_ends_at() {
    let Some(node) = shared("a_denied_configuration_is_one_that_redis_ends_at") else { return };
    let cluster = &node.cluster;
    let without = cluster.namespace("proof-typed-wrong");
    cluster.apply(&without, TYPED_WRONG);
    wait_until("Redis to end", PATIENCE, || {
        let pod = cluster.try_get("pod", &without, "typed-wrong-0")?;
        let container = &pod["status"]["containerStatuses"][0];
        let again = container["restartCount"].as_u64() >= Some(1);
        if again { Ok(()) } else { Err(container.to_string()) }
    });
    // Containers that ended are cleared away while others start.
    wait_until("what Redis said at its end", PATIENCE, || {
        let log = cluster.kubectl(&["logs", "typed-wrong-0", "-n", &without, "--previous"], "");
        let told = log.stdout.contains("at line 2") && log.stdout.contains(">>> 'maxmemory-policy allkeys-lfru'");
        if told { Ok(()) } else { Err(format!("{}{}", log.stdout, log.stderr)) }
    });

    let guarded = guarded(node, "proof-typed-wrong-guarded");
    let apply = ["apply", "-n", &guarded, "-f", "-"];
    let denied = cluster.kubectl(&apply, TYPED_WRONG);
    assert!(!denied.ok, "{}", denied.stdout);
    assert!(denied.stderr.contains("config-not-accepted"), "{}", denied.stderr);
    assert!(denied.stderr.contains("line 2"), "{}", denied.stderr);
    assert!(cluster.try_get("statefulset", &guarded, "typed-wrong").is_err(), "it is stored");

    // The same line into the file of a server that runs: it would end at its next start.
    cluster.apply(&guarded, &with(TYPED_WRONG, "allkeys-lfru", "allkeys-lfu"));
    node.await_pod_ready(&guarded, "typed-wrong-0");
    let denied = cluster.kubectl(&apply, TYPED_WRONG);
    assert!(denied.stderr.contains("config-not-accepted"), "{}{}", denied.stdout, denied.stderr);
    let stored = cluster.get("configmap", &guarded, "typed-wrong");
    assert!(stored["data"]["redis.conf"].as_str().unwrap().contains("allkeys-lfu\n"), "{stored}");
}
