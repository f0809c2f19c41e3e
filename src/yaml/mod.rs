//! YAML as users write it: documents that remember their lines, and what is wrong with them.

mod diagnostic;
mod document;
mod syntax_error;
mod text;

pub use self::diagnostic::{Mistake, Path, PolicyError, PolicyErrors, PolicyWarning};
pub(crate) use self::diagnostic::{Segment, hint, hint_within};
pub(crate) use self::document::{Document, read};
