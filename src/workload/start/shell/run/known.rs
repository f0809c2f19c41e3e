//! What commands of an image are known to do.

use super::call::Call;
use super::interpreter::Interpreter;
use super::start::Start;
use super::state::{State, Status};
use super::world::Known;
use crate::workload::start::shell::text::Text;

impl Interpreter<'_> {
    /// Does what a command of an image is known to do.
    pub(super) fn run_known(&mut self, known: &Known, call: Call, mut state: State) -> Option<State> {
        state.status = Status::Success;
        match known {
            Known::Nothing => {
                self.print(2, &Text::any("what a function logs"), &mut state);
                Some(state)
            }
            Known::Prints(text) => Some(self.print_and_succeed(text, state)),
            Known::Answers(answer) => Some(State { status: Status::of(*answer), ..state }),
            Known::Runs(count) => {
                let inner = Call { is_program: false, ..call.behind(*count) };
                self.run_call(inner, state)
            }
            Known::RunsServer(program) => {
                let mut words = vec![Text::from(*program)];
                words.extend(call.arguments().iter().cloned());
                let inner = Call { words, is_program: true, ..call };
                self.run_call(inner, state)
            }
            Known::Evaluates(at) => {
                let Some(text) = call.known(*at).map(str::to_owned) else {
                    self.print_unknown("a command", &mut state);
                    return Some(State { status: Status::Unknown, ..state });
                };
                let end = self.run_text(&text, state)?;
                Some(State { status: Status::Unknown, ..end })
            }
            Known::ReplacesInFile => Some(self.replace_in_file(&call, state)),
            Known::StartsServer => {
                let start = Start {
                    words: call.words.clone(),
                    optional: Vec::new(),
                    rest: call.rest.clone().map(|rest| rest.needs),
                    files: state.files.clone(),
                    directory: state.directory.clone(),
                    input: None,
                    after: self.after_server(&call),
                    is_of_image: true,
                };
                self.outcome.starts.push(start);
                None
            }
        }
    }
}
