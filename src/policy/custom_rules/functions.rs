//! The functions that expressions may call. Nothing here does input or output, reads time, or takes a pattern that would
//! have to be compiled at every run.

use std::sync::{Arc, LazyLock};

use cel::common::types::{CelInt, CelString, INT_TYPE, STRING_TYPE};
use cel::common::value::CowVal;
use cel::parser::Parser;
use cel::{Env, ExecutionError};

use crate::kubernetes::Quantity;

/// `quantity('1Gi')`: an amount as Kubernetes writes it, in whole units, rounded up.
pub(crate) const QUANTITY: &str = "quantity";
/// `formatQuantity(1073741824)`: the other way round, for messages.
pub(crate) const FORMAT_QUANTITY: &str = "formatQuantity";

/// The deepest nesting that the parser follows, far below what a thread's stack holds.
const DEPTH: u16 = 32;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    // Only a name that is taken is refused, and then the checker's table of functions would miss ours in every test.
    let _ = env.add_overload(QUANTITY, "string_to_quantity", vec![STRING_TYPE], quantity);
    let _ = env.add_overload(FORMAT_QUANTITY, "int_to_quantity_text", vec![INT_TYPE], format_quantity);
    Arc::new(env)
});

/// The environment that expressions run in.
pub(crate) fn env() -> Arc<Env> {
    Arc::clone(&ENV)
}

/// A parser that knows its macros.
pub(crate) fn parser() -> Parser {
    ENV.parser().max_recursion_depth(DEPTH)
}

/// The whole units of an amount, such as bytes.
pub(crate) fn units(text: &str) -> Option<i64> {
    Quantity::parse(text).ok()?.bytes().and_then(|bytes| i64::try_from(bytes).ok())
}

#[expect(clippy::needless_pass_by_value, reason = "what an overload is")]
fn quantity<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let text = arguments.first().and_then(|value| value.downcast_ref::<CelString>());
    match text.and_then(|text| units(text.inner())) {
        Some(units) => Ok(CowVal::owned(CelInt::from(units))),
        None => Err(ExecutionError::function_error(QUANTITY, "not an amount such as 512Mi")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what an overload is")]
fn format_quantity<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let units = arguments.first().and_then(|value| value.downcast_ref::<CelInt>()).map(|units| *units.inner());
    match units.and_then(|units| Quantity::parse(&units.to_string()).ok()) {
        Some(quantity) => Ok(CowVal::owned(CelString::from(quantity.to_string()))),
        None => Err(ExecutionError::function_error(FORMAT_QUANTITY, "not a whole number")),
    }
}
