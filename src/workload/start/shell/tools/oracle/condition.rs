use proptest::prelude::*;

use super::test::RealFiles;
use super::{Sample, draw, run_shells, sample};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::tools::arithmetic::Variables;
use crate::workload::start::shell::tools::arithmetic::tests::Set;
use crate::workload::start::shell::tools::condition::{ConditionWord, evaluate_condition};
use crate::workload::start::shell::tools::pattern::Fragment;
use crate::workload::start::shell::tools::truth::Truth;

/// A word of a condition: as the script has it, or an argument of the script with quotes or without.
#[derive(Debug, Clone)]
enum Part {
    Bare(&'static str),
    Expanded(Sample),
    Quoted(Sample),
}

type Word = Vec<Part>;

fn operand() -> impl Strategy<Value = Word> {
    let value = || sample(&["a", "b", "-", "*", "?", "[ab]", "5", "redis-0", ".", "^", "$", "+", "(a|b)", "x"], 3);
    let part = prop_oneof![
        3 => prop::sample::select(&["a", "b", "*", "?", "[a-c]", "redis", "5", "x", "a.c", "ab"][..]).prop_map(Part::Bare),
        2 => value().prop_map(Part::Expanded),
        2 => value().prop_map(Part::Quoted),
    ];
    prop::collection::vec(part, 1..3)
}

fn comparison() -> impl Strategy<Value = Vec<Word>> {
    let of = |operators: &'static [&'static str]| prop::sample::select(operators).prop_map(|it| vec![Part::Bare(it)]);
    prop_oneof![
        4 => (operand(), of(&["==", "!=", "=", "=~"]), operand()).prop_map(|(one, operator, two)| vec![one, operator, two]),
        1 => (of(&["-n", "-z", "-f", "-d"]), operand()).prop_map(|(operator, word)| vec![operator, word]),
        1 => (of(&["5", "FIVE", "6", "FIVE+1"]), of(&["-eq", "-ne", "-lt", "-gt"]), of(&["5", "FIVE", "7"]))
            .prop_map(|(one, operator, two)| vec![one, operator, two]),
        1 => of(&["FIVE", "SIX"]).prop_map(|name| vec![vec![Part::Bare("-v")], name]),
    ]
}

fn condition() -> impl Strategy<Value = Vec<Word>> {
    let connector = prop::sample::select(&["&&", "||"][..]);
    let more = prop::collection::vec((connector, any::<bool>(), comparison()), 0..3);
    (any::<bool>(), comparison(), more).prop_map(|(is_negated, first, more)| {
        let mut words = first;
        if is_negated {
            words.insert(0, vec![Part::Bare("!")]);
        }
        for (connector, is_grouped, comparison) in more {
            words.push(vec![Part::Bare(connector)]);
            if is_grouped {
                words.push(vec![Part::Bare("(")]);
            }
            words.extend(comparison);
            if is_grouped {
                words.push(vec![Part::Bare(")")]);
            }
        }
        words
    })
}

#[test]
fn conditions_are_what_bash_says() {
    draw(condition(), 60, |words| {
        let mut script = "FIVE=5; [[".to_owned();
        let mut arguments = Vec::new();
        let mut read = Vec::new();
        let mut is_known = true;
        for word in &words {
            script.push(' ');
            let mut fragments = Vec::new();
            for part in word {
                match part {
                    Part::Bare(bare) => {
                        script.push_str(bare);
                        fragments.push(Fragment::bare(*bare));
                    }
                    Part::Expanded(sample) | Part::Quoted(sample) => {
                        arguments.push(sample.real.clone());
                        is_known &= sample.is_known();
                        let expansion = format!("${{{}}}", arguments.len());
                        let is_quoted = matches!(part, Part::Quoted(_));
                        let quote = if is_quoted { "\"" } else { "" };
                        script.extend([quote, &expansion, quote]);
                        let text = sample.text.clone();
                        fragments.push(if is_quoted { Fragment::quoted(text) } else { Fragment::expanded(text) });
                    }
                }
            }
            let is_bare = word.iter().all(|part| matches!(part, Part::Bare(_)));
            read.push(ConditionWord { fragments, is_bare });
        }
        script.push_str(" ]]");
        let mut variables = Set::default();
        variables.set("FIVE", Some(5));
        let truth = evaluate_condition(&read, &RealFiles, &mut variables);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        for real in run_shells(Dialect::Bash, &script, &arguments) {
            if let Some(holds) = truth.status() {
                assert_eq!(Some(holds), real.status.map(|code| code == 0), "{script} {arguments:?} gives {truth:?}");
            }
        }
        is_known.then_some(truth != Truth::Unknown)
    });
}
