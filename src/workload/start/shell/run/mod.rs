//! What running a container's scripts comes to.

pub(crate) mod arrays;
mod builtins;
pub(crate) mod call;
mod conditions;
pub(crate) mod content;
mod declare;
pub(crate) mod files;
pub(crate) mod interpreter;
mod jumps;
mod loops;
mod needs_bash;
mod parameters;
pub(crate) mod programs;
mod redirects;
mod sed;
mod simple;
pub(crate) mod start;
pub(crate) mod state;
mod streams;
#[cfg(test)]
mod tests;
mod tools;
mod words;
pub(crate) mod world;
mod wrappers;
