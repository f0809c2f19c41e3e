//! YAML and JSON into trees, as an API server would take them: a key twice is an error, and `1000.0` is the integer
//! that it is.

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

/// A tree on its way in. A `LENIENT` one takes the last value of a key that stands twice.
pub(crate) struct Tree<const LENIENT: bool>(pub(crate) Value);

/// No real object nests deeper, and a stack is finite.
pub(crate) const MAX_DEPTH: usize = 100;

/// What the error of a key that stands twice says of it.
pub(crate) const TWICE: &str = "is duplicated in this mapping";

/// Up to here every integer has its float.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

impl<'de, const LENIENT: bool> Deserialize<'de> for Tree<LENIENT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any::<LENIENT>).map(Self)
    }
}

struct Any<const LENIENT: bool>;

impl<'de, const LENIENT: bool> Visitor<'de> for Any<LENIENT> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a Kubernetes object")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// Beyond 64 bits no number is exact.
    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(value.to_string().parse().map_or(Value::Null, Value::Number))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(value.to_string().parse::<Number>().map_or(Value::Null, Value::Number))
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() <= LARGEST_EXACT {
            return Ok((value as i64).into());
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Tree::<LENIENT>(item)) = items.next_element()? {
            list.push(item);
        }
        list.shrink_to_fit();
        Ok(Value::Array(list))
    }

    /// Trees are kept by the thousand: a mapping gets no more room than it needs.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            let Tree::<LENIENT>(value) = entries.next_value()?;
            fields.push((key, value));
        }
        let mut map = Map::with_capacity(fields.len());
        for (key, value) in fields {
            if !LENIENT && map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("key `{key}` {TWICE}")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
