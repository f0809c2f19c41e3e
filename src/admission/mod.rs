//! The webhook: HTTP, TLS, the review envelope, limits and live look-ups. Decides nothing.

#[cfg(test)]
mod captured;
mod cluster;
mod deadline;
pub mod envelope;
mod http;
mod lookups;
mod metrics;
mod review;
mod server;
mod status;
mod tls;
mod watch;

pub use cluster::ClusterLookups;
pub use lookups::{Looking, Lookups, MemoryLookups};
pub use review::Reviewer;
pub use server::{Config, Handle, Limits, Server, StartError};
pub use tls::{Certificate, TlsError};
pub use watch::Following;
