//! Any text is taken, and a long one ends soon: a panic or work that grows with the square of the input shows here.

use std::cell::Cell;

use proptest::prelude::*;

use super::test::RealFiles;
use super::{Sample, draw, unseen};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::ReplacePlace;
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools::arithmetic::evaluate;
use crate::workload::start::shell::tools::arithmetic::tests::Set;
use crate::workload::start::shell::tools::condition::{ConditionWord, evaluate_condition};
use crate::workload::start::shell::tools::echo::echo;
use crate::workload::start::shell::tools::filters::{envsubst, operands, run};
use crate::workload::start::shell::tools::pattern::{End, Fragment, Length, Pattern};
use crate::workload::start::shell::tools::printf::printf;
use crate::workload::start::shell::tools::sed::SedCall;
use crate::workload::start::shell::tools::split::split;
use crate::workload::start::shell::tools::test::evaluate_test;

const FILTERS: [&str; 14] =
    ["grep", "egrep", "fgrep", "tr", "cut", "head", "tail", "basename", "dirname", "seq", "expr", "wc", "awk", "none"];

/// Gives these words and this input to everything.
fn use_all(words: &[Text], input: &Text) {
    let mut variables = Set::default();
    for dialect in [Dialect::Posix, Dialect::Bash] {
        echo(words, dialect);
        printf(words, dialect);
        evaluate_test("[", words, dialect, &RealFiles);
        evaluate_test("test", words, dialect, &RealFiles);
        evaluate(input, &mut variables, dialect);
        let fragments: Vec<Fragment> = words.iter().map(|word| Fragment::expanded(word.clone())).collect();
        let pattern = Pattern::new(&fragments, dialect);
        pattern.matches(input);
        for end in [End::Start, End::Finish] {
            pattern.remove(input, end, Length::Shortest);
            pattern.remove(input, end, Length::Longest);
        }
        pattern.replace(input, ReplacePlace::All, &"x".into());
        pattern.replace(input, ReplacePlace::End, &"x".into());
        split(&fragments, " \t\n");
        split(&[Fragment::expanded(input.clone())], ",é ");
    }
    let condition: Vec<ConditionWord> = words
        .iter()
        .map(|word| ConditionWord { fragments: vec![Fragment::bare(word.clone())], is_bare: true })
        .collect();
    evaluate_condition(&condition, &RealFiles, &mut variables);
    if let Some(program) = SedCall::read(words).and_then(|call| call.program) {
        program.apply_text(input);
    }
    for name in FILTERS {
        operands(name, words);
        run(name, words, input);
    }
    envsubst(words, input, &|_| Some("x".into()));
}

#[test]
fn any_text_is_taken() {
    let piece = || prop_oneof![3 => ".{0,6}".prop_map(|text: String| Sample::known(&text)), 1 => unseen()];
    let text = move || {
        prop::collection::vec(piece(), 0..4).prop_map(|pieces| {
            let mut sample = Sample::default();
            for piece in &pieces {
                sample.push(piece);
            }
            sample.text
        })
    };
    draw((prop::collection::vec(text(), 0..5), text()), 0, |(words, input)| {
        use_all(&words, &input);
        None
    });
}

/// Long texts: one line, many lines, many unknown pieces.
fn long_texts() -> [Text; 4] {
    let many = 1 << 13;
    let mut unknown = Text::default();
    let mut stretches = Text::default();
    for _ in 0..many / 8 {
        unknown.push_str("a b ");
        unknown.push(&Unknown::new(Shape::Line, "it").into());
        unknown.push_str("\n");
        stretches.push_str("ab");
        stretches.push(&Unknown::new(Shape::Any, "it").into());
    }
    ["a".repeat(many).into(), "a b\n".repeat(many / 4).into(), unknown, stretches]
}

#[test]
fn long_texts_end_soon() {
    let calls: [&[&str]; 12] = [
        &["*a*a*a*b"],
        &["s/a*b/x/g"],
        &["s/\\(a*\\)*b\\|a*c/x/g"],
        &["-E", "s/(a|aa)*$/[\\1]/"],
        &["-e", "/a/,/b/d", "-e", "$p"],
        &["-c", "a*b"],
        &["-oE", "(a|aa)+"],
        &["-d", "a"],
        &["-d ", "-f2"],
        &["%s%s", "a"],
        &["/a.*a.*b/ {print $1, $2}"],
        &["-n", "1000"],
    ];
    let ended = Cell::new(0);
    for input in long_texts() {
        for words in calls {
            let words: Vec<Text> = words.iter().map(|word| Text::from(*word)).collect();
            use_all(&words, &input);
            ended.set(ended.get() + 1);
        }
        use_all(std::slice::from_ref(&input), &"a".into());
    }
    assert_eq!(ended.get(), 48);
}
