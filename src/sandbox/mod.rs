//! What `try` runs: the real webhook on loopback, asked as an API server would ask it.

mod client;
mod cluster;
mod conditions;
pub(crate) mod helm_order;
mod registrations;

pub(crate) use self::cluster::{Cluster, ClusterError, Denial, Outcome};
