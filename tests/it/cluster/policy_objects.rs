//! Policies and exceptions on a real API server: the definitions, what is refused and in which words, and how soon a
//! change is in force. On a control plane of their own, since policies are not namespaced.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use kube::Client;
use kube::config::{Config as ClusterConfig, KubeConfigOptions, Kubeconfig};
use plimsoll::admission::{Certificate, Config, Handle, Limits, Server};
use plimsoll::cluster::{ClusterLookups, PolicyWatch};
use plimsoll::policy::Policies;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::support::control_plane::{ControlPlane, PATIENCE, Place, Ran, wait_until};
use crate::support::left_out::left_out;
use crate::support::plain;
use crate::support::statefulset::statefulset;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A change is in force within a second, kinds that appear within five; the rest is for a busy machine and kubectl.
const SOON: Duration = Duration::from_secs(20);

/// The control plane of these tests, with our definitions installed. One test at a time: they are not namespaced.
fn cluster(test: &str) -> Option<(&'static ControlPlane, MutexGuard<'static, ()>)> {
    static TURN: Mutex<()> = Mutex::new(());
    static OWN: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
    let started = OWN.get_or_init(|| {
        let cluster = ControlPlane::start("policies", &Place::here())?;
        install(&cluster);
        Ok(cluster)
    });
    match started {
        Ok(cluster) => {
            let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            clean(cluster);
            Some((cluster, turn))
        }
        Err(why) => {
            left_out(test, &format!("no control plane ({why})"));
            None
        }
    }
}

fn install(cluster: &ControlPlane) {
    let folder = Path::new(ROOT).join("deploy/crds");
    cluster.kubectl(&["apply", "--server-side", "-f", folder.to_str().unwrap()], "").done();
    let names = ["crd/redispolicies.plimsoll.dev", "crd/redispolicyexceptions.plimsoll.dev"];
    cluster.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", names[0], names[1]], "").done();
    // Established is not yet served.
    for kind in ["redispolicies", "redispolicyexceptions"] {
        wait_until("our kinds to be served", PATIENCE, || {
            let ran = cluster.kubectl(&["get", kind, "-A"], "");
            if ran.ok { Ok(()) } else { Err(ran.stderr) }
        });
    }
}

/// Takes away what the test before has left. The API server may ask a webhook that is gone for a moment.
fn clean(cluster: &ControlPlane) {
    cluster.kubectl(&["delete", "validatingwebhookconfigurations", "--all"], "").done();
    wait_until("no webhook to be asked", PATIENCE, || {
        let ran = dry_run(cluster, &policy("any", "{}"));
        if ran.ok { Ok(()) } else { Err(ran.stderr) }
    });
    cluster.kubectl(&["delete", "redispolicies,redispolicyexceptions", "--all", "-A"], "").done();
}

