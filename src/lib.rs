//! The load line for Redis on Kubernetes: one engine behind an admission webhook, an audit and a report command.
//!
//! Data flows one way: `inventory` → `workload` → `rules` → `patch` and `policy` → a door (`admission`, `cli`).
//! The middle rooms do no I/O; the doors do all of it and decide nothing. `docs/architecture.md` is the map,
//! and a test (`tests/it/architecture.rs`) holds which room may import which.

pub mod admission;
pub mod cli;
pub mod inventory;
pub mod patch;
pub mod policy;
pub mod redis;
pub mod report;
pub mod rules;
pub mod workload;
