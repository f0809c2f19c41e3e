//! Arithmetic: `$((…))`, and of bash `((…))`, `$[…]` and the parts of `for ((…))`. Its text is not read any further.

use super::compound::Opening;
use super::parts::push_quoted;
use super::quotes::Quoting;
use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::{Part, Word};

impl Parser<'_> {
    /// The expression behind `((` or `$((`, up to `))`. Nothing, and the place stays, where the parenthesis that closes
    /// the second one is not followed by another: they begin a subshell inside a subshell or substitution.
    pub(super) fn arithmetic(&mut self, opening: &'static str) -> Result<Option<Word>> {
        let start = self.reader.at();
        let bash_only = self.bash_only;
        let opening = Opening { word: opening, line: self.reader.line() };
        self.reader.eat(opening.word);
        let mut parts = Vec::new();
        self.expression(opening, &mut parts, |_| false)?;
        if self.reader.eat("))") {
            return Ok(Some(Word { parts }));
        }
        self.reread(self.reader.since(start).len())?;
        self.reader.go_back(start);
        self.bash_only = bash_only;
        Ok(None)
    }

    /// Where the parenthesis of a `$(` is closed, if all are pairs.
    pub(super) fn paired_end(&mut self) -> Result<usize> {
        let start = self.reader.at();
        let opening = Opening { word: "$(", line: self.reader.line() };
        self.reader.eat(opening.word);
        self.nested(|parser| parser.expression(opening, &mut Vec::new(), |_| false))?;
        self.reader.next();
        let end = self.reader.at();
        self.reread(end - start)?;
        self.reader.go_back(start);
        Ok(end)
    }

    /// A part of `for ((…; …; …))`, with what ends it.
    pub(super) fn arithmetic_part(&mut self, opening: Opening, end: &str) -> Result<Word> {
        let mut parts = Vec::new();
        self.expression(opening, &mut parts, |next| next == ';')?;
        if self.reader.eat(end) {
            return Ok(Word { parts });
        }
        Err(self.unexpected())
    }

    /// `$[…]` of bash.
    pub(super) fn old_arithmetic(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        self.bash_only();
        let start = self.reader.at();
        let opening = Opening { word: "$[", line: self.reader.line() };
        self.reader.eat(opening.word);
        let mut expression = Vec::new();
        let mut open = 0_usize;
        self.nested(|parser| {
            loop {
                match parser.expression_piece(opening)? {
                    ']' if open == 0 => return Ok(()),
                    '[' => open += 1,
                    ']' => open -= 1,
                    _ => {}
                }
                parser.in_expression(&mut expression)?;
            }
        })?;
        if self.reader.since(start).contains("${") {
            return Err(self.unread("`${` inside `$[`"));
        }
        self.reader.next();
        parts.push(Part::Arithmetic(Box::new(Word { parts: expression })));
        Ok(())
    }

    /// `offset` of `${NAME:offset:length}`, up to a colon or brace that does not belong to it.
    pub(super) fn slice(&mut self, opening: Opening) -> Result<Word> {
        let mut parts = Vec::new();
        let mut conditions = 0_usize;
        self.expression(opening, &mut parts, |next| match next {
            '?' => {
                conditions += 1;
                false
            }
            ':' if conditions > 0 => {
                conditions -= 1;
                false
            }
            next => matches!(next, ':' | '}'),
        })?;
        Ok(Word { parts })
    }

    /// Reads up to a parenthesis that closes none of the expression, or a character outside of parentheses that ends it.
    fn expression(
        &mut self,
        opening: Opening,
        parts: &mut Vec<Part>,
        mut is_end: impl FnMut(char) -> bool,
    ) -> Result<()> {
        let mut open = 0_usize;
        loop {
            let next = self.expression_piece(opening)?;
            if open == 0 && (next == ')' || is_end(next)) {
                return Ok(());
            }
            match next {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            self.in_expression(parts)?;
        }
    }

    fn expression_piece(&mut self, opening: Opening) -> Result<char> {
        let missing = || SyntaxError::wrong(opening.line, format!("`{}` that does not end", opening.word));
        self.reader.peek().ok_or_else(missing)
    }

    /// A piece of an expression. Bash pairs single quotes in it, and keeps them.
    fn in_expression(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        if self.reader.peek() != Some('\'') {
            return self.paired_piece(parts);
        }
        self.bash_only();
        let start = self.reader.at();
        let mut skipped = Vec::new();
        self.piece(Quoting::Bare, &mut skipped)?;
        for character in self.reader.since(start).chars() {
            push_quoted(parts, character);
        }
        Ok(())
    }

    /// A piece of an expression that is no single-quoted text. Bash only pairs the parentheses in it, those in `${…}` too,
    /// and reads it when it gets there.
    fn paired_piece(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        let start = self.reader.at();
        let result = self.piece(Quoting::Arithmetic, parts);
        result.map_err(|error| SyntaxError { is_certain: false, ..error })?;
        let written = self.reader.since(start);
        let is_escaped = written.starts_with('\\') && matches!(self.reader.peek(), Some('(' | ')'));
        if is_escaped || written.starts_with("${") && !has_pairs(written) {
            self.differs("parentheses that are no pairs in arithmetic")?;
        }
        Ok(())
    }
}

/// Whether each parenthesis has its other half.
fn has_pairs(text: &str) -> bool {
    let mut open = 0_usize;
    for character in text.chars() {
        match character {
            '(' => open += 1,
            ')' if open == 0 => return false,
            ')' => open -= 1,
            _ => {}
        }
    }
    open == 0
}
