//! Programs: those that start another, shells, servers and clients, and what is not known.

use super::call::Call;
use super::interpreter::Interpreter;
use super::names::{HARMLESS, base_name, is_server, mentions_server};
use super::paths::{Path, absolute};
use super::state::{Options, Parameters, State, Status, Value, Variable};
use super::world::Seen;
use super::wrappers::Behind;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::Text;

impl Interpreter<'_> {
    pub(super) fn run_program(&mut self, name: &str, call: Call, state: State) -> Option<State> {
        if !name.contains('/')
            && let Some(path) = self.find_on_path(name, &state)
        {
            return match path {
                Ok(path) => self.run_file(&path, &call, state),
                Err(needs) => {
                    self.outcome.hide(needs);
                    None
                }
            };
        }
        let base = base_name(name).to_owned();
        if is_server(&base) && (!name.contains('/') || !self.is_object_file(name, &state)) {
            return self.start_server(&call, state);
        }
        if name.contains('/') && !is_plain_program(&base) {
            return self.run_path(name, call, state);
        }
        match base.as_str() {
            "sh" | "dash" | "ash" | "bash" => self.run_shell(&base, &call, state),
            "redis-cli" | "valkey-cli" | "keydb-cli" => Some(self.run_client(&call, state)),
            _ => match super::wrappers::command_behind(&call) {
                Some(behind) => self.run_behind(&call, behind, state),
                None => self.run_tool(&base, &call, state),
            },
        }
    }

    /// The command that another one starts.
    fn run_behind(&mut self, call: &Call, behind: Behind, mut state: State) -> Option<State> {
        let is_cleared = matches!(behind, Behind::Cleared { .. });
        let (at, set) = match behind {
            Behind::Command(at) => (at, Vec::new()),
            Behind::Variables { at, set } | Behind::Cleared { at, set } => (at, set),
            Behind::Script(at) => {
                let Some(text) = call.known(at).map(str::to_owned) else {
                    return self.run_unknown_program(call, &"its script".into(), state);
                };
                return self.run_inner_shell(&text, Parameters::of_shell(), state);
            }
            Behind::Unknown => return self.run_unknown_program(call, &"its options".into(), state),
        };
        let inner = call.behind(at);
        if inner.words.is_empty() && inner.rest.is_none() {
            return Some(self.end_unknown(&call.name(), state));
        }
        // It is another process: what it does to variables and directories is its own.
        let mut process = self.fork(&state);
        if is_cleared {
            process.hide_values(&call.name());
        }
        for (name, text) in set {
            let value = text.map_or(Value::Unset, Value::Text);
            process.variables.insert(name, Variable { value, is_exported: true });
        }
        let end = self.run_subshell(process, |runner, process| runner.run_call(inner, process))?;
        Self::leave_subshell(&mut state, end);
        Some(state)
    }

    /// A program of that name in a folder that the script or the manifest puts on the PATH.
    fn find_on_path(&mut self, name: &str, state: &State) -> Option<Result<String, String>> {
        let Value::Text(path) = state.value("PATH", self.world) else { return None };
        let start = path.known_start().to_owned();
        for folder in start.split(':').filter(|folder| folder.starts_with('/')) {
            let candidate = format!("{folder}/{name}");
            match state.files.look(&candidate, self.world) {
                Seen::File(_) => return Some(Ok(candidate)),
                Seen::Unknown(needs) if self.world.locate(&candidate) != candidate => return Some(Err(needs)),
                Seen::Unknown(_) | Seen::Missing | Seen::Folder => {}
            }
        }
        None
    }

    fn is_object_file(&self, path: &str, state: &State) -> bool {
        matches!(state.files.look(path, self.world), Seen::File(_))
    }

    /// A program that is named by its path.
    fn run_path(&mut self, name: &str, call: Call, state: State) -> Option<State> {
        match absolute(&Text::from(name), &state) {
            Path::Known(path) if self.is_object_file(&path, &state) => self.run_file(&path, &call, state),
            Path::Known(path) => {
                if matches!(state.files.look(&path, self.world), Seen::Missing) {
                    return Some(State { status: Status::Failure, ..state });
                }
                if let Some(known) = self.world.known_command(&path, call.arguments()) {
                    return self.run_known(&known, call, state);
                }
                if let Seen::Unknown(needs) = state.files.look(&path, self.world) {
                    self.note_unread(&path, &needs);
                }
                self.run_unknown_program(&call, &path.into(), state)
            }
            Path::Unknown(needs) => self.run_unknown_program(&call, &needs.into(), state),
        }
    }

    /// A script that is a file which is seen.
    fn run_file(&mut self, path: &str, call: &Call, mut state: State) -> Option<State> {
        let Seen::File(content) = self.look(path, &state) else {
            return self.run_unknown_program(call, &path.into(), state);
        };
        let Some(text) = content.text().as_ref().and_then(Text::known).map(str::to_owned) else {
            return self.run_unknown_program(call, &format!("the text of {path}").into(), state);
        };
        let Some((dialect, options)) = interpreter_of(&text) else {
            self.outcome.has_script = true;
            if mentions_server(&text) {
                self.outcome.hide(format!("what {path} does, which is no shell script"));
            }
            return self.run_unknown_program(call, &path.into(), state);
        };
        self.outcome.scripts.push(path.to_owned());
        let parameters =
            Parameters { zero: Text::from(path), list: call.arguments().to_vec(), rest: call.rest.clone() };
        let before = std::mem::replace(&mut self.dialect, dialect);
        let options = std::mem::replace(&mut state.options, options);
        let end = self.run_inner_shell(&text, parameters, state);
        self.dialect = before;
        end.map(|end| State { options, ..end })
    }

    /// `sh -c …` and `sh FILE …`.
    fn run_shell(&mut self, program: &str, call: &Call, mut state: State) -> Option<State> {
        let before = self.dialect;
        self.dialect = if program == "bash" { Dialect::Bash } else { Dialect::Posix };
        let mut at = 1;
        let mut is_inline = false;
        let mut reads_input = false;
        let mut options = Options::default();
        while let Some(word) = call.known(at).filter(|word| word.starts_with(['-', '+']) && word.len() > 1) {
            at += 1;
            if word == "--" {
                break;
            }
            let is_long = word.starts_with("--");
            is_inline |= !is_long && word.contains('c');
            reads_input |= !is_long && word.starts_with('-') && word.contains('s');
            if !is_long && word.contains(['l', 'O', 'k', 'n', 'r'])
                || matches!(word, "--login" | "--rcfile" | "--init-file")
            {
                self.outcome.hide(format!("what `{program} {word}` changes"));
            }
            if !is_long && word.contains('C') {
                options.keeps_files = Some(word.starts_with('-'));
            }
            if !is_long && word.contains('f') {
                options.expands_no_paths = Some(word.starts_with('-'));
            }
            if !is_long && word.contains('e') {
                options.ends_on_failure = Some(word.starts_with('-'));
            }
            if !is_long && word.ends_with('o') {
                options.set(call.known(at).unwrap_or_default(), word.starts_with('-'));
                at += 1;
            }
        }
        let before_options = std::mem::replace(&mut state.options, options);
        let end = if reads_input && !is_inline {
            self.run_input(call, at, state)
        } else {
            self.run_script_of_shell(call, at, is_inline, state)
        };
        let end = end.map(|end| State { options: before_options, ..end });
        self.dialect = before;
        end
    }

    fn run_script_of_shell(&mut self, call: &Call, at: usize, is_inline: bool, state: State) -> Option<State> {
        let Some(first) = call.words.get(at) else {
            if call.rest.is_some() || is_inline {
                return self.run_unknown_program(call, &"its script".into(), state);
            }
            return self.run_input(call, at, state);
        };
        let Some(known) = first.known().map(str::to_owned) else {
            return self.run_unknown_program(call, &first.needs(), state);
        };
        let list: Vec<Text> = call.words.iter().skip(at + 1).cloned().collect();
        if is_inline {
            let (zero, list) = match list.split_first() {
                Some((zero, list)) => (zero.clone(), list.to_vec()),
                None if call.rest.is_some() => (Text::any("$0"), Vec::new()),
                None => (Text::from("sh"), Vec::new()),
            };
            return self.run_inner_shell(&known, Parameters { zero, list, rest: call.rest.clone() }, state);
        }
        let parameters = Parameters { zero: first.clone(), list, rest: call.rest.clone() };
        let path = absolute(first, &state);
        let Path::Known(path) = path else {
            return self.run_unknown_program(call, &format!("the script {known}").into(), state);
        };
        if let Some(known) = self.world.known_command(&path, &parameters.list) {
            let inner = call.behind(at);
            return self.run_known(&known, inner, state);
        }
        match self.look(&path, &state) {
            Seen::File(content) => match content.text().as_ref().and_then(Text::known).map(str::to_owned) {
                Some(text) => {
                    self.outcome.scripts.push(path);
                    self.run_inner_shell(&text, parameters, state)
                }
                None => self.run_unknown_program(call, &format!("the text of {path}").into(), state),
            },
            Seen::Missing | Seen::Folder => Some(State { status: Status::Failure, ..state }),
            Seen::Unknown(needs) => {
                self.note_unread(&path, &needs);
                self.outcome.has_script = true;
                self.run_unknown_program(call, &needs.into(), state)
            }
        }
    }

    /// Runs the script that a shell reads from its standard input; its words begin at this one.
    fn run_input(&mut self, call: &Call, at: usize, state: State) -> Option<State> {
        let list = call.words.get(at..).unwrap_or_default().to_vec();
        let parameters = Parameters { list, rest: call.rest.clone(), ..Parameters::of_shell() };
        match Self::input(&state).known().map(str::to_owned) {
            Some(text) => self.run_inner_shell(&text, parameters, state),
            None => self.run_unknown_program(call, &"the script on its standard input".into(), state),
        }
    }

    /// Notes a script that is an object's and is not seen.
    pub(super) fn note_unread(&mut self, path: &str, needs: &str) {
        if !self.world.is_writable(path) {
            self.outcome.has_script = true;
            self.outcome.unread.get_or_insert_with(|| needs.to_owned());
            self.outcome.hide(needs.to_owned());
        }
    }

    /// Runs a script in a shell of its own, which sees the exported variables alone.
    fn run_inner_shell(&mut self, text: &str, parameters: Parameters, mut state: State) -> Option<State> {
        let mut inner = self.fork(&state);
        let world = self.world;
        for (name, variable) in inner.variables.iter_mut().filter(|(_, variable)| !variable.is_exported) {
            if world.variable(name).known().is_some() {
                *variable = Variable { value: Value::Unset, is_exported: true };
            }
        }
        inner.variables.retain(|_, variable| variable.is_exported);
        inner.functions.clear();
        inner.shadowed.clear();
        inner.parameters = parameters;
        let conditions = std::mem::take(&mut self.conditions);
        let before = self.dialect;
        let end = self.run_subshell(inner, |runner, inner| runner.run_script(text, inner));
        self.dialect = before;
        self.conditions = conditions;
        Self::leave_subshell(&mut state, end?);
        Some(state)
    }

    /// Runs a whole script.
    fn run_script(&mut self, text: &str, state: State) -> Option<State> {
        self.outcome.has_script = true;
        if self.dialect == Dialect::Bash {
            for name in ["BASH_ENV", "BASHOPTS", "SHELLOPTS"] {
                let is_given = matches!(state.value(name, self.world), Value::Text(text) if text.known().is_some_and(|text| !text.is_empty()));
                if is_given {
                    self.outcome.hide(format!("what {name} changes"));
                }
            }
        }
        let parsed = crate::workload::start::shell::parse::parse(text, self.dialect);
        if let Some(broken) = &parsed.broken {
            self.outcome.hide(format!("a script without a syntax error ({})", broken.message));
        }
        if super::needs_bash::needs_bash(&parsed.list) {
            // Others end at its syntax: what comes up is bash.
            self.dialect = Dialect::Bash;
        }
        let end = self.run_list(&parsed.list, state)?;
        // A shell that comes to a syntax error ends.
        if parsed.broken.is_some() { None } else { Some(end) }
    }

    /// A program of which nothing is known: it may change every file that it can write.
    pub(super) fn run_unknown_program(
        &mut self,
        call: &Call,
        needs: &std::sync::Arc<str>,
        mut state: State,
    ) -> Option<State> {
        let name = call.known(0).map_or_else(|| needs.to_string(), str::to_owned);
        let is_named = call.known(0).is_some();
        for word in &call.words {
            self.outcome.programs.extend(word.known().filter(|word| word.starts_with('/')).map(str::to_owned));
        }
        let hands_on = call.words.iter().any(|word| word.known().is_some_and(mentions_server));
        let is_last = call.is_exec;
        if !is_named || hands_on || is_last {
            self.outcome.hide(if is_named { format!("what {name} starts") } else { needs.to_string() });
        }
        if is_last {
            return None;
        }
        state.files.forget_all(&name);
        self.note_any();
        if state.has_server && is_named && base_name(&name).ends_with(".sh") {
            self.change_server(&name);
        }
        Some(self.end_unknown(&name, state))
    }
}

