//! Rules on memory: requests, limits, maxmemory, and the configuration that sets it.

pub(crate) mod config_not_accepted;
pub(crate) mod maxmemory_above_ratio;
pub(crate) mod maxmemory_fixed_while_limit_changes;
pub(crate) mod maxmemory_missing;
pub(crate) mod memory_limit_missing;
pub(crate) mod memory_request_below_limit;
pub(crate) mod memory_request_missing;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::registry::Entry;

/// The rules of this group, in the order of every table that we print.
pub(crate) const RULES: &[Entry] = &[
    Entry::of::<memory_limit_missing::MemoryLimitMissing>(),
    Entry::of::<memory_request_missing::MemoryRequestMissing>(),
    Entry::of::<memory_request_below_limit::MemoryRequestBelowLimit>(),
    Entry::of::<maxmemory_missing::MaxmemoryMissing>(),
    Entry::of::<maxmemory_above_ratio::MaxmemoryAboveRatio>(),
    Entry::of::<maxmemory_fixed_while_limit_changes::MaxmemoryFixedWhileLimitChanges>(),
    Entry::of::<config_not_accepted::ConfigNotAccepted>(),
];

/// How large a part of `whole` is, for a finding's gap.
#[expect(clippy::cast_precision_loss, reason = "a gap is compared, not added up; 52 bits are enough")]
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// An amount of memory in a rule's parameters, written as a quantity such as `512Mi`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuantityParam {
    bytes: u64,
}

impl QuantityParam {
    /// The amount in bytes.
    fn bytes(self) -> u64 {
        self.bytes
    }
}

impl<'de> Deserialize<'de> for QuantityParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = crate::kubernetes::Quantity::parse(&text).ok().and_then(crate::kubernetes::Quantity::bytes);
        match bytes {
            Some(bytes) if bytes > 0 => Ok(Self { bytes }),
            _ => Err(de::Error::custom(format!("`{text}` is no amount of memory; write it as `512Mi`"))),
        }
    }
}

impl JsonSchema for QuantityParam {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "An amount of memory, such as 512Mi."})
    }
}
