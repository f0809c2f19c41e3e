//! A text as a row of symbols, for what reads it one character after the other.

use std::sync::Arc;

use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};

/// One step of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Symbol {
    /// This character.
    Char(char),
    /// Characters that can't be seen.
    Run(Unknown),
}

impl Symbol {
    /// The character, where it can be seen.
    pub(crate) fn letter(&self) -> Option<char> {
        match self {
            Self::Char(letter) => Some(*letter),
            Self::Run(_) => None,
        }
    }
}

/// What a text consists of, in order.
pub(crate) fn symbols_of(text: &Text) -> Vec<Symbol> {
    let mut symbols = Vec::with_capacity(text.size());
    for piece in text.pieces() {
        match piece {
            Piece::Known(known) => symbols.extend(known.chars().map(Symbol::Char)),
            Piece::Unknown(unknown) => symbols.push(Symbol::Run(unknown.clone())),
        }
    }
    symbols
}

/// The text that consists of these symbols.
pub(crate) fn text_of<'s>(symbols: impl IntoIterator<Item = &'s Symbol>) -> Text {
    let mut text = Text::default();
    let mut known = String::new();
    for symbol in symbols {
        match symbol {
            Symbol::Char(letter) => known.push(*letter),
            Symbol::Run(unknown) => {
                text.push_str(&known);
                known.clear();
                let unknown = Unknown::new(unknown.shape, Arc::clone(&unknown.needs));
                text.push_piece(&Piece::Unknown(unknown));
            }
        }
    }
    text.push_str(&known);
    text
}

impl Shape {
    /// Whether characters of this shape may hold this one.
    pub(crate) fn may_hold(self, letter: char) -> bool {
        match self {
            Self::Word => letter.is_ascii_alphanumeric() || "._:/-".contains(letter),
            Self::Field => !matches!(letter, ' ' | '\t' | '\n'),
            Self::Line => letter != '\n',
            Self::Any => true,
        }
    }

    /// Whether characters of this shape may begin with this one.
    pub(crate) fn may_begin_with(self, letter: char) -> bool {
        self.may_hold(letter) && !(self == Self::Word && letter == '-')
    }
}

impl Text {
    /// The characters that it certainly ends in.
    pub(crate) fn known_end(&self) -> &str {
        match self.pieces().last() {
            Some(Piece::Known(known)) => known,
            _ => "",
        }
    }

    /// Whether it may begin with this character.
    pub(crate) fn may_begin_with(&self, letter: char) -> bool {
        for piece in self.pieces() {
            match piece {
                Piece::Known(known) => return known.starts_with(letter),
                Piece::Unknown(unknown) => {
                    if unknown.shape.may_begin_with(letter) {
                        return true;
                    }
                    if unknown.shape == Shape::Word {
                        return false;
                    }
                }
            }
        }
        false
    }

    /// Whether it may hold this character.
    pub(crate) fn may_hold(&self, letter: char) -> bool {
        self.pieces().iter().any(|piece| match piece {
            Piece::Known(known) => known.contains(letter),
            Piece::Unknown(unknown) => unknown.shape.may_hold(letter),
        })
    }

    /// Whether it may be these characters.
    pub(crate) fn may_be(&self, known: &str) -> bool {
        if let Some(own) = self.known() {
            return own == known;
        }
        let count = known.chars().count();
        if self.size().saturating_mul(count) > 1 << 24 {
            return true;
        }
        let letters: Vec<char> = known.chars().collect();
        let mut ends = vec![false; count + 1];
        if let Some(first) = ends.first_mut() {
            *first = true;
        }
        for symbol in symbols_of(self) {
            ends = match symbol {
                Symbol::Char(own) => after_char(&ends, &letters, own),
                Symbol::Run(unknown) => after_run(&ends, &letters, unknown.shape),
            };
        }
        ends.last().copied().unwrap_or_default()
    }

    /// Whether it is certain that two texts are not the same.
    pub(crate) fn certainly_differs_from(&self, other: &Self) -> bool {
        match (self.known(), other.known()) {
            (_, Some(known)) => !self.may_be(known),
            (Some(known), _) => !other.may_be(known),
            _ => {
                let starts = self.known_start().chars().zip(other.known_start().chars());
                let ends = self.known_end().chars().rev().zip(other.known_end().chars().rev());
                starts.chain(ends).any(|(one, two)| one != two)
            }
        }
    }
}

/// Where this character may end, of a text whose start may end at `ends`.
fn after_char(ends: &[bool], letters: &[char], own: char) -> Vec<bool> {
    let mut after = vec![false];
    after.extend(ends.iter().zip(letters).map(|(end, letter)| *end && *letter == own));
    after
}

/// Where unknown characters may end, of a text whose start may end at `ends`.
fn after_run(ends: &[bool], letters: &[char], shape: Shape) -> Vec<bool> {
    let may_be_empty = shape != Shape::Word;
    let mut after = vec![may_be_empty && ends.first().copied().unwrap_or_default()];
    let mut inside = false;
    for ((before, letter), here) in ends.iter().zip(letters).zip(ends.iter().skip(1)) {
        inside = (inside && shape.may_hold(*letter)) || (*before && shape.may_begin_with(*letter));
        after.push(inside || (may_be_empty && *here));
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(start: &str, shape: Shape, end: &str) -> Text {
        let mut text = Text::from(start);
        text.push(&Unknown::new(shape, "x").into());
        text.push_str(end);
        text
    }

    #[test]
    fn says_what_an_unknown_text_may_be() {
        assert!(text("a", Shape::Word, "c").may_be("abc"));
        assert!(!text("a", Shape::Word, "c").may_be("ac"));
        assert!(text("a", Shape::Line, "c").may_be("ac"));
        assert!(!text("a", Shape::Word, "").may_be("a-b"));
        assert!(text("a", Shape::Word, "").may_be("ab-"));
        assert!(!text("a", Shape::Field, "").may_be("a b"));
        assert!(!text("a", Shape::Line, "c").may_be("a\nc"));
        assert!(text("a", Shape::Any, "c").may_be("a\ncc"));
        assert!(!text("", Shape::Word, "").may_be(""));
        assert!(text("", Shape::Field, "").may_be(""));
    }

    #[test]
    fn tells_texts_apart_by_their_ends() {
        assert!(text("a", Shape::Any, "").certainly_differs_from(&text("b", Shape::Any, "")));
        assert!(!text("a", Shape::Any, "").certainly_differs_from(&text("ab", Shape::Any, "")));
        assert!(text("", Shape::Any, "x").certainly_differs_from(&text("", Shape::Any, "y")));
        assert!(text("", Shape::Word, "").certainly_differs_from(&"".into()));
        assert!(!Text::any("x").certainly_differs_from(&"".into()));
    }

    #[test]
    fn is_the_same_text_again() {
        for text in [text("a", Shape::Word, ""), text("", Shape::Any, "b"), "é".into(), Text::default()] {
            assert_eq!(text_of(&symbols_of(&text)), text);
        }
    }
}
