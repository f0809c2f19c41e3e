//! Texts that a command is told to read: policies and what is expected of them.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::cli::failure::Failure;
use crate::manifests::STDIN;
use crate::yaml::{Diagnostic, Position, Span};

/// What is expected of a file with policies.
pub(crate) const POLICIES: &str = "a YAML file with RedisPolicy or RedisPolicyException objects";

/// The name of a file in messages and its text; standard input for `-`. `expected` says what should be there.
pub(crate) fn read(path: &Path, expected: &str) -> Result<(String, String), Failure> {
    let is_stdin = path.as_os_str() == "-";
    let name = if is_stdin { STDIN.to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = if is_stdin { io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes) } else { fs::read(path) };
    let bytes = read.map_err(|error| Failure::Usage(format!("{name}: {}", why(&error, path.is_dir(), expected))))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((name, text)),
        Err(error) => {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let span = Span::at(Position::START.after(&String::from_utf8_lossy(good)));
            let wrong = Diagnostic::of_file(&name, "not UTF-8").with_help("save it as UTF-8 text");
            Err(Failure::Usage(wrong.with_location(&Arc::from(name), span).to_string()))
        }
    }
}

/// Why a file or folder can't be read, and what should be there.
pub(crate) fn why(error: &io::Error, is_folder: bool, expected: &str) -> String {
    match error.kind() {
        _ if is_folder => format!("is a folder; expected {expected}"),
        io::ErrorKind::NotFound => format!("there is no such file or folder; expected {expected}"),
        io::ErrorKind::NotADirectory => format!("is a file; expected {expected}"),
        io::ErrorKind::PermissionDenied => "it may not be read by this user".to_owned(),
        _ => error.to_string(),
    }
}
