//! What a command prints and whether it succeeds.

use std::sync::Arc;

use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::start::shell::tools::unseen::unseen;

/// What a command prints and whether it succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filtered {
    pub(crate) output: Text,
    /// Whether its status is 0; nothing where that is unknown.
    pub(crate) status: Option<bool>,
}

impl Filtered {
    /// An output of a command that succeeds.
    pub(super) fn success(output: impl Into<Text>) -> Self {
        Self { output: output.into(), status: Some(true) }
    }

    /// A command that fails and prints nothing.
    pub(super) fn failure() -> Self {
        Self { output: Text::default(), status: Some(false) }
    }

    /// A command of which nothing is certain.
    pub(super) fn unknown(needs: &Arc<str>) -> Self {
        Self { output: unseen(Shape::Any, needs), status: None }
    }
}
