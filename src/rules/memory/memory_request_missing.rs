//! A Redis container that asks the scheduler for no memory.

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Stage};
use crate::rules::profile::{MUTATE_OR_DENY, MUTATE_OR_WARN, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::Workload;

rule! {
    /// A Redis container asks the scheduler for no memory
    ///
    /// ## What it checks
    /// Each container of a Redis server or Sentinel has a memory request above 0. With only a limit the API server copies
    /// the limit to the request of the Pod: that is equal already, and no finding. Where the Pod has memory of its own
    /// (`spec.resources`), the scheduler plans with that.
    ///
    /// ## Why it matters
    /// A Pod without a request lands on any node, however full, and is the first to be evicted or killed there.
    ///
    /// ## Fails
    /// ```yaml
    /// resources: {requests: {memory: 0}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// Safe on CREATE where a limit stands: the request becomes the limit. Unsafe on a running server: it restarts, and
    /// may then fit no node.
    ///
    /// ## Sources
    /// Kubernetes, "Pod Quality of Service Classes".
    pub(crate) struct MemoryRequestMissing = RuleInfo {
        id: "memory-request-missing",
        group: "memory",
        severity: Severity::High,
        fix: FixSafety::SafeOnCreate,
        profiles: Profiles::all(MUTATE_OR_WARN).production(MUTATE_OR_DENY),
        stage: Some(Stage::Request),
    }
}

impl Rule for MemoryRequestMissing {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        if workload.pod_request_bytes().is_some_and(|request| request > 0) || !workload.pod_memory.malformed.is_empty()
        {
            return;
        }
        for redis in workload.redis_containers() {
            if !redis.memory.malformed.is_empty() || redis.memory.default_unseen.is_some() {
                continue; // Something is written there, if wrong; or a LimitRange may give it.
            }
            let at = redis.at.join("resources/requests/memory");
            let fix = match (&redis.memory.request, &redis.memory.limit) {
                (Some(request), _) if request.bytes > 0 => continue,
                (None, Some(_)) => continue, // The API server copies the limit.
                (None, None) if redis.memory.default_limit.is_some() => continue, // So does a LimitRange.
                (Some(_), Some(limit)) => {
                    let trust = context.safe_on_create(&redis.name, "resources.requests.memory");
                    Fix::new(trust, "raise the request to the limit").replace(at.clone(), limit.text.clone())
                }
                (_, None) => {
                    Fix::display("set resources.requests.memory and resources.limits.memory to the same amount")
                }
            };
            let message = format!("container {} asks for no memory", redis.name);
            let place = workload.place(redis.at.join("resources"));
            findings.push(Self::finding(workload, &redis.name, place, message).fix(fix).gap(1.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::memory_request_missing::MemoryRequestMissing;
    use crate::rules::testing::{fixes, passes, shows};

    #[test]
    fn raises_a_request_of_zero() {
        fixes::<MemoryRequestMissing>(
            "resources: {requests: {memory: '0'}, limits: {memory: 1Gi}}",
            "resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}",
        );
    }

    #[test]
    fn a_limit_alone_is_equal_already() {
        passes::<MemoryRequestMissing>("resources: {limits: {memory: 1Gi}}");
    }

    #[test]
    fn what_the_pod_asks_for_counts() {
        let pod = |resources: &str| {
            format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{resources: {resources}, \
                 containers: [{{name: redis, image: 'redis:8.2'}}]}}}}"
            )
        };
        passes::<MemoryRequestMissing>(&pod("{requests: {memory: 1Gi}}"));
        passes::<MemoryRequestMissing>(&pod("{limits: {memory: 1Gi}}"));
        shows::<MemoryRequestMissing>(&pod("{requests: {cpu: 1}}"));
    }

    #[test]
    fn what_is_no_quantity_is_not_missing() {
        passes::<MemoryRequestMissing>("resources: {requests: {memory: 1GB}}");
        passes::<MemoryRequestMissing>("resources: {limits: {memory: 1GB}}");
    }

    #[test]
    fn neither_request_nor_limit_needs_a_human() {
        shows::<MemoryRequestMissing>("resources: {}");
    }
}
