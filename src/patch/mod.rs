//! From fixes to RFC 6902 patches: staged, minimal, idempotent.
//!
//! Fixes change a working copy of the object as received ([`apply_to_fixpoint`]); the patch is what the copy differs in
//! ([`diff`]). What we wrote is recorded in the [`Mark`], so that later updates neither lose it nor roll out
//! ([`ownership`]). No typed object is ever decoded and encoded here: unknown fields survive.

mod container_path;
mod delivery;
mod diff;
mod edit;
mod fixpoint;
pub mod ownership;

pub use self::container_path::{key_of, starts_alike};
pub use self::delivery::config_map::{Line, keep_lines, lines, put_line, take_out_lines};
pub use self::delivery::path::DeliveryPath;
pub use self::diff::diff;
pub use self::edit::TreeError;
pub use self::fixpoint::{Evaluation, Fixed, apply_fix, apply_to_fixpoint};
pub use self::ownership::mark::{ANNOTATION as MARK_ANNOTATION, Entry, Key, Mark};
pub use self::ownership::report::{AppliedValue, applied_values};
