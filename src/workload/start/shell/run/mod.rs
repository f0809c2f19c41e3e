//! What running a container's scripts comes to.
#![allow(clippy::option_option, reason = "the outer one is a path that has ended, the inner one what is known")]

pub(crate) mod arrays;
mod braces;
mod builtins;
pub(crate) mod call;
mod conditions;
pub(crate) mod content;
mod copies;
mod declare;
mod field;
pub(crate) mod files;
pub(crate) mod interpreter;
mod jumps;
mod known;
mod loops;
pub(crate) mod names;
mod needs_bash;
mod parameters;
pub(crate) mod paths;
mod pipes;
mod programs;
mod reading;
mod redirects;
mod sed;
mod servers;
pub(crate) mod shared;
mod simple;
mod sourcing;
mod splitting;
pub(crate) mod start;
pub(crate) mod state;
mod streams;
#[cfg(test)]
mod tests;
mod tools;
mod words;
pub(crate) mod world;
mod wrappers;
mod writing;
