//! From fixes to RFC 6902 patches: staged, minimal, idempotent.
//!
//! Fixes change a working copy of the object as received ([`settle`]); the patch is what the copy differs in
//! ([`diff`]). What we wrote is recorded in the [`Mark`], so that later updates neither lose it nor roll out
//! ([`sticky`]). No typed object is ever decoded and encoded here: unknown fields survive.

mod delivery;
mod diff;
mod line;
mod mark;
mod operation;
mod overlay;
mod place;
mod settle;
mod standing;
pub mod sticky;
mod tree;

pub use delivery::Via;
pub use diff::diff;
pub use line::{Line, keep_lines, lines, put_line, take_out_lines};
pub use mark::{ANNOTATION as MARK_ANNOTATION, Entry, Key, Mark};
pub use operation::Operation;
pub use overlay::ANNOTATION as OVERLAY_ANNOTATION;
pub use place::key_of;
pub use settle::{Evaluation, Settled, edit, settle};
pub use standing::{Standing, standing};
pub use tree::{TreeError, apply};
