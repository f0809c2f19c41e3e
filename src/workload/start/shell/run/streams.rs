//! Where a shell's output goes and its input comes from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::workload::start::shell::text::Text;

/// What a descriptor is open on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stream {
    /// The container's log, `/dev/null`, a closed one: what is written is gone, and what is read is empty.
    Nowhere,
    /// A file that is written, by its absolute path.
    File(String),
    /// The output of a command substitution or of a pipe, by its index in `captured`.
    Captured(usize),
    /// What can be read.
    Input(Text),
    /// Not known.
    Unknown(Arc<str>),
}

/// The descriptors of a shell, and what was captured of its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Streams {
    pub(crate) open: BTreeMap<u32, Stream>,
    pub(crate) captured: Vec<Text>,
    /// The files that the commands around have open.
    pub(crate) held: Vec<Held>,
}

/// A file that a command has open while others inside of it run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// Where it is, as [`super::world::World::locate`] says.
    pub(crate) location: String,
    pub(crate) is_read: bool,
    /// Whether it was written by another while it was read.
    pub(crate) is_spoiled: bool,
}

impl Default for Streams {
    /// A container's: no input, and the output goes to its log.
    fn default() -> Self {
        Self { open: (0..3).map(|number| (number, Stream::Nowhere)).collect(), captured: Vec::new(), held: Vec::new() }
    }
}

impl Streams {
    /// What a descriptor is open on.
    pub(crate) fn get(&self, descriptor: u32) -> Stream {
        match self.open.get(&descriptor) {
            Some(Stream::Input(_)) if self.held.iter().any(|held| held.is_spoiled) => {
                Stream::Unknown("a file that is written while it is read".into())
            }
            stream => stream.cloned().unwrap_or(Stream::Nowhere),
        }
    }

    /// Captures what is written to the standard output from now on.
    pub(crate) fn capture(&mut self) {
        self.captured.push(Text::default());
        self.open.insert(1, Stream::Captured(self.captured.len() - 1));
    }

    /// Whether a command has a file open, and writes it.
    pub(crate) fn is_written(&self, location: &str) -> bool {
        self.held.iter().any(|held| !held.is_read && held.location == location)
    }

    pub(crate) fn size(&self) -> usize {
        self.captured.iter().map(Text::size).sum()
    }

    pub(crate) fn join(&mut self, other: &Self) {
        const NEEDS: &str = "the output of the start script's branches";
        for (one, two) in self.captured.iter_mut().zip(&other.captured) {
            *one = one.join(two, NEEDS);
        }
        for (number, stream) in &mut self.open {
            if other.open.get(number) != Some(stream) {
                *stream = Stream::Unknown(NEEDS.into());
            }
        }
        for (at, two) in other.held.iter().enumerate() {
            match self.held.get_mut(at) {
                Some(one) => one.is_spoiled |= two.is_spoiled,
                None => self.held.push(two.clone()),
            }
        }
    }
}
