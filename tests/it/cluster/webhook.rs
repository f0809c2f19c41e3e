//! The real binary as a webhook of the shared control plane, as the shipped files install it: rights from
//! `deploy/manifests/rbac.yaml`, a certificate from `certs/self-signed.sh`, configurations from
//! `deploy/manifests/webhooks.yaml`. Since there is no Pod network they name a URL; since tests share one API server
//! they are renamed, and restricted to namespaces that carry the webhook's label.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::control_plane::{ControlPlane, PATIENCE, Server, has_controllers, run, shared, wait_until};
use crate::support::left_out::left_out;
use crate::support::plain;
use crate::support::policy::{SPOKEN_OF, only};
use crate::support::releases::documents;

/// The label that puts a namespace under a webhook of the tests.
const LABEL: &str = "plimsoll.dev/tests";
const SYSTEM: &str = "plimsoll-system";
/// Both hooks have something to say about it, whatever the profile.
const PROBE: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: probe-of-the-tests}
spec:
  replicas: 0
  serviceName: ""
  selector: {matchLabels: {app: probe-of-the-tests}}
  template:
    metadata: {labels: {app: probe-of-the-tests}}
    spec:
      containers:
        - name: redis
          image: redis:7.4
          args: [--maxmemory, 1gb]
          resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
          livenessProbe: {tcpSocket: {port: 6379}}
"#;

/// A running webhook and its configurations, both gone when dropped.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) cluster: &'static ControlPlane,
    name: String,
    folder: PathBuf,
    arguments: Vec<String>,
    server: Option<Server>,
    listen: SocketAddr,
    metrics: SocketAddr,
}

/// The shared webhook of profile baseline, or `None` after having said that `test` is left out.
pub(crate) fn baseline(test: &str) -> Option<&'static Webhook> {
    static BASELINE: OnceLock<Webhook> = OnceLock::new();
    let cluster = with_controllers(test)?;
    Some(BASELINE.get_or_init(|| Webhook::start(cluster, "baseline", &["--profile", "baseline"])))
}

/// Likewise of profile production.
pub(crate) fn production(test: &str) -> Option<&'static Webhook> {
    static PRODUCTION: OnceLock<Webhook> = OnceLock::new();
    let cluster = with_controllers(test)?;
    Some(PRODUCTION.get_or_init(|| Webhook::start(cluster, "production", &["--profile", "production"])))
}

/// The control plane with the controllers, which write revisions; or `None` after having said so.
pub(crate) fn with_controllers(test: &str) -> Option<&'static ControlPlane> {
    if !has_controllers() {
        left_out(test, "kube-controller-manager is absent");
        return None;
    }
    let openssl = Command::new("openssl").arg("version").output();
    if !openssl.is_ok_and(|ran| ran.status.success()) {
        left_out(test, "openssl is absent");
        return None;
    }
    shared(test)
}

impl Webhook {
    /// Starts `plimsoll serve` with these arguments, waits until it is ready, and registers it.
    pub(crate) fn start(cluster: &'static ControlPlane, name: &str, arguments: &[&str]) -> Self {
        install(cluster);
        if let ["--profile", profile] = arguments {
            restrict(cluster, name, profile);
        }
        let folder = cluster.folder().join(format!("webhook-{name}"));
        fs::create_dir_all(&folder).unwrap();
        certify(cluster, name, &folder);
        write_kubeconfig(cluster, &folder);
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut webhook =
            Self { cluster, name: name.to_owned(), folder, arguments, server: None, listen: nowhere, metrics: nowhere };
        webhook.serve();
        webhook.register();
        webhook
    }

    fn serve(&mut self) {
        let log = self.folder.join("plimsoll.log");
        drop(fs::remove_file(&log));
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        let path = |file: &str| self.folder.join(file);
        command.arg("serve").arg("--listen").arg(self.listen.to_string());
        command.args(["--metrics-listen", "127.0.0.1:0", "--log-format", "json", "--shutdown-delay", "0"]);
        command.arg("--tls-cert").arg(path("tls.crt")).arg("--tls-key").arg(path("tls.key"));
        command.arg("--kubeconfig").arg(path("kubeconfig")).args(&self.arguments);
        let mut server = Server::start("plimsoll", &command, &self.folder).unwrap();
        let (listen, metrics) = wait_until("the webhook", PATIENCE, || {
            server.check_alive()?;
            let serving = server.log().lines().find_map(|line| serde_json::from_str::<Value>(line).ok());
            let fields = serving.map(|line| line["fields"].clone()).unwrap_or_default();
            let address = |key: &str| fields[key].as_str().and_then(|text| text.parse::<SocketAddr>().ok());
            let addresses = address("listen").zip(address("metrics")).ok_or("no addresses in its log")?;
            let (status, _) = plain::get(addresses.1, "/readyz")?;
            if status == 200 { Ok(addresses) } else { Err(format!("/readyz answers {status}")) }
        });
        (self.server, self.listen, self.metrics) = (Some(server), listen, metrics);
    }

