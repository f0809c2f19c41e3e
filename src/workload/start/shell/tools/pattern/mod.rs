//! Patterns of the shell: `*`, `?` and `[…]`.
//!
//! A pattern whose meaning is not the same in every shell matches nothing for certain: a backslash out of an expansion,
//! `[^…]` of dash, `?(…)` of bash, a bracket that is not closed.

mod class;
mod items;
mod matching;
mod removal;

pub(crate) use class::named_ranges;
pub(crate) use removal::{End, Length};

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::{Piece, Shape, Text};
use class::Letter;
use items::Item;
pub(crate) use items::Pattern;

/// A part of a word after its expansions, before its fields are split and its quotes removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) text: Text,
    /// Whether it stood in quotes or behind a backslash.
    pub(crate) is_quoted: bool,
    /// Whether it came out of a parameter, a command substitution or arithmetic.
    pub(crate) is_expanded: bool,
}

impl Fragment {
    /// Characters of the script without quotes.
    pub(crate) fn bare(text: impl Into<Text>) -> Self {
        Self { text: text.into(), is_quoted: false, is_expanded: false }
    }

    /// What stood in quotes, an expansion or not.
    pub(crate) fn quoted(text: impl Into<Text>) -> Self {
        Self { text: text.into(), is_quoted: true, is_expanded: false }
    }

    /// An expansion without quotes.
    pub(crate) fn expanded(text: impl Into<Text>) -> Self {
        Self { text: text.into(), is_quoted: false, is_expanded: true }
    }
}

/// The text of a word: its fragments one behind the other.
pub(crate) fn join_fragments(fragments: &[Fragment]) -> Text {
    let mut text = Text::default();
    for fragment in fragments {
        text.push(&fragment.text);
    }
    text
}

impl Pattern {
    /// The pattern that a word is.
    pub(crate) fn new(fragments: &[Fragment], dialect: Dialect) -> Self {
        let items = letters_of(fragments).and_then(|letters| read_items(&letters, dialect));
        Self { items: items.unwrap_or_else(|| vec![Item::Unseen(Shape::Any)]) }
    }

    /// The characters that it matches, where it holds nothing but characters that stand for themselves.
    pub(crate) fn literal(&self) -> Option<String> {
        let mut literal = String::new();
        for item in &self.items {
            let Item::Char(letter) = item else { return None };
            literal.push(*letter);
        }
        Some(literal)
    }

    /// Whether all of it can be seen and read.
    pub(crate) fn is_known(&self) -> bool {
        !self.items.iter().any(|item| matches!(item, Item::Unseen(_)))
    }
}

/// The characters of a pattern; none where an unknown piece may change what stands beside it.
fn letters_of(fragments: &[Fragment]) -> Option<Vec<Letter>> {
    let mut letters = Vec::new();
    for fragment in fragments {
        for piece in fragment.text.pieces() {
            match piece {
                Piece::Known(known) if fragment.is_quoted => letters.extend(known.chars().map(Letter::Quoted)),
                Piece::Known(known) => letters.extend(known.chars().map(Letter::Bare)),
                Piece::Unknown(unknown) if fragment.is_quoted || unknown.shape == Shape::Word => {
                    letters.push(Letter::Unseen(unknown.shape));
                }
                Piece::Unknown(_) => return None,
            }
        }
    }
    Some(letters)
}

fn read_items(mut letters: &[Letter], dialect: Dialect) -> Option<Vec<Item>> {
    let mut items: Vec<Item> = Vec::new();
    while let Some((letter, rest)) = letters.split_first() {
        letters = rest;
        let item = match letter {
            Letter::Unseen(shape) => Item::Unseen(*shape),
            Letter::Bare('\\') => return None,
            Letter::Bare('?' | '*' | '+' | '@' | '!') if matches!(rest.first(), Some(Letter::Bare('('))) => {
                return None;
            }
            Letter::Bare('?') => Item::One,
            Letter::Bare('*') => Item::Many,
            Letter::Bare('[') => {
                let (class, behind) = class::read(rest, dialect)?;
                letters = behind;
                Item::Class(class)
            }
            Letter::Bare(letter) | Letter::Quoted(letter) => Item::Char(*letter),
        };
        if !(item == Item::Many && items.last() == Some(&Item::Many)) {
            items.push(item);
        }
    }
    Some(items)
}
