//! What a rule may know besides the workload: whether data may be running, what we wrote ourselves, how maxmemory is derived.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::finding::Applicability;
use super::maxmemory::headroom::{Demand, Writes};
use super::maxmemory::size;
use crate::workload::{Container, Workload};

/// What a rule may know besides the workload.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Whether a data set may be running.
    pub life: Life,
    /// How the policy derives maxmemory.
    pub derivation: Derivation,
    /// The values that are ours by the mark.
    pub ours: &'a [OwnedValue],
    /// The workload before an update.
    pub old: Option<&'a Workload>,
    /// Whether the governing Service is the object under review, being created: then it can still be made headless.
    pub service_is_new: bool,
}

impl Context<'_> {
    /// How far a fix may be trusted that is Safe on CREATE or where the value is ours, and Unsafe on a running data set.
    #[must_use]
    pub fn safe_on_create(&self, container: &str, path: &str) -> Applicability {
        let ours = || self.ours.iter().any(|ours| ours.container == container && ours.path == path);
        if self.life == Life::New || ours() { Applicability::Safe } else { Applicability::Unsafe }
    }

    /// The maxmemory of a server for a limit: derived from it, but where ours stands and the limit is the same it never
    /// gets lower.
    #[must_use]
    pub fn maxmemory_for(&self, workload: &Workload, server: &Container, limit_bytes: u64) -> Option<u64> {
        let derived = self.derivation.maxmemory_for(workload, server, limit_bytes)?;
        Some(self.not_below_ours(&server.name, limit_bytes, derived))
    }

    fn not_below_ours(&self, container: &str, limit_bytes: u64, derived: u64) -> u64 {
        let ours = self.ours.iter().find(|ours| ours.container == container && ours.path == size::MAXMEMORY);
        match ours.and_then(|ours| ours.maxmemory) {
            Some((set, limit)) if limit == limit_bytes && !self.derivation.override_ => derived.max(set),
            _ => derived,
        }
    }
}

/// Whether a data set may be running behind the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It is being created, and nothing of it exists.
    New,
    /// It exists, or may.
    Running,
}

/// A value that the mark names as ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedValue {
    /// The container.
    pub container: String,
    /// The path in it, such as `resources.requests.memory`, or a directive, such as `maxmemory`.
    pub path: String,
    /// For a maxmemory: what we set, and the limit that it was derived from, both in bytes.
    pub maxmemory: Option<(u64, u64)>,
}

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

    /// The smallest limit, in whole MiB, for which `maxmemory` does not exceed the ratio; in bytes.
    #[must_use]
    pub fn limit_for(&self, maxmemory: u64) -> u64 {
        let exact = u128::from(maxmemory) * u128::from(Ratio::ONE);
        let bytes = exact.div_ceil(u128::from(self.ratio.millionths));
        u64::try_from(bytes.div_ceil(u128::from(MIB)) * u128::from(MIB)).unwrap_or(u64::MAX)
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

/// A share of the memory limit: above 0, up to 1, in millionths, so that no rounding of floats moves a MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio {
    millionths: u32,
}

impl Ratio {
    const ONE: u32 = 1_000_000;

    /// 0.75, the guide's number.
    pub const GUIDE: Self = Self { millionths: 750_000 };

    /// This share of an amount in bytes, rounded down.
    #[must_use]
    pub fn of(self, bytes: u64) -> u64 {
        let share = u128::from(bytes) * u128::from(self.millionths) / u128::from(Self::ONE);
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

impl TryFrom<f64> for Ratio {
    type Error = String;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value lies between 0 and 1,000,000"
    )]
    fn try_from(ratio: f64) -> Result<Self, String> {
        let millionths = (ratio * f64::from(Self::ONE)).round();
        if millionths >= 1.0 && ratio <= 1.0 {
            Ok(Self { millionths: millionths as u32 })
        } else {
            Err(format!("a ratio lies above 0 and is at most 1, found {ratio}; the guide's is 0.75"))
        }
    }
}

impl JsonSchema for Ratio {
    fn schema_name() -> Cow<'static, str> {
        "Ratio".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> Self {
        Self::from(ratio.millionths) / Self::from(Ratio::ONE)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", f64::from(*self))
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
    }

    #[test]
    fn refuses_absurd_ratios() {
        for absurd in [0.0, -0.5, 1.01, f64::NAN, f64::INFINITY, 1e-9] {
            assert!(Ratio::try_from(absurd).is_err(), "{absurd}");
        }
        assert_eq!(Ratio::try_from(0.7).unwrap().to_string(), "0.7");
    }

    #[test]
    fn ours_is_not_lowered_while_the_limit_stands() {
        let ours =
            [OwnedValue { container: "redis".into(), path: "maxmemory".into(), maxmemory: Some((800 * MIB, GIB)) }];
        let context = Context {
            life: Life::Running,
            derivation: Derivation::default(),
            ours: &ours,
            old: None,
            service_is_new: false,
        };
        assert_eq!(context.not_below_ours("redis", GIB, 768 * MIB), 800 * MIB);
        assert_eq!(context.not_below_ours("redis", GIB / 2, 384 * MIB), 384 * MIB);
        assert_eq!(context.not_below_ours("other", GIB, 768 * MIB), 768 * MIB);
        assert_eq!(context.safe_on_create("redis", "maxmemory"), Applicability::Safe);
        assert_eq!(context.safe_on_create("redis", "resources.limits.memory"), Applicability::Unsafe);
    }
}
