//! The files that words name.

use super::state::State;
use crate::workload::start::shell::text::Text;

/// A path that certainly names one file.
pub(super) enum Path {
    Known(String),
    /// Any file may be meant.
    Unknown(String),
}

/// The absolute path that a word names.
pub(super) fn absolute(text: &Text, state: &State) -> Path {
    let Some(known) = text.known() else {
        let needs = text.unknown().map_or("its name", |unknown| &unknown.needs);
        return Path::Unknown(format!("a file whose name is {needs}"));
    };
    match (&state.directory, known.starts_with('/')) {
        (_, true) => Path::Known(normalised(known)),
        (Some(directory), false) => Path::Known(normalised(&format!("{directory}/{known}"))),
        (None, false) => Path::Unknown(format!("the working directory, where {known} is")),
    }
}

/// A path without doubled and trailing slashes, `.` and `..`.
pub(crate) fn normalised(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
