//! How a maxmemory is sized.

pub(crate) mod headroom;
pub(crate) mod size;
