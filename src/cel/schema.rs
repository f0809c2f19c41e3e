//! What expressions are about, as data: one variable, its fields and what is known of them.

use serde_json::Value;

/// What expressions are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema {
    /// The one variable, such as `workload`.
    pub(crate) variable: &'static str,
    /// All its fields.
    pub(crate) fields: &'static [Field],
    /// The way to a field that may be null, which messages name as an example.
    pub(crate) example: &'static str,
    /// What to write for a name that there is not: the end of a message, given the name and those that there are.
    pub(crate) hint: fn(&str, &[&str]) -> String,
    /// What every expression is tried on when it is read.
    pub(crate) samples: fn() -> Vec<Sample>,
}

/// A model that every expression is tried on: the checker says what can't be, this says that it is so.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// Behind the name of the variable: `in which nothing is set`.
    pub(crate) name: &'static str,
    pub(crate) model: Value,
    /// The facts that could not be seen.
    pub(crate) unseen: Vec<&'static str>,
}

/// A field of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether it is null where unset.
    pub(crate) nullable: bool,
    /// The fact under whose name the model says that it could not be seen, where that is not the field's own name.
    pub(crate) fact: Option<&'static str>,
    /// The word in it that says that it could not be seen.
    pub(crate) unseen_word: Option<&'static str>,
    /// Whether it may hold a password: no message may quote it.
    pub(crate) secret: bool,
    /// All words that it can be; empty where it may be anything.
    pub(crate) words: &'static [&'static str],
    /// An expression that reads it.
    pub(crate) example: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Bool,
    /// A whole number; what lies beyond 2^63-1 counts as that.
    Int,
    /// Text of at most so many bytes: what is longer counts as unseen.
    Text(u64),
    /// A keyword; anything else counts as unset, since it may be anything.
    Word,
    /// A number or a name, such as a probe's port.
    Either,
    /// A list of at most so many entries: what is longer counts as unseen.
    List(&'static Kind, u64),
    Object(&'static [Field]),
}

/// The longest name that Kubernetes takes.
pub(crate) const NAME: u64 = 253;
/// The longest keyword.
pub(crate) const WORD: u64 = 32;

/// A field that is never null.
pub(crate) const fn field(name: &'static str, kind: Kind, example: &'static str) -> Field {
    Field { name, kind, nullable: false, fact: None, unseen_word: None, secret: false, words: &[], example }
}

/// A field that is null where unset.
pub(crate) const fn nullable(name: &'static str, kind: Kind, example: &'static str) -> Field {
    Field { nullable: true, ..field(name, kind, example) }
}

/// A field that holds one of a few words.
pub(crate) const fn one_of(words: &'static [&'static str], field: Field) -> Field {
    Field { words, ..field }
}

/// A field that is unseen together with another one.
pub(crate) const fn unseen_with(fact: &'static str, field: Field) -> Field {
    Field { fact: Some(fact), ..field }
}

/// A field in which a word says that it could not be seen.
pub(crate) const fn unseen_as(word: &'static str, field: Field) -> Field {
    Field { unseen_word: Some(word), ..field }
}

impl Schema {
    /// A list of objects, with the most entries that are looked at: loops over it make an expression dear.
    pub(crate) fn list_of_objects(&self) -> Option<(&'static str, u64)> {
        self.fields.iter().find_map(|field| match field.kind {
            Kind::List(Kind::Object(_), most) => Some((field.name, most)),
            _ => None,
        })
    }
}

impl Field {
    /// The name under which the model says that it could not be seen.
    pub(crate) fn fact(&self) -> &'static str {
        self.fact.unwrap_or(self.name)
    }
}

impl Kind {
    /// The name in documentation.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text(_) | Self::Word => "string",
            Self::Either => "int or string",
            Self::List(_, _) => "list",
            Self::Object(_) => "object",
        }
    }
}
