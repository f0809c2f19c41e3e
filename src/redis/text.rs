//! The text that redis-server parses: the file, standard input and the options joined, and for each line where it came from.

use std::sync::Arc;

use super::loaded::Origin;

/// A joined text, split into lines.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    /// Where each part starts, and what it is.
    parts: Vec<(usize, Part)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    File(Arc<str>),
    Stdin,
    /// The arguments that begin each line.
    Options(Vec<usize>),
}

/// redis-server reads files in pieces of this size.
const PIECE: usize = 1024;

impl Text {
    /// Appends what a file or standard input holds, as C strings do: a NUL drops the rest of its piece, newline included.
    pub(crate) fn push(&mut self, part: Part, content: &[u8]) {
        self.parts.push((self.bytes.len(), part));
        if !content.contains(&0) {
            self.bytes.extend_from_slice(content);
            return;
        }
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            for piece in line.chunks(PIECE) {
                let end = piece.iter().position(|byte| *byte == 0).unwrap_or(piece.len());
                self.bytes.extend(piece.iter().take(end));
            }
        }
    }

    /// Appends the options of the command line, on lines of their own.
    pub(crate) fn push_options(&mut self, options: &[u8], began: Vec<usize>) {
        self.bytes.push(b'\n');
        self.parts.push((self.bytes.len(), Part::Options(began)));
        self.bytes.extend(options);
    }

    /// Its lines, trimmed, with their numbers from 1 and their origins.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &[u8], Origin)> {
        let mut offset = 0;
        let mut begun = 0;
        let mut line_in_part = 0u32;
        self.bytes.split(|byte| *byte == b'\n').enumerate().map(move |(index, line)| {
            while self.parts.get(begun).is_some_and(|(start, _)| *start <= offset) {
                begun += 1;
                line_in_part = 0;
            }
            offset += line.len() + 1;
            line_in_part += 1;
            // Options without a file come behind an empty line that is nobody's.
            let part = begun.checked_sub(1).and_then(|part| self.parts.get(part));
            let origin = match part.map(|(_, part)| part) {
                Some(Part::File(path)) => Origin::File { path: Arc::clone(path), line: line_in_part },
                Some(Part::Options(began)) => {
                    let index = usize::try_from(line_in_part).unwrap_or(1) - 1;
                    Origin::Args { index: began.get(index).or(began.last()).copied().unwrap_or(0) }
                }
                Some(Part::Stdin) | None => Origin::Stdin { line: line_in_part },
            };
            (u32::try_from(index + 1).unwrap_or(u32::MAX), trim(line), origin)
        })
    }
}

/// Without the blanks, tabs and line ends around it.
fn trim(line: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|byte| !blank(byte)).map_or(start, |end| end + 1);
    line.get(start..end).unwrap_or_default()
}
