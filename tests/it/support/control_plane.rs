//! A real control plane for the tests: etcd and kube-apiserver, and the controllers where they are built.
//!
//! Nothing here knows Redis or the webhook. No mock counts: where the binaries are absent a test says so loudly
//! and passes. Every server is ended by its own process id, and with the test process, however that ends.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::left_out::left_out;

const TOKEN: &str = "admin-of-the-tests";
/// A small chart of ours.
pub(crate) const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/chart");
/// Bound for anything that a healthy server does in a few seconds; generous, since CI machines are shared.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The control plane that all tests share, or `None` after having said that `test` is left out.
pub(crate) fn shared(test: &str) -> Option<&'static ControlPlane> {
    static SHARED: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
    match SHARED.get_or_init(|| ControlPlane::start("shared", &Place::here())) {
        Ok(cluster) => Some(cluster),
        Err(why) => {
            left_out(test, &format!("no control plane ({why})"));
            None
        }
    }
}

/// Likewise for a test that runs helm.
pub(crate) fn shared_with_helm(test: &str) -> Option<&'static ControlPlane> {
    match tool("helm") {
        Ok(_) => shared(test),
        Err(why) => {
            left_out(test, &why);
            None
        }
    }
}

/// Polls until `probe` gives something. Panics with `what` and the last refusal when the bound is reached.
#[track_caller]
pub(crate) fn wait_until<T>(what: &str, bound: Duration, mut probe: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        let refusal = match probe() {
            Ok(seen) => return seen,
            Err(refusal) => refusal,
        };
        assert!(started.elapsed() < bound, "waited {bound:?} for {what}: {refusal}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// Where servers and clients run: in the machine's own network, or in a node's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    prefix: Vec<String>,
    /// Whether Pods run there, and find the API server where Kubernetes tells them.
    has_pods: bool,
}

impl Place {
    pub(crate) fn here() -> Self {
        Self::default()
    }

    /// In the network namespace of the process with this id: a node's.
    pub(crate) fn node(pid: u32) -> Self {
        let prefix = vec!["nsenter".into(), format!("--net=/proc/{pid}/ns/net"), "--".into()];
        Self { prefix, has_pods: true }
    }

    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut words = self.prefix.iter();
        match words.next() {
            None => Command::new(program),
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(program);
                command
            }
        }
    }
}

/// What a client program printed.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The output of a run that had to succeed.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert!(self.ok, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stdout
    }
}

/// How a server ends when the tests do.
#[derive(Debug, Clone, Copy)]
enum Leash {
    Kill,
    Terminate,
}

/// A server, ended by its own process id when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
    leash: Leash,
}

impl Server {
    /// Starts `command` with its output in `<dir>/<name>.log`.
    pub(crate) fn start(name: &str, command: &Command, dir: &Path) -> Result<Self, String> {
        Self::start_with(Leash::Kill, name, command, dir)
    }

    /// Likewise, but ended by SIGTERM: for a script that tidies up behind itself.
    pub(crate) fn start_tidy(name: &str, command: &Command, dir: &Path) -> Result<Self, String> {
        Self::start_with(Leash::Terminate, name, command, dir)
    }

