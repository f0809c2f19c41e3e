use proptest::prelude::*;

use super::{Sample, draw, holds, run_shells, sample};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::ReplacePlace;
use crate::workload::start::shell::tools::pattern::{End, Fragment, Length, Pattern};

const DIALECTS: [Dialect; 2] = [Dialect::Posix, Dialect::Bash];

const PATTERNS: &[&str] = &[
    "*",
    "?",
    "a",
    "b",
    "-",
    "/",
    ".",
    "[ab]",
    "[!a]",
    "[^a]",
    "[a-c]",
    "[[:digit:]]",
    "[![:alpha:]_]",
    "[",
    "]",
    "[]a]",
    "[a-]",
    "[!]",
    "\\",
    "+(a)",
    "é",
    "1",
    "**",
    "[b-a]",
    "(",
    "|",
    "\n",
    " ",
];
const COMMON: &[&str] = &["*", "?", "a", "b", "-", "/", "[ab]", "[!a]", "[0-9]", "[[:alpha:]]", "."];
const SUBJECTS: &[&str] = &["a", "b", "c", "-", "/", ".", "1", "ab", "]", "[", "*", "^", "é", "\n", " ", "\\", "!"];
const COMMON_SUBJECTS: &[&str] = &["a", "b", "c", "-", "/", ".", "1", "ab"];

/// A pattern out of an expansion, one in quotes, another expansion.
type Parts = (Sample, Sample, Sample);

fn parts(pieces: &'static [&'static str]) -> impl Strategy<Value = Parts> {
    (sample(pieces, 3), sample(pieces, 1), sample(pieces, 2))
}

fn pattern(parts: &Parts, dialect: Dialect) -> Pattern {
    let (one, two, three) = parts;
    let fragments = [
        Fragment::expanded(one.text.clone()),
        Fragment::quoted(two.text.clone()),
        Fragment::expanded(three.text.clone()),
    ];
    Pattern::new(&fragments, dialect)
}

fn is_known(subject: &Sample, parts: &Parts) -> bool {
    subject.is_known() && parts.0.is_known() && parts.1.is_known() && parts.2.is_known()
}

fn check_match(subject: &Sample, parts: &Parts, dialect: Dialect) -> Option<bool> {
    let matches = pattern(parts, dialect).matches(&subject.text);
    let script = "case $1 in $2\"$3\"$4) exit 0;; esac; exit 1";
    let arguments = [subject.real.as_str(), &parts.0.real, &parts.1.real, &parts.2.real];
    for real in run_shells(dialect, script, &arguments) {
        if let Some(matches) = matches {
            assert_eq!(Some(i32::from(!matches)), real.status, "{subject:?} {parts:?}");
        }
    }
    is_known(subject, parts).then_some(matches.is_some())
}

#[test]
fn patterns_match_what_they_do_in_the_shells() {
    for dialect in DIALECTS {
        draw((sample(SUBJECTS, 5), parts(PATTERNS)), 30, |(subject, parts)| check_match(&subject, &parts, dialect));
        let common = (sample(COMMON_SUBJECTS, 5), parts(COMMON));
        draw(common, 100, |(subject, parts)| check_match(&subject, &parts, dialect));
    }
}

fn check_removal(subject: &Sample, parts: &Parts, dialect: Dialect) -> Option<bool> {
    let mut all_known = true;
    let operations = [
        ("#", End::Start, Length::Shortest),
        ("##", End::Start, Length::Longest),
        ("%", End::Finish, Length::Shortest),
        ("%%", End::Finish, Length::Longest),
    ];
    let arguments = [subject.real.as_str(), &parts.0.real, &parts.1.real, &parts.2.real];
    for (sign, end, length) in operations {
        let output = pattern(parts, dialect).remove(&subject.text, end, length);
        let script = format!("printf %s \"${{1{sign}$2\"$3\"$4}}\"");
        for real in run_shells(dialect, &script, &arguments) {
            holds(&output, &real, &(sign, subject, parts));
        }
        all_known &= output.known().is_some();
    }
    is_known(subject, parts).then_some(all_known)
}

#[test]
fn removal_leaves_what_the_shells_leave() {
    for dialect in DIALECTS {
        draw((sample(SUBJECTS, 5), parts(PATTERNS)), 20, |(subject, parts)| check_removal(&subject, &parts, dialect));
        let common = (sample(COMMON_SUBJECTS, 5), parts(COMMON));
        draw(common, 100, |(subject, parts)| check_removal(&subject, &parts, dialect));
    }
}

#[test]
fn replacement_gives_what_bash_gives() {
    let places =
        [("/", ReplacePlace::First), ("//", ReplacePlace::All), ("/#", ReplacePlace::Start), ("/%", ReplacePlace::End)];
    let samples = (sample(COMMON_SUBJECTS, 5), parts(COMMON), sample(&["x", "", "&", "\\", "-"], 2));
    draw(samples, 35, |(subject, parts, with)| {
        let mut all_known = true;
        let arguments = [subject.real.as_str(), &parts.0.real, &parts.1.real, &parts.2.real, &with.real];
        for (sign, place) in places {
            let output = pattern(&parts, Dialect::Bash).replace(&subject.text, place, &with.text);
            for with in ["$5", "\"$5\""] {
                let script = format!("v=$1; printf %s \"${{v{sign}$2\"$3\"$4/{with}}}\"");
                for real in run_shells(Dialect::Bash, &script, &arguments) {
                    holds(&output, &real, &(sign, &subject, &parts, with));
                }
            }
            all_known &= output.known().is_some();
        }
        (is_known(&subject, &parts) && with.is_known()).then_some(all_known)
    });
}