fn policy(name: &str, spec: &str) -> String {
    format!("apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

fn exception(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicyException\nmetadata: {{name: {name}, namespace: default}}\nspec: {spec}\n"
    )
}

fn dry_run(cluster: &ControlPlane, manifest: &str) -> Ran {
    cluster.kubectl(&["apply", "--dry-run=server", "-f", "-"], manifest)
}

#[test]
fn the_definitions_take_what_is_shipped_and_refuse_what_is_wrong_by_themselves() {
    const TEST: &str = "the_definitions_take_what_is_shipped_and_refuse_what_is_wrong_by_themselves";
    let Some((cluster, _turn)) = cluster(TEST) else { return };
    for name in ["baseline", "production", "cache"] {
        let file = Path::new(ROOT).join(format!("policies/{name}.yaml"));
        cluster.kubectl(&["apply", "--dry-run=server", "-f", file.to_str().unwrap()], "").done();
    }
    let good = "{priority: 5, match: {namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}, ruleset: '0.1', \
                rules: {too-few-sentinels: off, memory-limit-missing: {action: mutate, otherwise: deny, params: {default: 512Mi}}}}";
    dry_run(cluster, &policy("good", good)).done();
    for (spec, words) in [
        ("{maxmemory: {ratio: 1.5}}", "spec.maxmemory.ratio in body should be less than or equal to 1"),
        ("{maxmemory: {ratio: 0}}", "spec.maxmemory.ratio in body should be greater than 0"),
        ("{mode: strict}", r#"Unsupported value: "strict": supported values: "observe", "warn", "enforce""#),
        ("{ruleset: latest}", "write a version as 0.1"),
        ("{maxmemori: {ratio: 0.5}}", r#"unknown field "spec.maxmemori""#),
        ("{exceptions: {maxDays: 0}}", "spec.exceptions.maxDays in body should be greater than or equal to 1"),
        (
            "{maxmemory: {writesPerSecond: 9999999999}}",
            "spec.maxmemory.writesPerSecond in body should be less than or equal to 4294967295",
        ),
    ] {
        let ran = dry_run(cluster, &policy("bad", spec));
        assert!(!ran.ok && ran.stderr.contains(words), "{spec}: {}", ran.stderr);
    }
    // kubectl reads a bare `off` as `false`.
    let off =
        "{customRules: [{name: a, expression: 'true', message: m, action: off}], rules: {too-few-sentinels: off}}";
    let stored = cluster.kubectl(&["apply", "--dry-run=server", "-o", "json", "-f", "-"], &policy("quiet", off)).done();
    let stored: Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored["spec"]["customRules"][0]["action"], false);
    assert_eq!(Policies::profile("baseline").unwrap().review(&stored).diagnostics, []);
    // What the API server refuses is an error to us too.
    for (manifest, words, ours) in [
        (policy("bare", "").replace("spec: \n", ""), "spec: Required value", "`spec` is required"),
        (policy("bare", ""), "spec: Required value", "spec: is empty"),
        (policy("My_Policy", "{}"), r#"metadata.name: Invalid value: "My_Policy""#, "metadata.name: `My_Policy`"),
    ] {
        let ran = dry_run(cluster, &manifest);
        assert!(!ran.ok && ran.stderr.contains(words), "{manifest}: {}", ran.stderr);
        let told = Policies::parse(&[("mine.yaml".to_owned(), manifest)]).unwrap_err().to_string();
        assert!(told.contains(ours), "{told}");
    }
    let workload = "workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}";
    let good = format!("{{{workload}, rules: [maxmemory-missing], reason: a reason, expires: '2027-03-01'}}");
    dry_run(cluster, &exception("good", &good)).done();
    let bad = good.replace("'2027-03-01'", "soon").replace("[maxmemory-missing]", "[]");
    let ran = dry_run(cluster, &exception("bad", &bad));
    assert!(!ran.ok && ran.stderr.contains("write a day as 2027-03-01"), "{}", ran.stderr);
    assert!(ran.stderr.contains("spec.rules in body should have at least 1 items"), "{}", ran.stderr);
}

/// The rights that following takes, and no others.
const RIGHTS: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: follower}
rules:
  - {apiGroups: [plimsoll.dev], resources: [redispolicies, redispolicyexceptions], verbs: [list, watch]}
  - {apiGroups: [plimsoll.dev], resources: [redispolicies/status, redispolicyexceptions/status], verbs: [patch]}
  - {apiGroups: [''], resources: [namespaces], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: follower}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: follower}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: follower}]
";

async fn client(cluster: &ControlPlane, user: Option<&str>, url: Option<String>) -> Client {
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let mut config = ClusterConfig::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    config.auth_info.impersonate = user.map(str::to_owned);
    if let Some(url) = url {
        config.cluster_url = url.parse().unwrap();
    }
    Client::try_from(config).unwrap()
}

/// A webhook that follows the cluster, as `serve` does.
async fn serve(cluster: &ControlPlane) -> Handle {
    serve_with(cluster, follower(cluster, None).await).await
}

/// A client with the rights that following takes, and with another address of the API server if need be.
async fn follower(cluster: &ControlPlane, url: Option<String>) -> Client {
    cluster.kubectl(&["apply", "-f", "-"], RIGHTS).done();
    client(cluster, Some("follower"), url).await
}

async fn serve_with(cluster: &ControlPlane, follower: Client) -> Handle {
    let mut following = PolicyWatch::start_for_cluster(follower, Policies::profile("baseline").unwrap()).await;
    let loopback = "127.0.0.1:0".parse().unwrap();
    let config = Config {
        listen: loopback,
        metrics_listen: Some(loopback),
        certificate: Certificate::Loopback,
        policies: following.policies(),
        lookups: Arc::new(ClusterLookups::new(client(cluster, None, None).await)),
        limits: Limits::default(),
    };
    let mut handle = Server::start(config).await.unwrap();
    handle.follow(following);
    handle
}

