//! The integration tests, in one binary: those against a real control plane and a real node share their servers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails its test")]

mod admission;
mod architecture;
mod cases;
mod cli;
mod cluster;
mod docs;
mod laws;
mod node;
mod rules;
mod servers;
mod starts;
mod support;
