use proptest::prelude::*;

use super::sed::regex;
use super::{Sample, draw, holds, known, reals, run, run_both, sample, status_holds, texts};
use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::filters;

const LINES: &[&str] = &[
    "a", "b", "c", "x", " ", "  ", "1", "-", ".", ":", ",", "#", "/", "port", "ab", "\n", "\n", "\t", "[", "\\", "A",
    "12", "é",
];

fn check(name: &str, arguments: &[Sample], input: &Sample) -> Option<bool> {
    let filtered = filters::run(name, &texts(arguments), &input.text)?;
    for real in run_both(name, &reals(arguments), &input.real) {
        holds(&filtered.output, &real, &(name, arguments, input));
        status_holds(filtered.status, &real, &(name, arguments, input));
    }
    let is_known = input.is_known() && arguments.iter().all(Sample::is_known);
    is_known.then(|| filtered.output.known().is_some())
}

fn check_words(name: &str, words: &[&str], input: &Sample) -> Option<bool> {
    let arguments: Vec<Sample> = words.iter().map(|word| Sample::known(word)).collect();
    check(name, &arguments, input)
}

#[test]
fn grep_selects_what_both_do() {
    let flags = prop::sample::select(&["-v", "-i", "-q", "-c", "-x", "-n", "-vc", "-m1", "-s", "-h", "-e", "--"][..]);
    let patterns = any::<bool>().prop_flat_map(|is_extended| (Just(is_extended), regex(is_extended)));
    draw((prop::option::of(flags), patterns, sample(LINES, 12)), 75, |(flag, (is_extended, regex), input)| {
        let mut words = if is_extended { vec!["-E"] } else { Vec::new() };
        words.extend(flag);
        words.push(&regex);
        check_words("grep", &words, &input)
    });
    draw((known(LINES, 3), sample(LINES, 12)), 60, |(literal, input)| {
        check_words("grep", &["-F", "--", &literal], &input)?;
        check_words("fgrep", &["-ix", "-e", &literal], &input)
    });
}

#[test]
fn grep_prints_the_parts_that_both_do() {
    draw((regex(true), sample(LINES, 12)), 50, |(regex, input)| check_words("grep", &["-oE", &regex], &input));
}

const COMMON_OF_TR: &[&[&str]] = &[
    &["a-z", "A-Z"],
    &["-d", "\\n"],
    &["-d", "\\r\\n "],
    &["-s", " "],
    &[",", "\\n"],
    &["-cd", "[:alnum:]"],
    &["[:lower:]", "[:upper:]"],
    &["-s", " ", "\\n"],
    &[":", " "],
];

#[test]
fn tr_changes_what_both_do() {
    let pieces = &[
        "a",
        "b",
        "c",
        "a-c",
        "A-C",
        "0-9",
        "[:alpha:]",
        "[:digit:]",
        "[:space:]",
        "[:upper:]",
        "[:lower:]",
        "\\n",
        "\\t",
        " ",
        ":",
        "/",
        "-",
        "\\\\",
        "[",
        "]",
        "\\012",
        "c-a",
        "é",
        ".",
        "_",
        "[a*3]",
        "[=a=]",
        "\\q",
    ];
    let flags = prop::sample::select(&["", "", "-d", "-s", "-c", "-cd", "-ds", "-C", "-cs"][..]);
    draw(
        (flags, known(pieces, 3), prop::option::of(known(pieces, 3)), sample(LINES, 10)),
        4,
        |(flag, one, two, input)| {
            let mut words = if flag.is_empty() { Vec::new() } else { vec![flag] };
            words.push(&one);
            words.extend(two.as_deref());
            check_words("tr", &words, &input)
        },
    );
    let common = prop::sample::select(COMMON_OF_TR);
    draw((common, sample(LINES, 10)), 100, |(words, input)| check_words("tr", words, &input));
}

#[test]
fn cut_prints_what_both_do() {
    let lists = || prop::sample::select(&["1", "2", "1,3", "2-", "-2", "3,1", "2-3", "0", "-", "1-1,2", "3-2", ""][..]);
    let delimiters = prop::sample::select(&[":", ",", " ", "a", "::", "-", ""][..]);
    draw((lists(), delimiters, any::<bool>(), sample(LINES, 12)), 30, |(list, delimiter, is_strict, input)| {
        let mut words = vec!["-d", delimiter, "-f", list];
        if is_strict {
            words.push("-s");
        }
        check_words("cut", &words, &input)
    });
    draw((lists(), prop::sample::select(&["-c", "-b", "-f"][..]), sample(LINES, 12)), 30, |(list, flag, input)| {
        check_words("cut", &[flag, list], &input)
    });
}

const ENDS: &[&[&str]] = &[
    &["-1"],
    &["-n", "2"],
    &["-n2"],
    &["-n", "-1"],
    &["-n", "+2"],
    &["-c", "3"],
    &["-c", "+2"],
    &["-c", "-2"],
    &["-n", "0"],
    &[],
    &["-q"],
    &["-3"],
    &["-n", "1k"],
    &["-n+1"],
    &["-n", "+0"],
    &["-n", "x"],
];

#[test]
fn head_and_tail_print_what_both_do() {
    let words = prop::sample::select(ENDS);
    draw((words, prop::sample::select(&["head", "tail"][..]), sample(LINES, 14)), 50, |(words, name, input)| {
        check_words(name, words, &input)
    });
}

