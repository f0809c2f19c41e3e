//! The impact for people: only what differs between the two policies.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::memory::{Cost, Left, Quota};
use super::{Affected, Both, Side};
use crate::cli::args::diagnostics::printable;
use crate::cli::policy::counted;
use crate::engine::Outcome;
use crate::rules::maxmemory::size;

/// How many workloads meet what they did not meet before.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    denied: usize,
    denied_at_rollout: usize,
    patched: usize,
    restarted: usize,
    warned: usize,
}

impl Summary {
    pub(crate) fn of(affected: &[Affected]) -> Self {
        let mut summary = Self::default();
        for one in affected {
            let create = News::of(&one.create);
            let rollout = one.rollout.as_ref().map(News::of).unwrap_or_default();
            summary.denied += usize::from(!create.denied.is_empty());
            summary.denied_at_rollout += usize::from(!rollout.denied.is_empty());
            summary.patched += usize::from(!create.patched.is_empty());
            summary.restarted += usize::from(!one.changes().is_empty());
            summary.warned += usize::from(!(create.warned.is_empty() && rollout.warned.is_empty()));
        }
        summary
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "denied": self.denied,
            "deniedAtRollout": self.denied_at_rollout,
            "patched": self.patched,
            "changedAtRollout": self.restarted,
            "warned": self.warned,
        })
    }
}

/// The rules of the new outcome that the old one did not have, and those that are gone.
#[derive(Debug, Default)]
struct News<'a> {
    denied: Vec<&'a str>,
    warned: Vec<&'a str>,
    patched: Vec<&'a str>,
    denied_no_more: Vec<&'a str>,
    warned_no_more: Vec<&'a str>,
    patched_no_more: Vec<&'a str>,
    unsettled: bool,
}

impl<'a> News<'a> {
    fn of(both: &'a Both<Outcome>) -> Self {
        let (old, new) = (&both.old, &both.new);
        let less = |one: &'a BTreeSet<String>, others: &[&BTreeSet<String>]| {
            let rules = one.iter().filter(|rule| !others.iter().any(|other| other.contains(*rule)));
            rules.map(String::as_str).collect()
        };
        Self {
            denied: less(&new.denied, &[&old.denied]),
            warned: less(&new.warned, &[&old.warned]),
            patched: less(&new.patched, &[&old.patched]),
            denied_no_more: less(&old.denied, &[&new.denied]),
            // What is denied or mended now needs no words about its warning.
            warned_no_more: less(&old.warned, &[&new.warned, &new.denied, &new.patched]),
            patched_no_more: less(&old.patched, &[&new.patched]),
            unsettled: new.unsettled && !old.unsettled,
        }
    }

    /// A line for each that there is.
    fn lines(&self) -> Vec<String> {
        let named = [
            ("denied", &self.denied),
            ("patched", &self.patched),
            ("warned", &self.warned),
            ("denied no more", &self.denied_no_more),
            ("patched no more", &self.patched_no_more),
            ("warned no more", &self.warned_no_more),
        ];
        let named = named.into_iter().filter(|(_, rules)| !rules.is_empty());
        let mut lines: Vec<String> = named.map(|(what, rules)| format!("{what}: {}", rules.join(", "))).collect();
        if self.unsettled {
            lines.push("not patched: its fixes do not settle".to_owned());
        }
        lines
    }
}

pub(crate) fn text(
    out: &mut dyn Write,
    sides: &Both<Side>,
    affected: &[Affected],
    costs: &[Cost],
    objects: usize,
) -> io::Result<()> {
    let workloads = counted(affected.len(), "Redis workload");
    writeln!(out, "{} instead of {}: {workloads} in {}", sides.new.title, sides.old.title, counted(objects, "object"))?;
    let mut as_before = 0;
    for one in affected {
        let changes = one.changes();
        let create = News::of(&one.create).lines();
        let rollout = one.rollout.as_ref().map(|both| News::of(both).lines()).unwrap_or_default();
        if create.is_empty() && rollout.is_empty() && changes.is_empty() {
            as_before += 1;
            continue;
        }
        writeln!(out, "\n{} (policy {})", one.name, one.policy.new)?;
        part(out, "created anew", &create)?;
        part(out, "next rollout", &rollout)?;
        let changes: Vec<String> = changes.iter().map(|path| one.named(path)).collect();
        part(out, "Pods change", &changes)?;
    }
    if as_before > 0 {
        writeln!(out, "\n{}: as before", counted(as_before, "workload"))?;
    }
    memory(out, costs)?;
    let summary = Summary::of(affected);
    writeln!(
        out,
        "\nNew: {} denied when created, {} at the next rollout; {} patched when created;\n\
         the Pods of {} change at the next rollout; {} warned.\n\
         Nothing restarts by a policy alone: running Pods stay until somebody rolls them out.",
        summary.denied, summary.denied_at_rollout, summary.patched, summary.restarted, summary.warned
    )
}

fn part(out: &mut dyn Write, head: &str, lines: &[String]) -> io::Result<()> {
    for (index, line) in lines.iter().enumerate() {
        writeln!(out, "  {:<12}  {line}", if index == 0 { head } else { "" })?;
    }
    Ok(())
}

fn memory(out: &mut dyn Write, costs: &[Cost]) -> io::Result<()> {
    if costs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nMemory requests, once all are rolled out")?;
    for cost in costs {
        let namespace = if cost.namespace.is_empty() { "(no namespace)" } else { &cost.namespace };
        let nodes = match cost.added.each_node {
            0 => String::new(),
            amount => format!(", {} of it for each node (counted once)", signed(amount)),
        };
        writeln!(out, "  {}  {}{nodes}", printable(namespace), signed(cost.added.bytes))?;
        cost.quotas.iter().try_for_each(|one| writeln!(out, "    {}", printable(&quota(one))))?;
    }
    let left = costs.iter().flat_map(|cost| &cost.quotas).filter_map(|quota| quota.left.as_ref().ok());
    if left.into_iter().any(|left| left.assumes_no_default_class) {
        writeln!(out, "  Pods that name no PriorityClass are taken to have none: {}.", Left::ASSUMPTION)?;
    }
    Ok(())
}

fn quota(quota: &Quota) -> String {
    let hard = format!("quota {} of {}", quota.name, size::quantity(quota.hard));
    let left = match &quota.left {
        Ok(left) => left,
        Err(why) => return format!("{hard}: can't be counted, since {why}"),
    };
    let scopes = if left.scopes.is_empty() { String::new() } else { format!(" ({})", left.scopes.join("; ")) };
    let bytes = size::quantity(left.bytes.unsigned_abs());
    let bytes = if left.bytes < 0 { format!("exceeded by {bytes}") } else { format!("{bytes} left") };
    let nodes = match left.each_node {
        0 => String::new(),
        amount => format!(" with one node, {} for each node more", signed(amount.saturating_neg())),
    };
    format!("{hard}{scopes}: {bytes}{nodes}")
}

/// An amount with its sign.
fn signed(bytes: i64) -> String {
    format!("{}{}", if bytes < 0 { '-' } else { '+' }, size::quantity(bytes.unsigned_abs()))
}
