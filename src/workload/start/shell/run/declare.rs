//! `local`, `export`, `readonly`, `declare` and `typeset`.

use super::field::Field;
use super::interpreter::Interpreter;
use super::state::{State, Status, Value};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Argument, AssignedValue, Assignment};
use crate::workload::start::shell::text::{Shape, Text};

impl Interpreter<'_> {
    pub(super) fn run_declare(&mut self, program: &str, arguments: &[Argument], mut state: State) -> Option<State> {
        if program == "local" && state.shadowed.is_empty() {
            // Outside of functions it sets nothing; dash ends.
            state.status = Status::Failure;
            if self.dialect == Dialect::Posix {
                self.may_fail(&state);
            }
            return Some(state);
        }
        state.status = Status::Success;
        let mut is_local = program != "export" && program != "readonly" && !state.shadowed.is_empty();
        let mut is_exported = program == "export";
        let mut is_kept = false;
        for argument in arguments {
            match argument {
                Argument::Assignment(assignment) => {
                    if is_local {
                        state.make_local(&assignment.name);
                    }
                    self.assign_argument(assignment, &mut state)?;
                    self.mark_exported(&assignment.name, is_exported, &mut state);
                }
                Argument::Word(word) => {
                    for field in self.expand_words(std::slice::from_ref(word), &mut state)? {
                        let Field::One(text) = field else {
                            state.hide_variables("a declaration that is not known");
                            continue;
                        };
                        match text.known() {
                            Some(option) if option.starts_with(['-', '+']) => {
                                is_exported |= option.starts_with('-') && option.contains('x');
                                is_kept |= option.starts_with('+') && option.contains('x');
                                if program == "export" && option.contains('n') {
                                    (is_exported, is_kept) = (false, true);
                                }
                                is_local &= !option.contains('g');
                                if option.contains(['n', 'i', 'A', 'u', 'l'])
                                    && program != "export"
                                    && program != "readonly"
                                {
                                    state.hide_variables("a declaration with options");
                                }
                            }
                            Some(word) => {
                                self.declare_word(word, (is_local, is_exported), &mut state);
                                if is_kept {
                                    self.keep_from_programs(word, &mut state);
                                }
                            }
                            None => self.declare_unknown(&text, &mut state),
                        }
                    }
                }
            }
        }
        Some(state)
    }

    /// Gives a declared variable its value: bash does not split it, dash does.
    fn assign_argument(&mut self, assignment: &Assignment, state: &mut State) -> Option<()> {
        if self.dialect == Dialect::Posix
            && let AssignedValue::Word(word) = &assignment.value
        {
            let mut aside = self.fork(state);
            let fields = self.expand_words(std::slice::from_ref(word), &mut aside)?;
            let text = self.expand_text(word, &mut aside)?;
            if is_split_alike(&fields, &text) {
                return self.assign(assignment, state);
            }
            let needs = format!("the value of {}, which `sh` may split", assignment.name);
            state.set(&assignment.name, Value::Text(Text::any(needs)), self.world);
            return Some(());
        }
        self.assign(assignment, state)
    }

    fn declare_word(&mut self, word: &str, (is_local, is_exported): (bool, bool), state: &mut State) {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if is_local {
            state.make_local(name);
            if value.is_none() {
                // dash keeps the value from outside, bash has none.
                let unset = if self.dialect == Dialect::Bash { Value::Unset } else { Value::Text(Text::any(name)) };
                state.set(name, unset, self.world);
            }
        }
        if let Some(value) = value {
            state.set(name, Value::Text(Text::from(value)), self.world);
        }
        self.mark_exported(name, is_exported, state);
    }

    fn declare_unknown(&mut self, text: &Text, state: &mut State) {
        match text.known_start().split_once('=') {
            Some((name, _)) => state.set(name, Value::Text(Text::any(format!("the value of {name}"))), self.world),
            None => state.hide_variables("a declaration that is not known"),
        }
    }

    /// `export -n` and `declare +x`: programs no longer see a variable.
    fn keep_from_programs(&self, word: &str, state: &mut State) {
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        let value = state.value(name, self.world);
        state.set(name, value, self.world);
        if let Some(variable) = state.variables.get_mut(name) {
            variable.is_exported = false;
        }
    }

    fn mark_exported(&self, name: &str, is_exported: bool, state: &mut State) {
        if !is_exported {
            return;
        }
        if !state.variables.contains_key(name) {
            let value = state.value(name, self.world);
            state.set(name, value, self.world);
        }
        if let Some(variable) = state.variables.get_mut(name) {
            variable.is_exported = true;
        }
    }
}

/// Whether a value is one word or none, split or not.
fn is_split_alike(fields: &[Field], text: &Text) -> bool {
    matches!(fields, [] | [Field::One(_)]) || text.shape() <= Shape::Field
}