/// Sends the reviews of StatefulSets in namespaces with this label, and of our own kinds, to a server.
fn register(cluster: &ControlPlane, handle: &Handle) {
    use base64::Engine as _;
    let authority = base64::engine::general_purpose::STANDARD.encode(handle.ca_pem().unwrap());
    let webhook = |name: &str, group: &str, resources: &[&str]| {
        json!({
            "name": name, "sideEffects": "None", "admissionReviewVersions": ["v1"], "failurePolicy": "Fail",
            "clientConfig": {"url": format!("https://{}/validate", handle.addr()), "caBundle": authority},
            "rules": [{"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": resources}],
        })
    };
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "plimsoll"},
        "webhooks": [
            webhook("workloads.plimsoll.dev", "apps", &["statefulsets"]),
            webhook("policies.plimsoll.dev", "plimsoll.dev", &["redispolicies", "redispolicyexceptions"]),
        ],
    });
    cluster.kubectl(&["apply", "-f", "-"], &configuration.to_string()).done();
}

/// A StatefulSet whose maxmemory is above the ratio of its limit.
fn ledger(namespace: &str) -> String {
    let set =
        statefulset("ledger").namespace(namespace).label("tier", "gold").replicas(0).args(&["--maxmemory", "900mb"]);
    let mut ledger = set.build();
    ledger["metadata"]["annotations"] = json!({"plimsoll.dev/ignore": "maxmemory-above-ratio"});
    ledger.to_string()
}

#[track_caller]
fn until_denied(cluster: &ControlPlane, namespace: &str) -> String {
    wait_until("the workload to be denied", SOON, || {
        let ran = dry_run(cluster, &ledger(namespace));
        if ran.ok { Err(ran.stdout) } else { Ok(ran.stderr) }
    })
}

#[track_caller]
fn until_allowed(cluster: &ControlPlane, namespace: &str) {
    wait_until("the workload to be allowed", SOON, || {
        let ran = dry_run(cluster, &ledger(namespace));
        if ran.ok { Ok(()) } else { Err(ran.stderr) }
    });
}

/// Status and message of a condition, once it speaks of the newest generation.
#[track_caller]
fn condition(cluster: &ControlPlane, kind: &str, name: &str, condition: &str, expected: &str) -> String {
    wait_until(&format!("{kind} {name} to be {condition}={expected}"), PATIENCE, || {
        let object = cluster.try_get(kind, "default", name)?;
        let conditions = object.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        let found = conditions.iter().find(|one| one["type"] == condition).cloned().unwrap_or_default();
        let newest = found["observedGeneration"] == object["metadata"]["generation"];
        if found["status"] == expected && newest {
            Ok(found["message"].as_str().unwrap_or_default().to_owned())
        } else {
            Err(object["status"].to_string())
        }
    })
}

#[test]
fn a_policy_is_in_force_soon_after_it_is_applied() {
    let Some((cluster, _turn)) = cluster("a_policy_is_in_force_soon_after_it_is_applied") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let handle = runtime.block_on(serve(cluster));
    register(cluster, &handle);
    let namespace = cluster.namespace("ledgers");
    until_allowed(cluster, &namespace);
    labels_of_a_namespace_decide(cluster, &namespace);
    a_diagnostic_is_told_when_it_is_applied(cluster);
    a_diagnostic_that_got_in_changes_nothing(cluster, &namespace, &handle);
    an_exception_lets_a_workload_through(cluster, &namespace);
    a_custom_rule_denies_in_its_own_words(cluster, &namespace);
    definitions_may_go_and_come(cluster, &namespace);
    cluster.kubectl(&["delete", "redispolicy", "strict"], "").done();
    until_allowed(cluster, &namespace);
    assert!(runtime.block_on(handle.shutdown()));
}

