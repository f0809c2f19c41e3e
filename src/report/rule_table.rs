//! All rules, or one of them, with what the shipped profiles do about each.

use crate::policy::Policies;
use crate::rules::RuleInfo;

/// All rules.
#[derive(Debug)]
pub struct RuleTable {
    /// In the order of the registry.
    pub rules: Vec<RuleInfo>,
    /// The shipped profiles by name.
    pub profiles: Vec<(&'static str, Policies)>,
}

/// The page of one rule.
#[derive(Debug)]
pub struct RulePage {
    /// The rule.
    pub rule: &'static RuleInfo,
    /// The shipped profiles by name.
    pub profiles: Vec<(&'static str, Policies)>,
}
