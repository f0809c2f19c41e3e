//! The lines of a text.

use crate::workload::start::shell::text::{Piece, Shape, Text};

/// A line of a text, or a stretch of it in which a line break may be anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Without its line break.
    pub(crate) text: Text,
    /// Whether a line break ends it. Only the last line may have none; where it ends in something unknown that may be or
    /// end in a line break, that is not certain.
    pub(crate) has_break: bool,
}

impl Line {
    /// Whether it may be none or several lines.
    pub(crate) fn may_hold_breaks(&self) -> bool {
        self.text.pieces().iter().any(|piece| matches!(piece, Piece::Unknown(unknown) if unknown.shape == Shape::Any))
    }

    /// Whether it is certainly a line: one that ends in a line break or holds a character.
    pub(crate) fn is_certain(&self) -> bool {
        !self.may_hold_breaks() && (self.has_break || self.text.is_filled())
    }

    /// The line with its line break.
    pub(crate) fn whole(&self) -> Text {
        let mut whole = self.text.clone();
        whole.push_str(if self.has_break { "\n" } else { "" });
        whole
    }
}

/// The lines of a text, in order. A text that ends in a line break has no line behind it.
pub(crate) fn lines_of(text: &Text) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut current = Text::default();
    for piece in text.pieces() {
        let Piece::Known(known) = piece else {
            current.push_piece(piece);
            continue;
        };
        for part in known.split_inclusive('\n') {
            match part.strip_suffix('\n') {
                Some(end) => {
                    current.push_str(end);
                    lines.push(Line { text: std::mem::take(&mut current), has_break: true });
                }
                None => current.push_str(part),
            }
        }
    }
    if !current.is_empty() {
        lines.push(Line { text: current, has_break: false });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_into_lines() {
        let mut text = Text::from("a\n\nb");
        text.push(&Text::any("x"));
        text.push_str("c\nd");
        let lines = lines_of(&text);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[1], Line { text: Text::default(), has_break: true });
        assert!(lines[2].may_hold_breaks());
        assert_eq!(lines[3], Line { text: "d".into(), has_break: false });
        let mut whole = Text::default();
        for line in &lines {
            whole.push(&line.whole());
        }
        assert_eq!(whole, text);
        assert!(lines_of(&Text::default()).is_empty());
        assert_eq!(lines_of(&"\n".into()).len(), 1);
    }
}