    /// Another process with other arguments, once the API server asks it about this namespace.
    #[track_caller]
    pub(crate) fn restart(&mut self, arguments: &[&str], namespace: &str) {
        if let Some(mut server) = self.server.take() {
            server.terminate();
        }
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.revive(namespace);
    }

    /// Ends the process as `kill -9` does. The configurations stay.
    pub(crate) fn kill(&mut self) {
        self.server = None;
    }

    /// The same process again, likewise. Its old port may be somebody else's by now, so it gets another.
    #[track_caller]
    pub(crate) fn revive(&mut self, namespace: &str) {
        self.listen.set_port(0);
        self.serve();
        self.register();
        self.await_asked(namespace);
    }

    /// Creates the configurations, or renews the address in them.
    pub(crate) fn register(&self) {
        self.cluster.kubectl(&["apply", "-f", "-"], &self.configurations().to_string()).done();
    }

    /// Deletes them.
    pub(crate) fn unregister(&self) {
        let name = self.configuration();
        for kind in ["mutatingwebhookconfiguration", "validatingwebhookconfiguration"] {
            self.cluster.kubectl(&["delete", kind, &name, "--ignore-not-found"], "").done();
        }
    }

    fn configuration(&self) -> String {
        format!("plimsoll-tests-{}", self.name)
    }

    /// The shipped configurations with a URL, another name and one more restriction.
    fn configurations(&self) -> Value {
        let mut items = documents(&fs::read_to_string(self.folder.join("webhooks.yaml")).unwrap());
        for item in &mut items {
            item["metadata"]["name"] = json!(self.configuration());
            for hook in item["webhooks"].as_array_mut().unwrap() {
                let config = hook["clientConfig"].as_object_mut().unwrap();
                let service = config.remove("service").unwrap();
                let path = service["path"].as_str().unwrap();
                config.insert("url".to_owned(), json!(format!("https://{}{path}", self.listen)));
                let covered = json!({"key": LABEL, "operator": "In", "values": [self.name]});
                // Our own kinds are asked about wherever they are.
                if let Some(expressions) = hook.pointer_mut("/namespaceSelector/matchExpressions") {
                    expressions.as_array_mut().unwrap().push(covered);
                }
            }
        }
        json!({"apiVersion": "v1", "kind": "List", "items": items})
    }

    /// Creates a namespace under this webhook.
    pub(crate) fn namespace(&self, name: &str) -> String {
        let namespace = self.cluster.namespace(name);
        self.cover(&namespace);
        namespace
    }

    /// Puts a namespace under this webhook, and waits until the API server asks both hooks.
    #[track_caller]
    pub(crate) fn cover(&self, namespace: &str) {
        self.label(namespace);
        self.await_asked(namespace);
    }

    pub(crate) fn label(&self, namespace: &str) {
        let label = format!("{LABEL}={}", self.name);
        self.cluster.kubectl(&["label", "namespace", namespace, &label, "--overwrite"], "").done();
    }

    /// Waits until the API server asks both hooks about this namespace.
    #[track_caller]
    pub(crate) fn await_asked(&self, namespace: &str) {
        wait_until("the API server to ask both hooks", PATIENCE, || {
            let heard = self.heard(namespace);
            if heard == [true, true] { Ok(()) } else { Err(format!("mutate, validate: {heard:?}")) }
        });
    }

    /// Waits until it asks neither.
    #[track_caller]
    pub(crate) fn await_silence(&self, namespace: &str) {
        wait_until("the API server to ask no hook", PATIENCE, || {
            let heard = self.heard(namespace);
            if heard == [false, false] { Ok(()) } else { Err(format!("mutate, validate: {heard:?}")) }
        });
    }

