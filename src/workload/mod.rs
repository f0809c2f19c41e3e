//! What Redis a workload really is: containers and their roles, topology, memory, the effective configuration with origins.
//!
//! [`Workload::read`] is the entry. It reads JSON trees, trusts no shape and never fails: what is absurd counts as unset,
//! what can't be seen is unknown and says what it needs. No rule lives here.

mod config;
mod delivery;
mod detect;
mod model;
mod network;
mod probes;
mod read;
mod refresh;
mod resources;
mod start;
mod storage;
mod topology;
mod view;

pub use self::model::*;
pub use self::storage::{Claim, Storage, Volume, VolumeSource};
