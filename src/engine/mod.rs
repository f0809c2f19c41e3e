//! What a request comes to: the caps of each door, the ratchet, the patch and the verdict.
//!
//! [`Review`] reads a request with all that it touches, says what has to be looked up, and decides; [`Resolution`] leads
//! there in rounds. [`judge`] is the same for manifests that nobody is applying. Pure: what is not in the inventory is
//! unknown.

mod assess;
mod caps;
mod changes;
mod decide;
mod delivery;
mod evaluate;
mod exceptions;
mod exempt;
mod fixes;
mod ignore;
mod lifecycle;
mod message;
mod mutate;
mod needs;
mod related;
mod request_kind;
mod resolve;
mod review;
mod simulate;
mod unapplied;
mod validate;
mod verdict;

pub use self::assess::judge;
pub(crate) use self::changes::changed_paths;
pub use self::exceptions::exception_findings;
pub use self::ignore::{IGNORE, suppress, unknown_words};
pub use self::resolve::{Resolution, Step, resolve};
pub use self::review::Review;
pub(crate) use self::simulate::{Outcome, ask};
pub use self::verdict::{Hook, Judged, ObjectPatch, Operation, Request, Verdict};

use crate::kubernetes::Inventory;
use crate::policy::Policies;

/// Answers one request by an inventory that holds all there is to see. Never denies at [`Hook::Mutate`], never patches at
/// [`Hook::Validate`].
#[must_use]
pub fn decide(policies: &Policies, hook: Hook, request: &Request, inventory: &dyn Inventory) -> Verdict {
    Review::read(hook, request, inventory).decide(policies)
}
