//! `while`, `until` and `for`.

use super::compound::Opening;
use super::name::is_name;
use super::{Parser, Result};
use crate::workload::start::shell::syntax::{CommandKind, List, Word};

impl Parser<'_> {
    pub(super) fn while_loop(&mut self, opening: Opening) -> Result<CommandKind> {
        let condition = self.list_until("do", opening)?;
        let body = self.list_until("done", opening)?;
        Ok(CommandKind::Loop { is_until: opening.word == "until", condition, body })
    }

    pub(super) fn for_loop(&mut self, opening: Opening) -> Result<CommandKind> {
        self.blanks();
        if self.reader.is_at("((") {
            return self.arithmetic_for(opening);
        }
        let name = self.for_name()?;
        self.blanks();
        let mut is_separated = self.reader.peek() == Some('\n');
        self.newlines()?;
        let words = if self.eat_reserved("in") {
            let words = self.for_words()?;
            is_separated = true;
            Some(words)
        } else {
            if !is_separated && self.reader.eat(";") {
                is_separated = true;
            }
            None
        };
        self.newlines()?;
        let body = self.loop_body(opening, is_separated)?;
        Ok(CommandKind::For { name, words, body })
    }

    /// The variable of a `for`. Bash takes any word here, and refuses it when it gets there.
    fn for_name(&mut self) -> Result<String> {
        if self.reader.peek().is_none_or(super::name::ends_word) {
            return Err(self.unexpected());
        }
        let word = self.word()?;
        match word.bare() {
            Some(name) if is_name(name) => Ok(name.to_owned()),
            _ => Err(self.unread("`for` without the name of a variable")),
        }
    }

    /// The words behind `in`, with the `;` or line break that ends them.
    fn for_words(&mut self) -> Result<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.reader.peek() {
                Some('\n') => return Ok(words),
                Some(';') if !matches!(self.reader.look(1), Some(';' | '&')) => {
                    self.reader.eat(";");
                    return Ok(words);
                }
                _ if self.is_at_word() => words.push(self.split_word()?),
                _ => return Err(self.unexpected()),
            }
        }
    }

    /// `for (( …; …; … ))` of bash.
    fn arithmetic_for(&mut self, opening: Opening) -> Result<CommandKind> {
        self.bash_only();
        self.reader.eat("((");
        let init = self.arithmetic_part(opening, ";")?;
        let condition = self.arithmetic_part(opening, ";")?;
        let step = self.arithmetic_part(opening, "))")?;
        self.blanks();
        let _ = self.reader.peek() == Some(';') && self.reader.look(1) != Some(';') && self.reader.eat(";");
        self.newlines()?;
        let body = self.loop_body(opening, true)?;
        Ok(CommandKind::ArithmeticFor { init, condition, step, body })
    }

    /// `do … done`, or `{ … }` of bash, which needs a `;` or a line break before it.
    fn loop_body(&mut self, opening: Opening, is_separated: bool) -> Result<List> {
        if is_separated && self.eat_reserved("{") {
            self.bash_only();
            return self.list_until("}", Opening { word: "{", ..opening });
        }
        self.end(opening, "do")?;
        self.list_until("done", opening)
    }
}
