//! The objects around a workload, as a read-only snapshot that answers found, absent or unknown.
//!
//! Nothing here performs a look-up: `workload` names the references that it needs, a door fetches them into a
//! [`Snapshot`] and asks again. What was never fetched is unknown, never absent.

mod object;
pub mod quantity;
mod snapshot;
pub mod trees;

pub use object::{ObjectRef, Place, Pointer};
pub use snapshot::{Inventory, Reference, Seen, Snapshot};
