//! One review in process: from the body of a call to the bytes of its answer, look-ups in memory, no HTTP and no TLS.
//!
//! Each row stands beside two floors of the same body, measured in turn with it: `envelope` reads the borrowed envelope
//! and writes an empty answer, which nothing can avoid; `tree` also builds the tree of the object, which nothing that
//! looks into the object can avoid. A harness of our own, since it is the ratio to the floor that counts: a machine's
//! speed, and its neighbours' noise, are in both.
#![expect(clippy::unwrap_used, clippy::panic, clippy::panic_in_result_fn, reason = "a benchmark may end at an error")]

use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use plimsoll::admission::envelope::AdmissionRequest;
use plimsoll::admission::{Reviewer, envelope};
use plimsoll::engine::{Hook, Verdict};
use plimsoll::kubernetes::MemoryLookups;
use plimsoll::policy::Policies;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How often each of the three is measured; the fastest is shown, since neighbours only ever add.
const ROUNDS: usize = 300;
/// One measurement lasts at least this long, however short the work.
const SPAN: Duration = Duration::from_micros(400);
/// No review of ours comes near it.
const BUDGET: Duration = Duration::from_secs(10);

/// The row that is reviewed with many workloads around.
const CROWDED: &str = "a ConfigMap beside 1,000 Redis workloads, /validate";

/// The words that a workload is looked into for.
const WORDS: [(&str, &str); 3] = [("redis", "nginx"), ("sentinel", "companion"), ("6379", "8080")];

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let release = release();
    let (sets, around): (Vec<Value>, Vec<Value>) =
        release.into_iter().partition(|object| object["kind"] == "StatefulSet");
    let set = &sets[0];
    let around: Vec<Arc<Value>> = around.into_iter().map(Arc::new).collect();
    let crowd = reviewer(crowd(set, &around));
    let reviewer = reviewer(around.clone());
    let fixed = fixed(&runtime, &reviewer, set);
    let strange = stranger(set);
    let client = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": strange["metadata"],
        "spec": strange["spec"], "status": {"note": "reads redis-master:6379"},
    });

    let mut output = io::stdout().lock();
    writeln!(output, "| review | body | µs | envelope µs | tree µs | to envelope | to tree |")?;
    writeln!(output, "|---|---|---|---|---|---|---|")?;
    let rows = [
        ("Redis StatefulSet, CREATE, /mutate", Hook::Mutate, review("CREATE", set, None), "JSONPatch"),
        ("Redis StatefulSet, CREATE, /validate", Hook::Validate, review("CREATE", &fixed, None), "allowed"),
        ("Redis StatefulSet, UPDATE, /mutate", Hook::Mutate, review("UPDATE", set, Some(&fixed)), "JSONPatch"),
        ("Redis StatefulSet, UPDATE, /validate", Hook::Validate, review("UPDATE", &fixed, Some(&fixed)), "allowed"),
        ("a StatefulSet that speaks of Redis, /mutate", Hook::Mutate, review("CREATE", &client, None), "allowed"),
        ("another StatefulSet, /mutate", Hook::Mutate, review("CREATE", &strange, None), "allowed"),
        ("another ConfigMap of 900 KB, /validate", Hook::Validate, review("CREATE", &large(), None), "allowed"),
        (CROWDED, Hook::Validate, review("UPDATE", &around[0], Some(&around[0])), "allowed"),
    ];
    // `cargo bench -- WORDS`: only the rows that hold one of them.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    for (name, hook, body, part) in rows.into_iter().filter(|(name, ..)| wanted(name)) {
        let reviewer = if name == CROWDED { &crowd } else { &reviewer };
        let row = Row { runtime: &runtime, reviewer, hook, body };
        row.write(&mut output, name, part)?;
    }
    Ok(())
}

/// One row of the table.
struct Row<'a> {
    runtime: &'a Runtime,
    reviewer: &'a Reviewer,
    hook: Hook,
    body: Vec<u8>,
}

