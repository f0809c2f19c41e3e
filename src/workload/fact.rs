//! What is known of one field of the model: it is set, certainly unset, or hidden from us.

use crate::kubernetes::Place;

/// A field of the model that may be hidden from us. Every rule has to say what it does in all three cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// Seen.
    Set(T),
    /// Certainly set by nobody.
    Unset,
    /// Not seen; the text says what it would take (`ConfigMap shop/redis-scripts`).
    Unknown(String),
}

impl<T> Fact<T> {
    /// The value, where one is set and seen.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unset | Self::Unknown(_) => None,
        }
    }

    /// What it would take to see it; nothing where it was seen.
    pub fn needs(&self) -> Option<&str> {
        match self {
            Self::Set(_) | Self::Unset => None,
            Self::Unknown(needs) => Some(needs),
        }
    }

    /// Whether it was seen, set or unset.
    pub fn is_known(&self) -> bool {
        !self.is_unknown()
    }

    /// Whether it could not be seen.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether it is certainly unset.
    pub fn is_unset(&self) -> bool {
        matches!(self, Self::Unset)
    }
}

impl<T> From<Option<T>> for Fact<T> {
    /// A field that was seen: its value, or that there is none.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unset, Self::Set)
    }
}

/// A value with the place that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The object, the JSON pointer in it and the line inside.
    pub origin: Place,
}
