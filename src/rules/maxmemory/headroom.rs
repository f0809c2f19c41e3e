//! How much of a memory limit a data set may take where snapshots fork and replicas are fed.
//!
//! Measured with redis-server 7.0.15: a full server takes 1.06 to 1.08 x maxmemory and 12 MB when empty; a fork copies at
//! most 6 KiB a write, and at most the data set; a replica's output buffer lies outside maxmemory, up to its own hard limit.
//! What is not covered: values whose sizes change (up to 2.07 without a fork), and a replica that never gets online.

use super::ratio::Ratio;
use crate::workload::{Container, Persistence, Topology, Workload};

const MIB: u64 = 1 << 20;
/// An empty server.
const EMPTY: u64 = 12 * MIB;
/// What one write costs while a fork lives: one or two pages of 4 KiB.
const PER_WRITE: u64 = 6 * 1024;
/// redis-server's own hard limit for the output buffer of a replica.
const REPLICA_BUFFER: u64 = 256 * MIB;
/// The share of a limit that bears even a fork in which everything is written anew.
const SAFE_PERCENT: u64 = 45;

/// How much is written while a snapshot runs, as a policy expects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writes {
    /// Writes a second.
    pub per_second: u32,
    /// Seconds that a snapshot takes.
    pub snapshot_seconds: u32,
}

impl Default for Writes {
    fn default() -> Self {
        Self { per_second: 200, snapshot_seconds: 30 }
    }
}

/// What a server needs beside its data set, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// The most that a fork copies; 0 where nothing forks.
    fork: u64,
    /// The hard limit of a replica's output buffer; 0 where no replica is fed.
    replica_buffer: u64,
}

impl Demand {
    /// What a server needs. What is not known of it counts as the worse.
    #[must_use]
    pub fn of(workload: &Workload, server: &Container, writes: Writes) -> Self {
        let config = server.config.as_ref();
        let feeds = workload.topology != Topology::Standalone;
        let persists = config.and_then(|config| config.persistence.value()) != Some(&Persistence::None);
        let cost = u64::from(writes.per_second) * u64::from(writes.snapshot_seconds) * PER_WRITE;
        let limit = config.and_then(|config| config.replica_buffer_bytes).filter(|limit| *limit > 0);
        Self {
            // The first synchronisation of a replica forks too, whatever `save` says.
            fork: if persists || feeds { cost } else { 0 },
            replica_buffer: if feeds { limit.unwrap_or(REPLICA_BUFFER) } else { 0 },
        }
    }

    /// The most memory that a server with this maxmemory comes to.
    #[must_use]
    pub fn peak(&self, maxmemory: u64) -> u64 {
        floor_of_use(maxmemory).saturating_add(self.fork.min(maxmemory)).saturating_add(self.replica_buffer)
    }

    /// The largest maxmemory whose peak fits the limit, in whole MiB: never above the ratio, never below 45% of the limit
    /// (or the ratio, where that is lower).
    #[must_use]
    pub fn maxmemory(&self, limit: u64, ratio: Ratio) -> u64 {
        let most = ratio.of(limit);
        let room = limit.saturating_sub(EMPTY).saturating_sub(self.replica_buffer);
        // While everything may be copied the fork costs as much as the data set: 2.1 x; beyond that it costs its most.
        let all_copied = part(room, 10, 21);
        let fitting = if all_copied <= self.fork { all_copied } else { part(room.saturating_sub(self.fork), 10, 11) };
        let least = part(limit, SAFE_PERCENT, 100).min(most);
        fitting.clamp(least, most) / MIB * MIB
    }
}

/// What a full server needs without any fork, in bytes: 1.1 x maxmemory + 12 MiB.
pub(crate) fn floor_of_use(maxmemory: u64) -> u64 {
    maxmemory.saturating_add(maxmemory / 10).saturating_add(EMPTY)
}

fn part(whole: u64, numerator: u64, denominator: u64) -> u64 {
    let part = u128::from(whole) * u128::from(numerator) / u128::from(denominator);
    u64::try_from(part).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: u64 = 256 * MIB;

    fn demand(writes: u64, replica_buffer: u64) -> Demand {
        Demand { fork: writes * PER_WRITE, replica_buffer }
    }

    /// Measured totals, in hundredths of maxmemory, with the writes during the fork.
    #[test]
    fn the_peak_covers_what_was_measured() {
        for (maxmemory, writes, buffer, measured) in [
            (M, 0, 0, 108),                // full, no fork
            (64 * MIB, 0, 0, 121),         // the same, small
            (M, 430_000, 0, 206),          // BGSAVE at full speed, 100 B
            (M, 65_000, 0, 153),           // at full speed, 10 KB
            (M, 5_200_000, 0, 207),        // 26 s at full speed
            (M, 27 * 500, 0, 141),         // 500 writes a second
            (M, 22 * 2000, 0, 173),        // 2000 writes a second
            (M, 43 * 5000, 0, 202),        // 5000 writes a second
            (M, 13 * 500, 0, 113),         // 500 writes a second, 10 KB
            (64 * MIB, 1_000_000, 0, 210), // small, at full speed
            (M, 18 * 500, M, 136),         // a replica attaches slowly, 10 KB
            (M, 60 * 500, 32 * MIB, 122),  // a replica stops reading, with a lower limit
        ] {
            let peak = demand(writes, buffer).peak(maxmemory);
            assert!(peak >= maxmemory * measured / 100, "{maxmemory} {writes} {buffer}: {peak}");
        }
    }

    #[test]
    fn absurd_values_do_not_overflow() {
        assert_eq!(floor_of_use(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_replica_that_attaches_at_full_speed_is_not_covered() {
        let measured = M * 321 / 100;
        assert!(demand(10_000_000, M).peak(M) < measured, "its buffer overshoots the limit; the page says so");
    }

    #[test]
    fn what_is_solved_fits_and_one_more_does_not() {
        let one = Ratio::try_from(1.0).unwrap();
        for limit in [256, 512, 1024, 4096, 65536].map(|limit| limit * MIB) {
            for (writes, buffer) in [(0, 0), (6000, 0), (60_000, 0), (10_000_000, 0), (6000, 32 * MIB)] {
                let demand = demand(writes, buffer);
                let maxmemory = demand.maxmemory(limit, one);
                let least = part(limit, SAFE_PERCENT, 100) / MIB * MIB;
                if maxmemory > least {
                    assert!(demand.peak(maxmemory) <= limit, "{limit} {writes} {buffer}: {maxmemory}");
                }
                assert!(demand.peak(maxmemory + 2 * MIB) > limit, "{limit} {writes} {buffer}: {maxmemory}");
            }
        }
    }

    #[test]
    fn stays_between_the_safe_share_and_the_ratio() {
        let limit = 1024 * MIB;
        let ratio = Ratio::GUIDE;
        assert_eq!(demand(0, 0).maxmemory(limit, ratio), 768 * MIB);
        assert_eq!(demand(6000, 256 * MIB).maxmemory(limit, ratio), 655 * MIB);
        assert_eq!(demand(6000, 512 * MIB).maxmemory(limit, ratio), 460 * MIB, "45% and no less");
        assert_eq!(demand(0, 0).maxmemory(limit, Ratio::try_from(0.3).unwrap()), 307 * MIB);
        assert_eq!(demand(u64::MAX / PER_WRITE, 0).maxmemory(u64::MAX, ratio) % MIB, 0);
    }
}
