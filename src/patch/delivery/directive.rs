//! One directive, as it is delivered.

/// A directive with its value, both as redis.conf has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Directive<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}
