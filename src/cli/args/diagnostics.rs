//! What is wrong with files, on standard error.

use std::io::{self, Write as _};

use crate::yaml::Diagnostic;

/// Whoever checks a folder of templates has read the first few.
const MAX_PRINTED: usize = 20;

/// Says on standard error what is wrong with what was given.
pub(crate) fn print_diagnostics(diagnostics: &[Diagnostic]) {
    let mut stderr = io::stderr().lock();
    for diagnostic in diagnostics.iter().take(MAX_PRINTED) {
        let _ = writeln!(stderr, "plimsoll: {}", printable(&diagnostic.to_string()));
    }
    if diagnostics.len() > MAX_PRINTED {
        let _ = writeln!(stderr, "plimsoll: and {} more like these", diagnostics.len() - MAX_PRINTED);
    }
}

/// Names in files may hold anything, escape sequences included.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
