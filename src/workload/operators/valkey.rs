//! The Valkey project's own valkey-operator.

use super::operator::Operator;

pub(crate) const OPERATOR: Operator = Operator { group: "valkey.io" };
