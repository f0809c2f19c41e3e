//! The files that words name.

use std::borrow::Cow;

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
        (_, true) => Path::Known(normalise(known).into_owned()),
        (Some(directory), false) => Path::Known(normalise(&format!("{directory}/{known}")).into_owned()),
        (None, false) => Path::Unknown(format!("the working directory, where {known} is")),
    }
}

/// A path without doubled and trailing slashes, `.` and `..` parts.
pub(crate) fn normalise(path: &str) -> Cow<'_, str> {
    if is_normal(path) {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Cow::Owned(format!("/{}", parts.join("/")))
}

/// Whether a path is as [`normalise`] would have it; nearly all are.
fn is_normal(path: &str) -> bool {
    let bytes = path.as_bytes();
    let slashed = bytes.windows(2).any(|two| matches!(two, b"//" | b"/."));
    path == "/" || (bytes.first() == Some(&b'/') && bytes.last() != Some(&b'/') && !slashed)
}
