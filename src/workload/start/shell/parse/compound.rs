//! Commands, and those of them that hold others: groups, subshells and `if`.

use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::{Command, CommandKind, List};

/// Where a construct begins, for the error when it does not end.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    pub(super) word: &'static str,
    pub(super) line: u32,
}

impl Parser<'_> {
    /// One command with its redirections.
    pub(super) fn command(&mut self) -> Result<Command> {
        self.blanks();
        let line = self.reader.line();
        if self.reader.peek() == Some('(') {
            return self.nested(|parser| parser.parentheses(line));
        }
        let Some(word) = self.reserved() else {
            return self.simple(line);
        };
        let opening = Opening { word, line };
        if matches!(word, "[[" | "function" | "coproc" | "select") {
            self.bash_only();
        }
        match word {
            "{" => self.compound(opening, Self::group),
            "if" => self.compound(opening, Self::branches),
            "while" | "until" => self.compound(opening, Self::while_loop),
            "for" => self.compound(opening, Self::for_loop),
            "case" => self.compound(opening, Self::case),
            "[[" => self.compound(opening, Self::condition),
            "function" => self.nested(|parser| parser.function_keyword(line)),
            "coproc" | "select" => Err(self.unread(format!("`{word}` of bash"))),
            _ => Err(self.unexpected()),
        }
    }

    /// A command that begins with a reserved word, with the redirections behind it.
    fn compound(
        &mut self,
        opening: Opening,
        read: impl FnOnce(&mut Self, Opening) -> Result<CommandKind>,
    ) -> Result<Command> {
        self.reader.eat(opening.word);
        let kind = self.nested(|parser| read(parser, opening))?;
        self.redirected(kind, opening.line)
    }

    /// Adds the redirections behind a compound command. No word may stand behind them, not even a reserved one.
    fn redirected(&mut self, kind: CommandKind, line: u32) -> Result<Command> {
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => break,
            }
        }
        let is_ended = self.reader.peek().is_none_or(super::name::ends_word);
        if !redirects.is_empty() && !is_ended {
            return Err(self.unexpected());
        }
        Ok(Command { kind, redirects, line })
    }

    /// `( … )`, or `(( … ))` of bash.
    fn parentheses(&mut self, line: u32) -> Result<Command> {
        if self.reader.is_at("((")
            && let Some(expression) = self.arithmetic("((")?
        {
            self.mark_bash_only(line);
            return self.redirected(CommandKind::Arithmetic(expression), line);
        }
        self.reader.eat("(");
        let list = self.filled_list()?;
        if !self.reader.eat(")") {
            return Err(self.missing(")", Opening { word: "(", line }));
        }
        self.redirected(CommandKind::Subshell(list), line)
    }

    fn group(&mut self, opening: Opening) -> Result<CommandKind> {
        Ok(CommandKind::Group(self.list_until("}", opening)?))
    }

    fn branches(&mut self, opening: Opening) -> Result<CommandKind> {
        let mut branches = Vec::new();
        loop {
            let condition = self.list_until("then", opening)?;
            let body = self.filled_list()?;
            branches.push((condition, body));
            if !self.eat_reserved("elif") {
                break;
            }
        }
        let otherwise = if self.eat_reserved("else") { Some(self.filled_list()?) } else { None };
        self.end(opening, "fi")?;
        Ok(CommandKind::If { branches, otherwise })
    }

    /// At least one command, and the reserved word behind them.
    pub(super) fn list_until(&mut self, end: &str, opening: Opening) -> Result<List> {
        let list = self.filled_list()?;
        self.end(opening, end)?;
        Ok(list)
    }

    /// Passes over the reserved word that must come next.
    pub(super) fn end(&mut self, opening: Opening, end: &str) -> Result<()> {
        if self.eat_reserved(end) {
            return Ok(());
        }
        Err(self.missing(end, opening))
    }

    /// What ends a construct does not come next.
    pub(super) fn missing(&mut self, end: &str, opening: Opening) -> SyntaxError {
        if self.reader.peek().is_some() {
            return self.unexpected();
        }
        SyntaxError::wrong(opening.line, format!("`{}` without `{end}`", opening.word))
    }
}