impl Row<'_> {
    /// Measures and writes; `part` is what the answer has to hold, lest an empty answer be measured.
    fn write(&self, output: &mut impl Write, name: &str, part: &str) -> io::Result<()> {
        let answer = self.answer();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.contains(part), "{name}: {answer}");
        let [review, envelope, tree] =
            fastest([&|| drop(black_box(self.answer())), &|| drop(black_box(self.floor(|_| ()))), &|| {
                drop(black_box(
                    self.floor(|request| drop(black_box((request.parse_object(), request.parse_old_object())))),
                ));
            }]);
        let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
        writeln!(
            output,
            "| {name} | {} KB | **{:.1}** | {:.1} | {:.1} | {:.1} | {:.1} |",
            self.body.len() / 1000,
            micros(review),
            micros(envelope),
            micros(tree),
            micros(review) / micros(envelope),
            micros(review) / micros(tree),
        )
    }

    fn answer(&self) -> Vec<u8> {
        self.runtime.block_on(self.reviewer.answer(self.hook, black_box(&self.body), BUDGET)).unwrap()
    }

    fn floor(&self, look: impl Fn(&AdmissionRequest<'_>)) -> Vec<u8> {
        let request = AdmissionRequest::read(black_box(&self.body)).unwrap();
        look(&request);
        envelope::write_verdict(&request.uid, &Verdict::default()).unwrap()
    }
}

/// The shortest time of each work, taken in turn so that a noisy moment hits them alike.
fn fastest(works: [&dyn Fn(); 3]) -> [Duration; 3] {
    let calls = works.map(|work| {
        let began = Instant::now();
        let mut calls = 0;
        while began.elapsed() < SPAN * 20 {
            work();
            calls += 1;
        }
        calls / 20 + 1
    });
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (index, work) in works.iter().enumerate() {
            let began = Instant::now();
            for _ in 0..calls[index] {
                work();
            }
            times[index].push(began.elapsed() / calls[index]);
        }
    }
    times.map(|times| times.into_iter().min().unwrap())
}

/// Our own release in the shape of a well-known chart.
fn release() -> Vec<Value> {
    let mut options = serde_saphyr::Options::default();
    options.legacy_octal_numbers = true;
    let text = include_str!("../tests/fixtures/releases/wrapped-sentinel.yaml");
    serde_saphyr::from_multiple_with_options(text, options).unwrap()
}

fn reviewer(objects: Vec<Arc<Value>>) -> Reviewer {
    Reviewer::new(Policies::profile("baseline").unwrap(), Arc::new(MemoryLookups::new(objects)))
}

/// The object as it is stored once it was mutated.
fn fixed(runtime: &Runtime, reviewer: &Reviewer, object: &Value) -> Value {
    use base64::Engine as _;
    let body = review("CREATE", object, None);
    let answer = runtime.block_on(reviewer.answer(Hook::Mutate, &body, BUDGET)).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let patch = answer["response"]["patch"].as_str().unwrap_or_else(|| panic!("no patch: {answer}"));
    let patch = base64::engine::general_purpose::STANDARD.decode(patch).unwrap();
    let patch: json_patch::Patch = serde_json::from_slice(&patch).unwrap();
    let mut fixed = object.clone();
    json_patch::patch(&mut fixed, &patch).unwrap();
    fixed
}

/// The release, and 999 like it under other names, each with its own ConfigMaps' names.
fn crowd(set: &Value, around: &[Arc<Value>]) -> Vec<Arc<Value>> {
    let text = set.to_string();
    let others = (1..1000).map(|number| {
        let other = text.replace("orders", &format!("orders-{number}"));
        Arc::new(serde_json::from_str(&other).unwrap())
    });
    around.iter().cloned().chain([Arc::new(set.clone())]).chain(others).collect()
}

/// The same object without a word of Redis.
fn stranger(object: &Value) -> Value {
    let plain =
        |text: String, (word, other): (&str, &str)| text.replace(word, other).replace(&word.to_uppercase(), other);
    serde_json::from_str(&WORDS.into_iter().fold(object.to_string(), plain)).unwrap()
}

fn large() -> Value {
    let line = "upstream backend { server 10.0.0.1:8080 max_fails=3 fail_timeout=30s; } # \"quoted\" and\ttabbed\n";
    let text = line.repeat(900_000 / line.len());
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"namespace": "shop", "name": "pages"}, "data": {"nginx.conf": text},
    })
}

/// A review as the API server writes it.
fn review(operation: &str, object: &Value, old: Option<&Value>) -> Vec<u8> {
    let (group, version) = match object["apiVersion"].as_str().unwrap().split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", "v1"),
    };
    let kind = object["kind"].as_str().unwrap();
    let resource = format!("{}s", kind.to_lowercase());
    let review = json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "0e9aa5cf-7a3c-4d0b-9c53-1dbd0f0ff5a1",
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": resource},
            "requestKind": {"group": group, "version": version, "kind": kind},
            "requestResource": {"group": group, "version": version, "resource": resource},
            "name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"],
            "operation": operation, "userInfo": {"username": "jane", "groups": ["system:authenticated"]},
            "object": object, "oldObject": old, "dryRun": false,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    });
    serde_json::to_vec(&review).unwrap()
}
