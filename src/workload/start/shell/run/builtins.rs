//! The commands that the shell itself runs.

use std::sync::Arc;

use super::call::Call;
use super::conditions::StateFiles;
use super::interpreter::Interpreter;
use super::names::mentions_server;
use super::paths::{Path, absolute};
use super::state::{State, Status, Value};
use super::world::Seen;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools;

/// A command that is none of the shell's, given back.
pub(super) type NotBuiltin = Box<(Call, State)>;

impl Interpreter<'_> {
    pub(super) fn run_builtin(&mut self, name: &str, call: Call, state: State) -> Result<Option<State>, NotBuiltin> {
        let done = |state: State| Ok(Some(State { status: Status::Success, ..state }));
        match name {
            ":" | "true" | "wait" | "umask" | "ulimit" | "hash" | "bg" | "jobs" | "times" => done(state),
            "false" => Ok(Some(State { status: Status::Failure, ..state })),
            "exit" => Ok(self.exit_with(&call, state)),
            "return" => {
                let state = Self::with_status(&call, state);
                Ok(self.jump_out_of_function(state))
            }
            "break" | "continue" => {
                let levels = call.known(1).and_then(|word| word.parse().ok()).unwrap_or(1);
                Ok(self.jump_out_of_loop(levels, name == "break", state))
            }
            "exec" => Ok(self.run_exec(&call, state)),
            "command" => Ok(self.run_command_builtin(&call, state)),
            "builtin" => Ok(self.run_call(call.behind(1), state)),
            "eval" => Ok(self.run_eval(&call, state)),
            "." | "source" => Ok(self.run_source(&call, state)),
            "cd" | "pushd" | "popd" => Ok(Some(self.change_directory(&call, state))),
            "set" => Ok(Some(self.run_set(&call, state))),
            "shopt" => Ok(Some(self.run_shopt(&call, state))),
            "enable" | "unalias" => Ok(Some(State { status: Status::Unknown, ..state })),
            "alias" => Ok(Some(self.run_alias(&call, state))),
            "shift" => Ok(Some(self.shift(&call, state))),
            "unset" => Ok(Some(self.run_unset(&call, state))),
            "trap" => Ok(Some(self.run_trap(&call, state))),
            "read" => Ok(Some(self.run_read(&call, state))),
            "getopts" | "mapfile" | "readarray" | "let" => Ok(Some(self.set_unknown_variables(&call, state))),
            "echo" => Ok(Some(self.run_echo(&call, state))),
            "printf" => Ok(Some(self.run_printf(&call, state))),
            "test" | "[" => Ok(Some(self.run_test_command(&call, state))),
            "pwd" => {
                let directory = state.directory.clone();
                let text = directory.map_or_else(|| Text::any("the working directory"), |path| Text::from(path + "\n"));
                Ok(Some(self.print_and_succeed(&text, state)))
            }
            "type" | "kill" | "fg" | "history" | "caller" => Ok(Some(self.end_unknown(name, state))),
            _ => Err(Box::new((call, state))),
        }
    }

    fn with_status(call: &Call, mut state: State) -> State {
        match call.words.get(1).map(Text::known) {
            None if call.rest.is_none() => {}
            Some(Some("0")) => state.status = Status::Success,
            Some(Some(number)) if number.parse::<u8>().is_ok() => state.status = Status::Failure,
            _ => state.status = Status::Unknown,
        }
        state
    }

    fn exit_with(&mut self, call: &Call, state: State) -> Option<State> {
        let state = Self::with_status(call, state);
        self.exit(state)
    }

    /// `exec`: the shell becomes the command. Without one its redirections last.
    fn run_exec(&mut self, call: &Call, state: State) -> Option<State> {
        let mut skipped = 1;
        let mut state = state;
        while let Some(option) = call.known(skipped).filter(|word| word.starts_with('-')) {
            if option.contains('c') {
                state.hide_values("`exec -c`");
            }
            skipped += if option == "-a" { 2 } else { 1 };
            if option == "--" {
                break;
            }
        }
        if call.words.len() <= skipped && call.rest.is_none() {
            return Some(State { status: Status::Success, ..state });
        }
        let inner = Call { is_exec: true, ..call.behind(skipped) };
        let end = self.run_call(inner, state)?;
        self.exit(end)
    }

    /// `command NAME …` runs a program or builtin; `command -v NAME` asks for it.
    fn run_command_builtin(&mut self, call: &Call, state: State) -> Option<State> {
        match call.known(1) {
            Some("-v" | "-V") => Some(self.end_unknown("command -v", state)),
            Some("-p") => self.run_call(call.behind(2), state),
            _ if call.words.len() == 1 && call.rest.is_none() => Some(State { status: Status::Success, ..state }),
            _ => self.run_call(call.behind(1), state),
        }
    }

    fn change_directory(&mut self, call: &Call, mut state: State) -> State {
        let target = match call.known_arguments().as_deref() {
            Some([path]) if *path != "-" && call.known(0) != Some("popd") => Some((*path).to_owned()),
            _ => None,
        };
        let path = target.map(|target| absolute(&Text::from(target), &state));
        let Some(Path::Known(path)) = path else { return State { directory: None, status: Status::Unknown, ..state } };
        // Where a script ends or looks at the status when there is no such folder, it is there.
        let is_looked_at = self.conditions > 0 || state.options.ends_on_failure == Some(true);
        match state.files.look(&path, self.world) {
            Seen::Missing | Seen::File(_) => state.status = Status::Failure,
            Seen::Unknown(_) if !is_looked_at => {
                state.directory = None;
                state.status = Status::Unknown;
            }
            Seen::Folder | Seen::Unknown(_) => {
                state.directory = Some(path);
                state.status = Status::Success;
            }
        }
        state
    }

    fn run_set(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        let mut at = 1;
        while let Some(word) = call.known(at) {
            let Some(sign) = word.chars().next().filter(|sign| matches!(sign, '-' | '+')) else { break };
            at += 1;
            if word == "--" {
                return with_parameters(call, at, state);
            }
            if word == "-" {
                break;
            }
            let is_on = sign == '-';
            if word.ends_with('o') {
                state.options.set(call.known(at).unwrap_or_default(), is_on);
                at += 1;
            }
            for letter in word.chars().skip(1) {
                match letter {
                    'e' => state.options.ends_on_failure = Some(is_on),
                    'f' => state.options.expands_no_paths = Some(is_on),
                    'C' => state.options.keeps_files = Some(is_on),
                    'k' => self.outcome.hide("what words a script with `set -k` runs".to_owned()),
                    _ => {}
                }
            }
        }
        if call.words.len() > at || (call.rest.is_some() && call.words.len() == at) {
            return with_parameters(call, at, state);
        }
        state
    }

    fn run_unset(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        let Some(names) = call.known_arguments() else {
            state.hide_variables("`unset` of a name that is not known");
            return state;
        };
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let is_function = names.first().is_some_and(|word| word == "-f");
        for name in names.iter().filter(|name| !name.starts_with('-')) {
            if is_function {
                state.functions.remove(name);
            } else if let Some((array, _)) = name.split_once('[') {
                state.set(array, Value::AnyArray(format!("the elements of {array}").into()), self.world);
            } else {
                state.set(name, Value::Unset, self.world);
            }
        }
        state
    }

    /// `shopt`: bash's own options. Those for the names of files leave open what a pattern names.
    fn run_shopt(&mut self, call: &Call, mut state: State) -> State {
        const OF_PATHS: [&str; 6] = ["nullglob", "dotglob", "failglob", "nocaseglob", "globstar", "globasciiranges"];
        const HARMLESS: [&str; 8] = [
            "checkwinsize",
            "cmdhist",
            "extglob",
            "histappend",
            "huponexit",
            "interactive_comments",
            "progcomp",
            "sourcepath",
        ];
        state.status = Status::Unknown;
        for word in call.arguments() {
            match word.known() {
                Some(option) if option.starts_with('-') || HARMLESS.contains(&option) => {}
                Some(option) if OF_PATHS.contains(&option) => state.options.expands_no_paths = None,
                _ => self.outcome.hide("what `shopt` changes".to_owned()),
            }
        }
        state
    }

    /// dash puts the text of an alias in its place, bash does so when it is told to.
    fn run_alias(&mut self, call: &Call, mut state: State) -> State {
        if call.words.len() > 1 && self.dialect == Dialect::Posix {
            self.outcome.hide("what an alias stands for".to_owned());
        }
        state.status = Status::Success;
        state
    }

    /// A trap runs when a signal comes. Those that end the container run when the server is told to end; others run beside
    /// what follows.
    fn run_trap(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        let ends = |word: &Text| word.known().is_some_and(ends_container);
        if call.rest.is_none() && call.words.len() > 2 && call.words.iter().skip(2).all(ends) {
            let text = call.words.get(1).map(Text::known_start).unwrap_or_default();
            if mentions_server(text) {
                self.outcome.hide("a trap that starts a server".to_owned());
            }
            return state;
        }
        let words = call.known_arguments().unwrap_or_default();
        let Some((text, signals)) = words.split_first() else {
            if call.words.len() > 1 || call.rest.is_some() {
                self.outcome.hide("a trap that is not known".to_owned());
            }
            return state;
        };
        if matches!(*text, "" | "-" | "--" | "-p" | "-l") {
            return state;
        }
        if mentions_server(text) {
            self.outcome.hide("a trap that starts a server".to_owned());
        }
        if signals.iter().any(|signal| matches!(*signal, "DEBUG" | "ERR" | "RETURN")) {
            self.outcome.hide("what a trap does between the commands".to_owned());
        }
        let text = (*text).to_owned();
        let aside = self.fork(&state);
        self.run_beside(aside, state, |runner, aside| runner.run_text(&text, aside))
    }

    fn shift(&mut self, call: &Call, mut state: State) -> State {
        let count = match call.words.get(1) {
            None => Some(1),
            Some(text) => text.known().and_then(|word| word.parse::<usize>().ok()),
        };
        let parameters = &mut state.parameters;
        match count {
            Some(count) if count <= parameters.list.len() => {
                parameters.list.drain(..count);
                state.status = Status::Success;
                return state;
            }
            Some(_) if parameters.rest.is_none() => state.status = Status::Failure,
            _ => {
                parameters.list.clear();
                parameters.rest = Some(Unknown::new(Shape::Any, "the words that `shift` leaves"));
                state.status = Status::Unknown;
            }
        }
        if self.dialect == Dialect::Posix {
            // dash ends where there are not as many.
            self.may_fail(&state);
        }
        state
    }

    fn run_echo(&mut self, call: &Call, state: State) -> State {
        let text = match &call.rest {
            None => tools::echo::echo(call.arguments(), self.dialect),
            Some(rest) if self.dialect == Dialect::Bash => partly(call.arguments(), rest),
            Some(rest) => Text::any(Arc::clone(&rest.needs)),
        };
        self.print_and_succeed(&text, state)
    }

    fn run_printf(&mut self, call: &Call, state: State) -> State {
        if self.dialect == Dialect::Bash && call.known(1) == Some("-v") {
            return self.print_to_variable(call, state);
        }
        let Some(rest) = &call.rest else {
            let done = tools::printf::printf(call.arguments(), self.dialect);
            let end = self.print_and_succeed(&done.output, state);
            return State { status: Status::of(done.status), ..end };
        };
        let text = Text::any(Arc::clone(&rest.needs));
        self.print_and_succeed(&text, state)
    }

    /// `printf -v NAME FORMAT …` of bash.
    fn print_to_variable(&mut self, call: &Call, mut state: State) -> State {
        let Some(name) = call.known(2).map(str::to_owned) else {
            state.hide_variables("`printf -v` of a name that is not known");
            return State { status: Status::Unknown, ..state };
        };
        let done = tools::printf::printf(call.words.get(3..).unwrap_or_default(), self.dialect);
        let text = call.rest.clone().map_or(done.output, |rest| Text::any(rest.needs));
        match name.split_once('[') {
            Some((array, _)) => {
                state.set(array, Value::AnyArray(format!("the elements of {array}").into()), self.world);
            }
            None => state.set(&name, Value::Text(text), self.world),
        }
        State { status: Status::of(done.status), ..state }
    }

    fn run_test_command(&mut self, call: &Call, state: State) -> State {
        let status = match call.rest {
            None => {
                let files = StateFiles { world: self.world, state: &state };
                let name = call.known(0).unwrap_or_default();
                Status::of(tools::test::evaluate_test(name, call.arguments(), self.dialect, &files).status())
            }
            Some(_) => Status::Unknown,
        };
        State { status, ..state }
    }

    /// A command that changes nothing and of whose end and output nothing is known.
    pub(super) fn end_unknown(&mut self, name: &str, mut state: State) -> State {
        self.print_unknown(name, &mut state);
        state.status = Status::Unknown;
        state
    }
}

/// What bash echoes of words behind which others may come, as far as the first word is no option.
fn partly(words: &[Text], rest: &Unknown) -> Text {
    let mut text = Text::default();
    for (at, word) in words.iter().enumerate() {
        text.push_str(if at == 0 { "" } else { " " });
        text.push(word);
    }
    if text.known_start().is_empty() || text.known_start().starts_with('-') {
        return Text::any(Arc::clone(&rest.needs));
    }
    // Words that hold no line breaks make one line.
    text.push(&Unknown::new(rest.shape.max(Shape::Line), Arc::clone(&rest.needs)).into());
    text.push_str("\n");
    text
}

/// Whether a signal is one at which a container ends, or the end of its shell.
fn ends_container(signal: &str) -> bool {
    matches!(signal.trim_start_matches("SIG"), "EXIT" | "0" | "TERM" | "15" | "INT" | "2" | "QUIT" | "3" | "HUP" | "1")
}

fn with_parameters(call: &Call, from: usize, mut state: State) -> State {
    state.parameters.list = call.words.iter().skip(from).cloned().collect();
    state.parameters.rest.clone_from(&call.rest);
    state
}