/// Whether words that may not be there can be told from those that are: of a server, and of what starts one.
pub(super) fn takes_optional_words(name: &str) -> bool {
    let base = base_name(name);
    is_server(base) || name == "exec" || super::wrappers::is_wrapper(base)
}

/// Programs that are what their name says wherever they are installed.
fn is_plain_program(base: &str) -> bool {
    matches!(base, "sh" | "dash" | "ash" | "bash" | "redis-cli" | "valkey-cli" | "keydb-cli")
        || super::wrappers::is_wrapper(base)
        || HARMLESS.contains(&base)
        || super::tools::is_tool(base)
}

/// The shell that the first line of a script names, and its options; nothing for what is no shell script.
fn interpreter_of(text: &str) -> Option<(Dialect, Options)> {
    let mut options = Options::default();
    let Some(rest) = text.strip_prefix("#!") else { return Some((Dialect::Posix, options)) };
    let line = rest.lines().next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let mut program = base_name(words.next().unwrap_or_default());
    if program == "env" {
        program = base_name(words.next().unwrap_or_default());
    }
    let dialect = match program {
        "bash" => Dialect::Bash,
        "sh" | "dash" | "ash" => Dialect::Posix,
        _ => return None,
    };
    // The kernel hands on all that follows as one word.
    for letter in words.flat_map(|word| word.chars()) {
        match letter {
            '-' | 'u' | 'x' | 'v' => {}
            'e' => options.set("errexit", true),
            'f' => options.set("noglob", true),
            'C' => options.set("noclobber", true),
            _ => return None,
        }
    }
    Some((dialect, options))
}
