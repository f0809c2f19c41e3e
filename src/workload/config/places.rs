//! From the places of the grammar to places in objects: every line and word traced back to where somebody wrote it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kubernetes::{ObjectRef, Place, list, text};
use crate::redis::{Loaded, Origin};
use crate::workload::flavours::flags_variable;
use crate::workload::start::Startup;
use crate::workload::start::entrypoint::Written;
use crate::workload::start::way::Way;

/// From the places of the grammar to places in objects.
#[derive(Debug)]
pub(crate) struct Places {
    /// The server's container.
    container: Place,
    /// The files that are an object's, by their path in the container.
    files: BTreeMap<String, File>,
    /// Where the command line stands in the manifest, if it stands there, and how long its lists are.
    written: Option<Written>,
    command_words: usize,
    args_words: usize,
    /// Where words stand that are neither in `command` nor in `args`.
    elsewhere: Place,
    /// Where the start script stands.
    script: Option<Place>,
}

#[derive(Debug)]
struct File {
    place: Place,
    /// Lines beyond are those that the start script appends.
    lines: u32,
}

impl Places {
    /// The places of one way to start, whose words stand at `written`.
    pub(crate) fn new(start: &Startup, (way, written): (&Way, Option<Written>), loaded: &Loaded) -> Self {
        let mut files = BTreeMap::new();
        for path in &loaded.files {
            if !files.contains_key(path)
                && let Some(source) = start.source_of(way, path)
            {
                let lines = lines_of(source.text);
                files.insert(path.clone(), File { place: source.place, lines });
            }
        }
        let container = Place::new(ObjectRef::of(start.pod.object), start.at.clone());
        Self {
            script: start.process.script_at.clone(),
            elsewhere: elsewhere(start).unwrap_or_else(|| container.clone()),
            container,
            files,
            written,
            command_words: list(start.container, "/command").len(),
            args_words: list(start.container, "/args").len(),
        }
    }

    /// Where a file stands; nothing for one that is not an object's.
    pub(crate) fn of_file(&self, path: &str) -> Option<Place> {
        self.files.get(path).map(|file| file.place.clone())
    }

    /// Whether a line is an argument's, or one that a script writes.
    pub(crate) fn is_made(&self, origin: &Origin) -> bool {
        match origin {
            Origin::File { path, line } => self.files.get(&**path).is_none_or(|file| *line > file.lines),
            Origin::Stdin { .. } => false,
            Origin::Args { .. } => true,
        }
    }

    /// Where a directive stands.
    pub(crate) fn of_origin(&self, origin: &Origin) -> Place {
        match origin {
            Origin::File { path, line } => match self.files.get(&**path) {
                Some(file) => Place { line: (*line <= file.lines).then_some(*line), ..file.place.clone() },
                // A script writes it.
                None => self.script.clone().unwrap_or_else(|| self.container.clone()),
            },
            Origin::Stdin { .. } => self.container.clone(),
            Origin::Args { index } => self.of_word(*index),
        }
    }

    pub(crate) fn container(&self) -> Place {
        self.container.clone()
    }

    fn of_word(&self, word: usize) -> Place {
        let Some((list, index)) = self.written.map(|written| written.place(word)) else {
            return self.elsewhere.clone();
        };
        let words = if list == "command" { self.command_words } else { self.args_words };
        if index >= words {
            return self.elsewhere.clone();
        }
        Place { at: self.container.at.join(list).key(index), ..self.container.clone() }
    }
}

/// The variable that the entrypoint appends, else the start script.
fn elsewhere(start: &Startup) -> Option<Place> {
    let variable = flags_variable(start.container, &start.process);
    let env: &[Value] = list(start.container, "/env");
    let index = variable.and_then(|name| env.iter().position(|entry| text(entry, "/name") == name));
    match index {
        Some(index) => {
            let at = start.at.join("env").key(index).key("value");
            Some(Place::new(ObjectRef::of(start.pod.object), at))
        }
        None => start.process.script_at.clone(),
    }
}

/// How many lines a text has, with a last one that does not end.
pub(crate) fn lines_of(text: &str) -> u32 {
    let text = text.as_bytes();
    let ended = memchr::memchr_iter(b'\n', text).count();
    let lines = ended + usize::from(!text.is_empty() && !text.ends_with(b"\n"));
    u32::try_from(lines).unwrap_or(u32::MAX)
}
