//! Kubernetes' own terms: names of objects, places in them, quantities, kinds, and the objects around a workload as a
//! read-only snapshot that answers found, absent or unknown.
//!
//! Nothing here performs a look-up: `workload` names the references that it needs, a door fetches them into a
//! [`Snapshot`] and asks again. What was never fetched is unknown, never absent.

mod fields;
mod inventory;
pub mod json;
mod kinds;
mod layered;
mod lookup;
mod lookups;
mod names;
mod object;
mod owner;
mod quantity;
mod recorder;
mod selector;
mod snapshot;

pub(crate) use self::fields::{field, list, member, plain, text, words};
pub use self::inventory::{Inventory, Seen};
pub use self::kinds::{Kind, KindRole};
pub use self::layered::Layered;
pub use self::lookup::Lookup;
pub use self::lookups::{LookupFuture, Lookups, MemoryLookups};
pub(crate) use self::names::{LABEL, is_label, is_rule_name, is_subdomain};
pub use self::object::{ObjectRef, Place, Pointer};
pub(crate) use self::owner::{controller, has_controller};
pub use self::quantity::Quantity;
pub(crate) use self::recorder::Recorder;
pub(crate) use self::selector::selects;
pub use self::snapshot::Snapshot;
