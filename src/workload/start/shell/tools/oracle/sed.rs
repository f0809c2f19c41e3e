use proptest::prelude::*;

use super::{Real, Sample, draw, holds, run, run_both, sample};
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools::sed::SedCall;

/// A regular expression, basic or extended.
pub(super) fn regex(is_extended: bool) -> impl Strategy<Value = String> {
    let sign = move |sign: &str| if is_extended { sign.to_owned() } else { format!("\\{sign}") };
    let atoms = &[
        "a",
        "b",
        "c",
        "x",
        " ",
        ".",
        "[ab]",
        "[^a]",
        "[[:digit:]]",
        "[a-c1]",
        "\\.",
        "#",
        "1",
        "-",
        "port",
        "\\s",
    ][..];
    let atom = prop::sample::select(atoms).prop_map(str::to_owned);
    let times = move || {
        prop_oneof![
            6 => Just(String::new()),
            2 => Just("*".to_owned()),
            1 => Just(sign("+")),
            1 => Just(sign("?")),
            1 => Just(format!("{}1,2{}", sign("{"), sign("}"))),
        ]
    };
    let body = atom.prop_recursive(3, 12, 3, move |inner| {
        let part = (inner.clone(), times()).prop_map(|(inner, times)| format!("{inner}{times}"));
        let row = prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat());
        prop_oneof![
            3 => row,
            1 => (inner.clone(), times()).prop_map(move |(inner, times)| format!("{}{inner}{}{times}", sign("("), sign(")"))),
            1 => (inner.clone(), inner).prop_map(move |(one, two)| format!("{}{one}{}{two}{}", sign("("), sign("|"), sign(")"))),
        ]
    });
    (prop::sample::select(&["", "", "^"][..]), body, prop::sample::select(&["", "", "$"][..]))
        .prop_map(|(start, body, end)| format!("{start}{body}{end}"))
}

fn address(is_extended: bool) -> impl Strategy<Value = String> {
    let single = || {
        prop_oneof![
            3 => regex(is_extended).prop_map(|regex| format!("/{regex}/")),
            1 => prop::sample::select(&["1", "2", "3", "$"][..]).prop_map(str::to_owned),
        ]
    };
    prop_oneof![
        3 => Just(String::new()),
        3 => single(),
        1 => (single(), single()).prop_map(|(first, last)| format!("{first},{last}")),
        1 => single().prop_map(|address| format!("{address}!")),
    ]
}

fn command(is_extended: bool) -> impl Strategy<Value = String> {
    let with =
        prop::sample::select(&["", "x", "[&]", "\\1", "b\\1-", "port 1", "\\n", "\\&", "\\\\", "<\\2>", "\\/"][..]);
    let flags = prop::sample::select(&["", "", "g", "2", "p", "I", "gI"][..]);
    let function = prop_oneof![
        4 => (regex(is_extended), with, flags).prop_map(|(regex, with, flags)| format!("s/{regex}/{with}/{flags}")),
        1 => prop::sample::select(&["d", "p", "q", "a more", "i\\\nmore", "c other", "s,a,b,;s|b|c|"][..]).prop_map(str::to_owned),
    ];
    prop_oneof![
        8 => (address(is_extended), function).prop_map(|(address, function)| format!("{address}{function}")),
        1 => (regex(is_extended), regex(is_extended)).prop_map(|(one, two)| format!("/{one}/{{s/{two}/y/;s/a/b/}}")),
    ]
}

const LINES: &[&str] =
    &["a", "b", "c", "x", " ", "1", "-", ".", "#", "port", "ab", "\n", "\n", "aab", "[", "\\", "&", "A"];

/// Commands, options and an input.
type Call = (bool, bool, Vec<String>, Sample);

fn call(lines: &'static [&'static str]) -> impl Strategy<Value = Call> {
    any::<bool>().prop_flat_map(move |is_extended| {
        let commands = prop::collection::vec(command(is_extended), 1..3);
        let is_quiet = prop::bool::weighted(0.2);
        (Just(is_extended), is_quiet, commands, sample(lines, 12))
    })
}

