//! What is wrong with an expression, and where.

use std::fmt;

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) at: Option<Place>,
    pub(crate) what: String,
}

/// A place in the text of an expression, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// How many characters stand before it.
    pub(crate) characters: usize,
    /// From 1.
    line: usize,
    /// From 1.
    column: usize,
}

impl Diagnostic {
    /// Of the whole expression.
    pub(crate) fn whole(what: impl Into<String>) -> Self {
        Self { at: None, what: what.into() }
    }
}

impl Place {
    pub(crate) fn after(text: &str, characters: usize) -> Self {
        let before: String = text.chars().take(characters).collect();
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        Self { characters, line: before.matches('\n').count() + 1, column }
    }

    /// Nothing where the text has no such line.
    pub(crate) fn of_line(text: &str, line: usize, column: usize) -> Option<Self> {
        if line > text.lines().count().max(1) {
            return None;
        }
        let before = text.split_inclusive('\n').take(line.saturating_sub(1)).flat_map(str::chars).count();
        Some(Self { characters: before + column.saturating_sub(1), line, column })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Place { line: 1, column, .. }) => write!(formatter, "column {column}: {}", self.what),
            Some(Place { line, column, .. }) => write!(formatter, "line {line}, column {column}: {}", self.what),
            None => formatter.write_str(&self.what),
        }
    }
}
