//! Rules on Services: how the servers of a set are found by name.

pub(super) mod governing_service_missing;
pub(super) mod governing_service_not_headless;
