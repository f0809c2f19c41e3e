//! Programs that read and write files: what they leave behind.

use super::call::Call;
use super::content::Content;
use super::interpreter::Interpreter;
use super::names::{is_harmless, shape_of_line};
use super::paths::{Path, absolute};
use super::state::{State, Status, Value};
use super::world::{Seen, World};
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools;

/// Programs whose work on files is known.
const TOOLS: [&str; 22] = [
    "cat", "envsubst", "cp", "mv", "ln", "install", "rm", "touch", "truncate", "tee", "mkdir", "sed", "grep", "egrep",
    "fgrep", "tail", "head", "awk", "gawk", "openssl", "test", "find",
];

/// Whether a file that a word names is certainly there; `-` is the standard input.
fn is_there(word: &Text, state: &State, world: &dyn World) -> bool {
    word.known() == Some("-")
        || matches!(absolute(word, state), Path::Known(path) if matches!(state.files.look(&path, world), Seen::File(_)))
}

/// Whether a word of `find` makes it neither run nor write anything.
fn finds_only(word: &str) -> bool {
    !["-exec", "-ok", "-delete", "-fprint", "-fls"].iter().any(|action| word.starts_with(action))
}

/// Whether the work of a program is known.
pub(super) fn is_tool(base: &str) -> bool {
    TOOLS.contains(&base) || tools::filters::is_filter(base)
}

