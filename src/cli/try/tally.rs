//! How many reviews were sent, and what they took.

use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{AppliedObject, Cluster, SandboxError};

/// What was asked so far.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) reviews: usize,
    pub(crate) took: Duration,
}

impl Tally {
    /// Applies an object and counts what it took.
    pub(crate) async fn apply(&mut self, cluster: &mut Cluster, object: &Value) -> Result<AppliedObject, SandboxError> {
        let (took, before) = (cluster.took(), cluster.reviews());
        let applied = cluster.apply(object).await?;
        self.took += cluster.took().saturating_sub(took);
        self.reviews += cluster.reviews() - before;
        Ok(applied)
    }
}
