//! OpsTree's redis-operator: `Redis`, `RedisCluster`, `RedisReplication`, `RedisSentinel`.

use super::operator::Operator;

pub(crate) const OPERATOR: Operator = Operator { group: "redis.redis.opstreelabs.in" };
