//! What the commands and expansions of a shell come to, as pure functions: what they give as known is what dash, busybox
//! and bash with coreutils all do; anything else is unknown.

pub(crate) mod arithmetic;
pub(crate) mod condition;
pub(crate) mod echo;
mod escape;
pub(crate) mod filtered;
pub(crate) mod filters;
mod lines;
pub(crate) mod pattern;
pub(crate) mod printf;
mod regex;
pub(crate) mod sed;
pub(crate) mod split;
mod symbols;
pub(crate) mod test;
mod truth;
mod unseen;

#[cfg(test)]
mod oracle;
