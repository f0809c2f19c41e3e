//! Quotes and backslashes, and what is no quote: the pieces of which words are made.

use super::parts::{push_bare, push_quoted};
use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::Part;

/// Which rules hold for quotes and backslashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Outside of quotes.
    Bare,
    /// The pattern of `"${NAME#pattern}"`, inside double quotes: quotes begin anew.
    Pattern,
    /// The same inside a here-document.
    HerePattern,
    /// Inside `"…"`.
    Double,
    /// The word of `"${NAME-word}"`, inside double quotes.
    DoubleWord,
    /// Inside quotes in the word of `"${NAME-word}"`.
    Inner,
    /// The text of a here-document.
    Here,
    /// The word of `${NAME-word}` in the text of a here-document.
    HereWord,
    /// Inside `$((…))`.
    Arithmetic,
}

impl Quoting {
    /// Whether patterns, single quotes and the like mean something.
    pub(super) fn is_bare(self) -> bool {
        matches!(self, Self::Bare | Self::Pattern | Self::HerePattern)
    }

    /// The rules for the word of `${NAME-word}`.
    pub(super) fn of_word(self) -> Self {
        match self {
            Self::Bare | Self::Pattern | Self::HerePattern => self,
            Self::Double | Self::DoubleWord | Self::Inner | Self::Arithmetic => Self::DoubleWord,
            Self::Here | Self::HereWord => Self::HereWord,
        }
    }

    /// The rules for the pattern of `${NAME#pattern}`.
    pub(super) fn of_pattern(self) -> Self {
        match self {
            Self::Bare => Self::Bare,
            Self::Here | Self::HereWord | Self::HerePattern => Self::HerePattern,
            _ => Self::Pattern,
        }
    }

    /// The rules inside double quotes.
    fn of_double_quotes(self) -> Self {
        match self {
            Self::DoubleWord | Self::HereWord => Self::Inner,
            _ => Self::Double,
        }
    }

    /// Whether a backslash makes the character behind it a plain one, and goes away.
    fn escapes(self, character: char) -> bool {
        match character {
            '$' | '`' | '\\' => true,
            _ if self.is_bare() => true,
            '"' => self != Self::Here,
            '}' => matches!(self, Self::DoubleWord | Self::HereWord | Self::Inner),
            _ => false,
        }
    }
}

impl Parser<'_> {
    /// Reads a quoted text, an expansion or one character. The caller has seen that there is one and that it ends nothing.
    pub(super) fn piece(&mut self, quoting: Quoting, parts: &mut Vec<Part>) -> Result<()> {
        let Some(next) = self.reader.peek() else {
            return Ok(());
        };
        match next {
            '\\' => self.backslash(quoting, parts),
            '\'' if quoting.is_bare() => self.single_quotes(parts),
            '"' if quoting != Quoting::Here => {
                if quoting == Quoting::Arithmetic {
                    self.bash_only();
                }
                let quoted = self.double_quotes(quoting)?;
                parts.push(Part::DoubleQuoted(quoted));
                Ok(())
            }
            '$' => self.dollar(quoting, parts),
            '`' => self.backquotes(quoting, parts),
            _ => {
                self.reader.next();
                push(quoting, parts, next);
                Ok(())
            }
        }
    }

    fn backslash(&mut self, quoting: Quoting, parts: &mut Vec<Part>) -> Result<()> {
        self.reader.next();
        let Some(next) = self.reader.rest().chars().next() else {
            self.differs("a backslash at the end of the script")?;
            push_quoted(parts, '\\');
            return Ok(());
        };
        if quoting.escapes(next) {
            if self.loses_backslashes && quoting == Quoting::Bare && !next.is_alphanumeric() {
                return Err(self.unread("a backslash outside of quotes in an array inside `$(…)`"));
            }
            self.reader.next_raw();
            push_quoted(parts, next);
            return Ok(());
        }
        if quoting == Quoting::Inner {
            self.differs("a backslash before a plain character in quotes inside quotes")?;
        }
        push_quoted(parts, '\\');
        Ok(())
    }

    fn single_quotes(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        let line = self.reader.line();
        self.reader.next();
        let rest = self.reader.rest();
        let Some(length) = rest.find('\'') else {
            return Err(SyntaxError::wrong(line, "`'` without a second one"));
        };
        self.reader.skip_raw(length + 1);
        let text = rest.get(..length).unwrap_or_default();
        super::parts::push(parts, Part::Quoted(text.to_owned()));
        Ok(())
    }

    /// `"…"`, from the first quote on.
    pub(super) fn double_quotes(&mut self, quoting: Quoting) -> Result<Vec<Part>> {
        let line = self.reader.line();
        self.reader.next();
        self.nested(|parser| {
            let mut parts = Vec::new();
            loop {
                match parser.reader.peek() {
                    None => return Err(SyntaxError::wrong(line, "`\"` without a second one")),
                    Some('"') => break,
                    Some(_) => parser.piece(quoting.of_double_quotes(), &mut parts)?,
                }
            }
            parser.reader.next();
            Ok(parts)
        })
    }
}

/// Appends a character as what it is under the rules.
pub(super) fn push(quoting: Quoting, parts: &mut Vec<Part>, character: char) {
    if quoting.is_bare() {
        push_bare(parts, character);
    } else {
        push_quoted(parts, character);
    }
}