    fn start_with(leash: Leash, name: &str, command: &Command, dir: &Path) -> Result<Self, String> {
        let log = dir.join(format!("{name}.log"));
        let file = fs::File::options().create(true).append(true).open(&log);
        let file = file.map_err(|error| format!("{}: {error}", log.display()))?;
        let again = file.try_clone().map_err(|error| error.to_string())?;
        let mut leashed = leashed(leash, command);
        leashed.stdin(Stdio::null()).stdout(file).stderr(again);
        let child = spawn(leashed).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { name: name.to_owned(), child, log, leash })
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// An error with the end of the log, once the server has ended by itself.
    pub(crate) fn check_alive(&mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => {
                let log = self.log();
                let tail: Vec<&str> = log.lines().rev().take(8).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                Err(format!("{} ended with {status}: {}", self.name, tail.join("\n")))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Asks the server to end (SIGTERM) and waits for it.
    pub(crate) fn terminate(&mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        if asked.is_ok_and(|status| status.success()) {
            let started = Instant::now();
            while started.elapsed() < Duration::from_secs(20) {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
        self.kill();
    }

    fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match self.leash {
            Leash::Kill => self.kill(),
            Leash::Terminate => self.terminate(),
        }
    }
}

/// etcd, kube-apiserver and kube-controller-manager of one run, in a folder of their own.
#[derive(Debug)]
pub(crate) struct ControlPlane {
    pub(crate) place: Place,
    dir: PathBuf,
    servers: Vec<Server>,
}

impl ControlPlane {
    /// Starts the servers and waits until they are ready. The error says what is missing or what ended.
    pub(crate) fn start(name: &str, place: &Place) -> Result<Self, String> {
        for program in ["etcd", "kube-apiserver", "kubectl"] {
            tool(program)?;
        }
        let dir = run_folder(name);
        let mut last = String::new();
        // A free port may be taken before the server binds it.
        for attempt in 0..3 {
            let dir = dir.join(attempt.to_string());
            fs::create_dir_all(&dir).map_err(|error| error.to_string())?;
            match Self::start_once(place, dir) {
                Ok(started) => return Ok(started),
                Err(why) => last = why,
            }
        }
        // The binaries are there: this is a failure, not something to leave out.
        panic!("the control plane does not start: {last}");
    }

    fn start_once(place: &Place, dir: PathBuf) -> Result<Self, String> {
        let etcd_port = free_port();
        // Pods ask the address of the Service `kubernetes`, which the node has on its loopback: no proxy runs there.
        let port = if place.has_pods { 443 } else { free_port() };
        let peer = format!("http://127.0.0.1:{}", free_port());
        let etcd_url = format!("http://127.0.0.1:{etcd_port}");
        write_identity(&dir, port);
        let path = |file: &str| dir.join(file).display().to_string();

        let mut etcd = place.command(tool("etcd")?);
        etcd.args(["--unsafe-no-fsync", "--log-level=error", "--name=default"])
            .arg(format!("--data-dir={}", path("etcd")))
            .arg(format!("--listen-client-urls={etcd_url}"))
            .arg(format!("--advertise-client-urls={etcd_url}"))
            .arg(format!("--listen-peer-urls={peer}"))
            .arg(format!("--initial-advertise-peer-urls={peer}"))
            .arg(format!("--initial-cluster=default={peer}"));
        let etcd = Server::start("etcd", &etcd, &dir)?;

        let mut apiserver = place.command(tool("kube-apiserver")?);
        apiserver
            .args(["--authorization-mode=RBAC", "--allow-privileged=true", "--service-cluster-ip-range=10.96.0.0/20"])
            .args(["--service-account-issuer=https://kubernetes.default.svc"])
            .args(["--kubelet-preferred-address-types=InternalIP,Hostname"])
            .arg(format!("--etcd-servers={etcd_url}"))
            .arg(format!("--secure-port={port}"))
            .arg(format!("--cert-dir={}", path("certs")))
            .arg(format!("--tls-cert-file={}", path("server.pem")))
            .arg(format!("--tls-private-key-file={}", path("server.key")))
            .arg(format!("--token-auth-file={}", path("tokens.csv")))
            .arg(format!("--service-account-key-file={}", path("accounts.pub")))
            .arg(format!("--service-account-signing-key-file={}", path("accounts.key")));
        if place.has_pods {
            apiserver.args([
                "--bind-address=0.0.0.0",
                "--advertise-address=10.99.0.1",
                "--enable-aggregator-routing=true",
            ]);
        } else {
            apiserver.args(["--bind-address=127.0.0.1", "--disable-admission-plugins=ServiceAccount"]);
        }
        let apiserver = Server::start("kube-apiserver", &apiserver, &dir)?;

        let mut started = Self { place: place.clone(), dir, servers: vec![etcd, apiserver] };
        started.await_ready()?;
        if has_controllers() {
            let controllers = started.start_controllers()?;
            started.servers.push(controllers);
        }
        Ok(started)
    }

    fn await_ready(&mut self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            for server in &mut self.servers {
                server.check_alive()?;
            }
            let seen = self.kubectl(&["get", "--raw", "/readyz"], "");
            if seen.ok && self.kubectl(&["get", "namespace", "default"], "").ok {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(format!("not ready after {PATIENCE:?}: {}", seen.stderr));
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    fn start_controllers(&self) -> Result<Server, String> {
        let mut controllers = self.place.command(tool("kube-controller-manager")?);
        controllers
            .args(["--leader-elect=false", "--bind-address=127.0.0.1", "--allocate-node-cidrs=false"])
            .arg(format!("--secure-port={}", free_port()))
            .arg(format!("--cert-dir={}", self.dir.join("certs").display()))
            .arg(format!("--kubeconfig={}", self.kubeconfig().display()))
            .arg(format!("--root-ca-file={}", self.dir.join("authority.pem").display()))
            .arg(format!("--service-account-private-key-file={}", self.dir.join("accounts.key").display()));
        Server::start("kube-controller-manager", &controllers, &self.dir)
    }

    /// A folder for the files of a test; it goes with the run.
    pub(crate) fn folder(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }

    /// Runs kubectl with a home of its own, `stdin` as its input.
    pub(crate) fn kubectl(&self, args: &[&str], stdin: &str) -> Ran {
        self.client("kubectl", args, stdin)
    }

    /// Runs helm likewise.
    pub(crate) fn helm(&self, args: &[&str]) -> Ran {
        self.client("helm", args, "")
    }

    fn client(&self, program: &str, args: &[&str], stdin: &str) -> Ran {
        run(&mut self.command(program, args), stdin)
    }

    /// A client program as [`ControlPlane::kubectl`] runs it.
    pub(crate) fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = self.place.command(tool(program).unwrap());
        command.args(args).env("KUBECONFIG", self.kubeconfig()).env("HOME", &self.dir);
        for name in ["HELM_NAMESPACE", "HELM_DRIVER", "KUBECTL_EXTERNAL_DIFF", "NO_PROXY"] {
            command.env_remove(name);
        }
        command
    }

    /// Applies manifests to a namespace as a user would; they had to be admitted.
    #[track_caller]
    pub(crate) fn apply(&self, namespace: &str, manifests: &str) -> Ran {
        let ran = self.kubectl(&["apply", "-n", namespace, "-f", "-"], manifests);
        assert!(ran.ok, "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// The stored object.
    #[track_caller]
    pub(crate) fn get(&self, kind: &str, namespace: &str, name: &str) -> Value {
        self.try_get(kind, namespace, name).unwrap()
    }

    pub(crate) fn try_get(&self, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
        let ran = self.kubectl(&["get", kind, name, "-n", namespace, "-o", "json"], "");
        if !ran.ok {
            return Err(ran.stderr);
        }
        serde_json::from_str(&ran.stdout).map_err(|error| error.to_string())
    }

    /// Creates the namespace of one test. The control plane is fresh, so a test's own name is unique.
    #[track_caller]
    pub(crate) fn namespace(&self, name: &str) -> String {
        self.kubectl(&["create", "namespace", name], "").done();
        name.to_owned()
    }
}

/// Runs a program to its end, with its whole output.
pub(crate) fn run(command: &mut Command, stdin: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        ok: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program of the control plane: from `KUBEBUILDER_ASSETS`, else from the cache of tests/control-plane/build.sh.
pub(crate) fn tool(name: &str) -> Result<PathBuf, String> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let cache = cache_folder();
    let candidates = assets.iter().chain(cache.iter()).map(|folder| folder.join(name));
    candidates
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| format!("{name} is absent; run `make control-plane` (needs Go) or set KUBEBUILDER_ASSETS"))
}

/// Whether Pods, revisions and the like come to be: `KUBEBUILDER_ASSETS` need not hold the controllers.
pub(crate) fn has_controllers() -> bool {
    tool("kube-controller-manager").is_ok()
}

/// The finished cache folder; its name is the hash that build.sh computes.
fn cache_folder() -> Option<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control-plane");
    let mut hash = Sha256::new();
    for file in ["go.sum", "helm/go.sum", "build.sh"] {
        hash.update(fs::read(sources.join(file)).ok()?);
    }
    let mut key = String::new();
    for byte in hash.finalize().iter().take(8) {
        write!(key, "{byte:02x}").ok()?;
    }
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache"),
    };
    let folder = base.join("plimsoll/control-plane").join(key);
    folder.join("complete").is_file().then_some(folder)
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port()
}

/// A folder of this run. Folders of runs that are over are removed on the way.
pub(crate) fn run_folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e");
    fs::create_dir_all(&base).unwrap();
    for entry in fs::read_dir(&base).unwrap().flatten() {
        let owner = entry.file_name().to_string_lossy().split('-').next().map(str::to_owned);
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = base.join(format!("{}-{count}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A certificate authority and a leaf for loopback addresses, as PEM.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Identity {
    pub(crate) fn for_loopback() -> Self {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "authority of the tests");
        let authority_key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&authority_key).unwrap().pem();
        let issuer = Issuer::new(params, authority_key);
        let key = KeyPair::generate().unwrap();
        // The last is the Service `kubernetes`, as Pods call it.
        let names = ["127.0.0.1", "localhost", "10.96.0.1"].map(str::to_owned).to_vec();
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        Self { authority, certificate: leaf.pem(), key: key.serialize_pem() }
    }
}

fn write_identity(dir: &Path, port: u16) {
    let identity = Identity::for_loopback();
    let accounts = rcgen::KeyPair::generate().unwrap();
    let kubeconfig = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "tests",
        "clusters": [{"name": "tests", "cluster": {
            "server": format!("https://127.0.0.1:{port}"),
            "certificate-authority": dir.join("authority.pem"),
        }}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "admin"}}],
    });
    for (file, text) in [
        ("authority.pem", identity.authority),
        ("server.pem", identity.certificate),
        ("server.key", identity.key),
        ("accounts.key", accounts.serialize_pem()),
        ("accounts.pub", accounts.public_key_pem()),
        ("tokens.csv", format!("{TOKEN},admin,admin,\"system:masters\"\n")),
        ("kubeconfig", kubeconfig.to_string()),
    ] {
        fs::write(dir.join(file), text).unwrap();
    }
}

