//! Loops: run as often as they certainly run, and else until nothing more changes.

use super::field::Field;
use super::interpreter::{Frame, Interpreter};
use super::state::{State, Status, Value};
use crate::workload::start::shell::syntax::{List, Word};
use crate::workload::start::shell::text::Text;

/// Rounds of a loop that are run one by one.
const MAX_ROUNDS: usize = 256;
/// Rounds after which what still changes is unknown.
const MAX_JOINS: usize = 3;

const NEEDS: &str = "a loop whose rounds are not known";

impl Interpreter<'_> {
    pub(super) fn run_for(
        &mut self,
        name: &str,
        words: Option<&[Word]>,
        body: &List,
        mut state: State,
    ) -> Option<State> {
        let fields = if let Some(words) = words {
            self.expand_words(words, &mut state)?
        } else {
            let mut fields: Vec<Field> = state.parameters.list.iter().cloned().map(Field::One).collect();
            fields.extend(state.parameters.rest.clone().map(Field::Any));
            fields
        };
        state.status = Status::Success;
        let mut left = None;
        let mut here = Some(state);
        for field in &fields {
            let Some(mut state) = here else { break };
            match field {
                Field::One(value) => {
                    state.set(name, Value::Text(value.clone()), self.world);
                    here = self.run_round(body, state, &mut left);
                }
                Field::Maybe(_) | Field::Any(_) => {
                    let value = match field {
                        Field::Any(unknown) => Text::from(unknown.clone()),
                        _ => Text::any("the elements of an array"),
                    };
                    here = self.run_unknown(state, &mut left, |runner, mut state, left| {
                        state.set(name, Value::Text(value.clone()), runner.world);
                        runner.run_round(body, state, left)
                    });
                }
            }
        }
        self.join(here, left)
    }

    /// Runs the body once; the state in which the next round begins. What leaves the loop is joined into `left`.
    fn run_round(&mut self, body: &List, state: State, left: &mut Option<State>) -> Option<State> {
        self.frames.push(Frame::Loop { broken: None, continued: None });
        let end = self.run_list(body, state);
        let Some(Frame::Loop { broken, continued }) = self.frames.pop() else { return end };
        *left = self.join(left.take(), broken);
        self.join(end, continued)
    }

    pub(super) fn run_while(&mut self, is_until: bool, condition: &List, body: &List, state: State) -> Option<State> {
        let wanted = if is_until { Status::Failure } else { Status::Success };
        let mut left = None;
        // A loop ends as the last command of its last round did.
        let mut last = Status::Success;
        let mut here = Some(state);
        for _ in 0..MAX_ROUNDS {
            let Some(state) = here else { break };
            let Some(tested) = self.run_test(condition, state) else {
                here = None;
                break;
            };
            if tested.status == Status::Unknown {
                return self.run_unknown_while((condition, body), wanted, tested, left);
            }
            if tested.status != wanted {
                let done = State { status: last, ..tested };
                return self.join(Some(done), left);
            }
            here = self.run_round(body, tested, &mut left);
            last = here.as_ref().map_or(Status::Unknown, |state| state.status);
        }
        match here {
            // It goes on and on: what is known of its rounds is not known of all.
            Some(state) => {
                let mut state = state;
                self.forget_state(&mut state, NEEDS);
                self.run_unknown_while((condition, body), wanted, state, left)
            }
            None => left,
        }
    }

    fn run_unknown_while(
        &mut self,
        (condition, body): (&List, &List),
        wanted: Status,
        tested: State,
        mut left: Option<State>,
    ) -> Option<State> {
        let end = self.run_unknown(tested, &mut left, |runner, state, left| {
            let next = runner.run_round(body, state, left)?;
            let tested = runner.run_test(condition, next)?;
            if tested.status == Status::Unknown || tested.status == wanted {
                return Some(tested);
            }
            *left = runner.join(left.take(), Some(tested));
            None
        });
        let end = end.map(|end| State { status: Status::Unknown, ..end });
        self.join(end, left)
    }

    /// Runs rounds of which any number may happen, until a further one changes nothing.
    fn run_unknown(
        &mut self,
        state: State,
        left: &mut Option<State>,
        round: impl Fn(&mut Self, State, &mut Option<State>) -> Option<State>,
    ) -> Option<State> {
        let mut known = state;
        for joins in 0.. {
            let before = self.fork(&known);
            let next = round(self, before, left);
            let joined = next.map_or_else(|| known.clone(), |next| known.clone().join(next, self.world));
            if joined == known || self.is_exhausted() {
                return Some(joined);
            }
            known = joined;
            if joins >= MAX_JOINS {
                self.forget_state(&mut known, NEEDS);
                let last = self.fork(&known);
                round(self, last, left);
                self.forget_state(&mut known, NEEDS);
                return Some(known);
            }
        }
        None
    }

    /// Nothing that a script can change is known any more.
    pub(super) fn forget_state(&mut self, state: &mut State, needs: &str) {
        state.files.forget_all(needs);
        self.note_any();
        state.hide_variables(needs);
        for text in &mut state.streams.captured {
            *text = Text::any(needs);
        }
        state.status = Status::Unknown;
    }

    pub(super) fn run_arithmetic_for(&mut self, parts: [&Word; 3], body: &List, state: State) -> Option<State> {
        let [init, condition, step] = parts;
        let mut state = self.run_arithmetic(init, state)?;
        let mut left = None;
        let mut last = Status::Success;
        for _ in 0..MAX_ROUNDS {
            if condition.parts.is_empty() {
                break;
            }
            state = self.run_arithmetic(condition, state)?;
            match state.status {
                Status::Failure => {
                    let done = State { status: last, ..state };
                    return self.join(Some(done), left);
                }
                Status::Unknown => break,
                Status::Success => {}
            }
            let Some(next) = self.run_round(body, state, &mut left) else { return left };
            last = next.status;
            state = self.run_arithmetic(step, next)?;
        }
        let end = self.run_unknown(state, &mut left, |runner, state, left| {
            let next = runner.run_round(body, state, left)?;
            runner.run_arithmetic(step, next)
        });
        self.join(end, left)
    }
}
