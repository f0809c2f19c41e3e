//! What begins with a dollar, and backquotes.

use super::name::begins_name;
use super::quotes::Quoting;
use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::{List, Operation, Parameter, Part};
use std::sync::Arc;

impl Parser<'_> {
    /// `$…`, or a plain dollar.
    pub(super) fn dollar(&mut self, quoting: Quoting, parts: &mut Vec<Part>) -> Result<()> {
        match self.reader.look(1) {
            Some('(') => self.substitution(parts),
            Some('{') => {
                let parameter = self.nested(|parser| parser.braces(quoting))?;
                parts.push(Part::Parameter(Box::new(parameter)));
                Ok(())
            }
            Some('[') => self.old_arithmetic(parts),
            Some('\'') if quoting.is_bare() => self.ansi_quotes(parts),
            Some('\'') if quoting == Quoting::DoubleWord => {
                self.differs("`$'` inside quotes")?;
                self.plain_dollar(quoting, parts);
                Ok(())
            }
            Some('"') if quoting.is_bare() => {
                self.bash_only();
                self.reader.next();
                let quoted = self.double_quotes(quoting)?;
                parts.push(Part::DoubleQuoted(quoted));
                Ok(())
            }
            Some(next) if begins_name(next) => {
                self.reader.next();
                let name = self.name();
                parts.push(value_of(name));
                Ok(())
            }
            Some(next) if next.is_ascii_digit() || is_special(next) => {
                self.reader.skip(2);
                parts.push(value_of(next.to_string()));
                Ok(())
            }
            _ => {
                self.plain_dollar(quoting, parts);
                Ok(())
            }
        }
    }

    fn plain_dollar(&mut self, quoting: Quoting, parts: &mut Vec<Part>) {
        self.reader.next();
        super::quotes::push(quoting, parts, '$');
    }

    /// `$((…))` or `$(…)`.
    fn substitution(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        if !self.reader.is_at("$((") {
            self.reader.next();
            let list = self.substituted_list()?;
            parts.push(Part::Substitution(list));
            return Ok(());
        }
        if let Some(expression) = self.nested(|parser| parser.arithmetic("$(("))? {
            parts.push(Part::Arithmetic(Box::new(expression)));
            return Ok(());
        }
        // Dash and busybox take it for arithmetic that does not end. Bash pairs the parentheses, and reads the commands
        // between them only when it runs them.
        self.bash_only();
        let end = self.paired_end()?;
        self.reader.next();
        let list = self.substituted_list().map_err(|error| SyntaxError { is_certain: false, ..error })?;
        if self.reader.at() != end {
            return Err(self.unread("a substitution that begins with `$((` and holds unpaired parentheses"));
        }
        parts.push(Part::Substitution(list));
        Ok(())
    }

    /// The commands of a substitution, from the parenthesis on. Its here-documents are its own.
    pub(super) fn substituted_list(&mut self) -> Result<Arc<List>> {
        let line = self.reader.line();
        self.reader.eat("(");
        let pending = std::mem::take(&mut self.pending);
        let here_texts = std::mem::take(&mut self.here_texts);
        let is_inner = std::mem::replace(&mut self.is_in_substitution, true);
        let mut list = self.nested(Self::list)?;
        self.is_in_substitution = is_inner;
        match self.reader.peek() {
            None => return Err(SyntaxError::wrong(line, "`$(` without `)`")),
            Some(')') => {}
            Some(_) => return Err(self.unexpected()),
        }
        if !self.pending.is_empty() {
            return Err(self.unread("a here-document without its text inside a substitution"));
        }
        self.reader.next();
        self.place_here_documents(&mut list);
        self.pending = pending;
        self.here_texts = here_texts;
        Ok(Arc::new(list))
    }

    /// `` `…` ``: a text of its own, in which a backslash before some characters goes away, as do line continuations even
    /// inside single quotes. Behind one the lines are counted too low.
    pub(super) fn backquotes(&mut self, quoting: Quoting, parts: &mut Vec<Part>) -> Result<()> {
        let line = self.reader.line();
        self.reader.next();
        let mut text = String::new();
        loop {
            match self.reader.next() {
                None => return Err(SyntaxError::wrong(line, "a backquote without a second one")),
                Some('`') => break,
                Some('\\') => self.backquoted_backslash(quoting, &mut text)?,
                Some(next) => text.push(next),
            }
        }
        let list = self.read_apart(&text, line, |apart| {
            let mut list = apart.list()?;
            if apart.reader.peek().is_some() {
                return Err(apart.unexpected());
            }
            if !apart.pending.is_empty() {
                return Err(apart.unread("a here-document without its text inside a substitution"));
            }
            apart.place_here_documents(&mut list);
            Ok(list)
        })?;
        parts.push(Part::Substitution(Arc::new(list)));
        Ok(())
    }

    fn backquoted_backslash(&mut self, quoting: Quoting, text: &mut String) -> Result<()> {
        let next = self.reader.rest().chars().next();
        if next == Some('"') {
            match quoting {
                Quoting::Bare => text.push('\\'),
                Quoting::Double | Quoting::DoubleWord | Quoting::Inner => {}
                // Dash takes the backslash away.
                Quoting::Here | Quoting::HereWord => {
                    self.bash_only();
                    text.push('\\');
                }
                Quoting::Pattern | Quoting::HerePattern | Quoting::Arithmetic => {
                    self.differs("a backslash before a quote in backquotes")?;
                    text.push('\\');
                }
            }
        } else if !matches!(next, Some('$' | '`' | '\\')) {
            text.push('\\');
        }
        if let Some(next) = self.reader.next_raw() {
            text.push(next);
        }
        Ok(())
    }
}

/// Whether the character alone is a parameter.
pub(super) fn is_special(character: char) -> bool {
    matches!(character, '@' | '*' | '#' | '?' | '-' | '$' | '!')
}

fn value_of(name: String) -> Part {
    Part::Parameter(Box::new(Parameter { name, index: None, operation: Operation::Value }))
}
