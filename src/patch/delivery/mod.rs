//! How directives of ours stand in an object: pairs of words in `args`, words of an environment variable, lines of the
//! overlay, or lines of a ConfigMap. Any set of them can be put in; each can be recognised, taken out, put back as it
//! stood in the stored object, and rewritten.

mod args;
pub(crate) mod config_map;
pub(crate) mod delivered;
pub(crate) mod directive;
mod env;
mod list;
pub(crate) mod overlay;
pub(crate) mod path;
pub(crate) mod put;
mod tail;
#[cfg(test)]
mod tests;
