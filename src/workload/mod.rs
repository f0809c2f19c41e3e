//! What Redis a workload really is: containers and their roles, topology, memory, the effective configuration with origins.
//!
//! [`Workload::read`] is the entry. It reads JSON trees, trusts no shape and never fails: what is absurd counts as unset,
//! what can't be seen is unknown and says what it needs. No rule lives here.

mod amounts;
mod config;
mod delivery;
mod describe;
mod detect;
mod json;
mod model;
mod mounts;
mod network;
mod probes;
mod process;
mod read;
mod redact;
mod renew;
mod script;
mod shell;
mod storage;
mod topology;

pub use model::*;
pub use storage::{Claim, Storage, Volume, VolumeSource};
// The names that the model itself speaks in: rooms behind this one read them here.
pub use crate::inventory::quantity::Quantity;
pub use crate::inventory::trees;
pub use crate::inventory::{Inventory, ObjectRef, Place, Pointer, Reference, Seen};
