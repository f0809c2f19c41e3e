//! Rules on Services: how the servers of a set are found by name.

pub(crate) mod governing_service_missing;
pub(crate) mod governing_service_not_headless;

use super::registry::Entry;

/// The rules of this group, in the order of every table that we print.
pub(crate) const RULES: &[Entry] = &[
    Entry::new::<governing_service_missing::GoverningServiceMissing>(),
    Entry::new::<governing_service_not_headless::GoverningServiceNotHeadless>(),
];
