//! A pattern, read.

use super::class::Class;
use crate::workload::start::shell::text::Shape;

/// A pattern of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(super) items: Vec<Item>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// This character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// `[…]`
    Class(Class),
    /// Characters that can't be seen, or a pattern that can't be read.
    Unseen(Shape),
}
