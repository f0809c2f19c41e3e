//! A Redis server without maxmemory.

use crate::rules::context::Context;
use crate::rules::directive::DirectiveValue;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Stage};
use crate::rules::maxmemory::size;
use crate::rules::profile::{MUTATE_OR_DENY, MUTATE_OR_WARN, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Container, Fact, Workload};

rule! {
    /// A Redis server has no maxmemory
    ///
    /// ## What it checks
    /// The effective maxmemory of each server is above 0, wherever it should have come from: arguments, environment,
    /// redis.conf and its includes, a chart's start script. A value that reaches only some roles counts for those only.
    ///
    /// ## Why it matters
    /// Without maxmemory Redis never evicts and never refuses a write: it grows into its memory limit and is killed
    /// (OOMKilled), and what was not saved is gone.
    ///
    /// ## Fails
    /// ```yaml
    /// args: [--appendonly, "no"]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// args: [--appendonly, "no", --maxmemory, 768mb]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Parameters
    /// None; the policy's `spec.maxmemory.ratio` is the share of the memory limit, 0.75 by default. Under `derive: headroom`
    /// it is less where a snapshot forks or replicas are fed, for `writesPerSecond` over `snapshotSeconds`.
    ///
    /// ## Fix safety
    /// Safe on CREATE: maxmemory becomes the share of the limit, in whole MiB, written where it takes effect. Unsafe on a
    /// running server, where it may evict keys or refuse writes. No fix below a limit of 32 MiB, nor where the server shares a
    /// limit of the whole Pod (`spec.resources`) with containers that have none.
    ///
    /// ## Sources
    /// redis.conf, "maxmemory"; alphagov/govuk-helm-charts#2870; OT-CONTAINER-KIT/redis-operator#769.
    pub(crate) struct MaxmemoryMissing = RuleInfo {
        id: "maxmemory-missing",
        group: "memory",
        severity: Severity::High,
        fix: FixSafety::SafeOnCreate,
        profiles: Profiles::all(MUTATE_OR_WARN).production(MUTATE_OR_DENY),
        stage: Some(Stage::Maxmemory),
        adds_directive: Some("maxmemory"),
    }
}

impl Rule for MaxmemoryMissing {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for server in workload.servers() {
            let Some(config) = &server.config else { continue };
            let place = match &config.maxmemory {
                Fact::Set(setting) if setting.value > 0 => continue,
                Fact::Set(setting) => setting.origin.clone(),
                Fact::Unset => workload.place(server.at.clone()),
                Fact::Unknown(_) => continue, // The engine reports what it would take to see it.
            };
            let is_zero = !config.maxmemory.is_unset();
            let zero = if is_zero { " (0 is unlimited)" } else { "" };
            let message = format!("container {} runs a Redis server without maxmemory{zero}", server.name);
            let fix = derive(context, workload, server);
            findings.push(Self::finding(workload, &server.name, place, message).fix(fix).gap(1.0));
        }
    }
}

fn derive(context: &Context, workload: &Workload, server: &Container) -> Fix {
    let Some((limit, text)) = server.memory.limit_bytes().zip(server.memory.limit_text()) else {
        return Fix::display(&format!("{}: {}", first_step(workload, server), context.derivation.example()));
    };
    let Some(bytes) = context.maxmemory_for(workload, server, limit) else {
        return Fix::display(&format!(
            "first raise the memory limit: {text} leaves no room for a data set, {}",
            context.derivation.example()
        ));
    };
    let share = context.derivation.sum(workload, server, bytes, &text);
    let value = DirectiveValue::from(size::directive(bytes)).because(share).derived(text, context.derivation.name());
    Fix::directive(context, server, size::MAXMEMORY, value)
}

/// What has to be done before a maxmemory can be derived.
fn first_step(workload: &Workload, server: &Container) -> String {
    if let Some(pod) = &server.memory.pod_limit {
        let limit = &pod.amount.text;
        return format!("first give each container a memory limit, for they share the Pod's {limit}");
    }
    if server.memory.default_unseen.is_some() {
        return "first set the memory limit, which a LimitRange may give that could not be seen".to_owned();
    }
    let mut malformed = server.memory.malformed.iter().chain(&workload.pod_memory.malformed);
    let step = if malformed.any(|malformed| malformed.is_limit) { "correct" } else { "set" };
    format!("first {step} the memory limit")
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::maxmemory_missing::MaxmemoryMissing;
    use crate::rules::testing::{finds, fixes, passes, shows};

    #[test]
    fn derives_from_the_limit() {
        fixes::<MaxmemoryMissing>(
            "{args: [--appendonly, 'no'], resources: {limits: {memory: 1Gi}}}",
            "{args: [--appendonly, 'no', --maxmemory, 768mb], resources: {limits: {memory: 1Gi}}}",
        );
    }

    #[test]
    fn zero_is_unlimited() {
        finds::<MaxmemoryMissing>("{args: [--maxmemory, '0'], resources: {limits: {memory: 1Gi}}}", "0 is unlimited");
    }

    #[test]
    fn any_value_of_the_users_counts() {
        passes::<MaxmemoryMissing>("{args: [--maxmemory, 100mb], resources: {limits: {memory: 1Gi}}}");
    }

    #[test]
    fn derives_from_what_the_pods_limit_leaves() {
        let pod = |args: &str, exporter: &str| {
            format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{resources: {{limits: {{memory: 2Gi}}}}, containers: [\
                 {{name: redis, image: 'redis:8.2'{args}}}, {{name: other, image: busybox, resources: {exporter}}}]}}}}"
            )
        };
        let limited = "{limits: {memory: 1Gi}}";
        fixes::<MaxmemoryMissing>(&pod("", limited), &pod(", args: [--maxmemory, 768mb]", limited));
        shows::<MaxmemoryMissing>(&pod("", "{}"));
    }

    #[test]
    fn derives_nothing_without_a_limit_or_from_a_tiny_one() {
        shows::<MaxmemoryMissing>("{resources: {}}");
        shows::<MaxmemoryMissing>("{resources: {limits: {memory: 31Mi}}}");
        shows::<MaxmemoryMissing>("{resources: {limits: {memory: 1GB}}}");
    }
}