impl Interpreter<'_> {
    pub(super) fn run_tool(&mut self, name: &str, call: &Call, state: State) -> Option<State> {
        if let Some(shape) = shape_of_line(name, call.arguments()).filter(|_| call.rest.is_none()) {
            let text = Text::from(Unknown::new(shape, format!("what `{name}` prints")));
            let status = if shape == Shape::Word { Status::Success } else { Status::Unknown };
            return Some(State { status, ..self.print_line(&text, state) });
        }
        if call.rest.is_some() && is_tool(name) && name != "echo" {
            return Some(self.run_tool_on_unknown(name, call, state));
        }
        Some(match name {
            "cat" => self.run_cat(call, state),
            "cp" | "mv" | "install" => self.run_copy(name, call, state),
            "ln" => self.run_link(call, state),
            "rm" => self.run_remove(call, state),
            "touch" => self.run_touch(call, state),
            "tee" => self.run_tee(call, state),
            "mkdir" => self.run_make_folder(call, state),
            "truncate" => self.run_on_files("truncate", call, state),
            "sed" => self.run_sed(call, state),
            "openssl" if call.known_arguments().is_some_and(|words| !words.contains(&"-out")) => {
                let text = Text::from(Unknown::new(Shape::Line, "what openssl prints"));
                self.print_line(&text, state)
            }
            "find" if call.known_arguments().is_some_and(|words| words.into_iter().all(finds_only)) => {
                self.end_unknown(name, state)
            }
            "envsubst" => self.run_envsubst(call, state),
            _ if tools::filters::is_filter(name) => self.run_filter(name, call, state),
            _ if is_harmless(name) => self.end_unknown(name, state),
            _ => return self.run_unknown_program(call, &name.into(), state),
        })
    }

    fn print_line(&mut self, text: &Text, state: State) -> State {
        let mut line = text.clone();
        line.push_str("\n");
        self.print_and_succeed(&line, state)
    }

    /// A tool of whose words some are not known may write any file.
    fn run_tool_on_unknown(&mut self, name: &str, call: &Call, mut state: State) -> State {
        let only_reads = matches!(
            name,
            "cat" | "grep" | "egrep" | "fgrep" | "head" | "tail" | "cut" | "tr" | "wc" | "openssl" | "test"
        ) || (tools::filters::is_filter(name) && !matches!(name, "awk" | "gawk" | "sort"));
        if !only_reads {
            let needs = call.rest.clone().map_or_else(|| name.into(), |rest| rest.needs);
            state.files.forget_all(&needs);
            self.note_any();
        }
        self.end_unknown(name, state)
    }

    /// The text of a file that a word names; `-` is the standard input.
    pub(super) fn read_operand(&mut self, word: &Text, state: &State) -> Option<Text> {
        if word.known() == Some("-") {
            return Some(Self::input(state));
        }
        match absolute(word, state) {
            // Some refuse that, some go on for ever, some copy what was there.
            Path::Known(path) if state.streams.get(1) == super::streams::Stream::File(path.clone()) => {
                Some(Text::any(format!("the text of {path} while it is written")))
            }
            Path::Known(path) => match self.look(&path, state) {
                Seen::File(content) => Some(content.text_or_unknown(&path)),
                Seen::Missing | Seen::Folder => None,
                Seen::Unknown(needs) => Some(Text::any(needs)),
            },
            Path::Unknown(needs) => Some(Text::any(needs)),
        }
    }

    fn run_cat(&mut self, call: &Call, state: State) -> State {
        let files: Vec<Text> = call.arguments().iter().filter(|word| word.known() != Some("--")).cloned().collect();
        if files.iter().any(|word| word.known_start().len() > 1 && word.known_start().starts_with('-')) {
            return self.end_unknown("cat", state);
        }
        // `cat FILE > OTHER` keeps what the file came from.
        let mut status = Status::Success;
        let mut state = state;
        if files.is_empty() {
            let input = Self::input(&state);
            return self.print_and_succeed(&input, state);
        }
        for file in &files {
            match self.read_operand(file, &state) {
                Some(text) => {
                    if !self.copy_whole(file, &mut state) {
                        self.print(1, &text, &mut state);
                    }
                    if text.known().is_none() {
                        status = Status::Unknown;
                    }
                }
                None => status = Status::Failure,
            }
        }
        State { status, ..state }
    }

    /// Copies a whole file into an empty one that the output goes to, so that its origin is known.
    fn copy_whole(&mut self, file: &Text, state: &mut State) -> bool {
        let super::streams::Stream::File(target) = state.streams.get(1) else { return false };
        let Path::Known(source) = absolute(file, state) else { return false };
        let (Seen::File(content), Seen::File(there)) =
            (state.files.look(&source, self.world), state.files.look(&target, self.world))
        else {
            return false;
        };
        if there != Content::default() || source == target {
            return false;
        }
        self.put(&target, content, state);
        true
    }

    /// Every file that the words name is no longer known, and what is below folders neither.
    pub(super) fn forget_words(&mut self, name: &str, call: &Call, mut state: State) -> State {
        for word in call.arguments() {
            let path = absolute(word, &state);
            if let Path::Known(path) = &path {
                state.files.forget_below(path, name, self.world);
                self.note_any();
            }
            self.forget_file(&path, name, &mut state);
        }
        State { status: Status::Unknown, ..state }
    }

    /// A program that changes the files which its words name, and no others.
    pub(super) fn run_on_files(&mut self, name: &str, call: &Call, mut state: State) -> State {
        for word in call.arguments() {
            if !word.known_start().starts_with('-') {
                let path = absolute(word, &state);
                self.forget_file(&path, name, &mut state);
            }
        }
        self.end_unknown(name, state)
    }

    fn run_tee(&mut self, call: &Call, mut state: State) -> State {
        let is_append = call.arguments().iter().any(|word| matches!(word.known(), Some("-a" | "--append")));
        let input = Self::input(&state);
        for word in call.arguments() {
            if word.known_start().starts_with('-') {
                continue;
            }
            match absolute(word, &state) {
                Path::Known(path) if path.starts_with("/dev/") => {}
                Path::Known(path) if is_append => self.append(&path, &input, &mut state),
                Path::Known(path) => self.write(&path, Content::from(input.clone()), &mut state),
                path @ Path::Unknown(_) => self.forget_file(&path, "`tee`", &mut state),
            }
        }
        self.print_and_succeed(&input, state)
    }

    fn run_envsubst(&mut self, call: &Call, state: State) -> State {
        let input = Self::input(&state);
        let value = |name: &str| match (state.variables.get(name), state.value(name, self.world)) {
            (Some(variable), _) if !variable.is_exported => None,
            (_, Value::Text(text)) => Some(text),
            (_, Value::Unset) => None,
            (_, Value::Array(_) | Value::AnyArray(_)) => Some(Text::any("an array")),
        };
        let done = tools::filters::envsubst(call.arguments(), &input, &value);
        let end = self.print_and_succeed(&done.output, state);
        State { status: Status::of(done.status), ..end }
    }

    fn run_filter(&mut self, name: &str, call: &Call, state: State) -> State {
        let operands = tools::filters::operands(name, call.arguments());
        let Some(operands) = operands else { return self.run_opaque_filter(name, call, state) };
        let mut input = Text::default();
        let mut may_be_missing = false;
        for at in &operands {
            let Some(word) = call.arguments().get(*at).cloned() else { continue };
            match self.read_operand(&word, &state) {
                Some(text) => input.push(&text),
                None => return self.end_unknown(name, state),
            }
            may_be_missing |= !is_there(&word, &state, self.world);
        }
        if operands.is_empty() {
            input = Self::input(&state);
        }
        match tools::filters::run(name, call.arguments(), &input) {
            // Of a file that is not there it prints nothing, and fails.
            Some(filtered) if may_be_missing => {
                let output = filtered.output.join(&Text::default(), &format!("what `{name}` prints"));
                let end = self.print_and_succeed(&output, state);
                State { status: Status::Unknown, ..end }
            }
            Some(filtered) => {
                let end = self.print_and_succeed(&filtered.output, state);
                State { status: Status::of(filtered.status), ..end }
            }
            None => self.run_opaque_filter(name, call, state),
        }
    }

    /// A filter whose options are not known: awk and sort may write files.
    fn run_opaque_filter(&mut self, name: &str, call: &Call, mut state: State) -> State {
        let may_write = match name {
            "awk" | "gawk" | "mawk" => !call.known_arguments().is_some_and(|words| {
                words
                    .iter()
                    .all(|word| !word.contains(['>', '|']) && !word.contains("system") && !word.starts_with("-i"))
            }),
            "sort" => call.arguments().iter().any(|word| word.known().is_none_or(|word| word.starts_with("-o"))),
            _ => false,
        };
        if may_write {
            let needs =
                call.arguments().iter().find(|word| word.known().is_none()).map_or_else(|| name.into(), Text::needs);
            state.files.forget_all(&needs);
            self.note_any();
        }
        self.end_unknown(name, state)
    }
}
