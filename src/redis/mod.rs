//! Redis' own language: redis.conf, command lines and memory units, as redis-server 7.0.15 reads them. No Kubernetes
//! here, and no I/O: files come through [`Files`].
//!
//! The oracle is `tests/data/redis-conf/cases.json`: what a real server answered to 692 configurations.

mod acl;
mod args;
mod directives;
mod glob;
mod line;
mod load;
mod loaded;
mod memory;
#[cfg(test)]
mod oracle;
mod sentinel;
mod settings;
mod start;
mod text;
mod value;
mod word;

pub use line::{Unbalanced, split_line};
pub use load::{has_placeholder, load};
pub use loaded::{
    Applied, FileSeen, Files, Loaded, Mode, Origin, Persistence, Problem, ProblemKind, Stage, Start, Unseen,
};
pub use memory::{BadSize, Bytes};
pub use sentinel::Monitor;
pub use word::Word;
