//! Documents of a file as pieces of its bytes, found without a parser: a bad one takes no other with it.

use super::span::Position;

/// The text of one document: a piece of a file that starts at the start of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// In bytes, from the start of the file.
    pub(crate) start: usize,
    /// In bytes; it does not belong to it.
    pub(crate) end: usize,
    /// Its first line in the file, from 1.
    pub(crate) line: usize,
}

impl Part {
    /// Its bytes, out of those of the file.
    pub(crate) fn slice(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Where it starts in the file.
    pub(crate) fn position(self) -> Position {
        Position { line: self.line, column: 1, byte: self.start }
    }

    /// The first line that says something, from 1 in the file.
    pub(crate) fn first_line(self, bytes: &[u8]) -> usize {
        self.line + silent_lines(self.slice(bytes))
    }
}

/// Cuts a file before each `---` line and after each `...` line. Such a line ends a document wherever it stands, also in a
/// block of text. A byte order mark belongs to no document.
pub(crate) fn split_parts(bytes: &[u8]) -> Vec<Part> {
    let from = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut parts = Vec::new();
    let mut part = Part { start: from, end: from, line: 1 };
    let mut at = from;
    for (index, line) in bytes.get(from..).unwrap_or_default().split_inclusive(|byte| *byte == b'\n').enumerate() {
        let next = at + line.len();
        if is_marker(line, b"---") {
            parts.push(std::mem::replace(&mut part, Part { start: at, end: next, line: index + 1 }));
        } else if is_marker(line, b"...") {
            parts.push(std::mem::replace(&mut part, Part { start: next, end: next, line: index + 2 }));
        } else {
            part.end = next;
        }
        at = next;
    }
    parts.push(part);
    parts
}

fn is_marker(line: &[u8], marker: &[u8]) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Whether a text says nothing: blanks, comments, markers and directives.
pub(crate) fn says_nothing(text: &str) -> bool {
    silent_lines(text.as_bytes()) == text.lines().count()
}

/// How many lines say nothing before one does.
fn silent_lines(bytes: &[u8]) -> usize {
    // The piece behind the last line end is no line.
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() { 0 } else { bytes.split(|byte| *byte == b'\n').take_while(|line| is_silent(line)).count() }
}

fn is_silent(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || line == b"---" || line.starts_with(b"#") || line.starts_with(b"%") || line.starts_with(b"--- #")
}
