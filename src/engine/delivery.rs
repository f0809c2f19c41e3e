//! A maxmemory that the policy does not put into the workload itself: then a human writes it, and is told where.

use super::fixes::is_delivered_here;
use super::mutate::config_map::MAXMEMORY_MISSING;
use crate::policy::Policy;
use crate::rules::maxmemory::size;
use crate::rules::{Context, Edit, Finding, Fix};
use crate::workload::{Container, Workload};

/// The finding with the fix that this policy delivers.
pub(crate) fn adapt_fix_to_delivery(
    policy: &Policy,
    context: &Context,
    workload: &Workload,
    finding: Finding,
) -> Finding {
    if is_delivered_here(policy, context.ours, &finding) {
        return finding;
    }
    let Some(fix) = &finding.fix else { return finding };
    let container = fix.edits.iter().find_map(|edit| match edit {
        Edit::Maxmemory { container, bytes, .. } => Some((container, *bytes)),
        Edit::Set { .. } => None,
    });
    let server = container.and_then(|(name, bytes)| {
        let server = workload.servers().find(|server| server.name == *name)?;
        (finding.rule == MAXMEMORY_MISSING).then_some((server, bytes))
    });
    let fix = match server {
        Some((server, bytes)) => by_hand(context, workload, server, bytes),
        None => Fix::display(&fix.description),
    };
    Finding { fix: Some(fix), ..finding }
}

fn by_hand(context: &Context, workload: &Workload, server: &Container, bytes: u64) -> Fix {
    let value = size::directive(bytes);
    let limit = server.memory.limit_text().unwrap_or_default();
    let share = context.derivation.sum(workload, server, bytes, &limit);
    let file = server.config.as_ref().and_then(|config| config.files.last());
    let key = file.and_then(|file| Some((file, file.at.segments().last()?)));
    Fix::display(&match key {
        Some((file, key)) => format!("write `maxmemory {value}` into {key} of {} ({share})", file.object),
        None => format!("set `maxmemory {value}` ({share}); the policy's `delivery` leaves that to you"),
    })
}
