//! The types of expressions, with the most that a value of them can hold: what a run costs follows from that.

use std::fmt;

use super::schema::{Field, Kind, NAME, WORD};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    Bool,
    Int,
    Double,
    /// Text of at most so many bytes.
    Text(u64),
    Null,
    /// A number or a text, only to be compared for equality.
    Either,
    /// A list of at most so many entries.
    List(Box<Type>, u64),
    Object(&'static [Field]),
    /// What may be null.
    Nullable(Box<Type>),
    /// The entries of an empty list.
    Nothing,
}

impl Type {
    pub(crate) fn of_field(field: &Field) -> Self {
        if field.nullable { Self::Nullable(Box::new(Self::of_kind(field.kind))) } else { Self::of_kind(field.kind) }
    }

    fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool,
            Kind::Int => Self::Int,
            Kind::Text(most) => Self::Text(most),
            Kind::Word => Self::Text(WORD),
            Kind::Either => Self::Either,
            Kind::List(of, most) => Self::List(Box::new(Self::of_kind(*of)), most),
            Kind::Object(fields) => Self::Object(fields),
        }
    }

    /// The type without null.
    pub(crate) fn known(self) -> Self {
        match self {
            Self::Nullable(of) => *of,
            of => of,
        }
    }

    /// The type, or null.
    pub(crate) fn or_null(self) -> Self {
        match self {
            Self::Null | Self::Nullable(_) => self,
            Self::Nothing => Self::Null,
            of => Self::Nullable(Box::new(of)),
        }
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// The type of what is one or the other.
    pub(crate) fn join(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Nothing, one) | (one, Self::Nothing) => one,
            (Self::Null, one) | (one, Self::Null) => one.or_null(),
            (Self::Nullable(one), other) | (other, Self::Nullable(one)) => one.join(other.known())?.or_null(),
            (Self::Text(one), Self::Text(other)) => Self::Text(one.max(other)),
            (Self::List(one, most), Self::List(other, other_most)) => {
                Self::List(Box::new(one.join(*other)?), most.max(other_most))
            }
            (Self::Either, Self::Int | Self::Text(_) | Self::Either) | (Self::Int | Self::Text(_), Self::Either) => {
                Self::Either
            }
            (Self::Int, Self::Text(_)) | (Self::Text(_), Self::Int) => Self::Either,
            (one, other) if one == other => one,
            _ => return None,
        })
    }

    /// Whether `==` between the two can ever be true.
    pub(crate) fn is_comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nullable(one), other) | (other, Self::Nullable(one)) => {
                matches!(other, Self::Null) || one.is_comparable(&other.clone().known())
            }
            (Self::Null | Self::Nothing, _) | (_, Self::Null | Self::Nothing) => true,
            (Self::Object(_), _) | (_, Self::Object(_)) => false,
            (Self::Either, one) | (one, Self::Either) => matches!(one, Self::Either | Self::Int | Self::Text(_)),
            (one, other) if one.is_number() && other.is_number() => true,
            (Self::List(one, _), Self::List(other, _)) => one.is_comparable(other),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }

    /// What it costs to copy or compare a value, in units of one step of the interpreter. Objects are shared.
    pub(crate) fn weight(&self) -> u64 {
        match self {
            Self::Text(most) => 1 + most / 64,
            Self::Either => Self::Text(NAME).weight(),
            Self::List(of, most) => most.saturating_mul(of.weight()).saturating_add(1),
            Self::Nullable(of) => of.weight(),
            _ => 1,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => formatter.write_str("bool"),
            Self::Int => formatter.write_str("int"),
            Self::Double => formatter.write_str("double"),
            Self::Text(_) => formatter.write_str("string"),
            Self::Null => formatter.write_str("null"),
            Self::Either => formatter.write_str("int or string"),
            Self::List(of, _) if **of == Self::Nothing => formatter.write_str("empty list"),
            Self::List(of, _) => write!(formatter, "list of {of}"),
            Self::Object(_) => formatter.write_str("object"),
            Self::Nullable(of) => write!(formatter, "{of} or null"),
            Self::Nothing => formatter.write_str("nothing"),
        }
    }
}
