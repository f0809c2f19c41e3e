//! What Redis a workload really is: containers and their roles, topology, memory, the effective configuration with origins.

mod model;

pub use model::*;

use serde_json::Value;

use crate::inventory::Inventory;

impl Workload {
    /// Reads a StatefulSet, Deployment, DaemonSet or Pod. `None` where it certainly runs no Redis.
    ///
    /// What the model needs beyond the object is listed in [`Workload::references`]; where `inventory` does not hold
    /// it yet the fact is unknown, and a second reading with a fuller inventory tells more.
    #[must_use]
    pub fn read(object: &Value, inventory: &dyn Inventory) -> Option<Self> {
        let _ = (object, inventory);
        None
    }
}
