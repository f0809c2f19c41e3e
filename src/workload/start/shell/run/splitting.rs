//! Field splitting: what the pieces of a word after its expansions come to as words.

use std::sync::Arc;

use super::field::Field;
use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};

/// A piece of a word after its expansions.
#[derive(Debug, Clone)]
pub(super) enum Fragment {
    /// Characters that stay together.
    Kept {
        text: Text,
        /// Quoted ones are no pattern, and make a word even where they are none.
        is_quoted: bool,
    },
    /// What an unquoted expansion gives.
    Split(Text),
    /// A word ends here and another begins.
    Break,
    /// All of these words or none.
    Maybe(Arc<[Text]>),
    /// Any number of words, each like this.
    Any(Unknown),
}

/// Puts fragments together to words.
#[derive(Default)]
pub(super) struct Splitter {
    fields: Vec<(Field, bool)>,
    current: Option<Text>,
    /// Whether the current word holds an unquoted pattern.
    has_pattern: bool,
    /// Whether what comes next belongs to any number of words that came before.
    is_open: bool,
}

impl Splitter {
    pub(super) fn add(&mut self, fragment: &Fragment, ifs: Option<&str>) {
        match fragment {
            Fragment::Kept { text, is_quoted } => {
                if !is_quoted && text.known().is_some_and(is_pattern) {
                    self.has_pattern = true;
                }
                if *is_quoted || !text.is_empty() {
                    self.push(text);
                }
            }
            Fragment::Break => {
                self.flush();
                self.is_open = false;
            }
            Fragment::Any(unknown) => self.add_any(unknown.clone()),
            Fragment::Maybe(words) => self.add_maybe(words),
            Fragment::Split(text) => match ifs {
                Some(ifs) => self.split(text, ifs),
                None if text.is_empty() => {}
                None => self.add_any(Unknown::new(Shape::Any, "the value of IFS")),
            },
        }
    }

    fn push(&mut self, text: &Text) {
        if !self.is_open {
            self.current.get_or_insert_with(Text::default).push(text);
        }
    }

    fn add_any(&mut self, unknown: Unknown) {
        self.current = None;
        self.has_pattern = false;
        self.is_open = true;
        self.fields.push((Field::Any(unknown), false));
    }

    fn add_maybe(&mut self, words: &Arc<[Text]>) {
        if self.current.as_ref().is_some_and(|text| !text.is_empty()) || self.is_open {
            return self.add_any(Unknown::new(Shape::Any, "the elements of an array"));
        }
        self.current = None;
        self.fields.push((Field::Maybe(Arc::clone(words)), false));
    }

    fn flush(&mut self) {
        if let Some(text) = self.current.take() {
            self.fields.push((Field::One(text), self.has_pattern));
        }
        self.has_pattern = false;
    }

    fn split(&mut self, text: &Text, ifs: &str) {
        let is_default = ifs == " \t\n";
        for piece in text.pieces() {
            match piece {
                Piece::Known(known) if is_default => self.split_known(known),
                Piece::Known(known) if ifs.is_empty() || !known.contains(|letter| ifs.contains(letter)) => {
                    self.has_pattern |= is_pattern(known);
                    self.push(&Text::from(known.as_str()));
                }
                Piece::Unknown(unknown) if unknown.shape == Shape::Word && !ifs.contains(word_letter) => {
                    self.push(&unknown.clone().into());
                }
                // Where blanks split, no word holds one.
                Piece::Unknown(unknown) if is_default => {
                    self.add_any(Unknown::new(Shape::Field, Arc::clone(&unknown.needs)));
                }
                Piece::Unknown(unknown) => self.add_any(Unknown::new(Shape::Any, Arc::clone(&unknown.needs))),
                Piece::Known(_) => self.add_any(Unknown::new(Shape::Any, "the value of IFS")),
            }
        }
    }

    fn split_known(&mut self, known: &str) {
        let is_blank = |letter: char| matches!(letter, ' ' | '\t' | '\n');
        for (at, part) in known.split(is_blank).enumerate() {
            if at > 0 {
                self.flush();
                self.is_open = false;
            }
            if !part.is_empty() {
                self.has_pattern |= is_pattern(part);
                self.push(&Text::from(part));
            }
        }
    }

    pub(super) fn finish(mut self) -> Vec<(Field, bool)> {
        self.flush();
        self.fields
    }
}

fn word_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "._:/-".contains(letter)
}

/// Whether unquoted characters are a pattern of path names.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?']) || text.find('[').is_some_and(|at| text.get(at..).is_some_and(|rest| rest.contains(']')))
}
