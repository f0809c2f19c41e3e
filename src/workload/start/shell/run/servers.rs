//! Servers and Sentinels that are started, and clients that may change them.

use super::call::Call;
use super::interpreter::{Frame, Interpreter};
use super::paths::{Path, absolute};
use super::start::{After, Start};
use super::state::{State, Status};
use super::world::Seen;

impl Interpreter<'_> {
    pub(super) fn change_server(&mut self, name: &str) {
        self.outcome.changes.get_or_insert_with(|| format!("what `{name}` sets while the server runs"));
    }

    /// A client can change the configuration of a server that runs.
    pub(super) fn run_client(&mut self, call: &Call, state: State) -> State {
        let may_change = match call.known_arguments() {
            None => true,
            Some(words) => {
                let said = words.join(" ").to_ascii_lowercase();
                let commands = [
                    "config set",
                    "config rewrite",
                    "eval",
                    "script",
                    "function",
                    "fcall",
                    "-x",
                    "--pipe",
                    "debug",
                    "module",
                    "shutdown",
                ];
                commands.iter().any(|command| said.contains(command))
                    || (said.split(' ').all(|word| word.starts_with('-')) && !Self::input(&state).is_empty())
            }
        };
        if may_change && (self.beside > 0 || state.has_server) {
            self.change_server(&call.name());
        }
        self.end_unknown("redis-cli", state)
    }

    /// A server or Sentinel is started. The shell goes on behind it only when it ends, or runs in the background.
    pub(super) fn start_server(&mut self, call: &Call, state: State) -> Option<State> {
        let ends_at_once =
            |word: &&str| matches!(*word, "--version" | "-v" | "--help" | "-h" | "--test-memory" | "--check-system");
        if call.known_arguments().is_some_and(|words| words.first().is_some_and(ends_at_once)) {
            return Some(self.end_unknown("redis-server", state));
        }
        let detaches = self.detaches(call, &state);
        let start = Start {
            words: call.words.clone(),
            optional: call.optional.clone(),
            rest: call.rest.clone().map(|rest| rest.needs),
            files: state.files.clone(),
            directory: state.directory.clone(),
            input: Some(Self::input(&state)).filter(|input| input.known().is_some()),
            after: self.after_server(call),
            is_of_image: false,
        };
        if !self.outcome.starts.contains(&start) {
            self.outcome.starts.push(start);
        }
        if detaches {
            return Some(State { has_server: true, status: Status::Success, ..state });
        }
        // When it ends, or does not even start, the shell goes on. In a loop that is the same again.
        let is_in_loop = self.frames.iter().any(|frame| matches!(frame, Frame::Loop { .. }));
        if call.is_exec || self.beside > 0 || is_in_loop {
            return None;
        }
        Some(State { status: Status::Unknown, ..state })
    }

    /// What the script does after a server that it starts here.
    pub(super) fn after_server(&self, call: &Call) -> After {
        if self.beside > 0 {
            After::IsBeside
        } else if call.is_exec {
            After::Nothing
        } else if self.conditions > 0 {
            After::GoesOn
        } else {
            After::Ends
        }
    }

    /// Whether the server puts itself into the background.
    pub(super) fn detaches(&self, call: &Call, state: &State) -> bool {
        let mut words = call.words.iter().map(|word| word.known().unwrap_or_default());
        if words.any(|word| word.trim_start_matches('-').to_ascii_lowercase().starts_with("daemonize")) {
            return true;
        }
        let Some(file) = call.words.get(1) else { return false };
        let Path::Known(path) = absolute(file, state) else { return false };
        let Seen::File(content) = state.files.look(&path, self.world) else { return false };
        let says_so = |text: &str| {
            text.lines().any(|line| {
                let mut words = line.split_whitespace();
                words.next().is_some_and(|word| word.eq_ignore_ascii_case("daemonize"))
                    && words.next().is_some_and(|word| word.eq_ignore_ascii_case("yes"))
            })
        };
        content.parts().iter().any(|part| part.text.known().is_some_and(says_so))
    }
}
