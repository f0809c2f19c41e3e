//! Programs that read and write files: what they leave behind.

use super::call::Call;
use super::content::Content;
use super::interpreter::Interpreter;
use super::parameters::needs_of;
use super::programs::{is_harmless, prints_word};
use super::redirects::Path;
use super::state::{State, Status, Value};
use super::world::Seen;
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools;

/// Programs whose work on files is known.
const TOOLS: [&str; 25] = [
    "cat",
    "envsubst",
    "cp",
    "mv",
    "ln",
    "install",
    "rm",
    "touch",
    "truncate",
    "tee",
    "mkdir",
    "mktemp",
    "sed",
    "grep",
    "egrep",
    "fgrep",
    "tail",
    "head",
    "awk",
    "gawk",
    "openssl",
    "test",
    "find",
    "md5sum",
    "sha256sum",
];

/// Whether the work of a program is known.
pub(super) fn is_tool(base: &str) -> bool {
    TOOLS.contains(&base) || tools::filters::is_filter(base)
}

impl Interpreter<'_> {
    pub(super) fn run_tool(&mut self, name: &str, call: Call, state: State) -> Option<State> {
        if call.rest.is_some() && is_tool(name) && name != "echo" {
            return Some(self.run_tool_on_unknown(name, &call, state));
        }
        Some(match name {
            "cat" => self.run_cat(&call, state),
            "cp" | "mv" | "install" => self.run_copy(name, &call, state),
            "ln" => self.run_link(&call, state),
            "rm" => self.run_remove(&call, state),
            "touch" => self.run_touch(&call, state),
            "tee" => self.run_tee(&call, state),
            "mkdir" => self.run_make_folder(&call, state),
            "truncate" => self.run_on_files("truncate", &call, state),
            "sed" => self.run_sed(&call, state),
            "openssl" => {
                let text = Text::from(Unknown::new(Shape::Line, "what openssl prints"));
                self.print_line(&text, state)
            }
            "find"
                if !call.known_arguments().is_some_and(|words| {
                    words.iter().any(|word| {
                        word.starts_with("-exec")
                            || word.starts_with("-ok")
                            || *word == "-delete"
                            || word.starts_with("-fprint")
                            || word.starts_with("-fls")
                    })
                }) =>
            {
                self.end_unknown(name, state)
            }
            "envsubst" => self.run_envsubst(&call, state),
            _ if tools::filters::is_filter(name) => self.run_filter(name, &call, state),
            _ if prints_word(name) => {
                let text = Text::from(Unknown::new(Shape::Word, format!("what `{name}` prints")));
                self.print_line(&text, state)
            }
            _ if is_harmless(name) => self.end_unknown(name, state),
            _ => return self.run_unknown_program(&call, &name.into(), state),
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
            let needs = call.rest.clone().unwrap_or_else(|| name.into());
            state.files.forget_all(&needs);
            self.touched.any = true;
        }
        self.end_unknown(name, state)
    }

    /// The text of a file that a word names; `-` is the standard input.
    pub(super) fn read_operand(&mut self, word: &Text, state: &State) -> Option<Text> {
        if word.known() == Some("-") {
            return Some(self.input(state));
        }
        match self.path(word, state) {
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
            let input = self.input(&state);
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
        let Path::Known(source) = self.path(file, state) else { return false };
        let (Seen::File(content), Seen::File(there)) =
            (state.files.look(&source, self.world), state.files.look(&target, self.world))
        else {
            return false;
        };
        if there != Content::default() || source == target {
            return false;
        }
        self.write(&target, content, state);
        true
    }

    fn run_copy(&mut self, name: &str, call: &Call, mut state: State) -> State {
        let Some(copy) = Copy::read(name, call.arguments()) else {
            // Options that are not known: its last word is what it writes, or it may be a folder.
            return self.forget_words(name, call, state);
        };
        state.status = Status::Success;
        for source in &copy.sources {
            let Some(target) = self.target_of(source, &copy, &state) else {
                self.forget_target(source, &copy, &mut state);
                continue;
            };
            let status = self.copy_file(source, &target, &copy, &mut state);
            if status != Status::Success {
                state.status = status;
            }
        }
        state
    }

    /// A copy of which it is not known whether it goes to its target or into it.
    fn forget_target(&mut self, source: &Text, copy: &Copy, state: &mut State) {
        state.status = Status::Unknown;
        let target = self.path(&copy.target, state);
        if let (Path::Known(target), Some(source)) = (&target, source.known()) {
            let inside = format!("{target}/{}", super::programs::base_name(source));
            self.forget_file(&Path::Known(inside), "a copy", state);
        }
        self.forget_file(&target, "a copy", state);
    }

    /// Where a file goes: into a folder under its own name, or to the target.
    fn target_of(&self, source: &Text, copy: &Copy, state: &State) -> Option<String> {
        let Path::Known(target) = self.path(&copy.target, state) else { return None };
        let is_folder = copy.into_folder
            || copy.target.known().is_some_and(|word| {
                word.ends_with('/') || word == "." || word.ends_with("/.") || word.ends_with("/..")
            })
            || copy.sources.len() > 1
            || match state.files.look(&target, self.world) {
                Seen::Folder => true,
                Seen::File(_) | Seen::Missing => false,
                Seen::Unknown(_) => is_folder(&target)?,
            };
        if !is_folder {
            return Some(target);
        }
        let name = super::programs::base_name(source.known()?.trim_end_matches('/'));
        Some(super::redirects::normalised(&format!("{target}/{name}")))
    }

    fn copy_file(&mut self, source: &Text, target: &str, copy: &Copy, state: &mut State) -> Status {
        let Path::Known(from) = self.path(source, state) else {
            self.forget_file(&Path::Known(target.to_owned()), "a copy of a file that is not known", state);
            return Status::Unknown;
        };
        let seen = self.look(&from, state);
        if copy.is_kept_if_there {
            let there = state.files.look(target, self.world);
            if !matches!(there, Seen::Missing) {
                if !matches!(there, Seen::File(_)) {
                    self.forget_file(&Path::Known(target.to_owned()), "a copy that is made where there is none", state);
                }
                return Status::Success;
            }
        }
        match seen {
            Seen::File(content) => {
                self.write(target, content, state);
                if copy.is_move {
                    state.files.remove(&from, self.world);
                    self.touched.written.push(from);
                }
                Status::Success
            }
            Seen::Missing => Status::Failure,
            Seen::Folder => {
                state.files.forget_below(target, "a copy of a folder", self.world);
                self.touched.any = true;
                Status::Success
            }
            Seen::Unknown(needs) => {
                self.touched.written.push(target.to_owned());
                state.files.forget(target, &needs, self.world);
                if copy.is_move {
                    self.forget_file(&Path::Known(from), "a move that may fail", state);
                }
                Status::Unknown
            }
        }
    }

    /// Every file that the words name is no longer known, and what is below folders neither.
    pub(super) fn forget_words(&mut self, name: &str, call: &Call, mut state: State) -> State {
        for word in call.arguments() {
            let path = self.path(word, &state);
            if let Path::Known(path) = &path {
                state.files.forget_below(path, name, self.world);
                self.touched.any = true;
            }
            self.forget_file(&path, name, &mut state);
        }
        State { status: Status::Unknown, ..state }
    }

    /// A program that changes the files which its words name, and no others.
    pub(super) fn run_on_files(&mut self, name: &str, call: &Call, mut state: State) -> State {
        for word in call.arguments() {
            if !word.known_start().starts_with('-') {
                let path = self.path(word, &state);
                self.forget_file(&path, name, &mut state);
            }
        }
        self.end_unknown(name, state)
    }

    /// A link shows what its target has, as long as that is not written again.
    fn run_link(&mut self, call: &Call, mut state: State) -> State {
        let words: Vec<&Text> = call.arguments().iter().filter(|word| !word.known_start().starts_with('-')).collect();
        if let [source, target] = words.as_slice()
            && source.known().is_some_and(|source| source.starts_with('/'))
            && let (Path::Known(from), Path::Known(to)) = (self.path(source, &state), self.path(target, &state))
            && !self.world.is_writable(&from)
            && let Seen::File(content) = self.look(&from, &state)
            && is_folder(&to) == Some(false)
        {
            self.write(&to, content, &mut state);
            return State { status: Status::Success, ..state };
        }
        self.forget_words("ln", call, state)
    }

    fn run_remove(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        for word in call.arguments() {
            if word.known_start().starts_with('-') {
                continue;
            }
            match self.path(word, &state) {
                Path::Known(path) => {
                    let is_file = matches!(state.files.look(&path, self.world), Seen::File(_) | Seen::Missing);
                    self.touched.written.push(path.clone());
                    if is_file {
                        state.files.remove(&path, self.world);
                    } else {
                        state.files.forget_below(&path, "`rm`", self.world);
                        self.touched.any = true;
                        state.files.remove(&path, self.world);
                    }
                }
                path @ Path::Unknown(_) => self.forget_file(&path, "`rm`", &mut state),
            }
        }
        state
    }

    fn run_touch(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        for word in call.arguments() {
            if let Path::Known(path) = self.path(word, &state)
                && matches!(state.files.look(&path, self.world), Seen::Missing)
            {
                self.write(&path, Content::default(), &mut state);
            }
        }
        state
    }

    fn run_tee(&mut self, call: &Call, mut state: State) -> State {
        let is_append = call.arguments().iter().any(|word| matches!(word.known(), Some("-a" | "--append")));
        let input = self.input(&state);
        for word in call.arguments() {
            if word.known_start().starts_with('-') {
                continue;
            }
            match self.path(word, &state) {
                Path::Known(path) if path.starts_with("/dev/") => {}
                Path::Known(path) if is_append => self.append(&path, &input, &mut state),
                Path::Known(path) => self.write(&path, Content::from(input.clone()), &mut state),
                path @ Path::Unknown(_) => self.forget_file(&path, "`tee`", &mut state),
            }
        }
        self.print_and_succeed(&input, state)
    }

    fn run_make_folder(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        let mut skips = false;
        for word in call.arguments() {
            if std::mem::take(&mut skips) {
                continue;
            }
            if word.known_start().starts_with('-') {
                skips = matches!(word.known(), Some("-m" | "--mode"));
                if !matches!(word.known(), Some("-p" | "--parents")) {
                    state.status = Status::Unknown;
                }
                continue;
            }
            if let Path::Known(path) = self.path(word, &state) {
                state.files.make_folder(&path, self.world);
            }
        }
        if !call.arguments().iter().any(|word| matches!(word.known(), Some("-p" | "--parents"))) {
            state.status = Status::Unknown;
        }
        state
    }

    fn run_envsubst(&mut self, call: &Call, state: State) -> State {
        let input = self.input(&state);
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
        for at in &operands {
            let Some(word) = call.arguments().get(*at).cloned() else { continue };
            match self.read_operand(&word, &state) {
                Some(text) => input.push(&text),
                None => return self.end_unknown(name, state),
            }
        }
        if operands.is_empty() {
            input = self.input(&state);
        }
        match tools::filters::run(name, call.arguments(), &input) {
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
                call.arguments().iter().find(|word| word.known().is_none()).map_or_else(|| name.into(), needs_of);
            state.files.forget_all(&needs);
            self.touched.any = true;
        }
        self.end_unknown(name, state)
    }
}

/// Whether something that is not seen is a folder: configuration files end so, and were it a folder no server could read
/// it.
fn is_folder(path: &str) -> Option<bool> {
    let name = super::programs::base_name(path);
    let (before, end) = name.rsplit_once('.')?;
    let is_file = matches!(end, "conf" | "acl" | "rdb" | "cfg" | "txt" | "sh" | "tmp" | "bak");
    (is_file && !before.is_empty()).then_some(false)
}

/// A copy or a move.
struct Copy {
    sources: Vec<Text>,
    target: Text,
    /// The target is a folder by `-t`.
    into_folder: bool,
    is_move: bool,
    /// `-n`: a file that is there stays.
    is_kept_if_there: bool,
}

impl Copy {
    /// Reads the words of `cp`, `mv` and `install`; nothing where an option is not known.
    fn read(name: &str, arguments: &[Text]) -> Option<Self> {
        let mut copy = Self {
            sources: Vec::new(),
            target: Text::default(),
            into_folder: false,
            is_move: name == "mv",
            is_kept_if_there: false,
        };
        let mut paths: Vec<Text> = Vec::new();
        let mut words = arguments.iter();
        while let Some(text) = words.next() {
            let Some(word) = text.known() else {
                paths.push(text.clone());
                continue;
            };
            match word {
                "--" => paths.extend(words.by_ref().cloned()),
                "-t" | "--target-directory" => {
                    copy.target = words.next()?.clone();
                    copy.into_folder = true;
                }
                "-n" | "--no-clobber" => copy.is_kept_if_there = true,
                "-m" | "-o" | "-g" if name == "install" => drop(words.next()?),
                "-f" | "-p" | "-v" | "-a" | "-L" | "-H" | "-P" | "-R" | "-r" | "-T" | "-fv" | "-vf" | "-pf" | "-rf"
                | "-fr" | "-Rf" | "-rL" | "-Lr" | "-rp" | "-pr" | "-af" | "-fp" | "--force" | "--verbose" | "-D" => {}
                word if word.starts_with("--preserve") => {}
                word if word.starts_with("-m") && name == "install" => {}
                word if word.starts_with('-') && word.len() > 1 => return None,
                _ => paths.push(text.clone()),
            }
        }
        if !copy.into_folder {
            copy.target = paths.pop()?;
        }
        if paths.is_empty() {
            return None;
        }
        copy.sources = paths;
        Some(copy)
    }
}
