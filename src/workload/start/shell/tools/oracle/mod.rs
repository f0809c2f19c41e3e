//! What is given as known, held against the real tools: dash, busybox, bash, coreutils, GNU's sed and grep, mawk.
//!
//! Each sample is a text that may hold unknown pieces and what those pieces are this once; what the real tool makes of
//! the latter must be one of the things that the result for the former may be. A tool that is not installed is left out.

mod arithmetic;
mod bounds;
mod condition;
mod filters;
mod output;
mod pattern;
mod sed;
mod split;
mod test;

use std::fmt::Debug;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::{Shape, Text, Unknown};

/// Samples a test draws; `ORACLE_CASES` and `ORACLE_SEED` ask for other ones.
const CASES: u32 = 48;

/// A text and what it is this once.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    pub(super) text: Text,
    pub(super) real: String,
}

impl Sample {
    pub(super) fn is_known(&self) -> bool {
        self.text.known().is_some()
    }

    pub(super) fn known(text: &str) -> Self {
        Self { text: text.into(), real: text.to_owned() }
    }

    pub(super) fn push(&mut self, more: &Self) {
        self.text.push(&more.text);
        self.real.push_str(&more.real);
    }
}

pub(super) fn texts(samples: &[Sample]) -> Vec<Text> {
    samples.iter().map(|sample| sample.text.clone()).collect()
}

pub(super) fn reals(samples: &[Sample]) -> Vec<&str> {
    samples.iter().map(|sample| sample.real.as_str()).collect()
}

/// Pieces one behind the other, some of which can't be seen.
pub(super) fn sample(pieces: &'static [&'static str], most: usize) -> impl Strategy<Value = Sample> {
    let known = prop::sample::select(pieces).prop_map(Sample::known);
    let piece = prop_oneof![12 => known, 1 => unseen()];
    prop::collection::vec(piece, 0..=most).prop_map(|pieces| {
        let mut sample = Sample::default();
        for piece in &pieces {
            sample.push(piece);
        }
        sample
    })
}

/// As [`sample`], all of it seen.
pub(super) fn known(pieces: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(pieces), 0..=most).prop_map(|pieces| pieces.concat())
}

/// Characters that can't be seen, of each shape.
pub(super) fn unseen() -> impl Strategy<Value = Sample> {
    let shaped =
        |shape: Shape| move |real: &str| Sample { text: Unknown::new(shape, "it").into(), real: real.to_owned() };
    prop_oneof![
        prop::sample::select(&["a", "6379", "redis-0", "a.b", "10.0.0.1:6379", "/data", "n", "c", "0", "ab", "/"][..])
            .prop_map(shaped(Shape::Word)),
        prop::sample::select(&["", "a", "-n", "*", "a,b", "&", "\\", "x=1", "(", "!", "é", "/"][..])
            .prop_map(shaped(Shape::Field)),
        prop::sample::select(&["", "a b", "-e", "a\\nb", "$x", " ", "a/b", "[", "b|c", "# a"][..])
            .prop_map(shaped(Shape::Line)),
        prop::sample::select(&["", "a", "a\nb", "\n", "a\n", "\na b\n", "-n"][..]).prop_map(shaped(Shape::Any)),
    ]
}

/// What a real tool does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Real {
    /// Nothing where it is no UTF-8 or holds a NUL.
    pub(super) output: Option<String>,
    pub(super) status: Option<i32>,
}

/// Runs a tool in an empty environment; none where it is not installed.
pub(super) fn run(words: &[&str], input: &str) -> Option<Real> {
    let (program, arguments) = words.split_first()?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", path);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().ok().map(|child| wait(child, input))
}

fn wait(mut child: Child, input: &str) -> Real {
    // A tool may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    // Some count without end.
    let most = 1 << 21;
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().take(most).read_to_end(&mut bytes).unwrap();
    let is_endless = bytes.len() as u64 == most;
    if is_endless {
        let _ = child.kill();
    }
    let status = child.wait().unwrap().code();
    let output = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0') && !is_endless);
    Real { output, status }
}

/// The shells of a dialect.
pub(super) fn shells(dialect: Dialect) -> &'static [&'static [&'static str]] {
    match dialect {
        Dialect::Posix => &[&["dash"], &["busybox", "sh"], &["bash"], &["bash", "--posix"]],
        Dialect::Bash => &[&["bash"]],
    }
}

/// What each shell of a dialect makes of a script with these arguments.
pub(super) fn run_shells(dialect: Dialect, script: &str, arguments: &[&str]) -> Vec<Real> {
    let mut all = Vec::new();
    for shell in shells(dialect) {
        let mut words = shell.to_vec();
        words.extend(["-c", script, "sh"]);
        words.extend(arguments);
        all.extend(run(&words, ""));
    }
    all
}

/// The plain tool and busybox's.
pub(super) fn run_both(name: &str, arguments: &[&str], input: &str) -> Vec<Real> {
    let mut all = Vec::new();
    for tool in [&[name][..], &["busybox", name]] {
        let mut words = tool.to_vec();
        words.extend(arguments);
        all.extend(run(&words, input));
    }
    all
}

/// Whether an output may be what the real tool prints.
#[track_caller]
pub(super) fn holds(output: &Text, real: &Real, of: &dyn Debug) {
    match &real.output {
        Some(text) => assert!(output.may_be(text), "{of:?}\n  gives {output:?}\n  but is {text:?}"),
        // A text can't hold it.
        None => assert!(output.known().is_none(), "{of:?}\n  gives {output:?}\n  but is no text"),
    }
}

/// Whether a status may be the real one.
#[track_caller]
pub(super) fn status_holds(status: Option<bool>, real: &Real, of: &dyn Debug) {
    if let Some(status) = status {
        assert_eq!(Some(status), real.status.map(|code| code == 0), "{of:?}\n  {real:?}");
    }
}

/// Draws samples and checks each. `check` says whether the result was known, or nothing where it could not be; at least
/// `least` of a hundred must be.
pub(super) fn draw<T: Debug>(strategy: impl Strategy<Value = T>, least: u32, check: impl Fn(T) -> Option<bool>) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let cases = number("ORACLE_CASES").map_or(CASES, |cases: u64| u32::try_from(cases).unwrap());
    let seed = RngSeed::Fixed(number("ORACLE_SEED").unwrap_or(7));
    let config =
        Config { cases, rng_seed: seed, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let (known, counted) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let result = TestRunner::new(config).run(&strategy, |sample| {
        if let Some(is_known) = check(sample) {
            counted.set(counted.get() + 1);
            known.set(known.get() + u32::from(is_known));
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (known, counted): (u32, u32) = (known.get(), counted.get());
    assert!(known * 100 >= least * counted, "only {known} of {counted} are known");
}
