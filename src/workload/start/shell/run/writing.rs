//! Writing files: through descriptors, and by their names.

use super::content::Content;
use super::interpreter::Interpreter;
use super::paths::Path;
use super::state::{State, Status};
use super::streams::{Held, Stream};
use super::world::Seen;
use crate::workload::start::shell::text::Text;

const HELD: &str = "a command that writes a file which another has open";

impl Interpreter<'_> {
    /// Notes that a command has a file open while others inside of it run.
    pub(super) fn hold(&self, path: &str, is_read: bool, state: &mut State) {
        let location = self.world.locate(path);
        state.streams.held.push(Held { location, is_read, is_spoiled: false });
    }

    /// Makes this the content of a file that a command names.
    pub(super) fn write(&mut self, path: &str, content: Content, state: &mut State) {
        if self.is_held(path, state) {
            return self.forget_file(&Path::Known(path.to_owned()), HELD, state);
        }
        self.put(path, content, state);
    }

    /// Takes a file away.
    pub(super) fn remove(&mut self, path: &str, state: &mut State) {
        if self.is_held(path, state) {
            return self.forget_file(&Path::Known(path.to_owned()), HELD, state);
        }
        self.note_written(path);
        state.files.remove(path, self.world);
    }

    /// Whether a command around has a file open; what it reads of it is not known any more.
    pub(super) fn is_held(&self, path: &str, state: &mut State) -> bool {
        let location = self.world.locate(path);
        let mut is_held = false;
        for held in state.streams.held.iter_mut().filter(|held| held.location == location) {
            held.is_spoiled |= held.is_read;
            is_held = true;
        }
        is_held
    }

    /// Makes this the content of a file.
    pub(super) fn put(&mut self, path: &str, content: Content, state: &mut State) {
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

    /// Appends a text to what is in a file that a command names.
    pub(super) fn append(&mut self, path: &str, text: &Text, state: &mut State) {
        if self.is_held(path, state) {
            return self.forget_file(&Path::Known(path.to_owned()), HELD, state);
        }
        self.push(path, text, state);
    }

    /// Appends a text to what is in a file.
    fn push(&mut self, path: &str, text: &Text, state: &mut State) {
        self.take(text.size());
        match state.files.look(path, self.world) {
            Seen::File(mut content) => {
                content.append(text);
                self.put(path, content, state);
            }
            Seen::Missing => self.put(path, Content::from(text.clone()), state),
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
            Stream::File(path) => self.push(&path, text, state),
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
}
