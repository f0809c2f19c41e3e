//! A text of which some pieces are not known: the value of a variable, a word, the content of a file.

use std::sync::Arc;

/// A text of which some pieces may be unknown. Pieces that are known stand next to unknown ones only, and none is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// These characters.
    Known(String),
    /// Characters that can't be seen.
    Unknown(Unknown),
}

/// Characters that can't be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// What is certain of them.
    pub(crate) shape: Shape,
    /// What it would take to see them: `the value of EXTRA`.
    pub(crate) needs: Arc<str>,
}

/// What is certain of characters that can't be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// At least one of `A-Z a-z 0-9 . _ : / -`, beginning with no dash: a name, a number, an address.
    Word,
    /// Any characters but blanks, line breaks and NUL, or none.
    Field,
    /// Any characters but line breaks and NUL, or none.
    Line,
    /// Any characters but NUL, or none.
    Any,
}

impl Unknown {
    /// Characters of which this is certain; `needs` says what it would take to see them.
    pub(crate) fn new(shape: Shape, needs: impl Into<Arc<str>>) -> Self {
        Self { shape, needs: needs.into() }
    }
}

impl From<Unknown> for Text {
    fn from(unknown: Unknown) -> Self {
        Self { pieces: vec![Piece::Unknown(unknown)] }
    }
}

impl From<&str> for Text {
    fn from(known: &str) -> Self {
        Self::from(known.to_owned())
    }
}

impl From<String> for Text {
    fn from(known: String) -> Self {
        let mut text = Self::default();
        if !known.is_empty() {
            text.pieces.push(Piece::Known(known));
        }
        text
    }
}

impl Text {
    /// A text of which nothing is known.
    pub(crate) fn any(needs: impl Into<Arc<str>>) -> Self {
        Unknown::new(Shape::Any, needs).into()
    }

    /// The pieces, in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The whole text, where all of it is known.
    pub(crate) fn known(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Known(known)] => Some(known),
            _ => None,
        }
    }

    /// The first unknown piece.
    pub(crate) fn unknown(&self) -> Option<&Unknown> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Unknown(unknown) => Some(unknown),
            Piece::Known(_) => None,
        })
    }

    /// What it would take to see all of it.
    pub(crate) fn needs(&self) -> Arc<str> {
        self.unknown().map_or_else(|| "its value".into(), |unknown| Arc::clone(&unknown.needs))
    }

    /// Whether it is certainly empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether it is certain that it holds at least one character.
    pub(crate) fn is_filled(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Known(_) => true,
            Piece::Unknown(unknown) => unknown.shape == Shape::Word,
        })
    }

    /// The characters that it certainly begins with.
    pub(crate) fn known_start(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Known(known)) => known,
            _ => "",
        }
    }

    /// Characters of its known pieces and number of unknown ones: what it costs to keep.
    pub(crate) fn size(&self) -> usize {
        let mut size = 0;
        for piece in &self.pieces {
            size += match piece {
                Piece::Known(known) => known.len(),
                Piece::Unknown(_) => 1,
            };
        }
        size
    }

    /// Appends known characters.
    pub(crate) fn push_str(&mut self, known: &str) {
        if known.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some(Piece::Known(last)) => last.push_str(known),
            _ => self.pieces.push(Piece::Known(known.to_owned())),
        }
    }

    /// Appends a piece.
    pub(crate) fn push_piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Known(known) => self.push_str(known),
            Piece::Unknown(_) => self.pieces.push(piece.clone()),
        }
    }

    /// Appends a text.
    pub(crate) fn push(&mut self, text: &Self) {
        for piece in &text.pieces {
            self.push_piece(piece);
        }
    }

    /// Its lines, each behind the first with the line break before it. Nothing where an unknown piece may hold line breaks.
    pub(crate) fn lines(&self) -> Option<Vec<Self>> {
        let mut lines = Vec::new();
        let mut line = Self::default();
        for piece in &self.pieces {
            let Piece::Known(known) = piece else {
                if matches!(piece, Piece::Unknown(unknown) if unknown.shape == Shape::Any) {
                    return None;
                }
                line.push_piece(piece);
                continue;
            };
            for (at, part) in known.split('\n').enumerate() {
                if at > 0 {
                    lines.push(std::mem::take(&mut line));
                    line.push_str("\n");
                }
                line.push_str(part);
            }
        }
        lines.push(line);
        Some(lines)
    }

    /// The text behind a line break that it begins with; nothing where it begins with none.
    pub(crate) fn without_first_newline(&self) -> Option<Self> {
        let mut pieces = self.pieces.iter();
        let Some(Piece::Known(first)) = pieces.next() else { return None };
        let mut rest = Self::from(first.strip_prefix('\n')?);
        for piece in pieces {
            rest.push_piece(piece);
        }
        Some(rest)
    }

    /// Takes the last piece off.
    pub(crate) fn pop_piece(&mut self) -> Option<Piece> {
        self.pieces.pop()
    }

    /// The same without the line breaks at its end, as a command substitution has it. One that ends in an unknown piece
    /// stays.
    pub(crate) fn without_final_newlines(mut self) -> Self {
        if let Some(Piece::Known(last)) = self.pieces.last_mut() {
            last.truncate(last.trim_end_matches('\n').len());
            if last.is_empty() {
                self.pieces.pop();
            }
        }
        self
    }
}
