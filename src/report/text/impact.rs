//! The impact of a policy for people: only what differs between the two policies.

use std::io;

use crate::impact::{Change, Impact, NamespaceMemory, Quota, Remaining, RuleChanges, Summary, WorkloadImpact};
use crate::report::format::ToText;
use crate::report::page::{Page, counted, printable};
use crate::rules::maxmemory::size;

impl ToText for Impact {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let Change { old, new } = &self.policies;
        let workloads = counted(self.workloads.len(), "Redis workload");
        writeln!(page.out, "{new} instead of {old}: {workloads} in {}", counted(self.objects, "object"))?;
        let mut unchanged = 0;
        for workload in &self.workloads {
            let lines = WorkloadLines::new(workload);
            if lines.are_empty() {
                unchanged += 1;
                continue;
            }
            writeln!(page.out, "\n{} (policy {})", workload.object, workload.policy.new)?;
            lines.write(page)?;
        }
        if unchanged > 0 {
            writeln!(page.out, "\n{}: as before", counted(unchanged, "workload"))?;
        }
        write_memory(page, &self.namespaces)?;
        write_summary(page, &Summary::count(&self.workloads))
    }
}

/// What is said of one workload.
struct WorkloadLines {
    create: Vec<String>,
    rollout: Vec<String>,
    changes: Vec<String>,
}

impl WorkloadLines {
    fn new(workload: &WorkloadImpact) -> Self {
        let rollout = workload.rollout.as_ref().map(RuleChanges::between);
        let changes = workload.changed_paths();
        Self {
            create: rule_lines(&RuleChanges::between(&workload.create)),
            rollout: rollout.as_ref().map(rule_lines).unwrap_or_default(),
            changes: changes.iter().map(|path| workload.readable_path(path)).collect(),
        }
    }

    fn are_empty(&self) -> bool {
        self.create.is_empty() && self.rollout.is_empty() && self.changes.is_empty()
    }

    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let parts = [("created anew", &self.create), ("next rollout", &self.rollout), ("Pods change", &self.changes)];
        for (head, lines) in parts {
            for (index, line) in lines.iter().enumerate() {
                writeln!(page.out, "  {:<12}  {line}", if index == 0 { head } else { "" })?;
            }
        }
        Ok(())
    }
}

/// A line for each change that there is.
fn rule_lines(changes: &RuleChanges) -> Vec<String> {
    let named = [
        ("denied", &changes.denied),
        ("patched", &changes.patched),
        ("warned", &changes.warned),
        ("denied no more", &changes.no_longer_denied),
        ("patched no more", &changes.no_longer_patched),
        ("warned no more", &changes.no_longer_warned),
    ];
    let mut lines = Vec::new();
    for (what, rules) in named {
        if !rules.is_empty() {
            lines.push(format!("{what}: {}", rules.join(", ")));
        }
    }
    if changes.unsettled {
        lines.push("not patched: its fixes do not settle".to_owned());
    }
    lines
}

fn write_summary(page: &mut Page<'_>, summary: &Summary) -> io::Result<()> {
    writeln!(
        page.out,
        "\nNew: {} denied when created, {} at the next rollout; {} patched when created;\n\
         the Pods of {} change at the next rollout; {} warned.\n\
         Nothing restarts by a policy alone: running Pods stay until somebody rolls them out.",
        summary.denied, summary.denied_at_rollout, summary.patched, summary.changed_at_rollout, summary.warned
    )
}

fn write_memory(page: &mut Page<'_>, namespaces: &[NamespaceMemory]) -> io::Result<()> {
    if namespaces.is_empty() {
        return Ok(());
    }
    writeln!(page.out, "\nMemory requests, once all are rolled out")?;
    let mut assumes_no_default_class = false;
    for memory in namespaces {
        let namespace = if memory.namespace.is_empty() { "(no namespace)" } else { &memory.namespace };
        let nodes = match memory.added.each_node {
            0 => String::new(),
            amount => format!(", {} of it for each node (counted once)", signed_size(amount)),
        };
        writeln!(page.out, "  {}  {}{nodes}", printable(namespace), signed_size(memory.added.bytes))?;
        for quota in &memory.quotas {
            writeln!(page.out, "    {}", printable(&describe_quota(quota)))?;
            assumes_no_default_class |= quota.left.as_ref().is_ok_and(|left| left.assumes_no_default_class);
        }
    }
    if assumes_no_default_class {
        writeln!(page.out, "  Pods that name no PriorityClass are taken to have none: {}.", Remaining::ASSUMPTION)?;
    }
    Ok(())
}

fn describe_quota(quota: &Quota) -> String {
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
        amount => format!(" with one node, {} for each node more", signed_size(amount.saturating_neg())),
    };
    format!("{hard}{scopes}: {bytes}{nodes}")
}

/// An amount with its sign.
fn signed_size(bytes: i64) -> String {
    format!("{}{}", if bytes < 0 { '-' } else { '+' }, size::quantity(bytes.unsigned_abs()))
}
