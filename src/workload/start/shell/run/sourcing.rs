//! `eval` and `.`: a text that is run as a part of the script.

use super::call::Call;
use super::interpreter::Interpreter;
use super::paths::{Path, absolute};
use super::state::{State, Status};
use super::world::Seen;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::{Shape, Text, Unknown};

impl Interpreter<'_> {
    pub(super) fn run_eval(&mut self, call: &Call, mut state: State) -> Option<State> {
        if let Some(words) = call.known_arguments() {
            let text = words.join(" ");
            state.status = Status::Success;
            return self.run_text(&text, state);
        }
        self.outcome.hide("the text that `eval` is given".to_owned());
        self.forget_state(&mut state, "`eval` of a text that is not known");
        Some(state)
    }

    pub(super) fn run_source(&mut self, call: &Call, mut state: State) -> Option<State> {
        let Some(text) = call.words.get(1) else { return Some(State { status: Status::Failure, ..state }) };
        if let Some(known) = text.known().and_then(|path| self.world.known_command(path, &[])) {
            return self.run_known(&known, call.clone(), state);
        }
        let path = match text.known() {
            // A name without a slash is looked for on the PATH first.
            Some(name) if !name.contains('/') => Path::Unknown(format!("the script {name}")),
            _ => absolute(text, &state),
        };
        let seen = match &path {
            Path::Known(path) => self.look(path, &state),
            Path::Unknown(needs) => Seen::Unknown(needs.clone()),
        };
        if let (Path::Known(path), Seen::Unknown(needs)) = (&path, &seen) {
            self.note_unread(path, needs);
        }
        let content = match seen {
            Seen::File(content) => content.text(),
            Seen::Missing if self.dialect == Dialect::Posix => {
                return self.exit(State { status: Status::Failure, ..state });
            }
            Seen::Missing => return Some(State { status: Status::Failure, ..state }),
            Seen::Folder | Seen::Unknown(_) => None,
        };
        let Some(script) = content.as_ref().and_then(Text::known) else {
            let shown = text.known().unwrap_or("a script").to_owned();
            self.forget_state(&mut state, &format!("the script {shown}, which is sourced"));
            self.outcome.programs.push(shown);
            return Some(state);
        };
        let before = state.parameters.clone();
        let has_words = call.words.len() > 2 || call.rest.is_some();
        if has_words && self.dialect == Dialect::Bash {
            state.parameters.list = call.words.iter().skip(2).cloned().collect();
            state.parameters.rest.clone_from(&call.rest);
        } else if has_words {
            // dash keeps the words that the script itself was given.
            state.parameters.list.clear();
            state.parameters.rest = Some(Unknown::new(Shape::Any, "the words of a sourced script"));
        }
        self.frames.push(super::interpreter::Frame::Function(None));
        let end = self.run_text(script, state);
        let Some(super::interpreter::Frame::Function(returned)) = self.frames.pop() else { return end };
        let mut end = self.join(end, returned)?;
        if has_words {
            end.parameters = before;
        }
        Some(end)
    }
}
