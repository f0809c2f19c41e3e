//! `cp`, `mv`, `install`, `ln`, `rm`, `touch` and `mkdir`: which files there are after them.

use super::call::Call;
use super::content::Content;
use super::interpreter::Interpreter;
use super::paths::{Path, absolute};
use super::state::{State, Status};
use super::world::Seen;
use crate::workload::start::shell::text::Text;

impl Interpreter<'_> {
    pub(super) fn run_copy(&mut self, name: &str, call: &Call, mut state: State) -> State {
        let Some(copy) = Copy::read(name, call.arguments()) else {
            // Options that are not known: its last word is what it writes, or it may be a folder.
            return self.forget_words(name, call, state);
        };
        state.status = Status::Success;
        let folder = self.folder_of(&copy, &state);
        for source in &copy.sources {
            match folder {
                Some(Seen::Missing | Seen::File(_)) => {
                    state.status = Status::Failure;
                    continue;
                }
                Some(Seen::Unknown(_)) if copy.is_move => {
                    self.forget_target(source, &copy, &mut state);
                    continue;
                }
                _ => {}
            }
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

    /// What is at the target of several files, which has to be a folder; nothing for one file. A folder that is not seen is
    /// taken to be there for a copy: a server that starts from it could not start else.
    fn folder_of(&self, copy: &Copy, state: &State) -> Option<Seen> {
        if copy.sources.len() < 2 && !copy.into_folder {
            return None;
        }
        match absolute(&copy.target, state) {
            Path::Known(target) => Some(state.files.look(&target, self.world)),
            Path::Unknown(needs) => Some(Seen::Unknown(needs)),
        }
    }

    /// A copy of which it is not known whether it goes to its target or into it.
    fn forget_target(&mut self, source: &Text, copy: &Copy, state: &mut State) {
        state.status = Status::Unknown;
        let target = absolute(&copy.target, state);
        if let (Path::Known(target), Some(source)) = (&target, source.known()) {
            let inside = format!("{target}/{}", super::names::base_name(source));
            self.forget_file(&Path::Known(inside), "a copy", state);
        }
        self.forget_file(&target, "a copy", state);
        if copy.is_move {
            self.forget_file(&absolute(source, state), "a move", state);
        }
    }

    /// Where a file goes: into a folder under its own name, or to the target.
    fn target_of(&self, source: &Text, copy: &Copy, state: &State) -> Option<String> {
        let Path::Known(target) = absolute(&copy.target, state) else { return None };
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
        let name = super::names::base_name(source.known()?.trim_end_matches('/'));
        Some(super::paths::normalise(&format!("{target}/{name}")).into_owned())
    }

    fn copy_file(&mut self, source: &Text, target: &str, copy: &Copy, state: &mut State) -> Status {
        let Path::Known(from) = absolute(source, state) else {
            self.forget_file(&Path::Known(target.to_owned()), "a copy of a file that is not known", state);
            if copy.is_move {
                self.forget_file(&absolute(source, state), "a move", state);
            }
            return Status::Unknown;
        };
        let is_itself = self.world.locate(&from) == self.world.locate(target);
        if is_itself || !self.world.is_writable(target) {
            return Status::Failure;
        }
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
                    self.remove(&from, state);
                }
                Status::Success
            }
            Seen::Missing => Status::Failure,
            Seen::Folder => {
                state.files.forget_below(target, "a copy of a folder", self.world);
                self.note_any();
                Status::Success
            }
            Seen::Unknown(needs) => {
                self.note_written(target);
                state.files.forget(target, &needs, self.world);
                if copy.is_move {
                    self.forget_file(&Path::Known(from), "a move that may fail", state);
                }
                Status::Unknown
            }
        }
    }

    /// A link shows what its target has, as long as that is not written again.
    pub(super) fn run_link(&mut self, call: &Call, mut state: State) -> State {
        let words: Vec<&Text> = call.arguments().iter().filter(|word| !word.known_start().starts_with('-')).collect();
        if let [source, target] = words.as_slice()
            && source.known().is_some_and(|source| source.starts_with('/'))
            && let (Path::Known(from), Path::Known(to)) = (absolute(source, &state), absolute(target, &state))
            && !self.world.is_writable(&from)
            && let Seen::File(content) = self.look(&from, &state)
            && is_folder(&to) == Some(false)
        {
            self.write(&to, content, &mut state);
            return State { status: Status::Success, ..state };
        }
        // A file with two names: what is written to one changes the other.
        state.files.spoil_all("a link");
        self.note_any();
        State { status: Status::Unknown, ..state }
    }

    pub(super) fn run_remove(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        for word in call.arguments() {
            if word.known_start().starts_with('-') {
                continue;
            }
            let path = absolute(word, &state);
            let Path::Known(path) = &path else {
                self.forget_file(&path, "`rm`", &mut state);
                state.status = Status::Unknown;
                continue;
            };
            if !matches!(state.files.look(path, self.world), Seen::File(_)) {
                // Whether there is one, `-f` or not, decides how it ends.
                state.status = Status::Unknown;
                state.files.forget_below(path, "`rm`", self.world);
                self.note_any();
            }
            self.remove(path, &mut state);
        }
        state
    }

    pub(super) fn run_touch(&mut self, call: &Call, mut state: State) -> State {
        state.status = Status::Success;
        for word in call.arguments() {
            let Path::Known(path) = absolute(word, &state) else {
                state.status = Status::Unknown;
                continue;
            };
            if !self.world.is_writable(&path) {
                state.status = Status::Unknown;
            } else if matches!(state.files.look(&path, self.world), Seen::Missing) {
                self.write(&path, Content::default(), &mut state);
            }
        }
        state
    }

    pub(super) fn run_make_folder(&mut self, call: &Call, mut state: State) -> State {
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
            match absolute(word, &state) {
                Path::Known(path) => state.files.make_folder(&path, self.world),
                Path::Unknown(_) => state.status = Status::Unknown,
            }
        }
        if !call.arguments().iter().any(|word| matches!(word.known(), Some("-p" | "--parents"))) {
            state.status = Status::Unknown;
        }
        state
    }
}

/// Whether something that is not seen is a folder: configuration files end so, and were it a folder no server could read
/// it.
fn is_folder(path: &str) -> Option<bool> {
    let name = super::names::base_name(path);
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
