//! Small scripts of which the shells themselves say whether they are right.

use super::super::parse;
use super::properties::{agrees_with_shells, survives_print};
use super::shells::{BASH, accepts};
use crate::workload::start::shell::dialect::Dialect;

fn scripts(text: &str) -> impl Iterator<Item = &str> {
    text.split("%%\n")
}

#[test]
fn bash_takes_what_is_read_whole_and_nothing_else() {
    let mut count = 0;
    for script in scripts(include_str!("scripts.txt")) {
        let broken = parse(script, Dialect::Bash).broken;
        assert_eq!(broken.is_none(), accepts(BASH, script), "{broken:?}:\n{script}");
        assert!(broken.is_none_or(|broken| broken.is_certain), "{script}");
        count += 1;
    }
    assert!(count > 200, "{count}");
}

#[test]
fn all_shells_agree() {
    for script in scripts(include_str!("scripts.txt")).chain(scripts(include_str!("unread.txt"))) {
        agrees_with_shells(script).unwrap();
    }
}

#[test]
fn printed_scripts_do_the_same() {
    for script in scripts(include_str!("scripts.txt")) {
        survives_print(script).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// What this parser does not read is never called broken for certain, in neither dialect.
#[test]
fn unread_scripts_are_not_certainly_broken() {
    for script in scripts(include_str!("unread.txt")) {
        let bash = parse(script, Dialect::Bash);
        assert!(bash.broken.is_some_and(|broken| !broken.is_certain), "{script}");
        let posix = parse(script, Dialect::Posix);
        let is_unknown = posix.bash_only.is_some() || posix.broken.as_ref().is_some_and(|broken| !broken.is_certain);
        assert!(is_unknown, "{script}");
    }
}
