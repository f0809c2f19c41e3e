//! What a server or Sentinel reads at start: the values that most rules ask for, and any directive that one asks for.

use self::directives::Directives;
pub(crate) use self::directives::SEVERAL_WAYS;
use super::fact::{Fact, Setting};
use crate::kubernetes::Place;

mod command;
mod directives;
pub(crate) mod load;
mod places;
pub(crate) mod read;

/// What a server or Sentinel reads at start, with arguments and included files.
#[derive(Debug, Clone)]
pub struct Config {
    /// The effective maxmemory in bytes: unset where nobody sets one. A `maxmemory 0` is set, to 0 bytes.
    pub maxmemory: Fact<Setting<u64>>,
    /// The effective maxmemory-policy.
    pub maxmemory_policy: Fact<Setting<String>>,
    /// Whether the data set is written to disk: set or unknown, since the server has a default.
    pub persistence: Fact<Persistence>,
    /// Whether somebody wrote that it is: an append-only file that is on, or save points other than the server's own.
    pub persistence_chosen: bool,
    /// The files of objects that it reads, in order: the last one wins.
    pub files: Vec<Place>,
    /// The hard limit of a replica's output buffer, in bytes, 0 for none; nothing where it could not be seen.
    pub replica_buffer_bytes: Option<u64>,
    /// What redis-server refuses in it, with places.
    pub problems: Vec<ConfigProblem>,
    /// What could not be read, if anything: no fix that depends on the effective configuration is applied then.
    pub unseen: Option<String>,
    /// What [`Config::directive`] looks up.
    pub(crate) directives: Directives,
}

impl Config {
    /// The effective value of a directive as redis.conf would write it (`768mb`, `allkeys-lru`), with the place that it
    /// comes from; unset where nobody writes it. An alias is as good as the name. A password reads `(redacted)`.
    #[must_use]
    pub fn directive(&self, name: &str) -> Fact<Setting<String>> {
        self.directives.find(name)
    }

    /// Whether the start script gives a directive on the command line, which wins over every file.
    pub(crate) fn is_given_by_script(&self, name: &str) -> bool {
        self.directives.is_given_by_script(name)
    }
}

/// How a server writes its data set to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// The append-only file.
    Aof,
    /// Snapshots.
    Rdb,
    /// Both.
    Both,
    /// Neither.
    None,
}

impl Persistence {
    /// Whether there is an append-only file.
    #[must_use]
    pub fn is_aof(self) -> bool {
        matches!(self, Self::Aof | Self::Both)
    }

    /// The name in the model's JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aof => "aof",
            Self::Rdb => "rdb",
            Self::Both => "both",
            Self::None => "none",
        }
    }
}

/// Something in a configuration that redis-server refuses, or that we can't judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where.
    pub place: Place,
    /// The directive, where one is named.
    pub directive: Option<String>,
    /// What is wrong; never a secret value.
    pub message: String,
    /// Whether every version in use refuses it. Else it is an unknown fact.
    pub certain: bool,
}
