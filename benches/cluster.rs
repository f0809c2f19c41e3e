//! A create on a real API server: without a hook, with an empty hook of ours, and with Plimsoll.
//!
//! All three are measured in turn on one API server, each in a namespace of its own: registrations select namespaces by
//! label, so nothing has to be registered anew between two rounds. The empty hook is registered for the same calls as
//! Plimsoll, with the same TLS stack and certificate, and allows at once: no webhook can do less. Without etcd,
//! kube-apiserver and kubectl (`make control-plane`) nothing is measured, and the output says so.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may end at an error")]

#[path = "cluster/hook.rs"]
mod hook;
#[path = "cluster/load.rs"]
mod load;
#[expect(dead_code, reason = "benches/check.rs uses the rest")]
mod process;
#[expect(dead_code, reason = "the tests use all of it")]
#[path = "../tests/it/support/mod.rs"]
mod support;
#[expect(dead_code, reason = "the tests use all of it")]
#[path = "../tests/it/cluster/webhook.rs"]
mod webhook;

use std::io::{self, Write};
use std::time::Duration;

use hook::EmptyHook;
use load::{Cost, Load, Work};
use process::Process;
use serde_json::{Value, json};
use support::control_plane::{self, ControlPlane};
use support::releases::documents;
use webhook::Webhook;

/// Every hook is measured that often, in turn: a noisy moment hits all of them.
const ROUNDS: usize = 3;
/// Creates before anything is measured: then connections are open, and match conditions compiled.
const WARM_UP: usize = 40;
/// Clients at once, and how many objects they create together in one round.
const CLIENTS: [(usize, usize); 2] = [(1, 200), (8, 400)];
/// What makes a StatefulSet one of Redis, and what another says instead.
const WORDS: [(&str, &str); 3] = [("redis", "nginx"), ("sentinel", "companion"), ("6379", "8080")];

/// Which webhook is asked in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hook {
    Absent,
    Empty,
    Plimsoll,
}

impl Hook {
    const ALL: [Self; 3] = [Self::Absent, Self::Empty, Self::Plimsoll];

    /// The namespace in which it is asked; its registration bears the same name.
    fn namespace(self) -> &'static str {
        match self {
            Self::Absent => "without-hook",
            Self::Empty => "with-empty-hook",
            Self::Plimsoll => "with-plimsoll",
        }
    }

    fn process(self) -> Option<Process> {
        match self {
            Self::Absent => None,
            Self::Empty => Process::child(hook::COMMAND),
            Self::Plimsoll => Process::child("plimsoll"),
        }
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, folder] = arguments.as_slice()
        && command == hook::COMMAND
    {
        return hook::serve(folder.as_ref());
    }
    let Some(cluster) = control_plane::shared("a create on a real API server") else { return Ok(()) };
    // Nothing may happen beside the creates: no Pods, no revisions.
    if let Some(controllers) = Process::child("kube-controller-manager") {
        controllers.terminate();
    }
    let (set, around) = release();
    let plimsoll = Webhook::start(cluster, Hook::Plimsoll.namespace(), &["--profile", "baseline", "--mode", "enforce"]);
    let empty = EmptyHook::start(cluster, Hook::Empty.namespace(), Hook::Plimsoll.namespace());
    cluster.namespace(Hook::Absent.namespace());
    empty.cover(cluster, Hook::Empty.namespace(), &set);
    plimsoll.namespace(Hook::Plimsoll.namespace());
    for hook in Hook::ALL {
        store(cluster, hook.namespace(), &around);
    }

    let load = Load::new(cluster);
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "| create | clients | hook | p50 ms | p99 ms | API server CPU ms | hook CPU ms | look-ups | p50 to empty |"
    )?;
    writeln!(output, "|---|---|---|---|---|---|---|---|---|")?;
    for (name, object) in [("a Redis StatefulSet", &set), ("another StatefulSet", &stranger(&set))] {
        for (clients, count) in CLIENTS {
            let costs = measure(&load, object, clients, count);
            write_rows(&mut output, &format!("{name} | {clients}"), &costs)?;
        }
    }
    Ok(())
}

/// What the creates with each of [`Hook::ALL`] cost, all rounds together.
fn measure(load: &Load, object: &Value, clients: usize, count: usize) -> [Cost; 3] {
    let mut costs: [Cost; 3] = Default::default();
    let processes = Hook::ALL.map(Hook::process);
    for round in 0..=ROUNDS {
        for (index, hook) in Hook::ALL.into_iter().enumerate() {
            let count = if round == 0 { WARM_UP } else { count };
            let work = Work { namespace: hook.namespace(), object, clients, count };
            let cost = load.measure(&work, processes[index].as_ref());
            if round > 0 {
                costs[index].add(cost);
            }
        }
    }
    costs
}

fn write_rows(output: &mut impl Write, name: &str, costs: &[Cost; 3]) -> io::Result<()> {
    let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
    let empty = millis(costs[1].percentile(50));
    for (hook, cost) in Hook::ALL.into_iter().zip(costs) {
        let median = millis(cost.percentile(50));
        writeln!(
            output,
            "| {name} | {} | **{median:.1}** | {:.1} | {:.1} | {:.2} | {:.1} | {:.2} |",
            hook.namespace().replace('-', " "),
            millis(cost.percentile(99)),
            millis(cost.api_server / cost.creates()),
            millis(cost.hook / cost.creates()),
            f64::from(cost.look_ups) / f64::from(cost.creates()),
            median / empty,
        )?;
    }
    output.flush()
}

/// A release of ours in the shape of a well-known chart: the StatefulSet, and the objects around it.
fn release() -> (Value, Vec<Value>) {
    let objects = documents(include_str!("../tests/fixtures/releases/wrapped-sentinel.yaml"));
    let (mut sets, around): (Vec<Value>, Vec<Value>) =
        objects.into_iter().partition(|object| object["kind"] == "StatefulSet");
    (sets.remove(0), around)
}

/// The same object without a word of Redis.
fn stranger(object: &Value) -> Value {
    let mut text = object.to_string();
    for (word, other) in WORDS {
        text = text.replace(word, other).replace(&word.to_uppercase(), other);
    }
    serde_json::from_str(&text).unwrap()
}

fn store(cluster: &ControlPlane, namespace: &str, objects: &[Value]) {
    let mut objects = objects.to_vec();
    for object in &mut objects {
        object["metadata"]["namespace"] = json!(namespace);
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    cluster.apply(namespace, &list.to_string());
}
