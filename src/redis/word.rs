//! The words of a directive. What may be a password is kept, since a server would read it, but never shown.

use std::fmt;

use serde::{Serialize, Serializer};

use super::redacted::HIDDEN;

/// One word of a directive.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    bytes: Vec<u8>,
    secret: bool,
}

impl Word {
    pub(crate) fn new(bytes: Vec<u8>, secret: bool) -> Self {
        Self { bytes, secret }
    }

    /// The word as text; nothing where it is a secret or no UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if self.secret { None } else { std::str::from_utf8(&self.bytes).ok() }
    }

    /// The word as the server reads it, secrets included: for comparisons inside this room only.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            formatter.write_str(HIDDEN)
        } else {
            formatter.write_str(&String::from_utf8_lossy(&self.bytes))
        }
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.to_string())
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        let word = Word::new(b"hunter2".to_vec(), true);
        assert_eq!(word.text(), None);
        assert_eq!(
            format!("{word} {word:?} {}", serde_json::to_string(&word).unwrap()),
            "(redacted) \"(redacted)\" \"(redacted)\""
        );
    }
}
