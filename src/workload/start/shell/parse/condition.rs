//! `[[ … ]]` of bash.

use super::compound::Opening;
use super::name::ends_word;
use super::word::Style;
use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::{CommandKind, Part, Word};

/// The operators with one word behind them.
const UNARY: &str = "abcdefghknoprstuvwxzGLNORS";
/// The operators between two words that are written as words.
const BINARY: [&str; 13] = ["=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

impl Parser<'_> {
    pub(super) fn condition(&mut self, opening: Opening) -> Result<CommandKind> {
        let mut words = Vec::new();
        self.alternatives(&mut words, opening)?;
        self.newlines()?;
        if self.reserved() != Some("]]") {
            return Err(self.not_in_condition(opening));
        }
        self.reader.eat("]]");
        Ok(CommandKind::Condition(words))
    }

    /// Terms with `&&` and `||` between them.
    fn alternatives(&mut self, words: &mut Vec<Word>, opening: Opening) -> Result<()> {
        loop {
            self.term(words, opening)?;
            self.blanks_and_line_breaks()?;
            let Some(connector) = ["&&", "||"].into_iter().find(|connector| self.reader.eat(connector)) else {
                return Ok(());
            };
            words.push(bare(connector));
        }
    }

    fn term(&mut self, words: &mut Vec<Word>, opening: Opening) -> Result<()> {
        self.blanks_and_line_breaks()?;
        while self.eat_negation() {
            words.push(bare("!"));
            self.blanks_and_line_breaks()?;
        }
        if self.reader.eat("(") {
            words.push(bare("("));
            self.nested(|parser| parser.alternatives(words, opening))?;
            if !self.reader.eat(")") {
                return Err(self.not_in_condition(opening));
            }
            words.push(bare(")"));
            return Ok(());
        }
        let first = self.operand(Style::Plain, opening)?;
        let is_unary = first.bare().and_then(|text| text.strip_prefix('-')).is_some_and(is_unary);
        words.push(first);
        self.blanks();
        if is_unary {
            words.push(self.operand(Style::Plain, opening)?);
            return Ok(());
        }
        self.second_operand(words, opening)
    }

    /// The operator and the word behind it, where they follow the first word of a term.
    fn second_operand(&mut self, words: &mut Vec<Word>, opening: Opening) -> Result<()> {
        if let Some(operator @ ('<' | '>')) = self.reader.peek() {
            self.reader.next();
            words.push(bare(operator.encode_utf8(&mut [0; 4])));
            self.blanks();
            words.push(self.operand(Style::Plain, opening)?);
            return Ok(());
        }
        if !self.is_at_word() || self.reserved() == Some("]]") {
            return Ok(());
        }
        let operator = self.word()?;
        let style = match operator.bare() {
            Some("=~") => Style::Expression,
            Some("=" | "==" | "!=") => Style::Pattern,
            Some(text) if BINARY.contains(&text) => Style::Plain,
            _ => return Err(self.unread("`[[` with two words and no operator between them")),
        };
        words.push(operator);
        self.blanks();
        words.push(self.operand(style, opening)?);
        Ok(())
    }

    fn operand(&mut self, style: Style, opening: Opening) -> Result<Word> {
        let is_parenthesis = style == Style::Expression && matches!(self.reader.peek(), Some('(' | '|'));
        if !self.is_at_word() && !is_parenthesis || self.reserved() == Some("]]") {
            return Err(self.not_in_condition(opening));
        }
        self.styled_word(style)
    }

    /// Passes over `!` as a word.
    fn eat_negation(&mut self) -> bool {
        self.reader.look(1).is_none_or(ends_word) && self.reader.eat("!")
    }

    fn blanks_and_line_breaks(&mut self) -> Result<()> {
        self.newlines()
    }

    /// Bash stops here too, but with the status 0, or drops the command alone.
    fn not_in_condition(&mut self, opening: Opening) -> SyntaxError {
        match self.reader.peek() {
            None => SyntaxError::wrong(opening.line, "`[[` without `]]`"),
            Some(_) => self.unread("`[[` that is not put together as bash wants it"),
        }
    }
}

/// Whether the letter behind the dash is an operator with one word behind it.
fn is_unary(letter: &str) -> bool {
    letter.len() == 1 && UNARY.contains(letter)
}

fn bare(text: &str) -> Word {
    Word { parts: vec![Part::Bare(text.to_owned())] }
}
