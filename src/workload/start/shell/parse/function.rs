//! Definitions of functions.

use super::name::is_name;
use super::{Parser, Result};
use crate::workload::start::shell::syntax::{Command, CommandKind, Word};
use std::sync::Arc;

/// The special builtins, after which bash and no other shell lets a function be named.
const SPECIAL: [&str; 15] = [
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times",
    "trap", "unset",
];

impl Parser<'_> {
    /// `NAME() …`, from the parenthesis on.
    pub(super) fn function(&mut self, name: &Word, line: u32) -> Result<Command> {
        self.reader.eat("(");
        self.blanks();
        if !self.reader.eat(")") {
            return Err(self.unexpected());
        }
        let name = self.function_name(name)?;
        self.function_body(name, false, line)
    }

    /// `function NAME …` and `function NAME() …` of bash.
    pub(super) fn function_keyword(&mut self, line: u32) -> Result<Command> {
        self.eat_reserved("function");
        self.blanks();
        let name = self.needed_word()?;
        let name = self.function_name(&name)?;
        self.blanks();
        if self.reader.peek() == Some('(') {
            let mut ahead = self.reader.ahead().skip(1).skip_while(|next| matches!(next, ' ' | '\t'));
            if ahead.next() == Some(')') {
                self.reader.eat("(");
                self.blanks();
                self.reader.eat(")");
            }
        }
        self.function_body(name, true, line)
    }

    fn function_name(&mut self, name: &Word) -> Result<String> {
        let Some(name) = name.bare() else {
            return Err(self.unread("a function's name with quotes or expansions"));
        };
        if !is_name(name) || SPECIAL.contains(&name) {
            self.bash_only();
        }
        Ok(name.to_owned())
    }

    /// The command that a function runs. In dash and busybox it may be a simple one.
    fn function_body(&mut self, name: String, is_keyword: bool, line: u32) -> Result<Command> {
        self.newlines()?;
        let is_compound = self.reader.peek() == Some('(')
            || matches!(self.reserved(), Some("{" | "if" | "while" | "until" | "for" | "case" | "[[" | "select"));
        if !is_compound && self.reader.peek().is_some() {
            return Err(if self.is_bash() {
                self.unexpected()
            } else {
                self.unread("a function that is no compound command")
            });
        }
        let body = Arc::new(self.command()?);
        Ok(Command { kind: CommandKind::Function { name, body, is_keyword }, redirects: Vec::new(), line })
    }
}
