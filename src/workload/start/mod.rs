//! How a container starts: its entrypoint, start scripts, and the files that they see.

pub(crate) mod entrypoint;
pub(crate) mod filesystem;
pub(crate) mod script;
mod shell;
