//! Where something is written: positions, spans and files, as editors and terminals open them.

use std::fmt;
use std::sync::Arc;

/// A position in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// From 0, in bytes from the start of the file.
    pub byte: usize,
}

/// A piece of a file; its end does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Where it starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// A piece of a named file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file as it was named.
    pub file: Arc<str>,
    /// The piece.
    pub span: Span,
}

impl Position {
    /// Where every file starts.
    pub(crate) const START: Self = Self { line: 1, column: 1, byte: 0 };

    /// The position behind `text`, which starts here.
    pub(crate) fn after(self, text: &str) -> Self {
        let byte = self.byte + text.len();
        match text.rsplit_once('\n') {
            Some((above, last)) => {
                let line = self.line + above.matches('\n').count() + 1;
                Self { line, column: last.chars().count() + 1, byte }
            }
            None => Self { line: self.line, column: self.column + text.chars().count(), byte },
        }
    }

    /// A position of a text in the file that holds the text from `start`, the start of a line.
    pub(crate) fn moved_to(self, start: Self) -> Self {
        Self { line: start.line + self.line - 1, column: self.column, byte: start.byte + self.byte }
    }
}

impl Span {
    /// A span without a length.
    pub(crate) fn at(position: Position) -> Self {
        Self { start: position, end: position }
    }

    /// A span of a text in the file that holds the text from `start`, the start of a line.
    pub(crate) fn moved_to(self, start: Position) -> Self {
        Self { start: self.start.moved_to(start), end: self.end.moved_to(start) }
    }

    /// What is written of one line of `text` from a column on, without blanks at its end.
    pub(crate) fn of_line(text: &str, line: usize, column: usize) -> Self {
        let mut byte = 0;
        for (index, written) in text.split_inclusive('\n').enumerate() {
            if index + 1 == line {
                let written = written.trim_end();
                let before = written.char_indices().nth(column.saturating_sub(1)).map_or(written.len(), |(at, _)| at);
                let start = Position { line, column, byte: byte + before };
                return Self { start, end: start.after(written.get(before..).unwrap_or_default()) };
            }
            byte += written.len();
        }
        Self::at(Position { line, column, byte })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column, .. } = self.span.start;
        write!(formatter, "{}:{line}:{column}", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_characters_and_bytes() {
        let text = "a: é\nbc: d  \n";
        assert_eq!(Position::START.after("a: é"), Position { line: 1, column: 5, byte: 5 });
        assert_eq!(Position::START.after(text), Position { line: 3, column: 1, byte: text.len() });
        let span = Span::of_line(text, 2, 5);
        assert_eq!((span.start.byte, span.end.byte), (10, 11));
        let start = Position { line: 7, column: 1, byte: 100 };
        assert_eq!(span.moved_to(start).start, Position { line: 8, column: 5, byte: 110 });
    }
}
