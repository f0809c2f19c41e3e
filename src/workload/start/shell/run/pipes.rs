//! Commands that run at the same time: pipes, and jobs in the background.

use super::files::Files;
use super::interpreter::{Interpreter, Touched};
use super::start::After;
use super::state::{State, Status};
use super::streams::Stream;
use crate::workload::start::shell::syntax::Command;

impl Interpreter<'_> {
    /// Runs something at the same time as what follows: whatever it writes is unknown from now on.
    pub(super) fn run_beside(
        &mut self,
        aside: State,
        mut state: State,
        run: impl FnOnce(&mut Self, State) -> Option<State>,
    ) -> State {
        const NEEDS: &str = "a command that runs beside the server";
        let starts = self.outcome.starts.len();
        let before = std::mem::take(&mut self.touched);
        self.beside += 1;
        self.run_subshell(aside, run);
        self.beside -= 1;
        let touched = std::mem::replace(&mut self.touched, before);
        if touched.any {
            state.files.spoil_all(NEEDS);
            self.note_any();
        }
        for path in touched.written {
            state.files.spoil(&path, NEEDS, self.world);
            self.note_written(&path);
        }
        state.has_server |= self.outcome.starts.len() > starts;
        state.status = Status::Success;
        state
    }

    /// Notes that a file is written.
    pub(super) fn note_written(&mut self, path: &str) {
        self.touched.written.push(path.to_owned());
        for start in self.outcome.starts.iter_mut().filter(|start| start.after == After::IsBeside) {
            start.files.forget(path, "a script that goes on beside the server", self.world);
        }
    }

    /// Notes that any file may be written.
    pub(super) fn note_any(&mut self) {
        self.touched.any = true;
        for start in self.outcome.starts.iter_mut().filter(|start| start.after == After::IsBeside) {
            start.files.forget_all("a script that goes on beside the server");
        }
    }

    /// Each command of a pipe runs in a subshell of its own, and all run at the same time.
    pub(super) fn run_pipe(&mut self, commands: &[Command], mut state: State) -> Option<State> {
        let before = std::mem::take(&mut self.touched);
        let mut stages: Vec<Touched> = Vec::new();
        let mut input = state.streams.get(0);
        let mut any = Status::Success;
        for (at, command) in commands.iter().enumerate() {
            let mut stage = self.fork(&state);
            stage.streams.open.insert(0, input);
            let is_last = at + 1 == commands.len();
            if !is_last {
                stage.streams.capture();
            }
            let end = self.run_subshell(stage, |runner, stage| runner.run_command(command, stage));
            stages.push(std::mem::take(&mut self.touched));
            let Some(mut end) = end else {
                // Whether an `exec` of a server or an endless command: what stands behind the pipe never comes.
                self.touched = before;
                return if is_last { None } else { self.end_of_broken_pipe(&stages, state) };
            };
            input =
                if is_last { Stream::Nowhere } else { Stream::Input(end.streams.captured.pop().unwrap_or_default()) };
            state.files = end.files;
            state.status = end.status;
            if any != Status::Failure && end.status != Status::Success {
                any = end.status;
            }
            state.streams.captured = std::mem::take(&mut end.streams.captured);
            state.has_server |= end.has_server;
        }
        state.status = match state.options.fails_with_any {
            Some(true) => any,
            Some(false) => state.status,
            None => state.status.join(any),
        };
        self.touched = before;
        self.forget_races(&stages, &mut state.files);
        Some(state)
    }

    /// A command of a pipe that does not end, such as `redis-server | tee`: what is behind runs beside it.
    pub(super) fn end_of_broken_pipe(&mut self, stages: &[Touched], mut state: State) -> Option<State> {
        self.forget_races(stages, &mut state.files);
        None
    }

    /// What one command of a pipe writes while another reads or writes it is unknown.
    pub(super) fn forget_races(&mut self, stages: &[Touched], files: &mut Files) {
        const NEEDS: &str = "commands of a pipe that use the same file";
        for (at, stage) in stages.iter().enumerate() {
            for path in &stage.written {
                let others = stages.iter().enumerate().filter(|(other, _)| *other != at);
                let mut others = others.map(|(_, other)| other);
                if others.any(|other| other.any || other.read.contains(path) || other.written.contains(path)) {
                    files.forget(path, NEEDS, self.world);
                }
            }
        }
        for stage in stages {
            self.touched.read.extend(stage.read.iter().cloned());
            self.touched.written.extend(stage.written.iter().cloned());
            self.touched.any |= stage.any;
        }
    }
}
