//! Redis' own language: redis.conf, command lines and memory units, as each version of each server reads them.
//! No Kubernetes here but for the names of images, and no I/O: files come through [`Files`].
//!
//! The oracle is `tests/data/redis-conf/`: what real servers answered to 692 configurations.

mod accept;
mod acl;
mod args;
mod commands;
mod effective;
mod glob;
mod image;
mod kind;
mod line;
mod load;
mod loaded;
mod memory;
#[cfg(test)]
mod oracle;
mod redacted;
mod refused;
mod sentinel;
mod server;
mod settings;
mod start;
mod text;
mod value;
mod versions;
mod word;

pub use self::line::{Unbalanced, split_line};
pub use self::load::load;
pub use self::loaded::{
    Applied, FileSeen, Files, Loaded, Mode, Origin, Persistence, Problem, ProblemKind, Stage, Start, Unseen,
};
pub use self::memory::{BadSize, Bytes};
pub use self::redacted::{Redacted, may_hold_secret};
pub use self::refused::has_placeholder;
pub use self::sentinel::Monitor;
pub use self::server::Server;
pub use self::versions::directive_name;
pub use self::word::Word;
