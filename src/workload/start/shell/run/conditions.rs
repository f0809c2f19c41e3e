//! `case`, `[[ … ]]`, `((…))` and `test`.

use super::interpreter::Interpreter;
use super::paths::{Path, absolute};
use super::state::{State, Status, Value};
use super::world::{Seen, World};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Arm, ArmEnd, Part, Word};
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools::arithmetic::{self, Variables};
use crate::workload::start::shell::tools::condition::{ConditionWord, evaluate_condition};
use crate::workload::start::shell::tools::test::FileTests;

impl Interpreter<'_> {
    pub(super) fn run_case(&mut self, subject: &Word, arms: &[Arm], mut state: State) -> Option<State> {
        let subject = self.expand_text(subject, &mut state)?;
        state.status = Status::Success;
        self.run_arms(&subject, arms, state)
    }

    /// The arms from the first on whose pattern matches, or may.
    fn run_arms(&mut self, subject: &Text, arms: &[Arm], mut state: State) -> Option<State> {
        let Some((arm, rest)) = arms.split_first() else { return Some(state) };
        let mut answer = Some(false);
        for pattern in &arm.patterns {
            let matches = self.matches(subject, pattern, &mut state)?;
            answer = match (answer, matches) {
                (_, Some(true)) => Some(true),
                (answer, Some(false)) => answer,
                (_, None) => None,
            };
            if answer == Some(true) {
                break;
            }
        }
        match answer {
            Some(true) => self.run_arm(subject, arm, rest, state),
            Some(false) => self.run_arms(subject, rest, state),
            None => {
                let other = self.fork(&state);
                let taken = self.run_arm(subject, arm, rest, state);
                let passed = self.run_arms(subject, rest, other);
                self.join(taken, passed)
            }
        }
    }

    fn run_arm(&mut self, subject: &Text, arm: &Arm, rest: &[Arm], state: State) -> Option<State> {
        let state = self.run_list(&arm.body, state)?;
        match (arm.end, rest.split_first()) {
            (ArmEnd::Leave, _) | (ArmEnd::FallThrough, None) => Some(state),
            (ArmEnd::FallThrough, Some((next, rest))) => self.run_arm(subject, next, rest, state),
            (ArmEnd::TryNext, _) => self.run_arms(subject, rest, state),
        }
    }

    /// Whether a text matches a pattern; nothing where that is not known.
    pub(super) fn matches(&mut self, subject: &Text, pattern: &Word, state: &mut State) -> Option<Option<bool>> {
        Some(self.pattern(pattern, state)?.matches(subject))
    }

    /// `[[ … ]]`: dash does not know it, and so it is not known what `sh` makes of it.
    pub(super) fn run_condition(&mut self, words: &[Word], mut state: State) -> Option<State> {
        let answer = match self.dialect {
            Dialect::Bash => self.condition(words, &mut state)?,
            Dialect::Posix => None,
        };
        Some(State { status: Status::of(answer), ..state })
    }

    /// `(( … ))`
    pub(super) fn run_arithmetic(&mut self, word: &Word, mut state: State) -> Option<State> {
        let text = self.expand_text(word, &mut state)?;
        let value = self.evaluate(&text, &mut state);
        let status = match self.dialect {
            Dialect::Bash => Status::of(value.map(|value| value != 0)),
            Dialect::Posix => Status::Unknown,
        };
        Some(State { status, ..state })
    }

    /// `$(( … ))`
    pub(super) fn arithmetic_text(&mut self, word: &Word, state: &mut State) -> Option<Text> {
        let text = self.expand_text(word, state)?;
        Some(match self.evaluate(&text, state) {
            Some(number) => Text::from(number.to_string()),
            None => Unknown::new(Shape::Field, "a number that the start script computes").into(),
        })
    }

    /// The value of an arithmetic expression, where it is known.
    pub(super) fn evaluate(&mut self, text: &Text, state: &mut State) -> Option<i64> {
        let mut variables = StateVariables { world: self.world, state };
        arithmetic::evaluate(text, &mut variables, self.dialect)
    }

    /// `[[ … ]]` of bash.
    fn condition(&mut self, words: &[Word], state: &mut State) -> Option<Option<bool>> {
        let mut expanded = Vec::new();
        for word in words {
            let is_bare = matches!(word.parts.as_slice(), [Part::Bare(_)]);
            expanded.push(ConditionWord { fragments: self.pattern_fragments(word, state)?, is_bare });
        }
        let before = self.fork(state);
        let files = StateFiles { world: self.world, state: &before };
        let mut variables = StateVariables { world: self.world, state };
        Some(evaluate_condition(&expanded, &files, &mut variables).status())
    }
}

/// The variables of a shell, for arithmetic.
struct StateVariables<'w, 's> {
    world: &'w dyn World,
    state: &'s mut State,
}

impl Variables for StateVariables<'_, '_> {
    fn get(&self, name: &str) -> arithmetic::Value {
        match self.state.value(name, self.world) {
            Value::Text(text) => arithmetic::Value::Set(text),
            Value::Unset => arithmetic::Value::Unset,
            Value::Array(_) | Value::AnyArray(_) => arithmetic::Value::Unknown,
        }
    }

    fn forget(&mut self) {
        self.state.hide_values("arithmetic with characters that are not known");
    }

    fn set(&mut self, name: &str, value: Option<i64>) {
        let text = match value {
            Some(number) => Text::from(number.to_string()),
            None => Unknown::new(Shape::Field, format!("the value of {name}, which the start script computes")).into(),
        };
        self.state.set(name, Value::Text(text), self.world);
    }
}

/// The files of a shell, for `test`.
pub(super) struct StateFiles<'w, 's> {
    pub(super) world: &'w dyn World,
    pub(super) state: &'s State,
}

impl StateFiles<'_, '_> {
    fn look(&self, path: &str) -> Option<Seen> {
        match absolute(&Text::from(path), self.state) {
            Path::Known(path) => Some(self.state.files.look(&path, self.world)),
            Path::Unknown(_) => None,
        }
    }
}

impl FileTests for StateFiles<'_, '_> {
    fn exists(&self, path: &str) -> Option<bool> {
        match self.look(path)? {
            Seen::File(_) | Seen::Folder => Some(true),
            Seen::Missing => Some(false),
            Seen::Unknown(_) => None,
        }
    }

    fn is_file(&self, path: &str) -> Option<bool> {
        match self.look(path)? {
            Seen::File(_) => Some(true),
            Seen::Folder | Seen::Missing => Some(false),
            Seen::Unknown(_) => None,
        }
    }

    fn is_folder(&self, path: &str) -> Option<bool> {
        match self.look(path)? {
            Seen::Folder => Some(true),
            Seen::File(_) | Seen::Missing => Some(false),
            Seen::Unknown(_) => None,
        }
    }

    fn is_filled(&self, path: &str) -> Option<bool> {
        match self.look(path)? {
            Seen::File(content) => match content.text() {
                Some(text) if text.is_empty() => Some(false),
                Some(text) if text.is_filled() => Some(true),
                _ => None,
            },
            Seen::Missing => Some(false),
            Seen::Folder | Seen::Unknown(_) => None,
        }
    }

    fn is_readable(&self, path: &str) -> Option<bool> {
        self.exists(path).filter(|exists| !exists)
    }

    fn is_writable(&self, path: &str) -> Option<bool> {
        self.exists(path).filter(|exists| !exists)
    }

    fn is_executable(&self, path: &str) -> Option<bool> {
        self.exists(path).filter(|exists| !exists)
    }

    fn is_link(&self, path: &str) -> Option<bool> {
        self.exists(path).filter(|exists| !exists)
    }
}
