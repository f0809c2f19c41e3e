//! Hyperspike's valkey-operator: `Valkey`.

use super::operator::Operator;

pub(crate) const OPERATOR: Operator = Operator { group: "hyperspike.io" };
