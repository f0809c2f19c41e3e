//! What reading an object comes to.

use super::model::Workload;
use crate::kubernetes::Lookup;

/// What reading an object comes to.
#[derive(Debug)]
pub enum Reading {
    /// It runs Redis, or looks like it.
    Workload(Box<Workload>),
    /// It runs no Redis, or is of a kind that is never read.
    NotRedis,
    /// Whether a start script of it runs Redis takes a look at these.
    Undecided(Vec<Lookup>),
}

impl Reading {
    /// The model, where there is one.
    #[must_use]
    pub fn workload(self) -> Option<Workload> {
        match self {
            Self::Workload(workload) => Some(*workload),
            Self::NotRedis | Self::Undecided(_) => None,
        }
    }

    /// What was looked at, or should be.
    #[must_use]
    pub fn references(&self) -> &[Lookup] {
        match self {
            Self::Workload(workload) => &workload.references,
            Self::NotRedis => &[],
            Self::Undecided(references) => references,
        }
    }
}
