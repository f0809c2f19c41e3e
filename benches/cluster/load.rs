//! Creates objects through the API server and measures what each costs.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hyper::{Method, Request};
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::process::Process;
use crate::support::control_plane::ControlPlane;

/// Kinds that a hook may look up; nobody else reads them while objects are created.
const LOOKED_UP: [&str; 11] = [
    "statefulsets",
    "deployments",
    "daemonsets",
    "replicasets",
    "pods",
    "configmaps",
    "services",
    "persistentvolumeclaims",
    "limitranges",
    "resourcequotas",
    "poddisruptionbudgets",
];

/// What a number of creates cost.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    /// Of each create.
    pub(crate) latencies: Vec<Duration>,
    /// Processor time of the API server.
    pub(crate) api_server: Duration,
    /// Processor time of the hook.
    pub(crate) hook: Duration,
    /// Single objects and lists that the API server handed out.
    pub(crate) look_ups: u32,
}

impl Cost {
    /// Adds what another round cost.
    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.api_server += other.api_server;
        self.hook += other.hook;
        self.look_ups += other.look_ups;
    }

    /// The latency below which this percentage of all creates stayed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let index = sorted.len() * percent / 100;
        sorted[index.min(sorted.len() - 1)]
    }

    /// How many were created.
    pub(crate) fn creates(&self) -> u32 {
        u32::try_from(self.latencies.len()).unwrap()
    }
}

/// Creates StatefulSets and removes them again.
pub(crate) struct Load {
    runtime: Runtime,
    client: Client,
    api_server: Process,
    /// How many objects were created: no name comes twice.
    created: Cell<usize>,
}

/// What is created, and by how many at once.
pub(crate) struct Work<'a> {
    /// The namespace.
    pub(crate) namespace: &'a str,
    /// The StatefulSet; each gets a name of its own.
    pub(crate) object: &'a Value,
    /// Clients at once, each with one request in flight.
    pub(crate) clients: usize,
    /// Objects, all clients together.
    pub(crate) count: usize,
}

impl Load {
    /// For this API server, which has to be a child of ours.
    pub(crate) fn new(cluster: &ControlPlane) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
        let client = runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
            Client::try_from(config).unwrap()
        });
        let api_server = Process::child("kube-apiserver").unwrap();
        Self { runtime, client, api_server, created: Cell::new(0) }
    }

    /// Creates the objects, measures, and deletes them.
    pub(crate) fn measure(&self, work: &Work<'_>, hook: Option<&Process>) -> Cost {
        let look_ups = self.look_ups();
        let api_server = self.api_server.cpu_time();
        let hook_time = hook.map(Process::cpu_time).unwrap_or_default();
        let latencies = self.create(work);
        let cost = Cost {
            latencies,
            api_server: self.api_server.cpu_time().saturating_sub(api_server),
            hook: hook.map(Process::cpu_time).unwrap_or_default().saturating_sub(hook_time),
            look_ups: self.look_ups() - look_ups,
        };
        self.send(Method::DELETE, &path(work.namespace), Vec::new());
        cost
    }

    fn create(&self, work: &Work<'_>) -> Vec<Duration> {
        let first = self.created.get();
        self.created.set(first + work.count);
        let each = work.count / work.clients;
        let clients = (0..work.clients).map(|client| {
            let names = first + client * each..first + (client + 1) * each;
            create_in_turn(self.client.clone(), work, names)
        });
        self.runtime.block_on(join_all(clients)).concat()
    }

    /// How many single objects and lists of these kinds the API server has handed out.
    fn look_ups(&self) -> u32 {
        let metrics = self.send(Method::GET, "/metrics", Vec::new());
        let mut count = 0;
        for line in metrics.lines().filter(|line| line.starts_with("apiserver_request_total{")) {
            let is_read = ["GET", "LIST"].iter().any(|verb| line.contains(&format!("verb=\"{verb}\"")));
            let is_theirs = LOOKED_UP.iter().any(|kind| line.contains(&format!("resource=\"{kind}\"")));
            if is_read && is_theirs {
                count += line.rsplit(' ').next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
            }
        }
        count
    }

    fn send(&self, method: Method, path: &str, body: Vec<u8>) -> String {
        self.runtime.block_on(send(&self.client, method, path, body)).1
    }
}

/// One client: the next create is sent when the last is answered.
async fn create_in_turn(client: Client, work: &Work<'_>, numbers: std::ops::Range<usize>) -> Vec<Duration> {
    let base = work.object["metadata"]["name"].as_str().unwrap_or("created");
    let mut latencies = Vec::new();
    for number in numbers {
        let mut object = work.object.clone();
        object["metadata"]["namespace"] = json!(work.namespace);
        object["metadata"]["name"] = json!(format!("{base}-{number}"));
        let body = serde_json::to_vec(&object).unwrap();
        let (latency, _) = send(&client, Method::POST, &path(work.namespace), body).await;
        latencies.push(latency);
    }
    latencies
}

/// Asks the API server; the time from the first byte sent to the last byte read, and the answer.
async fn send(client: &Client, method: Method, path: &str, body: Vec<u8>) -> (Duration, String) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.body(body).unwrap();
    let began = Instant::now();
    let answer = client.request_text(request).await;
    let latency = began.elapsed();
    (latency, answer.unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn path(namespace: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/statefulsets")
}
