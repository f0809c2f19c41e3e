//! Redirections, and reading and writing through descriptors.

use super::content::Content;
use super::interpreter::Interpreter;
use super::paths::{Path, absolute};
use super::state::{State, Status};
use super::streams::Stream;
use super::world::Seen;
use crate::workload::start::shell::syntax::{Redirect, RedirectKind, Word};
use crate::workload::start::shell::text::Text;

/// What a redirection opens.
struct Opened {
    descriptor: u32,
    stream: Stream,
    /// Whether that succeeds: else the command is not run.
    succeeds: Option<bool>,
}

/// What stood at descriptors before.
type Before = Vec<(u32, Option<Stream>)>;

impl Interpreter<'_> {
    /// Runs a command with its redirections, which end with it; where one fails the command is not run.
    pub(super) fn run_redirected(
        &mut self,
        redirects: &[Redirect],
        mut state: State,
        run: impl FnOnce(&mut Self, State) -> Option<State>,
    ) -> Option<State> {
        let mut before = Before::new();
        let mut succeeds = Some(true);
        for redirect in redirects {
            let opened = self.open(redirect, &mut state)?;
            if opened.succeeds != Some(true) {
                succeeds = opened.succeeds;
            }
            before.push((opened.descriptor, state.streams.open.insert(opened.descriptor, opened.stream)));
            if succeeds == Some(false) {
                break;
            }
        }
        let skipped = match succeeds {
            Some(true) => None,
            Some(false) => return Some(State { status: Status::Failure, ..close(state, before) }),
            None => {
                let skipped = self.fork(&state);
                Some(State { status: Status::Failure, ..close(skipped, before.clone()) })
            }
        };
        let end = run(self, state).map(|end| close(end, before));
        self.join(end, skipped)
    }

    /// Opens what redirections name for good, as `exec` does.
    pub(super) fn keep_redirected(&mut self, redirects: &[Redirect], mut state: State) -> Option<State> {
        for redirect in redirects {
            let opened = self.open(redirect, &mut state)?;
            state.streams.open.insert(opened.descriptor, opened.stream);
        }
        Some(state)
    }

    fn open(&mut self, redirect: &Redirect, state: &mut State) -> Option<Opened> {
        let of = |default: u32, stream: Stream| Opened {
            descriptor: redirect.descriptor.unwrap_or(default),
            stream,
            succeeds: Some(true),
        };
        Some(match &redirect.kind {
            RedirectKind::Here(word) => of(0, Stream::Input(self.expand_text(word, state)?)),
            RedirectKind::HereString(word) => {
                let mut text = self.expand_text(word, state)?;
                text.push_str("\n");
                of(0, Stream::Input(text))
            }
            RedirectKind::Read(word) => {
                let path = self.expand_path_of(word, state)?;
                Opened { succeeds: self.opens_for_reading(&path, state), ..of(0, self.open_input(&path, state)) }
            }
            RedirectKind::ReadWrite(word) => {
                let path = self.expand_path_of(word, state)?;
                self.forget_file(&path, "a file that is open for both", state);
                Opened { succeeds: None, ..of(0, Stream::Unknown("a file that is open for both".into())) }
            }
            RedirectKind::Write(word) | RedirectKind::Append(word) => {
                let is_new = matches!(redirect.kind, RedirectKind::Write(_));
                let path = self.expand_path_of(word, state)?;
                Opened {
                    succeeds: self.opens_for_writing(&path, state),
                    ..of(1, self.open_output(path, is_new, state))
                }
            }
            RedirectKind::WriteBoth(word) | RedirectKind::AppendBoth(word) => {
                let is_new = matches!(redirect.kind, RedirectKind::WriteBoth(_));
                let path = self.expand_path_of(word, state)?;
                let succeeds = self.opens_for_writing(&path, state);
                let stream = self.open_output(path, is_new, state);
                state.streams.open.insert(2, stream.clone());
                Opened { succeeds, ..of(1, stream) }
            }
            RedirectKind::Duplicate(word) => {
                let text = self.expand_text(word, state)?;
                match text.known().map(str::parse::<u32>) {
                    Some(Ok(from)) => of(1, state.streams.get(from)),
                    Some(Err(_)) if text.known() == Some("-") => of(1, Stream::Nowhere),
                    _ => Opened { succeeds: None, ..of(1, Stream::Unknown("a descriptor that is not known".into())) },
                }
            }
        })
    }

    fn opens_for_reading(&mut self, path: &Path, state: &State) -> Option<bool> {
        match path {
            Path::Known(path) if path.starts_with("/dev/") => Some(true),
            Path::Known(path) => match self.look(path, state) {
                Seen::File(_) | Seen::Folder => Some(true),
                Seen::Missing => Some(false),
                Seen::Unknown(_) => None,
            },
            Path::Unknown(_) => None,
        }
    }

    /// Of a file that is not seen it is taken for granted that it is no folder, and that its folder is there: a server
    /// could not read it else.
    fn opens_for_writing(&self, path: &Path, state: &State) -> Option<bool> {
        match path {
            Path::Known(path) if path.starts_with("/dev/") || path.starts_with("/proc/") => Some(true),
            Path::Known(path) if !self.world.is_writable(path) => Some(false),
            Path::Known(path) => Some(!matches!(state.files.look(path, self.world), Seen::Folder)),
            Path::Unknown(_) => None,
        }
    }

    fn expand_path_of(&mut self, word: &Word, state: &mut State) -> Option<Path> {
        let text = self.expand_text(word, state)?;
        Some(absolute(&text, state))
    }

    /// What reading a file gives.
    pub(super) fn open_input(&mut self, path: &Path, state: &State) -> Stream {
        match path {
            Path::Known(path) if path == "/dev/null" => Stream::Input(Text::default()),
            Path::Known(path) => match self.look(path, state) {
                Seen::File(content) => Stream::Input(content.text_or_unknown(path)),
                Seen::Missing | Seen::Folder => Stream::Unknown(format!("the text of {path}").into()),
                Seen::Unknown(needs) => Stream::Unknown(needs.into()),
            },
            Path::Unknown(needs) => Stream::Unknown(needs.as_str().into()),
        }
    }

    /// Opens a file to be written; a new one is empty at once.
    pub(super) fn open_output(&mut self, path: Path, is_new: bool, state: &mut State) -> Stream {
        const TWICE: &str = "a file that is written through two descriptors";
        match path {
            Path::Known(path) if path.starts_with("/dev/") || path.starts_with("/proc/") => Stream::Nowhere,
            Path::Known(path) if self.opens_for_writing(&Path::Known(path.clone()), state) == Some(false) => {
                Stream::Nowhere
            }
            Path::Known(path) => {
                let is_open = state.streams.open.values().any(|stream| *stream == Stream::File(path.clone()));
                if is_open && is_new {
                    self.forget_file(&Path::Known(path), TWICE, state);
                    return Stream::Unknown(TWICE.into());
                }
                if is_new || matches!(state.files.look(&path, self.world), Seen::Missing) {
                    self.write(&path, Content::default(), state);
                }
                Stream::File(path)
            }
            Path::Unknown(needs) => {
                state.files.forget_all(&needs);
                self.note_any();
                Stream::Unknown(needs.into())
            }
        }
    }

    /// What is at a path now; it counts as read.
    pub(super) fn look(&mut self, path: &str, state: &State) -> Seen {
        self.touched.read.push(path.to_owned());
        state.files.look(path, self.world)
    }

    /// Makes this the content of a file.
    pub(super) fn write(&mut self, path: &str, content: Content, state: &mut State) {
        if content.size() > super::interpreter::MAX_STATE_BYTES {
            return self.forget_file(&Path::Known(path.to_owned()), "a file of this size", state);
        }
        self.note_written(path);
        state.files.write(path, content, self.world);
    }

    /// A file, or any file where its name is not known, is not known any more.
    pub(super) fn forget_file(&mut self, path: &Path, needs: &str, state: &mut State) {
        match path {
            Path::Known(path) => {
                self.note_written(path);
                state.files.forget(path, &format!("the text of {path} after {needs}"), self.world);
            }
            Path::Unknown(needs) => {
                state.files.forget_all(needs);
                self.note_any();
            }
        }
    }

    /// Appends a text to what is in a file.
    pub(super) fn append(&mut self, path: &str, text: &Text, state: &mut State) {
        match state.files.look(path, self.world) {
            Seen::File(mut content) => {
                content.append(text);
                self.write(path, content, state);
            }
            Seen::Missing => self.write(path, Content::from(text.clone()), state),
            Seen::Unknown(needs) => {
                self.note_written(path);
                state.files.forget(path, &needs, self.world);
            }
            Seen::Folder => {}
        }
    }

    /// Writes to a descriptor.
    pub(super) fn print(&mut self, descriptor: u32, text: &Text, state: &mut State) {
        match state.streams.get(descriptor) {
            Stream::Nowhere | Stream::Input(_) | Stream::Unknown(_) => {}
            Stream::File(path) => self.append(&path, text, state),
            Stream::Captured(at) => {
                if let Some(captured) = state.streams.captured.get_mut(at) {
                    captured.push(text);
                }
            }
        }
    }

    /// Prints something and succeeds.
    pub(super) fn print_and_succeed(&mut self, text: &Text, mut state: State) -> State {
        self.print(1, text, &mut state);
        state.status = Status::Success;
        state
    }

    /// A command that is not known may write anything to what its output and its errors go to.
    pub(super) fn print_unknown(&mut self, needs: &str, state: &mut State) {
        for descriptor in [1, 2] {
            self.print(descriptor, &Text::any(format!("the output of {needs}")), state);
        }
    }

    /// What a command can read from its standard input.
    pub(super) fn input(state: &State) -> Text {
        match state.streams.get(0) {
            Stream::Input(text) => text,
            Stream::Nowhere => Text::default(),
            Stream::File(_) | Stream::Captured(_) => Text::any("its input"),
            Stream::Unknown(needs) => Text::any(needs),
        }
    }
}

/// Puts descriptors back to what they were; what was read through others stays read.
fn close(mut state: State, before: Before) -> State {
    for (descriptor, stream) in before.into_iter().rev() {
        match stream {
            Some(stream) => drop(state.streams.open.insert(descriptor, stream)),
            None => drop(state.streams.open.remove(&descriptor)),
        }
    }
    state
}
