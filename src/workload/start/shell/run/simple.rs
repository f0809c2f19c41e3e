//! A simple command: its words, its variables, and which of functions, builtins and programs it is.

use std::sync::Arc;

use super::arrays::{self, Element};
use super::call::Call;
use super::field::Field;
use super::interpreter::{Frame, Interpreter};
use super::state::{Parameters, State, Status, Value, Variable};
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{
    AssignedValue, Assignment, Command, CommandKind, Part, Redirect, RedirectKind, Word,
};
use crate::workload::start::shell::text::Text;

impl Interpreter<'_> {
    pub(super) fn run_simple(&mut self, command: &Command, mut state: State) -> Option<State> {
        let CommandKind::Simple { assignments, words } = &command.kind else { return Some(state) };
        let fields = self.expand_words(words, &mut state)?;
        let call = Call::new(fields);
        if call.words.is_empty() && call.rest.is_none() {
            return self.run_assignments(command, assignments, state);
        }
        if call.known(0) == Some("exec") && call.words.len() == 1 && call.rest.is_none() {
            return self.keep_redirected(&command.redirects, state);
        }
        state.substituted = None;
        let is_special = call.known(0).is_some_and(is_special_builtin) && self.dialect == Dialect::Posix;
        let before = self.set_for_command(assignments, &mut state)?;
        self.hide_late_values(command, assignments, &mut state);
        state.substituted = None;
        let mut end = self.run_redirected(&command.redirects, state, |runner, state| runner.run_call(call, state))?;
        for (name, variable) in before {
            if is_special {
                // dash keeps it, bash puts it back.
                let needs = format!("the value of {name}, which `sh` keeps or not");
                end.set(&name, Value::Text(Text::any(needs)), self.world);
                continue;
            }
            match variable {
                Some(variable) => drop(end.variables.insert(name, variable)),
                None => drop(end.variables.remove(&name)),
            }
        }
        Some(end)
    }

    /// What a command substitution in an assignment reads is read before the redirections of the command by bash, and behind
    /// them by dash.
    fn hide_late_values(&self, command: &Command, assignments: &[Assignment], state: &mut State) {
        let is_late = self.dialect == Dialect::Posix && command.redirects.iter().any(opens_file);
        if !is_late || state.substituted.is_none() {
            return;
        }
        for assignment in assignments {
            let needs = format!("the value of {}, which is read before a redirection or behind it", assignment.name);
            state.set(&assignment.name, Value::Text(Text::any(needs)), self.world);
        }
    }

    /// Assignments without a command last; so do the files that their redirections make. They end as the last command
    /// substitution in them did.
    fn run_assignments(&mut self, command: &Command, assignments: &[Assignment], mut state: State) -> Option<State> {
        for assignment in assignments {
            self.assign(assignment, &mut state)?;
        }
        self.hide_late_values(command, assignments, &mut state);
        state.status = state.substituted.take().unwrap_or(Status::Success);
        let mut state = self.run_redirected(&command.redirects, state, |_, state| Some(state))?;
        state.substituted = None;
        self.end_on_failure(state)
    }

    /// Assignments before a command last as long as that; the variables as they were before.
    fn set_for_command(
        &mut self,
        assignments: &[Assignment],
        state: &mut State,
    ) -> Option<Vec<(String, Option<Variable>)>> {
        let mut before = Vec::new();
        for assignment in assignments {
            before.push((assignment.name.clone(), state.variables.get(&assignment.name).cloned()));
            self.assign(assignment, state)?;
            if let Some(variable) = state.variables.get_mut(&assignment.name) {
                variable.is_exported = true;
            }
        }
        before.reverse();
        Some(before)
    }

    /// Gives a variable its value.
    pub(super) fn assign(&mut self, assignment: &Assignment, state: &mut State) -> Option<()> {
        let name = &assignment.name;
        let value = match &assignment.value {
            AssignedValue::Array(elements) => self.array(name, elements, assignment.is_append, state)?,
            AssignedValue::Word(word) => {
                let text = self.expand_text(word, state)?;
                match &assignment.index {
                    Some(index) => self.with_element(name, index, text, state)?,
                    None if assignment.is_append => appended(state.value(name, self.world), &text),
                    None => Value::Text(text),
                }
            }
        };
        if let Value::Text(text) = &value
            && !self.take(text.size())
        {
            return None;
        }
        state.set(name, value, self.world);
        Some(())
    }

    fn array(
        &mut self,
        name: &str,
        elements: &[(Option<Word>, Word)],
        is_append: bool,
        state: &mut State,
    ) -> Option<Value> {
        let mut hidden: Option<Arc<str>> = None;
        let mut list = match (is_append, state.value(name, self.world)) {
            (false, _) | (true, Value::Unset) => Vec::new(),
            (true, Value::Array(list)) => list,
            (true, Value::Text(text)) if text.known().is_some() => vec![Element::One(text)],
            (true, Value::Text(_) | Value::AnyArray(_)) => {
                hidden = Some(format!("the elements of {name}").into());
                Vec::new()
            }
        };
        for (index, word) in elements {
            if index.is_some() {
                hidden = Some(format!("the elements of {name}").into());
            }
            // What its words run is run, whatever becomes of the elements.
            for field in self.expand_words(std::slice::from_ref(word), state)? {
                match field {
                    Field::One(text) => list.push(Element::One(text)),
                    Field::Maybe(texts) => list.push(Element::Maybe(texts)),
                    Field::Any(unknown) => hidden = Some(unknown.needs),
                }
            }
        }
        Some(hidden.map_or(Value::Array(list), Value::AnyArray))
    }

    /// An array with one element changed.
    fn with_element(&mut self, name: &str, index: &Word, text: Text, state: &mut State) -> Option<Value> {
        let mut list = match state.value(name, self.world) {
            Value::Array(list) => list,
            Value::Unset => Vec::new(),
            Value::Text(_) | Value::AnyArray(_) => {
                return Some(Value::AnyArray(format!("the elements of {name}").into()));
            }
        };
        match self.index(index, list.len(), state)? {
            Some(at) if at < arrays::leading(&list).len() => {
                if let Some(element) = list.get_mut(at) {
                    *element = Element::One(text);
                }
            }
            Some(at) if at == list.len() && arrays::certain(&list).is_some() => list.push(Element::One(text)),
            _ => return Some(Value::AnyArray(format!("the elements of {name}").into())),
        }
        Some(Value::Array(list))
    }

    /// Runs a command with its words.
    pub(super) fn run_call(&mut self, call: Call, state: State) -> Option<State> {
        let Some(first) = call.words.first() else {
            // Perhaps there is no command at all.
            let needs = call.rest.clone().map_or_else(|| "its name".into(), |rest| rest.needs);
            return self.run_unknown_program(&call, &needs, state);
        };
        let may_take_optional = first.known().is_some_and(super::programs::takes_optional_words);
        let call = if may_take_optional { call } else { call.without_optional() };
        let Some(first) = call.words.first() else { return Some(state) };
        let Some(name) = first.known().map(str::to_owned) else {
            let needs = first.needs();
            return self.run_unknown_program(&call, &needs, state);
        };
        if !call.is_program && !name.contains('/') {
            match state.functions.get(&name).cloned() {
                Some(Some(body)) if self.world.known_command(&name, call.arguments()).is_none() => {
                    return self.call_function(&body, &call, state);
                }
                Some(None) => {
                    let mut state = state;
                    self.outcome.hide(format!("the body of function {name}"));
                    self.forget_state(&mut state, "a function whose body is not known");
                    return Some(state);
                }
                _ => {}
            }
        }
        if let Some(known) = self.world.known_command(&name, call.arguments()) {
            return self.run_known(&known, call, state);
        }
        match self.run_builtin(&name, call, state) {
            Ok(end) => end,
            Err(back) => {
                let (call, state) = *back;
                self.run_program(&name, call, state)
            }
        }
    }

    fn call_function(&mut self, body: &Arc<Command>, call: &Call, mut state: State) -> Option<State> {
        let before = state.parameters.clone();
        state.parameters =
            Parameters { zero: before.zero.clone(), list: call.arguments().to_vec(), rest: call.rest.clone() };
        state.shadowed.push(std::collections::BTreeMap::new());
        let depth = state.shadowed.len();
        self.frames.push(Frame::Function(None));
        let end = self.descend(|runner| runner.run_command(body, state));
        let Some(Frame::Function(returned)) = self.frames.pop() else { return end };
        let mut end = self.join(end, returned)?;
        while end.shadowed.len() >= depth {
            end.leave_function();
        }
        end.parameters = before;
        Some(end)
    }

    /// Runs a text as a part of the script that runs: `eval`, a sourced file.
    pub(super) fn run_text(&mut self, text: &str, state: State) -> Option<State> {
        let parsed = crate::workload::start::shell::parse::parse(text, self.dialect);
        if let Some(broken) = parsed.broken {
            self.outcome.hide(format!("a script without a syntax error ({})", broken.message));
            return None;
        }
        self.descend(|runner| runner.run_list(&parsed.list, state))
    }
}

