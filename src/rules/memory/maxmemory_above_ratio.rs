//! A maxmemory that leaves too little of the memory limit.

use crate::rules::context::Context;
use crate::rules::directive::DirectiveValue;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::gap::share;
use crate::rules::info::{AtResize, FixSafety, Stage, Strongest};
use crate::rules::maxmemory::headroom::floor_of_use;
use crate::rules::maxmemory::size;
use crate::rules::profile::{DENY, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Container, Workload};

rule! {
    /// maxmemory leaves too little of the memory limit
    ///
    /// ## What it checks
    /// The effective maxmemory of each server is at most the policy's share of its memory limit: that of its container or of
    /// the whole Pod (`spec.resources`), whichever is smaller.
    ///
    /// ## Why it matters
    /// maxmemory counts the data only. Client and replica buffers, fragmentation and the pages that a snapshot copies come
    /// on top. Medium above the ratio; high where 1.1 x maxmemory + 12 MiB, which even an idle server without a fork
    /// needs, exceeds the limit: it is killed before it evicts.
    ///
    /// ## Fails
    /// ```yaml
    /// args: [--maxmemory, 1gb]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// args: [--maxmemory, 768mb]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Parameters
    /// None; the policy's `spec.maxmemory.ratio`, 0.75 by default. `spec.maxmemory.override: true` lets the webhook lower it.
    ///
    /// ## Fix safety
    /// Lowering maxmemory on a running data set evicts keys or refuses writes: Unsafe. Safe on CREATE, with `override` only.
    ///
    /// ## Sources
    /// Measured with redis-server 7.0: a full server without a fork takes 1.06 to 1.08 x maxmemory, 12 MB when empty.
    pub(crate) struct MaxmemoryAboveRatio = RuleInfo {
        id: "maxmemory-above-ratio",
        group: "memory",
        severity: Severity::Medium,
        fix: FixSafety::SafeOnCreate,
        profiles: Profiles::all(WARN).production(DENY),
        stage: Some(Stage::Maxmemory),
        // High: what even an idle server needs does not fit.
        at_resize: AtResize { high: Strongest::Deny, lower: Strongest::Warn },
    }
}

impl Rule for MaxmemoryAboveRatio {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for server in workload.servers() {
            let setting = server.config.as_ref().and_then(|config| config.maxmemory.value());
            let limits = server.memory.most_bytes().zip(server.memory.limit_text());
            let (Some(setting), Some((limit, text))) = (setting, limits) else {
                continue;
            };
            let allowed = context.derivation.ratio.of(limit);
            let maxmemory = setting.value;
            if maxmemory <= allowed || maxmemory == 0 {
                continue;
            }
            let written = server.memory.limit_written();
            let pod = server.memory.pod_limit.as_ref().map(|pod| &pod.amount);
            let whose = if written.is_some() && written == pod { " of the Pod" } else { "" };
            let message = format!(
                "container {}: maxmemory {} is above {} of the memory limit {text}{whose}",
                server.name,
                size::directive(maxmemory),
                context.derivation.ratio,
            );
            let severity = if floor_of_use(maxmemory) > limit { Severity::High } else { Severity::Medium };
            let mut finding = Self::finding(workload, &server.name, setting.origin.clone(), message)
                .severity(severity)
                .gap(share(maxmemory - allowed, allowed))
                .fix(lower(context, workload, server, maxmemory));
            if let Some(limit) = written {
                finding = finding.related(workload.place(limit.at.clone()), "the limit");
            }
            findings.push(finding);
        }
    }
}

fn lower(context: &Context, workload: &Workload, server: &Container, maxmemory: u64) -> Fix {
    let enough = size::quantity(context.derivation.limit_for(maxmemory));
    let limit = server.memory.limit_bytes().zip(server.memory.limit_text());
    let derived =
        limit.and_then(|(limit, text)| Some((context.derivation.maxmemory_for(workload, server, limit)?, text)));
    let Some((bytes, limit)) = derived else {
        return Fix::display(&format!("raise the limit to {enough}"));
    };
    let lower = size::directive(bytes);
    let description = format!("lower maxmemory to {lower}, or raise the limit to {enough}");
    let value = DirectiveValue::from(lower).derived(limit, context.derivation.name());
    let fix = Fix::directive(context, server, size::MAXMEMORY, value).described(&description);
    if context.derivation.override_ { fix } else { fix.at_most_unsafe() }
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::maxmemory_above_ratio::MaxmemoryAboveRatio;
    use crate::rules::testing::{finds, passes};

    #[test]
    fn the_ratio_itself_is_allowed() {
        passes::<MaxmemoryAboveRatio>("{args: [--maxmemory, 768mb], resources: {limits: {memory: 1Gi}}}");
        finds::<MaxmemoryAboveRatio>(
            "{args: [--maxmemory, '805306369'], resources: {limits: {memory: 1Gi}}}",
            "above 0.75 of the memory limit 1Gi",
        );
    }

    #[test]
    fn leaves_a_missing_maxmemory_to_its_own_rule() {
        passes::<MaxmemoryAboveRatio>("{args: [--maxmemory, '0'], resources: {limits: {memory: 1Gi}}}");
        passes::<MaxmemoryAboveRatio>("{args: [--maxmemory, 1gb], resources: {}}");
    }

    #[test]
    fn the_pods_limit_binds_whoever_shares_it() {
        finds::<MaxmemoryAboveRatio>(
            &pod("{limits: {memory: 1Gi}}", "{}"),
            "maxmemory 1024mb is above 0.75 of the memory limit 1Gi of the Pod",
        );
        finds::<MaxmemoryAboveRatio>(&pod("{limits: {memory: 2Gi}}", "{limits: {memory: 1Gi}}"), "limit 1Gi");
        passes::<MaxmemoryAboveRatio>(&pod("{limits: {memory: 2Gi}}", "{}"));
    }

    /// A Pod with memory of its own, whose server has a maxmemory of 1gb.
    fn pod(resources: &str, server: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{resources: {resources}, containers: [\
             {{name: redis, image: 'redis:8.2', args: [--maxmemory, 1gb], resources: {server}}}, \
             {{name: other, image: busybox}}]}}}}"
        )
    }
}
