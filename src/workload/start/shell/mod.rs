//! Start scripts: their grammar, and what running them comes to as far as it can be proved.
pub(crate) mod dialect;
mod join;
pub(crate) mod parse;
pub(crate) mod run;
pub(crate) mod syntax;
pub(crate) mod text;
pub(crate) mod tools;
