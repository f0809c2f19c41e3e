//! A command with its words.

use std::sync::Arc;

use super::field::Field;
use crate::workload::start::shell::text::{Shape, Text, Unknown};

/// A command with its words.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The words up to the first that is not certain to be one.
    pub(super) words: Vec<Text>,
    /// Words of which all or none stand before one of `words`, by the index of that.
    pub(super) optional: Vec<(usize, Arc<[Text]>)>,
    /// Any number of others that may come behind those, each like this.
    pub(super) rest: Option<Unknown>,
    /// Whether functions are passed over: behind `command` and in other programs.
    pub(super) is_program: bool,
    /// Whether the shell ends with it: behind `exec`.
    pub(super) is_exec: bool,
}

impl Call {
    /// A command of a manifest, which becomes the container's process.
    pub(crate) fn program(words: Vec<Text>) -> Self {
        Self { words, optional: Vec::new(), rest: None, is_program: true, is_exec: true }
    }

    pub(super) fn new(fields: Vec<Field>) -> Self {
        let mut call = Self { words: Vec::new(), optional: Vec::new(), rest: None, is_program: false, is_exec: false };
        for field in fields {
            match field {
                Field::One(text) => call.words.push(text),
                Field::Maybe(words) if call.words.is_empty() => {
                    drop(words);
                    call.rest = Some(Unknown::new(Shape::Any, "the elements of an array"));
                    break;
                }
                Field::Maybe(words) => call.optional.push((call.words.len(), words)),
                Field::Any(unknown) => {
                    call.rest = Some(unknown);
                    break;
                }
            }
        }
        call
    }

    /// The command behind its first `count` words.
    pub(super) fn behind(&self, count: usize) -> Self {
        let mut behind = self.clone();
        if behind.optional.iter().any(|(at, _)| *at <= count) {
            behind = behind.without_optional();
        }
        behind.words.drain(..count.min(behind.words.len()));
        for (at, _) in &mut behind.optional {
            *at = at.saturating_sub(count);
        }
        Self { is_program: true, ..behind }
    }

    /// The same, with the words from the first on that may not be there taken for any.
    pub(super) fn without_optional(mut self) -> Self {
        if let Some((at, _)) = self.optional.first() {
            self.words.truncate(*at);
            self.rest = Some(Unknown::new(Shape::Any, "the elements of an array"));
            self.optional.clear();
        }
        self
    }

    /// The words behind the name.
    pub(super) fn arguments(&self) -> &[Text] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The word at a place, where it is known.
    pub(super) fn known(&self, at: usize) -> Option<&str> {
        self.words.get(at)?.known()
    }

    /// All words behind the name, where all are known.
    pub(super) fn known_arguments(&self) -> Option<Vec<&str>> {
        if self.rest.is_some() {
            return None;
        }
        self.arguments().iter().map(Text::known).collect()
    }

    /// As much of it as can be shown.
    pub(super) fn name(&self) -> String {
        self.known(0).map_or_else(|| "a command".to_owned(), str::to_owned)
    }
}
