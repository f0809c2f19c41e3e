//! What Redis a workload really is: containers and their roles, topology, memory, the effective configuration with origins.
//!
//! [`Workload::read`] is the entry. It reads JSON trees, trusts no shape and never fails: what is absurd counts as unset,
//! what can't be seen is unknown and says what it needs. No rule lives here.

mod config;
mod delivery;
mod detect;
mod disruption;
mod fact;
mod fields;
mod flags;
mod flavours;
mod image;
mod model;
mod network;
mod operators;
mod overlay;
mod pod_memory;
mod probes;
mod read;
mod reading;
mod refresh;
mod resources;
mod role;
mod start;
mod storage;
mod topology;
mod unknown;
mod view;

pub use self::config::{Config, ConfigProblem, Persistence};
pub use self::fact::{Fact, Setting};
pub use self::fields::WorkloadView;
pub use self::flavours::Flavour;
pub use self::model::*;
pub use self::network::{GoverningService, Service};
pub use self::operators::is_operators;
pub use self::overlay::{OVERLAY_ANNOTATION, OVERLAY_FOLDER, is_overlay_volume, overlay_volume_name};
pub use self::pod_memory::declared_limit;
pub use self::probes::{InnerTimeout, Probe, Probes};
pub use self::reading::Reading;
pub use self::resources::{Amount, Malformed, Memory, PodLimit, PodMemory, Wrong};
pub use self::role::Role;
pub use self::storage::{Claim, Storage, Volume, VolumeSource};
pub use self::topology::{Sentinels, Strategy, Topology};