/// The builtins behind which POSIX keeps assignments.
fn is_special_builtin(name: &str) -> bool {
    matches!(
        name,
        ":" | "." | "eval" | "exec" | "export" | "readonly" | "return" | "set" | "shift" | "times" | "trap" | "unset"
    )
}

/// Whether a redirection may change a file.
fn opens_file(redirect: &Redirect) -> bool {
    match &redirect.kind {
        RedirectKind::Here(_) | RedirectKind::HereString(_) | RedirectKind::Read(_) | RedirectKind::Duplicate(_) => {
            false
        }
        RedirectKind::ReadWrite(word)
        | RedirectKind::Write(word)
        | RedirectKind::Append(word)
        | RedirectKind::WriteBoth(word)
        | RedirectKind::AppendBoth(word) => !matches!(
            word.parts.as_slice(),
            [Part::Bare(path) | Part::Quoted(path)] if path.starts_with("/dev/")
        ),
    }
}

fn appended(value: Value, text: &Text) -> Value {
    match value {
        Value::Text(mut before) => {
            before.push(text);
            Value::Text(before)
        }
        Value::Unset => Value::Text(text.clone()),
        Value::Array(mut list) => {
            match list.first_mut() {
                Some(Element::One(first)) => first.push(text),
                _ => return Value::AnyArray("the elements of an array".into()),
            }
            Value::Array(list)
        }
        value @ Value::AnyArray(_) => value,
    }
}