/// The API server answers everybody but the one who follows it.
#[test]
fn what_is_in_force_stays_while_the_api_server_is_away() {
    const TEST: &str = "what_is_in_force_stays_while_the_api_server_is_away";
    let Some((cluster, _turn)) = cluster(TEST) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut gate = runtime.block_on(Gate::open(cluster));
    let handle = runtime.block_on(async {
        let follower = follower(cluster, Some(gate.url())).await;
        serve_with(cluster, follower).await
    });
    register(cluster, &handle);
    let namespace = cluster.namespace("away");
    cluster.kubectl(&["label", "namespace", &namespace, "team=payments"], "").done();
    cluster.kubectl(&["apply", "-f", "-"], &policy("strict", STRICT)).done();
    until_denied(cluster, &namespace);
    gate.close();
    until_failing(&handle, 3);
    cluster.kubectl(&["delete", "redispolicy", "strict"], "").done();
    let ran = dry_run(cluster, &ledger(&namespace));
    assert!(!ran.ok && ran.stderr.contains("maxmemory-above-ratio"), "{}{}", ran.stdout, ran.stderr);
    runtime.block_on(gate.reopen());
    until_allowed(cluster, &namespace);
    until_failing(&handle, 0);
    assert!(runtime.block_on(handle.shutdown()));
}

/// Waits until so many kinds can't be followed.
#[track_caller]
fn until_failing(handle: &Handle, kinds: usize) {
    let expected = format!("\nplimsoll_watches_failing {kinds}\n");
    wait_until(&format!("{kinds} watches to fail"), SOON, || {
        let (_, metrics) = plain::get(handle.metrics_addr().unwrap(), "/metrics")?;
        if metrics.contains(&expected) { Ok(()) } else { Err(metrics) }
    });
}

/// A way to the API server that can be shut.
struct Gate {
    listen: SocketAddr,
    behind: SocketAddr,
    /// Ends all its connections when dropped.
    running: Option<JoinHandle<()>>,
}

impl Gate {
    async fn open(cluster: &ControlPlane) -> Self {
        let kubeconfig: Value = serde_json::from_str(&fs::read_to_string(cluster.kubeconfig()).unwrap()).unwrap();
        let url = kubeconfig["clusters"][0]["cluster"]["server"].as_str().unwrap();
        let behind = url.strip_prefix("https://").unwrap().trim_end_matches('/').parse().unwrap();
        let mut gate = Self { listen: "127.0.0.1:0".parse().unwrap(), behind, running: None };
        gate.reopen().await;
        gate
    }

    fn url(&self) -> String {
        format!("https://{}", self.listen)
    }

    fn close(&mut self) {
        self.running.take().unwrap().abort();
    }

    async fn reopen(&mut self) {
        let listener = TcpListener::bind(self.listen).await.unwrap();
        self.listen = listener.local_addr().unwrap();
        let behind = self.behind;
        self.running = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut far = tokio::net::TcpStream::connect(behind).await?;
                    tokio::io::copy_bidirectional(&mut near, &mut far).await
                });
            }
        }));
    }
}

const STRICT: &str = "{priority: 100, match: {namespaceSelector: {matchLabels: {team: payments}}, selector: {matchLabels: {tier: gold}}, \
                      topologies: [standalone]}, exceptions: {namespaces: [default], maxDays: 30}, rules: {maxmemory-above-ratio: deny}}";

fn labels_of_a_namespace_decide(cluster: &ControlPlane, namespace: &str) {
    cluster.kubectl(&["apply", "-f", "-"], &policy("strict", STRICT)).done();
    condition(cluster, "redispolicy", "strict", "Active", "True");
    assert!(dry_run(cluster, &ledger(namespace)).ok, "the namespace has no such label");
    cluster.kubectl(&["label", "namespace", namespace, "team=payments"], "").done();
    let denial = until_denied(cluster, namespace);
    // The annotation on the workload is for reports: else every developer exempts himself.
    assert!(denial.contains("maxmemory-above-ratio: container redis: maxmemory 900mb is above 0.75"), "{denial}");
    let columns = cluster.kubectl(&["get", "redispolicies"], "").done();
    let words: Vec<&str> = columns.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(words, ["NAME", "MODE", "EXTENDS", "PRIORITY", "ACCEPTED", "ACTIVE", "AGE"]);
    assert!(columns.lines().any(|line| line.contains("strict") && line.contains("True")), "{columns}");
}

