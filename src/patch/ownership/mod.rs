//! Which values of a workload are ours, and how they survive an update: neither lost nor the reason for a rollout.

mod brought;
mod follow;
pub(crate) mod mark;
pub(crate) mod owned;
pub(crate) mod report;
mod rollout;
mod template;
mod update;

pub use self::brought::take_out_brought;
pub use self::follow::follow_limits;
pub use self::owned::still_owned;
pub use self::rollout::{Before, Rollout, roll_out};
pub use self::update::{Update, update};
