//! What scripts are read as.

use super::super::parse;
use super::print::print;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{
    Argument, AssignedValue, Command, CommandKind, Operation, Part, RedirectKind, Word,
};

#[track_caller]
fn commands(script: &str) -> Vec<Command> {
    let parsed = parse(script, Dialect::Bash);
    assert_eq!(parsed.broken, None, "{script}");
    parsed.list.into_iter().map(|item| item.first.commands.into_iter().next().unwrap()).collect()
}

#[track_caller]
fn word(script: &str) -> Vec<Part> {
    match commands(script).remove(0).kind {
        CommandKind::Simple { mut words, .. } => words.remove(1).parts,
        other => panic!("{other:?}"),
    }
}

fn bare(text: &str) -> Part {
    Part::Bare(text.to_owned())
}

fn quoted(text: &str) -> Part {
    Part::Quoted(text.to_owned())
}

/// The line of each command, here-documents, continuations and substitutions before it or not.
#[test]
fn lines_are_those_of_the_text() {
    let script = "a\n\n# c\nb \\\n c\nd <<E; e\n1\n2\\\n3\nE\nf \"\n\"\ng";
    let lines: Vec<u32> = commands(script).iter().map(|command| command.line).collect();
    assert_eq!(lines, [1, 4, 6, 6, 11, 13]);
    for script in ["a\n: $(\n\nb)", "a\n: `\n\nb`", "cat <<E\n1\n$(\nb)\nE\n", "cat <<-E\n\t1\\\n\t$(b\n)\nE\n"] {
        let list = match word_or_here(script) {
            Part::Substitution(list) => list,
            other => panic!("{other:?}"),
        };
        let expected = 1 + script.chars().take_while(|next| *next != 'b').filter(|next| *next == '\n').count();
        assert_eq!(list[0].first.commands[0].line as usize, expected, "{script}");
    }
}

fn word_or_here(script: &str) -> Part {
    let command = commands(script).pop().unwrap();
    match (command.redirects.as_slice(), command.kind) {
        ([redirect], _) => match &redirect.kind {
            RedirectKind::Here(word) => {
                word.parts.iter().find(|part| matches!(part, Part::Substitution(_))).unwrap().clone()
            }
            other => panic!("{other:?}"),
        },
        (_, CommandKind::Simple { words, .. }) => words[1].parts[0].clone(),
        (_, other) => panic!("{other:?}"),
    }
}

#[test]
fn quotes_are_told_apart() {
    assert_eq!(word("a b'c'\\d\"e\"''"), [bare("b"), quoted("cd"), Part::DoubleQuoted(vec![quoted("e")]), quoted("")]);
    assert_eq!(word("a \"\\$\\`\\\\\\\"\\a'\""), [Part::DoubleQuoted(vec![quoted("$`\\\"\\a'")])]);
    assert_eq!(word("a $'\\n\\x41\\101\\'\\\\\\z'"), [Part::AnsiQuoted("\nAA'\\\\z".to_owned())]);
    assert_eq!(word("a $'b\\0c'"), [Part::AnsiQuoted("b".to_owned())]);
    assert_eq!(word("a ~/{b,c}*\\\n?"), [bare("~/{b,c}*?")]);
    assert_eq!(word("a b\r\n"), [bare("b\r")]);
    assert_eq!(word("a $ $"), [bare("$")]);
}

#[test]
fn operations_are_told_apart() {
    let operation = |script: &str| match word(&format!("a {script}")).remove(0) {
        Part::Parameter(parameter) => (parameter.name, parameter.operation),
        other => panic!("{other:?}"),
    };
    let of = |name: &str, operation: Operation| (name.to_owned(), operation);
    let text = |text: &str| Word { parts: vec![bare(text)] };
    assert_eq!(operation("${#}"), of("#", Operation::Value));
    assert_eq!(operation("${##}"), of("#", Operation::Length));
    assert_eq!(operation("${#-b}"), of("#", Operation::Default { with_colon: false, word: text("b") }));
    assert_eq!(operation("${!}"), of("!", Operation::Value));
    assert_eq!(operation("${!:-b}"), of("!", Operation::Default { with_colon: true, word: text("b") }));
    assert_eq!(operation("${!b}"), of("b", Operation::Indirect));
    assert_eq!(operation("${!b@}"), of("b", Operation::Names));
    assert_eq!(operation("${!b[@]}"), of("b", Operation::Keys));
    assert_eq!(operation("${-}"), of("-", Operation::Value));
    assert_eq!(operation("${10}"), of("10", Operation::Value));
    assert_eq!(operation("$10"), of("1", Operation::Value));
    assert_eq!(operation("${x##a}"), of("x", Operation::RemovePrefix { is_longest: true, pattern: text("a") }));
    assert_eq!(operation("${x,,}"), of("x", Operation::Case { is_upper: false, is_all: true }));
    for other in ["${x,,a}", "${x@Q}"] {
        assert_eq!(operation(other), of("x", Operation::Other), "{other}");
    }
}