const COUNTS: &[&[&str]] = &[&["-l"], &["-c"], &["-w"], &[], &["-lw"], &["-m"]];

#[test]
fn wc_counts_what_both_do() {
    let words = prop::sample::select(COUNTS);
    draw((words, sample(LINES, 14)), 40, |(words, input)| check_words("wc", words, &input));
}

#[test]
fn basename_and_dirname_print_what_both_do() {
    let pieces = &["/", "/", "a", "b.conf", "etc", ".", "-", "//", "redis.conf", " "];
    let names = prop::sample::select(&["basename", "dirname"][..]);
    draw(
        (names, sample(pieces, 5), prop::option::weighted(0.3, sample(&[".conf", "a", "conf", "/", "-"], 1))),
        70,
        |(name, path, suffix)| {
            let mut arguments = vec![path];
            arguments.extend(suffix);
            check(name, &arguments, &Sample::default())
        },
    );
}

#[test]
fn seq_prints_what_both_do() {
    let pieces = &["1", "2", "3", "10", "0", "-1", "-2", "05", "1.5", "x", "", "-s,", "-w", "7"];
    draw((1..30_i32, 1..9_i32, 0..60_i32), 100, |(first, step, last)| {
        let (first, step, last) = (first.to_string(), step.to_string(), last.to_string());
        check_words("seq", &[&last], &Sample::default())?;
        check_words("seq", &[&last, &format!("-{step}"), &first], &Sample::default())?;
        check_words("seq", &["-s,", &first, &step, &last], &Sample::default())
    });
    draw(prop::collection::vec(known(pieces, 1), 0..4), 2, |words| {
        let arguments: Vec<Sample> = words.iter().map(|word| Sample::known(word)).collect();
        check("seq", &arguments, &Sample::default())
    });
}

#[test]
fn expr_prints_what_both_do() {
    let pieces = &[
        "1",
        "2",
        "3",
        "0",
        "-1",
        "05",
        "a",
        "abc",
        "",
        "+",
        "-",
        "*",
        "/",
        "%",
        "=",
        "!=",
        "<",
        ">",
        "<=",
        ">=",
        "|",
        "&",
        "(",
        ")",
        ":",
        "a.*",
        "\\(a\\)",
        "length",
        "match",
        "x*",
        "b",
        "a\\(b*\\)",
        "00",
        "9223372036854775807",
    ];
    draw(prop::collection::vec(known(pieces, 1), 0..6), 5, |words| {
        let arguments: Vec<Sample> = words.iter().map(|word| Sample::known(word)).collect();
        check("expr", &arguments, &Sample::default())
    });
    let numbers = || prop::sample::select(&["1", "2", "10", "0", "-3", "64"][..]);
    let operators = || prop::sample::select(&["+", "-", "*", "/", "%", "=", "<", ">=", "|", "&", "!="][..]);
    draw((numbers(), operators(), numbers(), operators(), numbers()), 80, |(one, first, two, second, three)| {
        check_words("expr", &[one, first, two, second, three], &Sample::default())
    });
    draw((known(&["a", "b", "1", "redis-"], 4), regex(false)), 70, |(string, regex)| {
        check_words("expr", &[&format!("x{string}"), ":", &format!("x{regex}")], &Sample::default())
    });
}

#[test]
fn awk_prints_what_both_do() {
    let guards = prop_oneof![
        3 => Just(String::new()),
        2 => regex(true).prop_map(|regex| format!("/{regex}/")),
        1 => regex(true).prop_map(|regex| format!("!/{regex}/ ")),
        1 => prop::sample::select(&["NR==2", "NR == 1 ", "NR>1"][..]).prop_map(str::to_owned),
    ];
    let actions = prop::sample::select(
        &[
            "{print $1}",
            "{ print $2 }",
            "{print}",
            "{print $NF}",
            "{print $1, $2}",
            "{print $1\":\"$2}",
            "{print $0; exit}",
            "",
            "{print $3 \"x\" ;}",
            "{print NR}",
            "{print $(1)}",
            "{print $1 $2}",
        ][..],
    );
    let separators = prop::sample::select(&["", "", ":", ",", " ", "|", ".", "-", "/", "\\t", "ab", "x"][..]);
    draw((guards, actions, separators, sample(LINES, 12)), 40, |(guard, action, separator, input)| {
        let program = format!("{guard}{action}");
        if program.is_empty() {
            return None;
        }
        let mut words = if separator.is_empty() { Vec::new() } else { vec!["-F", separator] };
        words.push(&program);
        check_words("awk", &words, &input)
    });
}

#[test]
fn envsubst_prints_what_it_does() {
    let pieces =
        &["$", "$PORT", "${PORT}", "${", "}", "PORT", "$UNSET", "a", " ", "\n", "$5", "\\", "${PORT", "_", "é"];
    draw((sample(pieces, 6), prop::option::of(known(pieces, 2))), 95, |(input, format)| {
        let arguments: Vec<Text> = format.iter().map(|format| format.as_str().into()).collect();
        let variables = |name: &str| (name == "PORT").then(|| "6379".into());
        let filtered = filters::envsubst(&arguments, &input.text, &variables);
        let mut words = vec!["env", "PORT=6379", "envsubst"];
        words.extend(format.as_deref());
        if let Some(real) = run(&words, &input.real).filter(|real| real.status != Some(127)) {
            holds(&filtered.output, &real, &(&words, &input));
        }
        input.is_known().then(|| filtered.output.known().is_some())
    });
}