fn check((is_extended, is_quiet, commands, input): Call) -> Option<bool> {
    let script = commands.join("\n");
    let mut words = Vec::new();
    if is_extended {
        words.push("-E");
    }
    if is_quiet {
        words.push("-n");
    }
    words.push(&script);
    let arguments: Vec<Text> = words.iter().map(|word| Text::from(*word)).collect();
    let program = SedCall::read(&arguments)?.program;
    let output = program.map(|program| program.apply_text(&input.text));
    for real in run_both("sed", &words, &input.real) {
        if let Some(output) = &output {
            assert_eq!(real.status, Some(0), "{words:?}");
            holds(output, &real, &(&words, &input));
        }
    }
    input.is_known().then(|| output.is_some_and(|output| output.known().is_some()))
}

#[test]
fn sed_prints_what_both_do() {
    draw(call(LINES), 40, check);
}

/// Any characters as a script.
#[test]
fn sed_reads_scripts_as_both_do() {
    let pieces = &[
        "s", "/", "/", "/", "a", "b", "\\", "&", "g", "p", "d", ";", "{", "}", "1", "$", ",", "!", "^", "*", "[", "]",
        "\\(", "\\)", "(", ")", "|", "\n", " ", "s/a/b/", "/a/", "q", "#", "\\1", "\\n", "+", "?", "i", "c", "n", "=",
        "~", "0", "2", "I",
    ];
    draw((sample(pieces, 7), any::<bool>()), 0, |(script, is_extended)| {
        let script = script.text.known().map(str::to_owned)?;
        check((is_extended, false, vec![script], Sample::known("ab\nb/a\n\nc\n")))
    });
}

/// Edits a file in place.
fn edit(tool: &[&str], words: &[&str], content: &str) -> Option<String> {
    let folder =
        std::env::temp_dir().join(format!("sed-oracle-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join("file");
    std::fs::write(&file, content).ok()?;
    let mut all = tool.to_vec();
    all.extend(words);
    let path = file.to_str()?;
    all.push(path);
    run(&all, "")?;
    let edited = std::fs::read_to_string(&file).ok();
    std::fs::remove_dir_all(&folder).ok()?;
    edited
}

#[test]
fn sed_leaves_files_as_both_do() {
    draw(call(LINES), 40, |(_, _, commands, input)| {
        let script = commands.join("\n");
        let words = ["-i", "-E", &script];
        let arguments: Vec<Text> = words.iter().map(|word| Text::from(*word)).collect();
        let program = SedCall::read(&arguments)?.program;
        let output = program.map(|program| program.apply_text(&input.text));
        for tool in [&["sed"][..], &["busybox", "sed"]] {
            let (Some(output), Some(edited)) = (&output, edit(tool, &words, &input.real)) else { break };
            holds(output, &Real { output: Some(edited), status: None }, &(&words, &input));
        }
        input.is_known().then(|| output.is_some_and(|output| output.known().is_some()))
    });
}

#[test]
fn sed_puts_in_unknown_words() {
    let words = prop::sample::select(&["a", "/data", "a/g", "a/p/b", "a/w/nonexistent/x", "b/e", "a:b", "a|b"][..]);
    let delimiters = prop::sample::select(&["/", "|", ",", ":"][..]);
    let flags = prop::sample::select(&["", "g"][..]);
    draw((regex(false), words, delimiters, flags, sample(LINES, 8)), 0, |(regex, word, delimiter, flags, input)| {
        if regex.contains(delimiter) || word.contains('|') {
            return None;
        }
        let real = format!("s{delimiter}{regex}{delimiter}x{word}{delimiter}{flags}");
        let mut script = Text::from(format!("s{delimiter}{regex}{delimiter}x"));
        script.push(&Unknown::new(Shape::Word, "it").into());
        script.push_str(delimiter);
        script.push_str(flags);
        let program = SedCall::read(&["-i".into(), script])?.program;
        let output = program.map(|program| program.apply_text(&input.text));
        for tool in [&["sed"][..], &["busybox", "sed"]] {
            let (Some(output), Some(edited)) = (&output, edit(tool, &["-i", &real], &input.real)) else { break };
            holds(output, &Real { output: Some(edited), status: None }, &(&real, &input));
        }
        None
    });
}
