//! Spotahome's redis-operator: `RedisFailover`.

use super::operator::Operator;

pub(crate) const OPERATOR: Operator = Operator { group: "databases.spotahome.com" };
