//! What is wrong with a workload: one rule a file, each with its documentation, parameters, check, fix and tests.

mod finding;

pub use finding::{Applicability, Edit, Finding, Fix, Related, Severity, UNKNOWN_FACT};

/// What `explain` and `rules` print of a rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// The id, in kebab-case.
    pub id: &'static str,
    /// `memory`, `probes`, `network`, `topology`.
    pub group: &'static str,
    /// The highest severity of its findings.
    pub severity: Severity,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// The whole page in Markdown.
    pub page: &'static str,
    /// `S`, `S¹`, `U`, `D` or `–`.
    pub fix: &'static str,
    /// The doors, such as `AFC`.
    pub doors: &'static str,
}

/// All rules, by group and id.
#[must_use]
pub fn all() -> Vec<RuleInfo> {
    Vec::new()
}
