//! Plimsoll on the node: the binary itself, in the node's network, called by the node's API server.
//!
//! It guards the namespaces that carry a label, so that the same manifest can be applied with it and without it.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Node;
use crate::support::control_plane::{ControlPlane, Identity, PATIENCE, Server, wait_until};
use crate::support::policy::{SPOKEN_OF, file_with_only, only, policy_file};
use crate::support::statefulset::statefulset;

const LABEL: &str = "tests.plimsoll.dev/guarded";
/// The label of a workload that gets a policy for its full memory.
pub(super) const EVICTING: &str = "tests.plimsoll.dev/evicting: here";

/// Creates a namespace whose objects are reviewed by Plimsoll.
#[track_caller]
pub(crate) fn guarded(node: &Node, name: &str) -> String {
    static GUARD: OnceLock<Guard> = OnceLock::new();
    GUARD.get_or_init(|| Guard::start(&node.cluster));
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {LABEL: "true"}},
    });
    node.cluster.kubectl(&["create", "-f", "-"], &namespace.to_string()).done();
    name.to_owned()
}

/// `plimsoll serve`, registered.
struct Guard {
    _server: Server,
}

impl Guard {
    fn start(cluster: &ControlPlane) -> Self {
        let folder = cluster.folder().join("plimsoll");
        fs::create_dir_all(&folder).unwrap();
        let identity = Identity::for_loopback();
        fs::write(folder.join("tls.crt"), &identity.certificate).unwrap();
        fs::write(folder.join("tls.key"), &identity.key).unwrap();
        let mut server = serve(cluster, &folder);
        let address = wait_until("plimsoll to serve", PATIENCE, || {
            server.check_alive()?;
            address_in(&server.log()).ok_or_else(|| server.log())
        });
        for configuration in configurations(&address, &identity.authority) {
            cluster.kubectl(&["create", "-f", "-"], &configuration.to_string()).done();
        }
        await_calls(cluster);
        Self { _server: server }
    }
}

fn serve(cluster: &ControlPlane, folder: &Path) -> Server {
    let mut command = cluster.place.command(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["serve", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0", "--log-format=json"]);
    command.arg("--tls-cert").arg(folder.join("tls.crt")).arg("--tls-key").arg(folder.join("tls.key"));
    command.arg("--kubeconfig").arg(cluster.kubeconfig());
    command.arg("--policy").arg(file_with_only("baseline", &SPOKEN_OF));
    command.arg("--policy").arg(policy_file("evicting", &evicting_policy()));
    Server::start("plimsoll", &command, folder).unwrap()
}

/// Where it listens, as its log says.
fn address_in(log: &str) -> Option<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut addresses = lines.filter_map(|line| line["fields"]["listen"].as_str().map(str::to_owned));
    addresses.next()
}

/// What is sent to Plimsoll. A failed call fails the request: here a webhook that is away must never pass for a good one.
fn configurations(address: &str, authority: &str) -> [Value; 2] {
    let rule = |group: &str, resources: &[&str]| {
        json!({
            "apiGroups": [group], "apiVersions": ["v1"], "resources": resources,
            "operations": ["CREATE", "UPDATE"], "scope": "Namespaced",
        })
    };
    let configuration = |kind: &str, path: &str, rules: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "plimsoll-of-the-tests"},
            "webhooks": [{
                "name": format!("{path}.plimsoll.dev"),
                "clientConfig": {"url": format!("https://{address}/{path}"), "caBundle": STANDARD.encode(authority)},
                "namespaceSelector": {"matchLabels": {LABEL: "true"}},
                "rules": rules,
                "failurePolicy": "Fail", "sideEffects": "None", "timeoutSeconds": 10,
                "admissionReviewVersions": ["v1"],
            }],
        })
    };
    let workloads = ["statefulsets", "deployments", "daemonsets"];
    let mutating = json!([rule("apps", &workloads), rule("", &["services"])]);
    let scales = ["statefulsets/scale", "deployments/scale"];
    let validating = json!([rule("apps", &workloads), rule("apps", &scales), rule("", &["configmaps", "services"])]);
    [
        configuration("MutatingWebhookConfiguration", "mutate", mutating),
        configuration("ValidatingWebhookConfiguration", "validate", validating),
    ]
}

/// The API server calls a new webhook a moment after it stored the configuration: tried until both are called.
fn await_calls(cluster: &ControlPlane) {
    const NAMESPACE: &str = "plimsoll-awaits-calls";
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": {LABEL: "true"}},
    });
    cluster.kubectl(&["create", "-f", "-"], &namespace.to_string()).done();
    let try_out = |args: &[&str]| {
        let manifest = tiny(args).to_string();
        let ran = cluster.kubectl(&["create", "--dry-run=server", "-n", NAMESPACE, "-o", "json", "-f", "-"], &manifest);
        format!("{}{}", ran.stdout, ran.stderr)
    };
    let says = |text: String, part: &str| if text.contains(part) { Ok(()) } else { Err(text) };
    wait_until("/mutate to be called", PATIENCE, || says(try_out(&[]), "plimsoll.dev/applied"));
    wait_until("/validate to be called", PATIENCE, || says(try_out(&["--port", "none"]), "denied the request"));
}

fn tiny(args: &[&str]) -> Value {
    statefulset("tiny").args(args).limit("64Mi").build_as("Deployment")
}

/// What holds for a workload that carries [`EVICTING`]: as a cache it gets what it evicts by, too.
fn evicting_policy() -> String {
    let spec = format!("priority: 1\nmatch: {{selector: {{matchLabels: {{{EVICTING}}}}}}}");
    only("cache", &["maxmemory-missing", "maxmemory-policy-missing"], &spec).replace("{name: only}", "{name: evicting}")
}
