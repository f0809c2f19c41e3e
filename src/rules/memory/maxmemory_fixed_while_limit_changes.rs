//! A memory limit that changes while maxmemory stays.

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::gap::share;
use crate::rules::info::{AtResize, Doors, FixSafety, Stage, Strongest};
use crate::rules::maxmemory::size;
use crate::rules::profile::{MUTATE_OR_WARN, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Container, Workload};

rule! {
    /// An update changes the memory limit and leaves maxmemory as it was
    ///
    /// ## What it checks
    /// On an update that changes a server's memory limit: its effective maxmemory changes too.
    ///
    /// ## Why it matters
    /// A lower limit with the old maxmemory is the road to OOMKilled; a higher one is paid for and never used.
    ///
    /// ## Fails
    /// ```yaml
    /// # before
    /// args: [--maxmemory, 768mb]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ---
    /// # after
    /// args: [--maxmemory, 768mb]
    /// resources: {requests: {memory: 2Gi}, limits: {memory: 2Gi}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// # before
    /// args: [--maxmemory, 768mb]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ---
    /// # after
    /// args: [--maxmemory, 1536mb]
    /// resources: {requests: {memory: 2Gi}, limits: {memory: 2Gi}}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A maxmemory of ours follows the limit both ways, with the rollout that the user has asked for anyway. One that the
    /// user wrote is the user's to change.
    ///
    /// ## Sources
    /// redis.conf, "maxmemory".
    pub(crate) struct MaxmemoryFixedWhileLimitChanges = RuleInfo {
        id: "maxmemory-fixed-while-limit-changes",
        group: "memory",
        severity: Severity::Medium,
        fix: FixSafety::SafeOnCreate,
        profiles: Profiles::all(MUTATE_OR_WARN),
        stage: Some(Stage::Maxmemory),
        doors: Doors::ADMISSION,
        at_resize: AtResize { high: Strongest::Warn, lower: Strongest::Warn },
    }
}

impl Rule for MaxmemoryFixedWhileLimitChanges {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let Some(old) = context.old else { return };
        for server in workload.servers() {
            let Some(before) = old.servers().find(|before| before.name == server.name) else { continue };
            let (Some(limit), Some(limit_before)) = (read_limit(server), read_limit(before)) else { continue };
            let (Some(maxmemory), Some(maxmemory_before)) = (maxmemory(server), maxmemory(before)) else { continue };
            if limit.0 == limit_before.0 || maxmemory.0 != maxmemory_before.0 {
                continue;
            }
            let Some(derived) = context.derivation.maxmemory_for(workload, server, limit.0) else { continue };
            if derived == maxmemory.0 {
                continue; // It fits the new limit, as ours does.
            }
            let message = format!(
                "container {}: the memory limit changes from {} to {}, maxmemory stays {}",
                server.name,
                limit_before.1,
                limit.1,
                size::directive(maxmemory.0)
            );
            let fix = Fix::display(&format!("set maxmemory to {} with it", size::directive(derived)));
            let gap = share(limit.0.abs_diff(limit_before.0), limit_before.0);
            findings.push(Self::finding(workload, &server.name, maxmemory.1, message).fix(fix).gap(gap));
        }
    }
}

/// The limit in bytes, and as it is written.
fn read_limit(server: &Container) -> Option<(u64, String)> {
    server.memory.limit_bytes().zip(server.memory.limit_text())
}

fn maxmemory(server: &Container) -> Option<(u64, crate::kubernetes::Place)> {
    let setting = server.config.as_ref()?.maxmemory.value()?;
    (setting.value > 0).then(|| (setting.value, setting.origin.clone()))
}
