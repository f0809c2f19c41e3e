//! Expressions in CEL over one variable: type-checked when they are read, bounded in size and steps, and run on JSON.
//!
//! What they are about comes in as data, a [`Schema`]: the variable, its fields, samples to try each expression on. How
//! amounts are read comes in as [`Amounts`]. Nothing here knows Redis.

mod checker;
mod diagnostic;
mod expression;
mod functions;
mod language;
mod rewrite;
mod schema;
mod syntax;
mod types;
mod values;

pub(crate) use self::diagnostic::Diagnostic;
pub(crate) use self::expression::Expression;
pub(crate) use self::functions::Amounts;
pub(crate) use self::language::Language;
pub(crate) use self::schema::{Field, Kind, NAME, Sample, Schema, field, nullable, one_of, unseen_as, unseen_with};

#[cfg(test)]
mod tests;