#[test]
fn declared_assignments_are_no_words() {
    let CommandKind::Declare { program, arguments, .. } = commands("local -a A=(b) c=$d e 'f'=g").remove(0).kind else {
        panic!();
    };
    assert_eq!(program, "local");
    let kinds: Vec<&str> = arguments
        .iter()
        .map(|argument| match argument {
            Argument::Word(_) => "word",
            Argument::Assignment(assignment) if matches!(assignment.value, AssignedValue::Array(_)) => "array",
            Argument::Assignment(_) => "assignment",
        })
        .collect();
    assert_eq!(kinds, ["word", "array", "assignment", "word", "word"]);
    assert!(matches!(commands("\\export a=b").remove(0).kind, CommandKind::Simple { .. }));
}

#[test]
fn copied_descriptors_are_numbered() {
    for (script, expected) in [("a <&3", 0), ("a >&3", 1), ("a 2>&1", 2), ("a |& b", 2)] {
        let command = commands(script).remove(0);
        assert_eq!(command.redirects[0].descriptor, Some(expected), "{script}");
    }
    let script = "a >&f 2>/dev/null <<E\nb\nE\n";
    assert_eq!(print(&parse(script, Dialect::Bash).list), "a  &> f 2> /dev/null <<'END1'\nb\nEND1\n");
}

/// What only bash reads, at the start of the third line.
#[test]
fn first_bash_only_line_is_noted() {
    for script in [
        "A=(b)",
        "A[1]=b",
        "A+=b",
        "[[ a ]]",
        "function f { :; }",
        "a $'b'",
        "a $\"b\"",
        "a <<<b",
        "a &>b",
        "a &>>b",
        "a >&b",
        "a <(b)",
        "a ${x^}",
        "a ${x//b}",
        "a ${x:0:2}",
        "a ${!x}",
        "a ${x[0]}",
        "a {b,c}",
        "a {1..3}",
        "a |& b",
        "time a",
        "((1))",
        "for ((;;)); do :; done",
        "case a in a) ;& esac",
        "a $[1]",
        "declare b",
        "a-b() { :; }",
        "a 10>b",
        "a {b}>c",
        "for x in a; { :; }",
        "! ! a",
        "alias a=b",
        "a ${x@Q}",
        "a $((b) )",
        "a $(( \"1\" ))",
        "export() { :; }",
    ] {
        let parsed = parse(&format!("a\na\n{script}\n[[ a ]]"), Dialect::Posix);
        assert_eq!((parsed.broken, parsed.bash_only), (None, Some(3)), "{script}");
    }
}

#[test]
fn lines_before_the_broken_one_are_read() {
    let parsed = parse("a\nb; c\nd; if\nx; then", Dialect::Bash);
    assert_eq!(parsed.list.len(), 3);
    assert_eq!(parsed.broken.unwrap().to_string(), "line 4: the script ends inside a command");
    for (script, message) in [
        ("if a; then b", "line 1: `if` without `fi`"),
        ("\n\nwhile a", "line 3: `while` without `do`"),
        ("case a in b)", "line 1: `case` without `esac`"),
        ("a\n(b", "line 2: `(` without `)`"),
        ("{ secret_word }; fi", "line 1: `fi` can't stand here"),
        ("a;;", "line 1: `;;` can't stand here"),
        ("(a) secret_word", "line 1: a word can't stand here"),
        ("a >", "line 1: the script ends inside a command"),
    ] {
        assert_eq!(parse(script, Dialect::Bash).broken.unwrap().to_string(), message, "{script}");
    }
}

#[test]
fn patterns_in_parentheses_need_a_line_that_turns_them_on() {
    let script = "shopt -s extglob\ncase a in @(a|b) | !(c)) : ;; esac; a +(b|'c')d";
    assert_eq!(parse(script, Dialect::Bash).broken, None);
    assert!(parse(&script.replace('\n', ";"), Dialect::Bash).broken.is_some_and(|broken| !broken.is_certain));
}
