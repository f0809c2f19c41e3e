//! What directives come to together, with the server's defaults.

use super::loaded::{Loaded, Persistence};
use super::memory::Bytes;
use super::sentinel::{self, Monitor};
use super::settings;

impl Loaded {
    /// Whether the data set is written to disk, with the server's defaults: save points on, append-only file off.
    #[must_use]
    pub fn persistence(&self) -> Persistence {
        let aof = self.last("appendonly").and_then(|applied| applied.words.first());
        let aof = aof.is_some_and(|word| word.bytes().eq_ignore_ascii_case(b"yes"));
        Persistence { aof, rdb: !settings::save_points(self).is_empty() }
    }

    /// The hard limit of a replica's output buffer, with the server's default; 0 is unlimited.
    #[must_use]
    pub fn replica_output_buffer(&self) -> Bytes {
        settings::replica_output_buffer(self)
    }

    /// The masters that a Sentinel watches.
    #[must_use]
    pub fn sentinel_monitors(&self) -> Vec<Monitor> {
        sentinel::monitors(self)
    }
}
