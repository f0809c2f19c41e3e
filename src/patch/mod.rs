//! From fixes to RFC 6902 patches: staged, minimal, idempotent.

mod operation;

pub use operation::Operation;
