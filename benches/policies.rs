//! What policies cost: choosing one of a thousand for a workload among ten thousand namespaces, and one more custom rule.
//!
//! The floor of the first is a look into a map with as many entries; that of the second is the model as JSON, without
//! which no rule over it can run. The fastest of several measurements is shown, since neighbours only ever add.
#![expect(clippy::unwrap_used, clippy::unwrap_in_result, reason = "a benchmark may end at an error")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use plimsoll::kubernetes::Snapshot;
use plimsoll::policy::{Condition, Labels, Policies, Target};
use plimsoll::workload::Workload;
use serde_json::{Value, json};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const POLICIES: usize = 1_000;
const NAMESPACES: usize = 10_000;
const ROUNDS: usize = 30;

fn main() -> io::Result<()> {
    let names: Vec<String> = (0..NAMESPACES).map(|number| format!("team-{number}")).collect();
    let set = set();
    let workload = Workload::read(&set, &Snapshot::new()).unwrap();
    let mut output = io::stdout().lock();
    writeln!(output, "| work | µs | floor µs | ratio |")?;
    writeln!(output, "|---|---|---|---|")?;

    let by_name = policies(|number| format!("namespaces: [team-{number}]"));
    let by_label = policies(|number| format!("namespaceSelector: {{matchLabels: {{team: t{number}}}}}"));
    let map: BTreeMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
    for (how, policies) in [("by name", by_name), ("by the label of the namespace", by_label)] {
        let policies = policies
            .with_namespaces(names.iter().zip(0..).map(|(name, number)| (name.clone(), labels(number))).collect());
        let each = |work: &dyn Fn(&str)| fastest(&|| names.iter().step_by(97).for_each(|name| work(name)));
        let count = u32::try_from(names.iter().step_by(97).count()).unwrap();
        let chosen = each(&|name| {
            black_box(&policies.of(&Target::namespace(name)).name);
        });
        let floor = each(&|name| {
            black_box(map.get(name));
        });
        row(&mut output, &format!("one of {POLICIES} policies, {how}"), chosen / count, floor / count)?;
    }

    let condition = Condition::parse("workload.replicas == null || workload.replicas < 100").unwrap();
    let more = fastest(&|| drop(black_box(condition.holds(&workload))));
    let floor = fastest(&|| drop(black_box(workload.to_json())));
    row(&mut output, "one more custom rule, its view of the model included", more, floor)
}

fn row(output: &mut impl Write, name: &str, took: Duration, floor: Duration) -> io::Result<()> {
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    let ratio = micros(took) / micros(floor);
    writeln!(output, "| {name} | **{:.2}** | {:.2} | {ratio:.1} |", micros(took), micros(floor))
}

/// The shortest time of one call.
fn fastest(work: &dyn Fn()) -> Duration {
    const CALLS: u32 = 100;
    let once = || {
        let began = Instant::now();
        (0..CALLS).for_each(|_| work());
        began.elapsed() / CALLS
    };
    (0..ROUNDS).map(|_| once()).min().unwrap()
}

fn policies(matches: impl Fn(usize) -> String) -> Policies {
    let policy = |number: usize| {
        let head = "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\n";
        let spec = format!("spec: {{priority: {}, match: {{{}}}}}\n", number + 1, matches(number));
        (format!("{number}.yaml"), format!("{head}metadata: {{name: p{number}}}\n{spec}"))
    };
    let files: Vec<(String, String)> = (0..POLICIES).map(policy).collect();
    Policies::parse(&files).unwrap()
}

fn labels(number: usize) -> Labels {
    [("team".to_owned(), format!("t{number}"))].into_iter().collect()
}

fn set() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "cache", "namespace": "team-1"},
        "spec": {"replicas": 3, "serviceName": "cache", "template": {"spec": {"containers": [{
            "name": "redis", "image": "redis:7.4", "args": ["--maxmemory", "768mb"],
            "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        }]}}},
    })
}
