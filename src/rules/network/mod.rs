//! Rules on Services: how the servers of a set are found by name.

pub(crate) mod governing_service_missing;
pub(crate) mod governing_service_not_headless;
