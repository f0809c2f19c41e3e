//! The integration tests, in one binary: those against a real control plane and a real node share their servers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails its test")]

mod architecture;
mod check;
mod claims;
mod cluster;
mod command;
mod config_maps;
mod control_plane;
mod docs;
mod e2e;
mod exceptions;
mod expected;
mod explain;
mod guard;
mod hostile;
mod impact;
mod in_cluster;
mod inspect;
mod laws;
mod lookups;
mod namespace;
mod node;
mod overlay;
mod plain;
mod pods;
mod policies;
mod policy_objects;
mod proof;
mod secrets;
mod serve;
mod server;
mod shell;
mod trial;
mod verdicts;