    /// Whether the mutating and the validating hook have a word to say about the probe.
    fn heard(&self, namespace: &str) -> [bool; 2] {
        let ran = self.cluster.kubectl(&["create", "--dry-run=server", "-n", namespace, "-f", "-"], PROBE);
        ["probe-delay-short", "maxmemory-above-ratio"].map(|rule| ran.stderr.contains(rule))
    }

    /// The webhook's own counts.
    pub(crate) fn metrics(&self) -> String {
        let (status, text) = plain::get(self.metrics, "/metrics").unwrap();
        assert_eq!(status, 200);
        text
    }

    /// How many reviews of these words of a label set were answered (`kind="ConfigMap"`).
    pub(crate) fn reviews(&self, labels: &[&str]) -> u64 {
        let metrics = self.metrics();
        let lines = metrics.lines().filter(|line| line.starts_with("plimsoll_reviews_total{"));
        let wanted = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
        wanted.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        let name = self.configuration();
        for kind in ["mutatingwebhookconfiguration", "validatingwebhookconfiguration"] {
            drop(self.cluster.kubectl(&["delete", kind, &name, "--ignore-not-found"], ""));
        }
        let policy = format!("tests-{}", self.name);
        drop(self.cluster.kubectl(&["delete", "redispolicy", &policy, "--ignore-not-found"], ""));
    }
}

/// What a base64 text says.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Our kinds, the namespace and the rights, once for all webhooks.
fn install(cluster: &ControlPlane) {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let definitions = root().join("deploy/crds");
        cluster.kubectl(&["apply", "--server-side", "-f", definitions.to_str().unwrap()], "").done();
        for kind in ["redispolicies", "redispolicyexceptions"] {
            wait_until("our kinds to be served", PATIENCE, || {
                let ran = cluster.kubectl(&["get", kind, "-A"], "");
                if ran.ok { Ok(()) } else { Err(ran.stderr) }
            });
        }
        for file in ["namespace.yaml", "rbac.yaml"] {
            let path = root().join("deploy/manifests").join(file);
            cluster.kubectl(&["apply", "-f", path.to_str().unwrap()], "").done();
        }
    });
}

/// Puts all rules off, for the namespaces of this webhook, but those that the tests of this folder speak of: what a rule
/// that is added later warns of or changes is not their matter.
fn restrict(cluster: &ControlPlane, name: &str, profile: &str) {
    static PRIORITY: AtomicU32 = AtomicU32::new(1);
    // No two policies may have the same; those of the tests themselves are far above.
    let priority = PRIORITY.fetch_add(1, Ordering::Relaxed);
    let spec = format!("priority: {priority}\nmatch: {{namespaceSelector: {{matchLabels: {{{LABEL}: {name}}}}}}}");
    let policy = only(profile, &SPOKEN_OF, &spec).replace("{name: only}", &format!("{{name: tests-{name}}}"));
    cluster.kubectl(&["apply", "-f", "-"], &policy).done();
}

/// Runs the shipped recipe, stores its Secret, and writes what the Secret then holds as a mount would.
fn certify(cluster: &ControlPlane, name: &str, folder: &Path) {
    let made = folder.join("made");
    let mut recipe = Command::new(root().join("certs/self-signed.sh"));
    run(recipe.arg("--out").arg(&made).args(["--host", "127.0.0.1"]), "").done();
    fs::copy(made.join("webhooks.yaml"), folder.join("webhooks.yaml")).unwrap();
    let mut secret = documents(&fs::read_to_string(made.join("secret.yaml")).unwrap()).remove(0);
    let stored = format!("{}-{name}", secret["metadata"]["name"].as_str().unwrap());
    secret["metadata"]["name"] = json!(stored);
    cluster.kubectl(&["create", "-f", "-"], &secret.to_string()).done();
    let stored = cluster.get("secret", SYSTEM, &stored);
    for file in ["tls.crt", "tls.key"] {
        fs::write(folder.join(file), decoded(stored["data"][file].as_str().unwrap())).unwrap();
    }
}

/// How the `ServiceAccount` reaches the API server.
fn write_kubeconfig(cluster: &ControlPlane, folder: &Path) {
    let token = cluster.kubectl(&["create", "token", "plimsoll", "-n", SYSTEM, "--duration=2h"], "").done();
    let mut kubeconfig: Value = serde_json::from_str(&fs::read_to_string(cluster.kubeconfig()).unwrap()).unwrap();
    kubeconfig["users"][0]["user"] = json!({"token": token.trim()});
    fs::write(folder.join("kubeconfig"), kubeconfig.to_string()).unwrap();
}
