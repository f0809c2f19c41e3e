//! The variables of an expression.

use crate::workload::start::shell::text::Text;

/// How long an expression may be, in bytes.
pub(super) const MAX_LENGTH: usize = 1 << 12;

/// What a variable holds. One whose text can't be seen is taken for one that assigns nothing when it is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Unset,
    Set(Text),
    /// It may be set or not.
    Unknown,
}

/// The variables that an expression reads and assigns.
pub(crate) trait Variables {
    /// What this one holds.
    fn get(&self, name: &str) -> Value;
    /// Assigns a number, or one that is unknown.
    fn set(&mut self, name: &str, value: Option<i64>);
    /// The expression holds characters that can't be seen, which may assign any variable.
    fn forget(&mut self);
}
