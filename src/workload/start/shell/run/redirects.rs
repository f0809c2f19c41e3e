//! Redirections, and reading and writing through descriptors.

use super::content::Content;
use super::field::Field;
use super::interpreter::Interpreter;
use super::paths::{Path, absolute};
use super::state::{State, Status};
use super::streams::Stream;
use super::world::Seen;
use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::syntax::{Redirect, RedirectKind, Word};
use crate::workload::start::shell::text::Text;

/// What a redirection opens.
struct Opened {
    descriptors: Vec<u32>,
    stream: Stream,
    /// Whether that succeeds: else the command is not run.
    succeeds: Option<bool>,
}

/// What was open before.
#[derive(Clone)]
struct Before {
    streams: Vec<(u32, Option<Stream>)>,
    /// How many files were held.
    held: usize,
}

impl Interpreter<'_> {
    /// Runs a command with its redirections, which end with it; where one fails the command is not run.
    pub(super) fn run_redirected(
        &mut self,
        redirects: &[Redirect],
        mut state: State,
        run: impl FnOnce(&mut Self, State) -> Option<State>,
    ) -> Option<State> {
        let mut before = Before { streams: Vec::new(), held: state.streams.held.len() };
        let mut succeeds = Some(true);
        for redirect in redirects {
            let opened = self.open(redirect, &mut state)?;
            if opened.succeeds != Some(true) {
                succeeds = opened.succeeds;
            }
            for descriptor in opened.descriptors {
                before.streams.push((descriptor, state.streams.open.insert(descriptor, opened.stream.clone())));
            }
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
            for descriptor in opened.descriptors {
                state.streams.open.insert(descriptor, opened.stream.clone());
            }
        }
        Some(state)
    }

    fn open(&mut self, redirect: &Redirect, state: &mut State) -> Option<Opened> {
        let (default, stream, succeeds) = match &redirect.kind {
            RedirectKind::Here(word) => (0, Stream::Input(self.expand_text(word, state)?), Some(true)),
            RedirectKind::HereString(word) => {
                let mut text = self.expand_text(word, state)?;
                text.push_str("\n");
                (0, Stream::Input(text), Some(true))
            }
            RedirectKind::Read(word) => match self.expand_target(word, state)? {
                Some(path) => {
                    let succeeds = self.opens_for_reading(&path, state);
                    (0, self.open_input(&path, state), succeeds)
                }
                None => (0, Stream::Nowhere, Some(false)),
            },
            RedirectKind::ReadWrite(word) => {
                if let Some(path) = self.expand_target(word, state)? {
                    self.forget_file(&path, "a file that is open for both", state);
                }
                (0, Stream::Unknown("a file that is open for both".into()), None)
            }
            RedirectKind::Write(word)
            | RedirectKind::Append(word)
            | RedirectKind::WriteBoth(word)
            | RedirectKind::AppendBoth(word) => match self.expand_target(word, state)? {
                Some(path) => {
                    let is_new = matches!(redirect.kind, RedirectKind::Write(_) | RedirectKind::WriteBoth(_));
                    if is_new && state.options.keeps_files != Some(false) && !self.is_missing(&path, state) {
                        self.forget_file(&path, "`set -C`", state);
                        return Some(Opened {
                            descriptors: vec![redirect.descriptor.unwrap_or(1)],
                            stream: Stream::Unknown("a file that may be there".into()),
                            succeeds: None,
                        });
                    }
                    let succeeds = self.opens_for_writing(&path, state);
                    (1, self.open_output(path, is_new, state), succeeds)
                }
                None => (1, Stream::Nowhere, Some(false)),
            },
            RedirectKind::Duplicate(word) => {
                let text = self.expand_text(word, state)?;
                match text.known().map(str::parse::<u32>) {
                    Some(Ok(from)) => (1, state.streams.get(from), Some(true)),
                    Some(Err(_)) if text.known() == Some("-") => (1, Stream::Nowhere, Some(true)),
                    _ => (1, Stream::Unknown("a descriptor that is not known".into()), None),
                }
            }
        };
        let descriptors = match redirect.kind {
            RedirectKind::WriteBoth(_) | RedirectKind::AppendBoth(_) => vec![1, 2],
            _ => vec![redirect.descriptor.unwrap_or(default)],
        };
        Some(Opened { descriptors, stream, succeeds })
    }

    fn is_missing(&self, path: &Path, state: &State) -> bool {
        matches!(path, Path::Known(path) if matches!(state.files.look(path, self.world), Seen::Missing))
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

    /// The file that a redirection names; nothing inside where bash finds several words, or none, and refuses them.
    fn expand_target(&mut self, word: &Word, state: &mut State) -> Option<Option<Path>> {
        if self.dialect == Dialect::Posix {
            let text = self.expand_text(word, state)?;
            return Some(Some(absolute(&text, state)));
        }
        let fields = self.expand_words(std::slice::from_ref(word), state)?;
        Some(match fields.as_slice() {
            [Field::One(text)] => Some(absolute(text, state)),
            [Field::Any(unknown), ..] => Some(absolute(&unknown.clone().into(), state)),
            [Field::Maybe(_), ..] => Some(Path::Unknown("a file whose name is an element of an array".to_owned())),
            [] | [Field::One(_), ..] => None,
        })
    }

    /// What reading a file gives.
    fn open_input(&mut self, path: &Path, state: &mut State) -> Stream {
        match path {
            Path::Known(path) if path == "/dev/null" => Stream::Input(Text::default()),
            Path::Known(path) => {
                let is_written = state.streams.is_written(&self.world.locate(path));
                self.hold(path, true, state);
                match self.look(path, state) {
                    Seen::File(content) if !is_written => Stream::Input(content.text_or_unknown(path)),
                    Seen::Unknown(needs) => Stream::Unknown(needs.into()),
                    _ => Stream::Unknown(format!("the text of {path}").into()),
                }
            }
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
                let is_held = self.is_held(&path, state);
                self.hold(&path, false, state);
                if is_held {
                    self.forget_file(&Path::Known(path), TWICE, state);
                    return Stream::Unknown(TWICE.into());
                }
                if is_new || matches!(state.files.look(&path, self.world), Seen::Missing) {
                    self.put(&path, Content::default(), state);
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
    state.streams.held.truncate(before.held);
    for (descriptor, stream) in before.streams.into_iter().rev() {
        match stream {
            Some(stream) => drop(state.streams.open.insert(descriptor, stream)),
            None => drop(state.streams.open.remove(&descriptor)),
        }
    }
    state
}
