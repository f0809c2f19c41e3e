//! How a maxmemory is sized.

pub(crate) mod derivation;
pub(crate) mod headroom;
pub(crate) mod ratio;
pub(crate) mod size;
