//! A Redis container whose memory request is lower than its limit.

use serde::Deserialize;

use super::share;
use crate::rules::{Context, Finding, Fix, Rule, Severity, rule, size};
use crate::workload::{Role, Workload};

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MemoryRequestBelowLimit {}

rule! {
    /// The memory request of a Redis container is not its limit
    ///
    /// ## What it checks
    /// The memory request of each Redis server and Sentinel equals its memory limit, as quantities: `1Gi` is `1024Mi`.
    ///
    /// ## Why it matters
    /// The scheduler plans with requests, Redis grows to the limit: where they differ the node is overcommitted, and the
    /// kernel kills a Redis that has done nothing wrong. A Sentinel is smaller and easier to replace: medium.
    ///
    /// ## Fails
    /// ```yaml
    /// resources: {requests: {memory: 256Mi}, limits: {memory: 1Gi}}
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
    /// Safe: the request is raised to the limit that the user chose. It costs schedulable memory; the warning says how
    /// much over all replicas. A request above the limit is refused by Kubernetes itself and is never patched.
    ///
    /// ## Sources
    /// Kubernetes, "Resource Management for Pods and Containers". Of 41 public manifests with both, none had them equal.
    MemoryRequestBelowLimit, "memory-request-below-limit", "memory", High, Request, fix "S", doors "AFC"
}

impl Rule for MemoryRequestBelowLimit {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for redis in workload.redis_containers() {
            let (Some(request), Some(limit)) = (&redis.memory.request, &redis.memory.limit) else {
                continue; // `memory-limit-missing` and `memory-request-missing` speak of these.
            };
            if request.bytes == limit.bytes || request.bytes == 0 {
                continue;
            }
            let place = workload.place(request.at.clone());
            let severity = if redis.role == Role::Sentinel { Severity::Medium } else { Severity::High };
            let name = &redis.name;
            let finding = if request.bytes > limit.bytes {
                let message = format!(
                    "container {name}: memory request {} is above the limit {}, which Kubernetes refuses",
                    request.text, limit.text
                );
                Self::finding(workload, name, place, message)
            } else {
                let added = (limit.bytes - request.bytes).saturating_mul(workload.replicas.unwrap_or(1));
                let replicas = workload.replicas.filter(|replicas| *replicas != 1);
                let replicas = replicas.map_or(String::new(), |replicas| format!(" over {replicas} replicas"));
                let message =
                    format!("container {name}: memory request {} is below the limit {}", request.text, limit.text);
                let description =
                    format!("raise the request to the limit ({} more to schedule{replicas})", size::quantity(added));
                let fix = Fix::safe(&description).replace(request.at.clone(), limit.text.clone());
                Self::finding(workload, name, place, message).fix(fix)
            };
            let finding = finding.severity(severity).gap(share(request.bytes.abs_diff(limit.bytes), limit.bytes));
            findings.push(finding.related(workload.place(limit.at.clone()), "the limit"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryRequestBelowLimit;
    use crate::rules::testing::{finds, fixes, passes};

    #[test]
    fn raises_request_to_limit() {
        fixes::<MemoryRequestBelowLimit>(
            "resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}",
            "resources: {requests: {memory: 2Gi}, limits: {memory: 2Gi}}",
        );
    }

    #[test]
    fn compares_quantities_not_texts() {
        passes::<MemoryRequestBelowLimit>("resources: {requests: {memory: 1024Mi}, limits: {memory: 1Gi}}");
        passes::<MemoryRequestBelowLimit>("resources: {requests: {memory: 1073741824}, limits: {memory: 1Gi}}");
    }

    #[test]
    fn says_that_a_request_above_the_limit_is_invalid() {
        finds::<MemoryRequestBelowLimit>(
            "resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}",
            "which Kubernetes refuses",
        );
    }

    #[test]
    fn leaves_unset_values_to_other_rules() {
        passes::<MemoryRequestBelowLimit>("resources: {limits: {memory: 1Gi}}");
        passes::<MemoryRequestBelowLimit>("resources: {requests: {memory: 1Gi}}");
    }
}
