//! What may be shown: [`Redacted`] holds JSON in which nothing looks like a password. It hides too much rather than too
//! little. All words that tell of a password stand in `words.rs`.

mod object;
mod probe;
mod words;

use serde::Serialize;
use serde_json::Value;

pub use self::words::may_hold_secret;
pub(crate) use self::words::{HIDDEN, is_secret_directive};

/// JSON without what looks like a password. Its shape is that of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Redacted(Value);

impl Redacted {
    /// An object, or any part of one.
    #[must_use]
    pub fn object(object: &Value) -> Self {
        Self(object::redact_value(object))
    }

    /// A probe as a container declares it. Variables such as `$REDIS_PASSWORD` stay: they name a password and hold none.
    #[must_use]
    pub fn probe(declared: &Value) -> Self {
        Self(probe::redact_probe(declared))
    }

    /// What may be shown.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// What may be shown.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }
}
