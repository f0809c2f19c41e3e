//! Arithmetic of the shell: `$(( … ))`, `(( … ))`, and what `-eq` of `[[` compares.
//!
//! 64 bits. Unknown: an overflow, a division by zero, a shift by less than 0 or more than 63 bits, and in `sh` what one
//! of its shells lacks: `++`, `--`, `**`, a comma, and a variable whose value is no plain number.

mod evaluator;
mod token;
mod variables;

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::{Piece, Shape, Text};
use evaluator::Evaluator;
use variables::MAX_LENGTH;
pub(crate) use variables::{Value, Variables};

/// What an expression comes to, after its expansions; nothing where that is unknown or it is a mistake. Variables that it
/// may have assigned are set to an unknown number then.
pub(crate) fn evaluate(expression: &Text, variables: &mut dyn Variables, dialect: Dialect) -> Option<i64> {
    let known = expression.known().filter(|known| known.len() <= MAX_LENGTH);
    let value = known.and_then(|known| Evaluator::new(variables, dialect).evaluate(known));
    let Some(value) = value else {
        give_up(expression, variables);
        return None;
    };
    value
}

/// Assigns an unknown number to each variable that an expression may assign.
pub(super) fn give_up(expression: &Text, variables: &mut dyn Variables) {
    let mut known = String::new();
    for piece in expression.pieces() {
        match piece {
            Piece::Known(piece) => known.push_str(piece),
            Piece::Unknown(unknown) if unknown.shape == Shape::Word => known.push('0'),
            Piece::Unknown(_) => {
                variables.forget();
                known.push('0');
            }
        }
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if !known.contains('=') && !known.contains("++") && !known.contains("--") {
        return;
    }
    for name in known.split(|letter| !is_name(letter)) {
        if name.starts_with(|letter: char| is_name(letter) && !letter.is_ascii_digit()) {
            variables.set(name, None);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::workload::start::shell::text::Unknown;

    /// Variables of a test: none is set but these.
    #[derive(Default)]
    pub(in crate::workload::start::shell::tools) struct Set(
        pub(in crate::workload::start::shell::tools) BTreeMap<String, Text>,
    );

    impl Variables for Set {
        fn get(&self, name: &str) -> Value {
            self.0.get(name).map_or(Value::Unset, |value| Value::Set(value.clone()))
        }
        fn set(&mut self, name: &str, value: Option<i64>) {
            let text = value.map_or_else(|| Text::any("x"), |value| value.to_string().into());
            self.0.insert(name.to_owned(), text);
        }
        fn forget(&mut self) {
            self.0.values_mut().for_each(|value| *value = Text::any("x"));
        }
    }

    fn value(expression: &str, dialect: Dialect) -> Option<i64> {
        let mut variables = Set::default();
        variables.0.insert("FIVE".into(), "5".into());
        variables.0.insert("NAME".into(), "FIVE".into());
        variables.0.insert("X".into(), Unknown::new(Shape::Word, "x").into());
        evaluate(&expression.into(), &mut variables, dialect)
    }

    #[track_caller]
    fn comes_to(expression: &str, expected: i64) {
        for dialect in [Dialect::Posix, Dialect::Bash] {
            assert_eq!(value(expression, dialect), Some(expected), "{expression}");
        }
    }

    #[track_caller]
    fn comes_to_in_bash(expression: &str, expected: Option<i64>) {
        assert_eq!(value(expression, Dialect::Posix), None, "{expression}");
        assert_eq!(value(expression, Dialect::Bash), expected, "{expression}");
    }

    #[test]
    fn reads_the_grammar() {
        comes_to("1 + 2 * 3", 7);
        comes_to("(1 + 2) * 3", 9);
        comes_to("FIVE * 1024 / 100", 51);
        comes_to("010 + 0x1F", 39);
        comes_to("1 ? 2 : 3 ? 4 : 5", 2);
        comes_to("1 < 2 && 2 <= 2 || 0", 1);
        comes_to("- -5", 5);
        comes_to("!0 + ~0", 0);
        comes_to("1 << 4 | 1", 17);
    }

    #[test]
    fn leaves_open_what_shells_do_differently() {
        comes_to_in_bash("2 ** 10", Some(1024));
        comes_to_in_bash("1, 2", Some(2));
        comes_to_in_bash("NAME + 1", Some(6));
        comes_to_in_bash("FIVE++", Some(5));
        comes_to_in_bash("++FIVE", Some(6));
        comes_to_in_bash("16#ff", Some(255));
        comes_to_in_bash("1 / 0", None);
        comes_to_in_bash("9223372036854775807 + 1", None);
        comes_to_in_bash("X + 1", None);
        comes_to_in_bash("1 +", None);
        comes_to_in_bash("0 && 1 / 0", Some(0));
        comes_to("1 || X", 1);
    }

    #[test]
    fn assigns() {
        let mut variables = Set::default();
        assert_eq!(evaluate(&"a = (b = 2) + 1".into(), &mut variables, Dialect::Posix), Some(3));
        assert_eq!(variables.get("a"), Value::Set("3".into()));
        assert_eq!(evaluate(&"a += b".into(), &mut variables, Dialect::Posix), Some(5));
        assert_eq!(evaluate(&"0 && (b = 7)".into(), &mut variables, Dialect::Bash), Some(0));
        assert_eq!(variables.get("b"), Value::Set("2".into()));
        variables.set("unknown", None);
        assert_eq!(evaluate(&"unknown && (b = 7)".into(), &mut variables, Dialect::Posix), None);
        assert_eq!(variables.get("b"), Value::Set(Text::any("x")));
        assert_eq!(evaluate(&"a = 1 +".into(), &mut variables, Dialect::Posix), None);
        assert_eq!(variables.get("a"), Value::Set(Text::any("x")));
    }
}
