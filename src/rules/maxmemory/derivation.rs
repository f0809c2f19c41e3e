//! How maxmemory is derived from the memory limit.

use super::headroom::{Demand, Writes, floor_of_use};
use super::ratio::Ratio;
use super::size;
use crate::workload::{Container, Workload};

/// How maxmemory is derived from the memory limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derivation {
    /// The share of the limit.
    pub ratio: Ratio,
    /// Whether a value of the user's above the ratio may be lowered.
    pub override_: bool,
    /// Under `derive: headroom` the writes that a snapshot has to bear; nothing under `derive: ratio`.
    pub headroom: Option<Writes>,
}

impl Default for Derivation {
    fn default() -> Self {
        Self { ratio: Ratio::GUIDE, override_: false, headroom: None }
    }
}

/// Below this limit nothing is derived: a result of `0mb` would be unlimited.
const SMALLEST_LIMIT: u64 = 32 << 20;
const MIB: u64 = 1 << 20;

impl Derivation {
    /// `floor(limit x ratio)` to a whole MiB, in bytes; nothing for a limit below 32 MiB.
    #[must_use]
    pub fn maxmemory(&self, limit_bytes: u64) -> Option<u64> {
        let derived = self.ratio.of(limit_bytes) / MIB * MIB;
        (limit_bytes >= SMALLEST_LIMIT && derived > 0).then_some(derived)
    }

    /// The maxmemory of a server: [`Derivation::maxmemory`], lowered under `derive: headroom` to what its peak leaves.
    #[must_use]
    pub fn maxmemory_for(&self, workload: &Workload, server: &Container, limit_bytes: u64) -> Option<u64> {
        let derived = self.maxmemory(limit_bytes)?;
        let Some(writes) = self.headroom else { return Some(derived) };
        let fitting = Demand::of(workload, server, writes).maxmemory(limit_bytes, self.ratio);
        (fitting > 0).then(|| fitting.min(derived))
    }

    /// The smallest limit, in whole MiB, for which `maxmemory` does not exceed the ratio, and which holds what a full server
    /// needs beside it (1.1 x maxmemory + 12 MiB); in bytes.
    #[must_use]
    pub fn limit_for(&self, maxmemory: u64) -> u64 {
        let bytes = self.ratio.smallest_whole(maxmemory).max(u128::from(floor_of_use(maxmemory)));
        u64::try_from(bytes.div_ceil(u128::from(MIB)) * u128::from(MIB)).unwrap_or(u64::MAX)
    }

    /// What a limit makes of maxmemory, for who has neither: `with a limit of 1Gi maxmemory becomes 768mb`.
    #[must_use]
    pub fn example(&self) -> String {
        const LIMIT: u64 = 1 << 30;
        let maxmemory = self.maxmemory(LIMIT).map_or_else(|| "a share of it".to_owned(), size::directive);
        format!("with a limit of 1Gi maxmemory becomes {maxmemory}")
    }

    /// Reads the mark's name of one that needs the limit alone: `ratio:0.75`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let ratio: f64 = name.strip_prefix("ratio:")?.parse().ok()?;
        Some(Self { ratio: Ratio::try_from(ratio).ok()?, ..Self::default() })
    }

    /// How the mark names it: `ratio:0.75`, or `headroom:0.75` with the writes a second and the seconds of a snapshot.
    #[must_use]
    pub fn name(&self) -> String {
        match self.headroom {
            None => format!("ratio:{}", self.ratio),
            Some(writes) => format!("headroom:{}:{}:{}", self.ratio, writes.per_second, writes.snapshot_seconds),
        }
    }

    /// How a message says where a maxmemory comes from; `limit` as it is written.
    #[must_use]
    pub fn sum(&self, workload: &Workload, server: &Container, maxmemory: u64, limit: &str) -> String {
        let Some(writes) = self.headroom else { return format!("{} of the limit {limit}", self.ratio) };
        let peak = size::quantity(Demand::of(workload, server, writes).peak(maxmemory).div_ceil(MIB) * MIB);
        format!("with fork and replica buffers a peak of {peak} within the limit {limit}, at most {} of it", self.ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn derives_whole_mebibytes() {
        let derivation = Derivation::default();
        assert_eq!(derivation.maxmemory(2 * GIB), Some(1536 * MIB));
        assert_eq!(derivation.maxmemory(33 * MIB), Some(24 * MIB));
        assert_eq!(derivation.maxmemory(32 * MIB - 1), None);
        assert_eq!(derivation.maxmemory(0), None);
    }

    #[test]
    fn limit_for_is_the_other_way_round() {
        let derivation = Derivation::default();
        assert_eq!(derivation.limit_for(1536 * MIB), 2 * GIB);
        assert_eq!(derivation.limit_for(1537 * MIB), 2050 * MIB);
        assert_eq!(derivation.limit_for(u64::MAX), u64::MAX);
        assert_eq!(derivation.limit_for(30 * MIB), 45 * MIB, "0.75 of 40Mi would leave no room for an empty server");
        assert_eq!(derivation.example(), "with a limit of 1Gi maxmemory becomes 768mb");
    }
}
