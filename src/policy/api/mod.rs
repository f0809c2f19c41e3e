//! `RedisPolicy` and `RedisPolicyException` as they are written: their types, their definitions, and how they are checked
//! and read.

pub(crate) mod crd;
pub(crate) mod exception;
pub(crate) mod files;
pub(crate) mod keywords;
pub(crate) mod load;
pub(crate) mod matching;
pub(crate) mod object;
pub(crate) mod schema;
pub(crate) mod typed;
pub(crate) mod validate;

#[cfg(test)]
mod tests;
