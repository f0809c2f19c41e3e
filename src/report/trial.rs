//! What `try` tells: the webhook's verdicts on objects, in order, with the words around them.

use serde_json::Value;

use crate::redis::Redacted;

/// All of it.
#[derive(Debug, Default)]
pub struct Trial {
    /// In the order in which they are read.
    pub parts: Vec<Part>,
}

/// One part of it.
#[derive(Debug)]
pub enum Part {
    /// The title of what follows.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// An empty line.
    Gap,
    /// What can be done next.
    Hint {
        /// A command, or a file.
        what: String,
        /// What it is for.
        purpose: String,
    },
    /// What can't be read.
    Problem(String),
    /// An object and what became of it.
    Object(Box<TriedObject>),
}

/// What became of one object.
#[derive(Debug)]
pub struct TriedObject {
    /// As kubectl names it.
    pub name: String,
    /// How it fared.
    pub fate: Fate,
    /// The same in words.
    pub result: String,
    /// What the webhook could not be asked about.
    pub notes: Vec<String>,
    /// The webhook's warnings.
    pub warnings: Vec<String>,
    /// What is left out because it was told before.
    pub remark: Option<String>,
    /// Why it is refused.
    pub denial: Option<Denial>,
    /// What is changed in it.
    pub change: Option<ObjectChange>,
}

/// How an object fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is stored as it is.
    Stored,
    /// It is stored, with a change or a warning.
    Changed,
    /// It is not stored.
    Refused,
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct Denial {
    /// The file that kubectl would name.
    pub file: String,
    /// The webhook that refuses, as the API server calls it.
    pub webhook: String,
    /// Why.
    pub message: String,
}

/// Two different states of an object, without passwords: these may be alike then.
#[derive(Debug)]
pub struct ObjectChange {
    /// The earlier one.
    pub before: Redacted,
    /// The later one.
    pub after: Redacted,
}

impl Trial {
    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(text.into()));
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    /// Adds an object and what became of it.
    pub fn object(&mut self, object: TriedObject) {
        self.parts.push(Part::Object(Box::new(object)));
    }

    /// Adds what can't be read.
    pub fn problem(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Problem(text.into()));
    }

    /// Adds what can be done next.
    pub fn hint(&mut self, what: &str, purpose: &str) {
        self.parts.push(Part::Hint { what: what.to_owned(), purpose: purpose.to_owned() });
    }
}

impl ObjectChange {
    /// The change; nothing where both states are alike.
    #[must_use]
    pub fn between(before: &Value, after: &Value) -> Option<Self> {
        if before == after {
            return None;
        }
        Some(Self { before: Redacted::object(before), after: Redacted::object(after) })
    }
}
