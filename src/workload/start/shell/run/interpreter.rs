//! Runs a script over what is known: a branch whose condition is not known is run both ways, and the two are joined.
//!
//! A path is a state; `None` is a path that has ended.

use std::sync::Arc;

use super::call::Call;
use super::start::{After, Outcome};
use super::state::{State, Status};
use super::streams::Stream;
use super::world::World;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Command, CommandKind, Connector, Item, List, Pipeline};

/// Commands that are run for one container, loops and functions counted as often as they run.
const MAX_STEPS: usize = 20_000;
/// Functions, scripts and substitutions inside each other.
const MAX_DEPTH: usize = 40;
/// Bytes of one state: more is not kept.
pub(super) const MAX_STATE_BYTES: usize = 2 << 20;
/// Bytes copied in all where paths part.
const MAX_COPIED_BYTES: usize = 16 << 20;

/// Runs the scripts of one container.
pub(crate) struct Interpreter<'w> {
    pub(super) world: &'w dyn World,
    pub(super) dialect: Dialect,
    pub(super) outcome: Outcome,
    pub(super) frames: Vec<Frame>,
    /// How many conditions are being run: a command that fails in one ends no script.
    pub(super) conditions: usize,
    /// Whether shells differ on whether `set -e` counts here.
    pub(super) unsure: bool,
    /// How many jobs in the background are being run.
    pub(super) beside: usize,
    /// Files that were read and written, for what runs at the same time.
    pub(super) touched: Touched,
    steps: usize,
    copied: usize,
    depth: usize,
}

/// Where a path can jump to.
#[derive(Debug)]
pub(super) enum Frame {
    /// A function or a sourced script: `return` ends here.
    Function(Option<State>),
    /// A loop: `break` and `continue` end here.
    Loop { broken: Option<State>, continued: Option<State> },
    /// A subshell: `exit` ends here.
    Subshell(Option<State>),
}

/// The files that commands touched, by their paths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    pub(super) read: Vec<String>,
    pub(crate) written: Vec<String>,
    /// Whether any file may have been written.
    pub(crate) any: bool,
}

impl<'w> Interpreter<'w> {
    pub(crate) fn new(world: &'w dyn World) -> Self {
        Self {
            world,
            dialect: Dialect::Posix,
            outcome: Outcome::default(),
            frames: Vec::new(),
            conditions: 0,
            unsure: false,
            beside: 0,
            touched: Touched::default(),
            steps: 0,
            copied: 0,
            depth: 0,
        }
    }

    /// Runs the words of a container; the state in which they end, where they do.
    pub(crate) fn run_container(&mut self, call: Call, state: State) -> Option<State> {
        self.run_subshell(state, |runner, state| {
            let end = runner.run_call(call, state)?;
            runner.exit(end)
        })
    }

    /// Runs the words of a hook, which runs beside the container: the files that it touches.
    pub(crate) fn run_hook(&mut self, call: Call, state: State) -> Touched {
        self.beside += 1;
        self.run_container(Call { is_exec: false, ..call }, state);
        self.beside -= 1;
        if self.touched.any || !self.outcome.hidden.is_empty() || !self.outcome.programs.is_empty() {
            self.change_server("postStart");
        }
        std::mem::take(&mut self.touched)
    }

    /// What running it came to; `end` is the state in which it ended, where it did.
    pub(crate) fn into_outcome(mut self, end: Option<State>) -> Outcome {
        if self.is_exhausted() {
            self.outcome.hide("a start script that takes fewer steps".to_owned());
        }
        self.outcome.files = end.map(|state| state.files);
        self.outcome
    }

