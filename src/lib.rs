//! The load line for Redis on Kubernetes: one engine behind an admission webhook and commands for manifests and
//! policies.
//!
//! Data flows one way: `kubernetes` and `redis` → `workload` → `rules` → `patch` and `policy` → `engine` → a door.
//! The middle rooms do no I/O; the doors do all of it and decide nothing. `docs/architecture.md` is the map,
//! and a test (`tests/it/architecture/`) holds which room may import which.

pub mod admission;
mod cel;
pub mod cli;
pub mod cluster;
pub mod engine;
mod impact;
pub mod kubernetes;
mod manifests;
pub mod patch;
pub mod policy;
pub mod redis;
pub mod report;
pub mod rules;
mod sandbox;
pub mod workload;
pub mod yaml;
