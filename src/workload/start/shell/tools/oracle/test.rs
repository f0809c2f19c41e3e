use std::fs::{File, metadata, symlink_metadata};

use proptest::prelude::*;

use super::{Sample, draw, reals, run_shells, sample, texts};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::tools::test::{FileTests, Truth, evaluate_test};

/// The files of this machine, seen by one who may read all.
pub(super) struct RealFiles;

impl FileTests for RealFiles {
    fn exists(&self, path: &str) -> Option<bool> {
        Some(metadata(path).is_ok())
    }
    fn is_file(&self, path: &str) -> Option<bool> {
        Some(metadata(path).is_ok_and(|it| it.is_file()))
    }
    fn is_folder(&self, path: &str) -> Option<bool> {
        Some(metadata(path).is_ok_and(|it| it.is_dir()))
    }
    fn is_filled(&self, path: &str) -> Option<bool> {
        Some(metadata(path).is_ok_and(|it| it.len() > 0))
    }
    fn is_readable(&self, path: &str) -> Option<bool> {
        Some(File::open(path).is_ok())
    }
    fn is_writable(&self, _: &str) -> Option<bool> {
        None
    }
    fn is_executable(&self, _: &str) -> Option<bool> {
        None
    }
    fn is_link(&self, path: &str) -> Option<bool> {
        Some(symlink_metadata(path).is_ok_and(|it| it.is_symlink()))
    }
}

const WORDS: &[&str] = &[
    "=",
    "!=",
    "==",
    "-eq",
    "-ne",
    "-lt",
    "-gt",
    "-ge",
    "-le",
    "-a",
    "-o",
    "!",
    "(",
    ")",
    "-z",
    "-n",
    "-f",
    "-d",
    "-e",
    "-s",
    "-L",
    "-r",
    "-w",
    "-x",
    "<",
    ">",
    "-nt",
    "-t",
    "-v",
    "-ef",
    "=~",
    "a",
    "b",
    "",
    "5",
    "-5",
    "+5",
    "05",
    " 5",
    "5x",
    "0x5",
    "99999999999999999999",
    "/etc/passwd",
    "/etc",
    "/dev/null",
    "/nonexistent",
    "]",
    "-",
    "--",
    "-Q",
    "-ff",
];

fn check(name: &str, words: &[Sample], dialect: Dialect) -> Option<bool> {
    let truth = evaluate_test(name, &texts(words), dialect, &RealFiles);
    let expected = match truth {
        Truth::True => Some(0),
        Truth::False => Some(1),
        Truth::Error => Some(2),
        Truth::Unknown => None,
    };
    for real in run_shells(dialect, &format!("{name} \"$@\""), &reals(words)) {
        assert!(expected.is_none() || expected == real.status, "{words:?} gives {truth:?} but is {real:?}");
    }
    words.iter().all(Sample::is_known).then_some(truth != Truth::Unknown)
}

fn words(most: usize) -> impl Strategy<Value = Vec<Sample>> {
    prop::collection::vec(sample(WORDS, 1), 0..=most)
}

/// A comparison that means something.
fn comparison() -> impl Strategy<Value = Vec<Sample>> {
    let operand = || sample(&["a", "b", "ab", "5", "6", "", "/etc"], 2);
    let binary =
        prop::sample::select(&["=", "!=", "-eq", "-ne", "-lt", "-gt", "-le", "-ge"][..]).prop_map(Sample::known);
    let unary = prop::sample::select(&["-z", "-n", "-f", "-d", "-e", "-s", "-h"][..]).prop_map(Sample::known);
    let plain = prop_oneof![
        (operand(), binary, operand()).prop_map(|(one, operator, two)| vec![one, operator, two]),
        (unary, operand()).prop_map(|(operator, word)| vec![operator, word]),
    ];
    (any::<bool>(), plain).prop_map(|(is_negated, mut words)| {
        if is_negated {
            words.insert(0, Sample::known("!"));
        }
        words
    })
}

#[test]
fn test_is_what_the_shells_say_of_any_words() {
    for dialect in [Dialect::Posix, Dialect::Bash] {
        draw(words(3), 70, |words| check("test", &words, dialect));
        draw(words(6), 30, |words| check("test", &words, dialect));
    }
}

#[test]
fn brackets_must_be_closed() {
    draw(words(3), 40, |words| check("[", &words, Dialect::Posix));
}

#[test]
fn test_is_what_the_shells_say_of_comparisons() {
    draw(comparison(), 97, |words| check("test", &words, Dialect::Posix));
    let connector = prop::sample::select(&["-a", "-o"][..]).prop_map(Sample::known);
    let more = prop::collection::vec((connector, comparison()), 1..3);
    draw((comparison(), more), 25, |(mut words, more)| {
        for (connector, comparison) in more {
            words.push(connector);
            words.extend(comparison);
        }
        check("test", &words, Dialect::Posix)
    });
}
