//! What the tests share: running commands, building manifests, a namespace in memory, a real control plane.

pub(crate) mod command;
pub(crate) mod control_plane;
pub(crate) mod left_out;
pub(crate) mod namespace;
pub(crate) mod plain;
pub(crate) mod policy;
pub(crate) mod releases;
pub(crate) mod renewal;
pub(crate) mod statefulset;
