//! A live cluster: look-ups of named objects, policies watched, and their status written.

mod active_policies;
mod conditions;
mod lookups;
mod observed;
mod policy_watch;
mod resources;
mod status_writer;

pub use self::active_policies::PolicyCounts;
pub use self::lookups::ClusterLookups;
pub use self::policy_watch::PolicyWatch;