/// The same command, killed by the kernel when the thread that started it ends; plain where there is no setpriv.
fn leashed(leash: Leash, command: &Command) -> Command {
    static SETPRIV: LazyLock<bool> = LazyLock::new(|| {
        Command::new("setpriv").args(["--pdeathsig", "KILL", "true"]).status().is_ok_and(|status| status.success())
    });
    let mut leashed = if *SETPRIV {
        let signal = match leash {
            Leash::Kill => "KILL",
            Leash::Terminate => "TERM",
        };
        let mut leashed = Command::new("setpriv");
        leashed.args(["--pdeathsig", signal, "--"]).arg(command.get_program());
        leashed
    } else {
        Command::new(command.get_program())
    };
    leashed.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => leashed.env(name, value),
            None => leashed.env_remove(name),
        };
    }
    leashed
}

type Order = (Command, Sender<std::io::Result<Child>>);

/// Starts a process from a thread that lives as long as the test process: the kernel's signal on a parent's death
/// follows the starting thread, and test threads end with their test.
fn spawn(command: Command) -> std::io::Result<Child> {
    static SPAWNER: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
        let (sender, orders) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in orders {
                drop(answer.send(command.spawn()));
            }
        });
        Mutex::new(sender)
    });
    let (answer, child) = channel();
    let sender = SPAWNER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    sender.send((command, answer)).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
    child.recv().map_err(|_| std::io::ErrorKind::BrokenPipe)?
}
