//! The share of a memory limit that maxmemory may take.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

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

    /// The smallest amount in bytes of which `share` is this share or less.
    pub(crate) fn smallest_whole(self, share: u64) -> u128 {
        let exact = u128::from(share) * u128::from(Self::ONE);
        exact.div_ceil(u128::from(self.millionths))
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

    #[test]
    fn refuses_absurd_ratios() {
        for absurd in [0.0, -0.5, 1.01, f64::NAN, f64::INFINITY, 1e-9] {
            assert!(Ratio::try_from(absurd).is_err(), "{absurd}");
        }
        assert_eq!(Ratio::try_from(0.7).unwrap().to_string(), "0.7");
    }
}
