//! A real node: containerd and kubelet with real Redis Pods under real memory limits, in namespaces of its own.
//!
//! Needs root, Linux and a few Debian packages; the scripts are in tests/node/. The node has a control plane of its
//! own, since a scheduler would start the Pods of all the other tests too.

mod guard;
mod in_cluster;
mod overlay;
mod proof;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::control_plane::{ControlPlane, Place, Ran, Server, run_folder, tool, wait_until};
use crate::support::left_out::left_out;

/// Bound for what a node does: a Pod that starts, is killed, starts again.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// The node that all tests share, or `None` after having said that `test` is left out.
pub(crate) fn shared(test: &str) -> Option<&'static Node> {
    static SHARED: OnceLock<Result<Node, String>> = OnceLock::new();
    match SHARED.get_or_init(|| missing().map_or_else(|| Ok(Node::start()), Err)) {
        Ok(node) => Some(node),
        Err(why) => {
            left_out(test, &format!("no node ({why})"));
            None
        }
    }
}

/// What this machine lacks for a node.
fn missing() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("needs Linux".to_owned());
    }
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !root {
        return Some("needs root".to_owned());
    }
    for program in ["kubelet", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd", "kubectl"] {
        if let Err(why) = tool(program) {
            return Some(why);
        }
    }
    for program in ["containerd", "ctr", "runc", "redis-server", "redis-cli", "busybox", "ip", "unshare", "nsenter"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        if !found.is_ok_and(|output| output.status.success()) {
            return Some(format!("{program} is not installed; `make debian-packages` installs it"));
        }
    }
    for plugin in ["bridge", "host-local", "loopback"] {
        if !Path::new("/usr/lib/cni").join(plugin).exists() {
            return Some(format!("the CNI plugin {plugin} is not installed; `make debian-packages` installs it"));
        }
    }
    None
}

/// A running node and its control plane.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) cluster: ControlPlane,
    _scheduler: Server,
    _machine: Server,
}

impl Node {
    fn start() -> Self {
        let folder = run_folder("node");
        let name = format!("plimsoll-{}", std::process::id());
        fs::create_dir_all(folder.join("bin")).unwrap();
        std::os::unix::fs::symlink(tool("kubelet").unwrap(), folder.join("bin/kubelet")).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/start.sh");
        let mut machine = Server::start_tidy(
            "node",
            Command::new(script).arg(&folder).arg(&name).arg(env!("CARGO_BIN_EXE_plimsoll")),
            &folder,
        )
        .unwrap();
        let pid = wait_until("the namespaces of the node", PATIENCE, || {
            machine.check_alive()?;
            let text = fs::read_to_string(folder.join("pid")).map_err(|error| error.to_string())?;
            let pid: u32 = text.trim().parse().map_err(|_| format!("no process id: {text}"))?;
            // Written once the interfaces are up, so that the servers find their loopback.
            folder.join("kubelet.yaml").exists().then_some(pid).ok_or_else(|| "no network yet".to_owned())
        });
        let cluster = ControlPlane::start("node-control-plane", &Place::node(pid)).unwrap();
        let scheduler = start_scheduler(&cluster);
        fs::copy(cluster.kubeconfig(), folder.join("kubeconfig.new")).unwrap();
        fs::rename(folder.join("kubeconfig.new"), folder.join("kubeconfig")).unwrap();
        wait_until("the node to be ready", PATIENCE, || {
            machine.check_alive()?;
            let seen = cluster.try_get("node", "default", "node")?;
            let conditions = seen["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let ready = conditions.iter().any(|each| each["type"] == "Ready" && each["status"] == "True");
            let clear = seen["spec"]["taints"].is_null();
            if ready && clear { Ok(()) } else { Err(seen["status"]["conditions"].to_string()) }
        });
        Self { cluster, _scheduler: scheduler, _machine: machine }
    }

    /// Waits until the Pod is ready.
    #[track_caller]
    pub(crate) fn await_pod_ready(&self, namespace: &str, pod: &str) -> Value {
        wait_until(&format!("Pod {pod} to be ready"), PATIENCE, || {
            let seen = self.cluster.try_get("pod", namespace, pod)?;
            let container = &seen["status"]["containerStatuses"][0];
            if container["ready"] == true { Ok(seen) } else { Err(container.to_string()) }
        })
    }

    /// Runs redis-cli inside the Pod.
    pub(crate) fn redis_cli(&self, namespace: &str, pod: &str, words: &[&str], stdin: &str) -> Ran {
        let mut args = vec!["exec", "-i", "-n", namespace, pod, "-c", "redis", "--", "redis-cli"];
        args.extend(words);
        self.cluster.kubectl(&args, stdin)
    }

    /// A directive as the running Redis reports it; asks again while the Pod's Redis is still starting.
    #[track_caller]
    pub(crate) fn config_get(&self, namespace: &str, pod: &str, directive: &str) -> String {
        let started = Instant::now();
        loop {
            let ran = self.redis_cli(namespace, pod, &["config", "get", directive], "");
            let mut lines = ran.stdout.lines();
            if let (true, Some(_), Some(value)) = (ran.ok, lines.next(), lines.next()) {
                return value.to_owned();
            }
            assert!(started.elapsed() < PATIENCE, "{}{}", ran.stdout, ran.stderr);
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }
}

fn start_scheduler(cluster: &ControlPlane) -> Server {
    let mut scheduler = cluster.place.command(tool("kube-scheduler").unwrap());
    scheduler
        .args(["--leader-elect=false", "--bind-address=127.0.0.1"])
        .arg(format!("--secure-port={}", crate::support::control_plane::free_port()))
        .arg(format!("--cert-dir={}", cluster.folder().join("certs").display()))
        .arg(format!("--kubeconfig={}", cluster.kubeconfig().display()));
    Server::start("kube-scheduler", &scheduler, cluster.folder()).unwrap()
}
