use proptest::prelude::*;

use super::{draw, known, run_shells};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::arithmetic::tests::Set;
use crate::workload::start::shell::tools::arithmetic::{Value, Variables, evaluate};

const VALUES: &[&str] =
    &["", "0", "5", "-3", "010", "0x1F", "08", "b", "a+1", " 7 ", "x", "9223372036854775807", "1 2", "--4"];

const TOKENS: &[&str] = &[
    "1",
    "2",
    "0",
    "07",
    "08",
    "0x1f",
    "9223372036854775807",
    "9223372036854775808",
    "2#101",
    "a",
    "b",
    "c",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "<<",
    ">>",
    "<",
    "<=",
    "==",
    "!=",
    "=",
    "+=",
    "-=",
    "*=",
    "/=",
    "<<=",
    "&",
    "|",
    "^",
    "&&",
    "||",
    "!",
    "~",
    "?",
    ":",
    "(",
    ")",
    "++",
    "--",
    ",",
    " ",
    "  ",
];

/// An expression that is well formed in all shells.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&["0", "1", "2", "7", "010", "0x1F", "63", "a", "b", "c", "1000000"][..])
        .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop::sample::select(
            &["+", "-", "*", "/", "%", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^", "&&", "||"][..],
        );
        let unary = prop::sample::select(&["-", "+", "!", "~", "- -"][..]);
        let assignment = prop::sample::select(&["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="][..]);
        let name = prop::sample::select(&["a", "b", "c"][..]);
        prop_oneof![
            4 => (inner.clone(), binary, inner.clone()).prop_map(|(one, operator, two)| format!("{one} {operator} {two}")),
            2 => inner.clone().prop_map(|inner| format!("({inner})")),
            1 => (unary, inner.clone()).prop_map(|(operator, inner)| format!("{operator} {inner}")),
            1 => (name, assignment, inner.clone()).prop_map(|(name, operator, inner)| format!("({name} {operator} {inner})")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(one, two, three)| format!("({one} ? {two} : {three})")),
        ]
    })
}

/// An expression with what bash has more.
fn expression_of_bash() -> impl Strategy<Value = String> {
    let part = prop::sample::select(&["a++", "--b", "2 ** 3", "(1, 2)", "2#11", "a", "-b ** 2", "c-- + 1"][..]);
    (expression(), part).prop_map(|(one, two)| format!("{one} + {two}"))
}

fn check(expression: &str, values: &[String], dialect: Dialect) -> Option<bool> {
    let mut variables = Set::default();
    for (name, value) in ["a", "b"].into_iter().zip(values) {
        variables.0.insert(name.to_owned(), value.as_str().into());
    }
    let value = evaluate(&expression.into(), &mut variables, dialect);
    // It would end before its end.
    let mut depth = 0_i32;
    if !expression.chars().all(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth >= 0
    }) {
        return None;
    }
    let script = format!("a=$1 b=$2; x=$(( {expression} )) && echo \"$x|$a|$b|${{c-}}\"");
    for real in run_shells(dialect, &script, &[&values[0], &values[1]]) {
        let output = real.output.unwrap_or_default();
        let Some(parts) = output.strip_suffix('\n') else {
            assert!(value.is_none(), "{expression} {values:?} gives {value:?} but fails");
            continue;
        };
        let parts: Vec<&str> = parts.split('|').collect();
        if let Some(value) = value {
            assert_eq!(value.to_string(), parts[0], "{expression} {values:?}");
        }
        for (name, real) in ["a", "b", "c"].into_iter().zip(&parts[1..]) {
            let text = match variables.get(name) {
                Value::Set(text) => text,
                Value::Unset => Text::default(),
                Value::Unknown => continue,
            };
            assert!(text.may_be(real), "{expression} {values:?} leaves {name} as {text:?}, but it is {real}");
        }
    }
    Some(value.is_some())
}

fn values(plain: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(known(plain, 1), 2)
}

#[test]
fn expressions_come_to_what_the_shells_say() {
    draw((expression(), values(&["0", "5", "-3", "12"])), 70, |(it, values)| check(&it, &values, Dialect::Posix));
    draw((expression(), values(VALUES)), 25, |(it, values)| check(&it, &values, Dialect::Posix));
}

#[test]
fn expressions_come_to_what_bash_says() {
    draw((expression_of_bash(), values(&["0", "5", "-3", "12"])), 60, |(it, values)| {
        check(&it, &values, Dialect::Bash)
    });
    draw((expression_of_bash(), values(VALUES)), 20, |(it, values)| check(&it, &values, Dialect::Bash));
}

#[test]
fn rows_of_tokens_come_to_what_the_shells_say() {
    for dialect in [Dialect::Posix, Dialect::Bash] {
        draw((known(TOKENS, 5), values(VALUES)), 0, |(it, values)| check(&it, &values, dialect));
    }
}
