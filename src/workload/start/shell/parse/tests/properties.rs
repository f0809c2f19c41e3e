//! Laws that hold for scripts made up at random, asked of the real shells.

use super::super::{Parsed, parse};
use super::generate::{Language, damaged, script, soup};
use super::print::print;
use super::shells::{BASH, SHELLS, accepts, output};
use crate::workload::start::shell::dialect::Dialect;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What is whole is taken by the shells, and what is certainly broken by none of them.
pub(super) fn agrees_with_shells(text: &str) -> Result<(), TestCaseError> {
    let bash = parse(text, Dialect::Bash);
    match &bash.broken {
        None => prop_assert!(accepts(BASH, text), "whole, but bash refuses:\n{text}"),
        Some(broken) if broken.is_certain => {
            prop_assert!(!accepts(BASH, text), "{broken}, but bash takes:\n{text}");
        }
        Some(_) => {}
    }
    let posix = parse(text, Dialect::Posix);
    for shell in SHELLS {
        match &posix {
            Parsed { broken: None, bash_only: None, .. } => {
                prop_assert!(accepts(shell, text), "whole, but {shell:?} refuses:\n{text}");
            }
            Parsed { broken: Some(broken), .. } if broken.is_certain => {
                prop_assert!(!accepts(shell, text), "{broken}, but {shell:?} takes:\n{text}");
            }
            _ => {}
        }
    }
    Ok(())
}

/// What bash writes for the script, it writes for the text that its tree is written back as.
pub(super) fn survives_print(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(text, Dialect::Bash);
    if parsed.broken.is_some() {
        return Ok(());
    }
    let printed = print(&parsed.list);
    let again = parse(&printed, Dialect::Bash);
    if again.broken.as_ref().is_some_and(|broken| broken.message.contains("in an array inside `$(…)`")) {
        return Ok(()); // It stood in backquotes, where bash does not fail.
    }
    prop_assert_eq!(&again.broken, &None, "script:\n{}\nprinted:\n{}", text, printed);
    let twice = print(&again.list);
    prop_assert_eq!(&printed, &twice, "script:\n{}", text);
    prop_assert_eq!(output(BASH, text), output(BASH, &printed), "script:\n{}\nprinted:\n{}", text, printed);
    Ok(())
}

/// How many scripts each law is tried with; `PROPTEST_CASES` for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

/// The same scripts each time, so that a test fails for what was changed; `PROPTEST_RNG_SEED` for others.
fn seed() -> RngSeed {
    std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(RngSeed::Fixed(3))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 300, failure_persistence: None, rng_seed: seed(), ..ProptestConfig::default() })]

    #[test]
    fn scripts_agree_with_shells(text in script(Language::Bash)) {
        agrees_with_shells(&text)?;
    }

    #[test]
    fn posix_scripts_agree_with_shells(text in script(Language::Posix)) {
        agrees_with_shells(&text)?;
    }

    #[test]
    fn damaged_scripts_agree_with_shells(text in damaged(Language::Bash)) {
        agrees_with_shells(&text)?;
    }

    #[test]
    fn damaged_posix_scripts_agree_with_shells(text in damaged(Language::Posix)) {
        agrees_with_shells(&text)?;
    }

    #[test]
    fn soups_agree_with_shells(text in soup()) {
        agrees_with_shells(&text)?;
    }

    #[test]
    fn printed_scripts_do_the_same(text in script(Language::Bash)) {
        survives_print(&text)?;
    }

    #[test]
    fn printed_posix_scripts_do_the_same(text in script(Language::Posix)) {
        survives_print(&text)?;
    }

    #[test]
    fn shells_do_the_same_with_what_is_not_only_of_bash(text in script(Language::Posix)) {
        let parsed = parse(&text, Dialect::Posix);
        if parsed.broken.is_none() && parsed.bash_only.is_none() {
            let expected = output(BASH, &text);
            for shell in SHELLS {
                prop_assert_eq!(&output(shell, &text), &expected, "{:?}:\n{}", shell, text);
            }
        }
    }
}
