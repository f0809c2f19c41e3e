//! What `try` runs: the real webhook on loopback, asked as an API server would ask it.

mod applied;
mod client;
mod cluster;
mod conditions;
mod error;
pub(crate) mod helm_order;
mod merge;
mod registrations;

pub(crate) use self::applied::AppliedObject;
pub(crate) use self::cluster::Cluster;
pub(crate) use self::error::SandboxError;
