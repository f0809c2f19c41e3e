//! The functions that expressions may call beside CEL's own. Nothing here does input or output, reads time, or takes a
//! pattern that would have to be compiled at every run.

use cel::common::types::{CelInt, CelString, INT_TYPE, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};

/// `quantity('1Gi')`: an amount as Kubernetes writes it, in whole units, rounded up.
pub(crate) const QUANTITY: &str = "quantity";
/// `formatQuantity(1073741824)`: the other way round, for messages.
pub(crate) const FORMAT_QUANTITY: &str = "formatQuantity";

/// How amounts are read and written.
pub(crate) trait Amounts: 'static {
    /// The whole units of an amount such as `512Mi`; nothing where the text is none.
    fn parse(text: &str) -> Option<i64>;
    /// The amount of so many units.
    fn format(units: i64) -> Option<String>;
}

/// The environment that expressions run in.
pub(crate) fn env<A: Amounts>() -> Env {
    let mut env = Env::stdlib().with_optional_support(false);
    // Only a name that is taken is refused, and then the checker's table of functions would miss ours in every test.
    let _ = env.add_overload(QUANTITY, "string_to_quantity", vec![STRING_TYPE], quantity::<A>);
    let _ = env.add_overload(FORMAT_QUANTITY, "int_to_quantity_text", vec![INT_TYPE], format_quantity::<A>);
    env
}

#[expect(clippy::needless_pass_by_value, reason = "what an overload is")]
fn quantity<'b, 'v, A: Amounts>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let text = arguments.first().and_then(|value| value.downcast_ref::<CelString>());
    match text.and_then(|text| A::parse(text.inner())) {
        Some(units) => Ok(CowVal::owned(CelInt::from(units))),
        None => Err(ExecutionError::function_error(QUANTITY, "not an amount such as 512Mi")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what an overload is")]
fn format_quantity<'b, 'v, A: Amounts>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let units = arguments.first().and_then(|value| value.downcast_ref::<CelInt>()).map(|units| *units.inner());
    match units.and_then(A::format) {
        Some(text) => Ok(CowVal::owned(CelString::from(text))),
        None => Err(ExecutionError::function_error(FORMAT_QUANTITY, "not a whole number")),
    }
}
