//! Which values of a workload are ours, and how they survive an update.

pub(crate) mod mark;
pub(crate) mod report;
pub mod update;