fn a_diagnostic_is_told_when_it_is_applied(cluster: &ControlPlane) {
    let spec = "{priority: 7, rules: {maxmemory-mising: deny, probe-delay-short: {action: mutate, params: {minimun: 3}}}, exemptUsers: ['*']}";
    let ran = cluster.kubectl(&["apply", "-f", "-"], &policy("broken", spec));
    insta::assert_snapshot!(ran.stderr, @r#"
    Error from server (Forbidden): error when creating "STDIN": admission webhook "policies.plimsoll.dev" denied the request: 3 errors
    spec.rules.maxmemory-mising: there is no rule `maxmemory-mising`; did you mean `maxmemory-missing`? (`plimsoll rules` lists them)
    spec.rules.probe-delay-short.params.minimun: there is no field `minimun`; did you mean `minimum`?
    spec.exemptUsers[0]: `*` would exempt everybody; use mode: observe for that
    "#);
    let ran = cluster.kubectl(&["apply", "-f", "-"], &policy("rival", "{priority: 100}"));
    insta::assert_snapshot!(ran.stderr, @r#"Error from server (Forbidden): error when creating "STDIN": admission webhook "policies.plimsoll.dev" denied the request: spec.priority: policies strict and rival both have priority 100; the highest matching one wins whole, so give each its own"#);
    let workload = "workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}";
    let spec = format!("{{{workload}, rules: [maxmemory-mising], reason: a reason, expires: '2027-02-30'}}");
    let ran = cluster.kubectl(&["apply", "-f", "-"], &exception("broken", &spec));
    insta::assert_snapshot!(ran.stderr, @r#"
    Error from server (Forbidden): error when creating "STDIN": admission webhook "policies.plimsoll.dev" denied the request: 2 errors
    spec.rules[0]: there is no rule `maxmemory-mising`; did you mean `maxmemory-missing`? (`plimsoll rules` lists them)
    spec.expires: `2027-02-30` is not a date; write it as 2027-03-01
    "#);
    let never = "{workload: {apiVersion: apps, kind: sts, namespace: shop, name: 'ledger-*'}, rules: ['custom/strict/*'], \
                 reason: a reason, expires: '2027-03-01'}";
    let ran = cluster.kubectl(&["apply", "-f", "-"], &exception("never", never));
    insta::assert_snapshot!(ran.stderr, @r#"
    Error from server (Forbidden): error when creating "STDIN": admission webhook "policies.plimsoll.dev" denied the request: 4 errors
    spec.workload.kind: `sts` is not a kind; write StatefulSet
    spec.workload.apiVersion: a StatefulSet is of `apps/v1`, not of `apps`; write apps/v1
    spec.workload.name: `ledger-*` is not a valid name of a StatefulSet; write one whole name
    spec.rules[0]: `custom/strict/*` names no custom rule; write custom/POLICY/NAME with both names whole
    "#);
    let idle = "{workload: {apiVersion: apps/v1, kind: StatefulSet, namespace: shop, name: ledger}, \
                rules: [custom/strict/nothing], reason: a reason, expires: '2020-03-01'}";
    let ran = cluster.kubectl(&["apply", "--dry-run=server", "-f", "-"], &exception("idle", idle));
    assert!(ran.ok, "{}", ran.stderr);
    for words in ["it has expired already", "no policy has the rule `custom/strict/nothing`"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

fn a_diagnostic_that_got_in_changes_nothing(cluster: &ControlPlane, namespace: &str, handle: &Handle) {
    cluster.kubectl(&["delete", "validatingwebhookconfiguration", "plimsoll"], "").done();
    let broken = STRICT.replace("maxmemory-above-ratio: deny", "maxmemory-above-rati: deny");
    // The configuration may be cached for a moment.
    wait_until("the webhook not to be asked", PATIENCE, || {
        let ran = cluster.kubectl(&["apply", "-f", "-"], &policy("strict", &broken));
        if ran.ok { Ok(()) } else { Err(ran.stderr) }
    });
    let told = condition(cluster, "redispolicy", "strict", "Accepted", "False");
    assert!(
        told.contains("spec.rules.maxmemory-above-rati: there is no rule `maxmemory-above-rati`; did you mean"),
        "{told}"
    );
    let told = condition(cluster, "redispolicy", "strict", "Active", "True");
    assert_eq!(told, "generation 1 of it stays in force");
    register(cluster, handle);
    until_denied(cluster, namespace);
    cluster.kubectl(&["apply", "-f", "-"], &policy("strict", STRICT)).done();
    condition(cluster, "redispolicy", "strict", "Accepted", "True");
}

fn an_exception_lets_a_workload_through(cluster: &ControlPlane, namespace: &str) {
    until_denied(cluster, namespace);
    let spec = |rule: &str| {
        format!(
            "{{workload: {{apiVersion: apps/v1, kind: StatefulSet, namespace: {namespace}, name: ledger}}, rules: [{rule}], \
             reason: a reason, expires: '2199-03-01'}}"
        )
    };
    let ran = cluster.kubectl(&["apply", "-f", "-"], &exception("ledger", &spec("maxmemory-above-ratio")));
    assert!(ran.ok && ran.stderr.contains("it ends after 30 days, the most that a policy allows"), "{}", ran.stderr);
    until_allowed(cluster, namespace);
    condition(cluster, "redispolicyexception", "ledger", "Active", "True");
    cluster.kubectl(&["apply", "-f", "-"], &exception("ledger", &spec("maxmemory-missing"))).done();
    until_denied(cluster, namespace);
    cluster.kubectl(&["delete", "redispolicyexception", "ledger"], "").done();
}

fn a_custom_rule_denies_in_its_own_words(cluster: &ControlPlane, namespace: &str) {
    let with = |rules: &str| {
        let match_it = "{priority: 200, match: {selector: {matchLabels: {tier: gold}}}";
        policy("own", &format!("{match_it}, exceptions: {{namespaces: [default]}}, customRules: {rules}}}"))
    };
    let broken = "[{name: small, expression: 'workload.maxmemory_bytes < 5', message: x}, \
                   {name: typed, expression: 'workload.replica > 2', message: x}, \
                   {name: cut, expression: 'workload.replicas >', message: x}]";
    let ran = cluster.kubectl(&["apply", "-f", "-"], &with(broken));
    insta::assert_snapshot!(ran.stderr, @r#"
    Error from server (Forbidden): error when creating "STDIN": admission webhook "policies.plimsoll.dev" denied the request: 3 errors
    spec.customRules[0].expression: column 9: `workload.maxmemory_bytes` can be null here; write `has(workload.maxmemory_bytes) && …` before it
    spec.customRules[1].expression: column 9: there is no field `replica`; did you mean `replicas`?
    spec.customRules[2].expression: column 20: not valid CEL: unexpected end of expression
    "#);
    let rule = "[{name: big-enough, expression: '!has(workload.maxmemory_bytes) || workload.maxmemory_bytes <= quantity(\"512Mi\")', \
                message: too big for a ledger, messageExpression: '\"a ledger of \" + string(workload.maxmemory_bytes) + \" bytes\"', \
                severity: high, action: deny}]";
    cluster.kubectl(&["apply", "-f", "-"], &with(rule)).done();
    let denial = wait_until("the custom rule to deny", SOON, || {
        let ran = dry_run(cluster, &ledger(namespace));
        if ran.stderr.contains("custom/own/big-enough") { Ok(ran.stderr) } else { Err(ran.stderr + &ran.stdout) }
    });
    let last = denial.lines().last().unwrap();
    assert!(last.ends_with("denied the request: custom/own/big-enough: a ledger of 943718400 bytes"), "{denial}");
    let spec = format!(
        "{{workload: {{apiVersion: apps/v1, kind: StatefulSet, namespace: {namespace}, name: ledger}}, \
         rules: [custom/own/big-enough], reason: a reason, expires: '2199-03-01'}}"
    );
    cluster.kubectl(&["apply", "-f", "-"], &exception("own", &spec)).done();
    until_allowed(cluster, namespace);
    cluster.kubectl(&["delete", "redispolicy/own", "redispolicyexception/own"], "").done();
}

fn definitions_may_go_and_come(cluster: &ControlPlane, namespace: &str) {
    until_denied(cluster, namespace);
    cluster.kubectl(&["delete", "crd", "redispolicies.plimsoll.dev", "redispolicyexceptions.plimsoll.dev"], "").done();
    until_allowed(cluster, namespace);
    install(cluster);
    cluster.kubectl(&["apply", "-f", "-"], &policy("strict", STRICT)).done();
    until_denied(cluster, namespace);
}
