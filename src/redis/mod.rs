//! Redis' own language: redis.conf, command lines and memory units, as redis-server 7.0.15 reads them. No Kubernetes
//! here, and no I/O: files come through [`Files`].
//!
//! The oracle is `tests/data/redis-conf/cases.json`: what a real server answered to 692 configurations.

mod acl;
mod args;
mod directives;
mod effective;
mod glob;
mod line;
mod load;
mod loaded;
mod memory;
#[cfg(test)]
mod oracle;
mod redacted;
mod refused;
mod sentinel;
mod settings;
mod start;
mod text;
mod value;
mod word;

pub use self::directives::directive_name;
pub use self::line::{Unbalanced, split_line};
pub use self::load::load;
pub use self::loaded::{
    Applied, FileSeen, Files, Loaded, Mode, Origin, Persistence, Problem, ProblemKind, Stage, Start, Unseen,
};
pub use self::memory::{BadSize, Bytes};
pub use self::redacted::{Redacted, may_hold_secret};
pub use self::refused::has_placeholder;
pub use self::sentinel::Monitor;
pub use self::word::Word;
