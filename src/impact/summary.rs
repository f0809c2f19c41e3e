//! What differs between two policies: by rules for one workload, and in numbers for all.

use std::collections::BTreeSet;

use super::change::Change;
use super::workload::WorkloadImpact;
use crate::engine::Outcome;

/// How many workloads meet what they did not meet before.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) denied: usize,
    pub(crate) denied_at_rollout: usize,
    pub(crate) patched: usize,
    /// Those whose Pods change at the next rollout.
    pub(crate) changed_at_rollout: usize,
    pub(crate) warned: usize,
}

/// The rules of the new outcome that the old one did not have, and those that are gone.
#[derive(Debug, Default)]
pub(crate) struct RuleChanges<'a> {
    pub(crate) denied: Vec<&'a str>,
    pub(crate) warned: Vec<&'a str>,
    pub(crate) patched: Vec<&'a str>,
    pub(crate) no_longer_denied: Vec<&'a str>,
    pub(crate) no_longer_warned: Vec<&'a str>,
    pub(crate) no_longer_patched: Vec<&'a str>,
    /// Whether the fixes of the new outcome alone do not settle.
    pub(crate) unsettled: bool,
}

impl Summary {
    /// Counts.
    pub(crate) fn count(workloads: &[WorkloadImpact]) -> Self {
        let mut summary = Self::default();
        for workload in workloads {
            let create = RuleChanges::between(&workload.create);
            let rollout = workload.rollout.as_ref().map(RuleChanges::between).unwrap_or_default();
            summary.denied += usize::from(!create.denied.is_empty());
            summary.denied_at_rollout += usize::from(!rollout.denied.is_empty());
            summary.patched += usize::from(!create.patched.is_empty());
            summary.changed_at_rollout += usize::from(!workload.changed_paths().is_empty());
            summary.warned += usize::from(!(create.warned.is_empty() && rollout.warned.is_empty()));
        }
        summary
    }
}

impl<'a> RuleChanges<'a> {
    /// Compares the outcomes.
    pub(crate) fn between(outcomes: &'a Change<Outcome>) -> Self {
        let Change { old, new } = outcomes;
        Self {
            denied: without(&new.denied, &[&old.denied]),
            warned: without(&new.warned, &[&old.warned]),
            patched: without(&new.patched, &[&old.patched]),
            no_longer_denied: without(&old.denied, &[&new.denied]),
            // What is denied or fixed now needs no words about its warning.
            no_longer_warned: without(&old.warned, &[&new.warned, &new.denied, &new.patched]),
            no_longer_patched: without(&old.patched, &[&new.patched]),
            unsettled: new.unsettled && !old.unsettled,
        }
    }
}

/// The rules that none of the others holds.
fn without<'a>(rules: &'a BTreeSet<String>, others: &[&BTreeSet<String>]) -> Vec<&'a str> {
    let rest = rules.iter().filter(|rule| !others.iter().any(|other| other.contains(*rule)));
    rest.map(String::as_str).collect()
}
