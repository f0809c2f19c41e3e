//! A Redis container whose memory request is lower than its limit.

use crate::kubernetes::Quantity;
use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::gap::share;
use crate::rules::info::{FixSafety, Stage};
use crate::rules::maxmemory::size;
use crate::rules::profile::{MUTATE_OR_DENY, MUTATE_OR_WARN, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Container, Role, Workload};

rule! {
    /// The memory request of a Redis container is not its limit
    ///
    /// ## What it checks
    /// The memory request of each Redis server and Sentinel equals its memory limit, as quantities: `1Gi` is `1024Mi`. Where
    /// the Pod has memory of its own (`spec.resources`), what the Pod asks for equals its limit.
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
    /// much over all replicas. A request above the limit is refused by Kubernetes itself and is never patched, nor is anything
    /// in a Pod with memory of its own, which the requests of its containers must not exceed.
    ///
    /// ## Sources
    /// Kubernetes, "Resource Management for Pods and Containers". Of 41 public manifests with both, none had them equal.
    pub(crate) struct MemoryRequestBelowLimit = RuleInfo {
        id: "memory-request-below-limit",
        group: "memory",
        severity: Severity::High,
        fix: FixSafety::Safe,
        profiles: Profiles::all(MUTATE_OR_WARN).production(MUTATE_OR_DENY),
        stage: Some(Stage::Request),
    }
}

impl Rule for MemoryRequestBelowLimit {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        findings.extend(check_pod(workload));
        for redis in workload.redis_containers() {
            let limit = redis.memory.limit_bytes().zip(redis.memory.limit_text());
            let (Some(request), Some((limit, text))) = (&redis.memory.request, limit) else {
                continue; // `memory-limit-missing` and `memory-request-missing` speak of these.
            };
            if request.bytes == limit || request.bytes == 0 {
                continue;
            }
            if request.bytes < limit && !workload.pod_memory.is_unset() {
                continue; // The scheduler plans with what the Pod asks for.
            }
            let place = workload.place(request.at.clone());
            let severity = severity(redis);
            let name = &redis.name;
            let whose = if redis.memory.limit.is_some() { "" } else { " that a LimitRange gives" };
            let mut finding = if request.bytes > limit {
                let message = format!(
                    "container {name}: memory request {} is above the limit {text}{whose}, which Kubernetes refuses",
                    request.text
                );
                Self::finding(workload, name, place, message).fix(Fix::display("set the request to the limit"))
            } else {
                let message =
                    format!("container {name}: memory request {} is below the limit {text}{whose}", request.text);
                let description = format!("raise the request to the limit ({})", more(workload, limit - request.bytes));
                let fix = Fix::safe(&description).replace(request.at.clone(), text);
                Self::finding(workload, name, place, message).fix(fix)
            };
            if let Some(limit) = redis.memory.limit_written() {
                finding = finding.related(workload.place(limit.at.clone()), "the limit");
            }
            findings.push(finding.severity(severity).gap(share(request.bytes.abs_diff(limit), limit)));
        }
    }
}

/// A Sentinel is smaller, and easier to replace.
fn severity(redis: &Container) -> Severity {
    if redis.role == Role::Sentinel { Severity::Medium } else { Severity::High }
}

/// What a Pod with memory of its own asks for, against what it can use.
fn check_pod(workload: &Workload) -> Option<Finding> {
    let (request, limit) = workload.pod_request_bytes().zip(workload.pod_limit_bytes())?;
    if request == limit || request == 0 {
        return None;
    }
    let redis = workload.servers().next().or_else(|| workload.redis_containers().next())?;
    let pod = &workload.pod_memory;
    let at = pod.request.as_ref().or(pod.limit.as_ref())?.at.clone();
    let [asked, limited] = [request, limit].map(|bytes| Quantity::of_bytes(bytes).to_string());
    let (message, fix) = if request > limit {
        let message =
            format!("the Pod: its memory request {asked} is above its limit {limited}, which Kubernetes refuses");
        (message, "set the request to the limit".to_owned())
    } else {
        let more = more(workload, limit - request);
        let message = format!("the Pod: its memory request {asked} is below the limit {limited}");
        (message, format!("set spec.resources.requests.memory of the Pod to {limited} ({more})"))
    };
    let finding = MemoryRequestBelowLimit::finding(workload, &redis.name, workload.place(at), message);
    Some(finding.severity(severity(redis)).gap(share(request.abs_diff(limit), limit)).fix(Fix::display(&fix)))
}

/// What the scheduler has to find for all replicas, given the bytes added to each.
fn more(workload: &Workload, added: u64) -> String {
    let replicas = workload.replicas.value().copied();
    let all = size::rounded_up(added.saturating_mul(replicas.unwrap_or(1)));
    match replicas {
        None | Some(1) => format!("{all} more to schedule"),
        Some(replicas) => format!("{all} more to schedule over {replicas} replicas"),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::memory_request_below_limit::MemoryRequestBelowLimit;
    use crate::rules::testing::{finds, fixes, passes, shows};

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
    fn a_limit_range_gives_the_limit_that_counts() {
        let range = "\n---\n{apiVersion: v1, kind: LimitRange, metadata: {name: all, namespace: shop}, \
                     spec: {limits: [{type: Container, default: {memory: 1Gi}}]}}";
        finds::<MemoryRequestBelowLimit>(
            &format!("resources: {{requests: {{memory: 512Mi}}}}{range}"),
            "is below the limit 1Gi that a LimitRange gives",
        );
        finds::<MemoryRequestBelowLimit>(
            &format!("resources: {{requests: {{memory: 2Gi}}}}{range}"),
            "Kubernetes refuses",
        );
    }

    /// Kubernetes refuses a Pod whose containers ask for more than it does itself.
    #[test]
    fn nothing_is_patched_where_the_pod_has_memory_of_its_own() {
        let pod = |resources: &str| {
            format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{resources: {resources}, containers: [{{name: redis, \
                 image: 'redis:8.2', resources: {{requests: {{memory: 256Mi}}, limits: {{memory: 1Gi}}}}}}]}}}}"
            )
        };
        passes::<MemoryRequestBelowLimit>(&pod("{requests: {memory: 1Gi}, limits: {memory: 1Gi}}"));
        passes::<MemoryRequestBelowLimit>(&pod("{requests: {memory: 1Gi}}"));
        shows::<MemoryRequestBelowLimit>(&pod("{requests: {memory: 512Mi}, limits: {memory: 1Gi}}"));
        shows::<MemoryRequestBelowLimit>(&pod("{limits: {memory: 1Gi}}"));
        finds::<MemoryRequestBelowLimit>(&pod("{requests: {memory: 512Mi}}"), "512Mi is below the limit 1Gi");
        finds::<MemoryRequestBelowLimit>(
            &pod("{requests: {memory: 2Gi}, limits: {memory: 1Gi}}"),
            "Kubernetes refuses",
        );
    }

    #[test]
    fn leaves_unset_values_to_other_rules() {
        passes::<MemoryRequestBelowLimit>("resources: {limits: {memory: 1Gi}}");
        passes::<MemoryRequestBelowLimit>("resources: {requests: {memory: 1Gi}}");
    }
}
