//! The integration tests, in one binary: those against a real control plane and a real node share their servers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails its test")]

mod architecture;
mod cluster;
mod control_plane;
mod exceptions;
mod laws;
mod lookups;
mod namespace;
mod node;
mod overlay;
mod policies;
mod serve;
mod server;
mod verdicts;
