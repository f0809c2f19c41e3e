//! `( … )` behind an assignment of bash.

use super::{Parser, Result};
use crate::workload::start::shell::syntax::Word;

impl Parser<'_> {
    /// The elements of an array, from the parenthesis on.
    pub(super) fn array(&mut self) -> Result<Vec<(Option<Word>, Word)>> {
        let line = self.reader.line();
        self.reader.eat("(");
        let mut elements = Vec::new();
        loop {
            self.array_blanks()?;
            if self.reader.eat(")") {
                break;
            }
            if self.reader.peek().is_none() {
                return Err(super::SyntaxError::wrong(line, "`(` of an array without `)`"));
            }
            if !self.is_at_word() {
                // Bash drops the command and goes on.
                return Err(self.unread("an operator inside an array"));
            }
            elements.push(self.element()?);
        }
        if self.is_at_word() {
            return Err(self.unread("a word right behind an array"));
        }
        Ok(elements)
    }

    fn array_blanks(&mut self) -> Result<()> {
        loop {
            self.blanks();
            if self.reader.peek() != Some('\n') {
                return Ok(());
            }
            if !self.pending.is_empty() {
                return Err(self.unread("a here-document before an array of several lines"));
            }
            self.reader.next();
        }
    }

    /// `value` or `[index]=value`.
    fn element(&mut self) -> Result<(Option<Word>, Word)> {
        if self.reader.peek() != Some('[') {
            return Ok((None, self.word()?));
        }
        let start = self.reader.at();
        self.reader.eat("[");
        let index = self.index()?;
        if self.reader.eat("=") {
            return Ok((Some(index), self.word()?));
        }
        if self.reader.is_at("+=") || self.reader.since(start).contains(super::name::ends_word) {
            return Err(self.unread("an element of an array that begins with `[`"));
        }
        Ok((None, self.word_behind_brackets("[", index)?))
    }
}
