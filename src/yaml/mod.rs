//! YAML and JSON as users write them. One reader for policies, cases and manifests: `split_parts` cuts a file into
//! documents, `read_part` reads one into objects, `find_spans` finds where places in them are written, and a
//! [`Diagnostic`] says what is wrong and where. Spans are found when somebody asks, and never kept.

mod diagnostic;
mod document;
mod events;
mod hint;
mod locate;
mod misread;
mod parse;
mod part;
mod path;
mod span;
mod syntax_error;
mod text;
mod tree;

pub use self::diagnostic::{Diagnostic, Diagnostics, Warning};
pub(crate) use self::document::{Document, read_documents};
pub(crate) use self::hint::{hint, hint_within};
pub(crate) use self::locate::{Inside, Wanted, find_spans};
pub(crate) use self::parse::read_part;
pub(crate) use self::part::{Part, split_parts};
pub use self::path::Path;
pub(crate) use self::path::Segment;
pub use self::span::{Location, Position, Span};
