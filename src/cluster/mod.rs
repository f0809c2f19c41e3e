//! A live cluster: look-ups of named objects, policies watched, and their status written.

mod lookups;
mod status;
mod watch;

pub use self::lookups::ClusterLookups;
pub use self::watch::Following;
