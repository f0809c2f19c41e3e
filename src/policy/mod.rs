//! What to do about a finding: profiles, actions, the door table, the ratchet, the verdict.
//!
//! [`Policies`] holds what was loaded; [`references`] says what a request needs looked up; [`decide`] answers it;
//! [`judge`] is the same for manifests that nobody is applying. Pure: what is not in the inventory is unknown.

mod action;
mod around;
mod check;
mod config_map;
mod crd;
mod custom;
mod delivered;
mod doors;
mod evaluate;
mod exception;
mod exempt;
mod files;
mod ignore;
mod judge;
mod kinds;
mod limits;
mod load;
mod message;
mod mistake;
mod mutate;
mod names;
mod schema;
mod select;
mod set;
mod source;
mod typed;
mod validate;
mod verdict;

pub use action::{Action, Mode};
pub use around::{Models, look_around, references};
pub use crd::custom_resource_definitions;
pub use custom::Condition;
pub use exception::{Exception, exception_findings};
pub use ignore::{IGNORE, suppress, unknown_words};
pub use judge::judge;
pub use kinds::{KINDS, Kind};
pub use load::{PROFILE_NAMES, Policy};
pub use mistake::{Mistake, Path, PolicyError, PolicyErrors, PolicyWarning};
pub use schema::{Delivery, EXCEPTION_DAYS, GROUP, MOST_EXCEPTION_DAYS, OnError, Replaces};
pub use select::{Labels, Target, labels_of};
pub use set::{Policies, Refused, Reviewed};
pub use typed::Typed;
pub use verdict::{Hook, Judged, ObjectPatch, Operation, Request, Verdict};

use crate::workload::Inventory;

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
    if doors::is_being_deleted(request) || exempt::is_exempt(policies, request, inventory, &models) {
        return Verdict::default();
    }
    match hook {
        Hook::Mutate => mutate::mutate(policies, request, inventory, models),
        Hook::Validate => validate::validate(policies, request, inventory, &models),
    }
}
