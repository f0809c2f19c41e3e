//! What Redis a workload really is: containers and their roles, topology, memory, the effective configuration with origins.
//!
//! [`Workload::read`] is the entry. It reads JSON trees, trusts no shape and never fails: what is absurd counts as unset,
//! what can't be seen is unknown and says what it needs. No rule lives here.

mod config;
mod delivery;
mod detect;
mod directives;
mod model;
mod network;
mod overlay;
mod probes;
mod read;
mod redact;
mod refresh;
mod resources;
mod start;
mod storage;
mod topology;
mod view;

pub use self::model::*;
pub use self::overlay::{OVERLAY_ANNOTATION, OVERLAY_FOLDER, is_overlay_volume, overlay_volume_name};
pub use self::storage::{Claim, Storage, Volume, VolumeSource};
