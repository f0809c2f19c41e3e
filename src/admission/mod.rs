//! The webhook: HTTP, TLS, the review envelope, limits and live look-ups. Decides nothing.

mod cluster;
pub mod envelope;
mod lookups;

pub use cluster::ClusterLookups;
pub use lookups::{Looking, Lookups, MemoryLookups};