    /// Whether its budget is used up: nothing is known then.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps > MAX_STEPS || self.copied > MAX_COPIED_BYTES
    }

    /// Takes bytes of the budget for a text that is made; whether there were as many.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        self.copied += bytes;
        !self.is_exhausted()
    }

    /// A second path from here.
    pub(super) fn fork(&mut self, state: &State) -> State {
        self.copied += state.weight();
        state.clone()
    }

    /// What is known where one of two paths was taken.
    pub(super) fn join(&mut self, one: Option<State>, two: Option<State>) -> Option<State> {
        match (one, two) {
            (Some(one), Some(two)) => {
                if one != two {
                    self.copied += one.size().min(two.size());
                }
                Some(one.join(two, self.world))
            }
            (one, two) => one.or(two),
        }
    }

    /// Runs something one level deeper; past the bound the path ends, and that is said.
    pub(super) fn descend<T>(&mut self, run: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.outcome.hide(format!("a start script that nests less than {MAX_DEPTH} deep"));
            return None;
        }
        self.depth += 1;
        let done = run(self);
        self.depth -= 1;
        done
    }

    pub(crate) fn run_list(&mut self, list: &List, mut state: State) -> Option<State> {
        for (at, item) in list.iter().enumerate() {
            let starts = self.outcome.starts.len();
            let ends_on_failure = state.options.ends_on_failure == Some(true) && self.conditions == 0;
            let end = self.run_item(item, state);
            if at + 1 < list.len() && !ends_on_failure {
                self.mark_replaceable(starts);
            }
            state = end?;
        }
        Some(state)
    }

    /// Of starts from this one on another may come behind: the shell goes on when the server ends at once.
    fn mark_replaceable(&mut self, from: usize) {
        for start in self.outcome.starts.iter_mut().skip(from) {
            if start.after == After::Ends {
                start.after = After::GoesOn;
            }
        }
    }

    fn run_item(&mut self, item: &Item, state: State) -> Option<State> {
        if !item.is_background {
            return self.run_and_or(item, state);
        }
        let mut aside = self.fork(&state);
        aside.streams.open.insert(0, Stream::Nowhere);
        Some(self.run_beside(aside, state, |runner, aside| runner.run_and_or(item, aside)))
    }

    fn run_and_or(&mut self, item: &Item, state: State) -> Option<State> {
        let mut state = self.run_in_chain(&item.first, state, !item.rest.is_empty());
        for (at, (connector, pipeline)) in item.rest.iter().enumerate() {
            let here = state?;
            let wanted = if *connector == Connector::And { Status::Success } else { Status::Failure };
            let goes_on = at + 1 < item.rest.len();
            state = if here.status == wanted {
                self.run_in_chain(pipeline, here, goes_on)
            } else if here.status == Status::Unknown {
                let mut skipped = self.fork(&here);
                skipped.status = wanted.negated();
                let run = self.run_in_chain(pipeline, here, goes_on);
                self.join(run, Some(skipped))
            } else {
                Some(here)
            };
        }
        state
    }

    /// Runs a pipeline of a list with `&&` and `||`: only in the last one a failure ends the script.
    fn run_in_chain(&mut self, pipeline: &Pipeline, state: State, goes_on: bool) -> Option<State> {
        let is_condition = goes_on || pipeline.is_negated;
        self.conditions += usize::from(is_condition);
        let end = self.run_pipeline(pipeline, state);
        self.conditions -= usize::from(is_condition);
        let mut end = end?;
        if pipeline.is_negated {
            end.status = end.status.negated();
        }
        if is_condition { Some(end) } else { self.end_on_failure(end) }
    }

    /// Ends the shell where a command failed and `set -e` is on.
    pub(super) fn end_on_failure(&mut self, end: State) -> Option<State> {
        let is_on = end.options.ends_on_failure.filter(|is_on| !is_on || !self.unsure);
        match end.status {
            _ if self.conditions > 0 || is_on == Some(false) => Some(end),
            Status::Success => Some(end),
            Status::Failure if is_on == Some(true) => self.exit(end),
            status => {
                self.may_fail(&end);
                let status = if is_on == Some(true) { Status::Success } else { status };
                Some(State { status, ..end })
            }
        }
    }

    /// Notes that the shell may end here, with a failure. Where that ends the container nothing comes of it.
    pub(super) fn may_fail(&mut self, state: &State) {
        let shells = self.frames.iter().filter(|frame| matches!(frame, Frame::Subshell(_)));
        if shells.count() > 1 {
            let failed = State { status: Status::Failure, ..self.fork(state) };
            self.exit(failed);
        }
    }

    fn run_pipeline(&mut self, pipeline: &Pipeline, state: State) -> Option<State> {
        if let [command] = pipeline.commands.as_slice() {
            return self.run_command(command, state);
        }
        self.descend(|runner| runner.run_pipe(&pipeline.commands, state))
    }

    /// Runs something in a subshell: of its state only files, output and the server live on. The result is the state at
    /// its end.
    pub(super) fn run_subshell(
        &mut self,
        state: State,
        run: impl FnOnce(&mut Self, State) -> Option<State>,
    ) -> Option<State> {
        self.frames.push(Frame::Subshell(None));
        let end = self.descend(|runner| run(runner, state));
        match self.frames.pop() {
            Some(Frame::Subshell(exited)) => self.join(end, exited),
            _ => end,
        }
    }

    /// Takes what a subshell leaves behind.
    pub(super) fn leave_subshell(state: &mut State, mut end: State) {
        state.streams.captured = std::mem::take(&mut end.streams.captured);
        state.files = end.files;
        state.status = end.status;
        state.has_server = end.has_server;
    }

    pub(super) fn run_command(&mut self, command: &Command, mut state: State) -> Option<State> {
        self.steps += 1;
        // Measuring a state takes as long as some commands do.
        let is_measured = self.steps.is_multiple_of(16);
        if self.is_exhausted() || (is_measured && state.size() > MAX_STATE_BYTES) {
            self.steps = MAX_STEPS + 1;
            return None;
        }
        if let CommandKind::Simple { .. } = command.kind {
            return self.descend(|runner| runner.run_simple(command, state));
        }
        if let CommandKind::Function { name, body, .. } = &command.kind {
            // One that is defined a second time is what the later definition says, on the paths that pass here.
            state.functions.insert(name.clone(), Some(Arc::clone(body)));
            state.status = Status::Success;
            return Some(state);
        }
        self.run_redirected(&command.redirects, state, |runner, state| {
            runner.descend(|runner| runner.run_compound(&command.kind, state))
        })
    }

    fn run_compound(&mut self, kind: &CommandKind, mut state: State) -> Option<State> {
        match kind {
            CommandKind::Group(list) => self.run_list(list, state),
            CommandKind::Subshell(list) => {
                let inner = self.fork(&state);
                let end = self.run_subshell(inner, |runner, inner| runner.run_list(list, inner))?;
                Self::leave_subshell(&mut state, end);
                Some(state)
            }
            CommandKind::If { branches, otherwise } => self.run_if(branches, otherwise.as_ref(), state),
            CommandKind::Loop { is_until, condition, body } => self.run_while(*is_until, condition, body, state),
            CommandKind::For { name, words, body } => self.run_for(name, words.as_deref(), body, state),
            CommandKind::ArithmeticFor { init, condition, step, body } => {
                self.run_arithmetic_for([init, condition, step], body, state)
            }
            CommandKind::Case { subject, arms } => self.run_case(subject, arms, state),
            CommandKind::Condition(words) => self.run_condition(words, state),
            CommandKind::Arithmetic(word) => self.run_arithmetic(word, state),
            CommandKind::Declare { assignments, program, arguments } => {
                for assignment in assignments {
                    self.assign(assignment, &mut state)?;
                }
                self.run_declare(program, arguments, state)
            }
            CommandKind::Simple { .. } | CommandKind::Function { .. } => Some(state),
        }
    }

    /// Runs a condition: a command that fails in it ends no script.
    pub(super) fn run_test(&mut self, list: &List, state: State) -> Option<State> {
        self.conditions += 1;
        let end = self.run_list(list, state);
        self.conditions -= 1;
        end
    }

    fn run_if(&mut self, branches: &[(List, List)], otherwise: Option<&List>, state: State) -> Option<State> {
        let Some(((condition, body), rest)) = branches.split_first() else {
            let Some(body) = otherwise else { return Some(State { status: Status::Success, ..state }) };
            return self.run_list(body, state);
        };
        let tested = self.run_test(condition, state)?;
        match tested.status {
            Status::Success => self.run_list(body, tested),
            Status::Failure => self.run_if(rest, otherwise, tested),
            Status::Unknown => {
                let other = self.fork(&tested);
                let then = self.run_list(body, tested);
                let other = self.run_if(rest, otherwise, other);
                self.join(then, other)
            }
        }
    }

    /// Ends the shell, or the subshell, that runs.
    pub(super) fn exit(&mut self, state: State) -> Option<State> {
        let at = self.frames.iter().rposition(|frame| matches!(frame, Frame::Subshell(_)));
        if at == Some(0) && state.status == Status::Failure {
            // What a container leaves behind counts where it succeeds.
            return None;
        }
        if let Some(at) = at
            && let Some(Frame::Subshell(exited)) = self.frames.get_mut(at)
        {
            let before = exited.take();
            let joined = self.join(before, Some(state));
            if let Some(Frame::Subshell(exited)) = self.frames.get_mut(at) {
                *exited = joined;
            }
        }
        None
    }
}
