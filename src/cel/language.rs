//! The language of one schema: what parses, checks and runs expressions over it.

use std::sync::Arc;

use cel::parser::Parser;
use cel::{Context, Env};
use serde_json::Value;

use super::functions::{self, Amounts};
use super::schema::Schema;
use super::values;

/// The deepest nesting that the parser follows, far below what a thread's stack holds.
const DEPTH: u16 = 32;

/// The language of one schema.
pub(crate) struct Language {
    pub(crate) schema: Schema,
    /// The whole units of an amount, such as bytes.
    pub(crate) parse_amount: fn(&str) -> Option<i64>,
    env: Arc<Env>,
}

impl Language {
    pub(crate) fn new<A: Amounts>(schema: Schema) -> Self {
        Self { schema, parse_amount: A::parse, env: Arc::new(functions::env::<A>()) }
    }

    /// A parser that knows the macros.
    pub(crate) fn parser(&self) -> Parser {
        self.env.parser().max_recursion_depth(DEPTH)
    }

    /// What expressions run in: a model, and the facts of it that could not be seen.
    pub(crate) fn context<'v>(&self, model: &'v Value, unseen: &[&str]) -> Context<'v, 'v> {
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.add_variable_as_val(self.schema.variable, values::model_value(self.schema.fields, model, unseen));
        context
    }
}
