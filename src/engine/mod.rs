//! What a request comes to: the caps of each door, the ratchet, the patch and the verdict.
//!
//! [`references`] says what a request needs looked up; [`decide`] answers it; [`judge`] is the same for manifests that
//! nobody is applying. Pure: what is not in the inventory is unknown.

mod assess;
mod caps;
mod changes;
mod delivery;
mod evaluate;
mod exempt;
mod ignore;
mod message;
mod mutate;
mod related;
mod simulate;
mod validate;
mod verdict;

pub use self::assess::judge;
pub(crate) use self::changes::changed_paths;
pub use self::ignore::{IGNORE, suppress, unknown_words};
pub use self::related::{Models, look_around, references};
pub(crate) use self::simulate::{Outcome, ask};
pub use self::verdict::{Hook, Judged, ObjectPatch, Operation, Request, Verdict};

use crate::kubernetes::Inventory;
use crate::policy::Policies;

/// Answers one request. Never denies at [`Hook::Mutate`], never patches at [`Hook::Validate`].
#[must_use]
pub fn decide(policies: &Policies, hook: Hook, request: &Request, inventory: &dyn Inventory) -> Verdict {
    decide_on(policies, hook, request, inventory, Models::read(hook, request, inventory))
}

/// The same, with the models that [`look_around`] read for this hook with this very inventory.
#[must_use]
pub fn decide_on(
    policies: &Policies,
    hook: Hook,
    request: &Request,
    inventory: &dyn Inventory,
    models: Models,
) -> Verdict {
    if caps::is_being_deleted(request) || exempt::is_exempt(policies, request, inventory, &models) {
        return Verdict::default();
    }
    match hook {
        Hook::Mutate => mutate::mutate(policies, request, inventory, models),
        Hook::Validate => validate::validate(policies, request, inventory, &models),
    }
}
