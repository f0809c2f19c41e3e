//! What a word of a script comes to.

use std::sync::Arc;

use crate::workload::start::shell::text::{Text, Unknown};

/// Words that a command gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    One(Text),
    /// All of these words or none.
    Maybe(Arc<[Text]>),
    /// Any number of words, each like this.
    Any(Unknown),
}
