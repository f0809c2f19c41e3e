//! Types of the parameters that rules take.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::kubernetes::Quantity;

/// An amount of memory in a rule's parameters, written as a quantity such as `512Mi`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuantityParam {
    bytes: u64,
}

impl QuantityParam {
    /// The amount in bytes.
    pub(crate) fn bytes(self) -> u64 {
        self.bytes
    }
}

impl<'de> Deserialize<'de> for QuantityParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = Quantity::parse(&text).ok().and_then(Quantity::bytes);
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
