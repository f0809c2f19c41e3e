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
use crate::workload::{Container, Workload};

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
    /// The container of each Redis server has `resources.limits.memory`, or its Pod has a memory limit (`spec.resources`), or
    /// a LimitRange of the namespace gives it one.
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
    /// Safe on CREATE: the limit becomes the request, or `default`, and never less than what the server's own maxmemory needs:
    /// maxmemory / ratio, and 1.1 x maxmemory + 12 MiB; a request below that goes with it. Unsafe on a running server, which
    /// may already live above its request and would be killed by its first limit. A human must choose where maxmemory can't
    /// be seen, and in a Pod that has a memory request of its own, which the containers' requests must not exceed.
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
        if workload.pod_memory.malformed.iter().any(|malformed| malformed.is_limit) {
            return; // A limit is written there, if wrong.
        }
        for server in workload.servers() {
            let memory = &server.memory;
            // Ours goes back also where LimitRanges can't be seen: none gave a limit when we set it.
            let is_hidden = memory.default_unseen.is_some() && !context.owned.contains(&server.name, LIMIT);
            if memory.most_bytes().is_some() || memory.malformed_limit().is_some() || is_hidden {
                continue;
            }
            let message = format!("container {} runs a Redis server without a memory limit", server.name);
            let place = workload.place(server.at.join("resources"));
            let fix = self.first_limit(context, workload, server);
            findings.push(Self::finding(workload, &server.name, place, message).fix(fix).gap(1.0));
        }
    }
}

/// The place of a limit in a container, as the mark names it.
const LIMIT: &str = "resources.limits.memory";

/// Limits from here on are not written by us: 1Ei is more than any machine has.
const ABSURD: u64 = 1 << 60;

impl MemoryLimitMissing {
    /// What gives the server its first limit. One below what its configuration may use would kill it.
    fn first_limit(&self, context: &Context, workload: &Workload, server: &Container) -> Fix {
        let maxmemory = server.config.as_ref().map(|config| &config.maxmemory);
        if let Some(needs) = maxmemory.and_then(|maxmemory| maxmemory.needs()) {
            return Fix::display(&format!(
                "set resources.limits.memory to at least a third more than maxmemory, which could not be seen: it needs {needs}"
            ));
        }
        let maxmemory = maxmemory.and_then(|maxmemory| maxmemory.value()).map_or(0, |setting| setting.value);
        let needed = if maxmemory > 0 { context.derivation.limit_for(maxmemory) } else { 0 };
        let needs = format!("maxmemory {} needs {}", size::directive(maxmemory), size::quantity(needed));
        let Some((bytes, text)) = self.number(server).filter(|_| needed < ABSURD) else {
            return Fix::display(&match maxmemory {
                0 => format!(
                    "first set resources.limits.memory to what the data set needs and a third more: {}",
                    context.derivation.example()
                ),
                _ => format!("set resources.limits.memory to {} or more: {needs}", size::quantity(needed)),
            });
        };
        let is_short = needed > bytes;
        let (number, reason) =
            if is_short { (size::quantity(needed), format!(" ({needs})")) } else { (text, String::new()) };
        if !workload.pod_memory.is_unset() {
            return Fix::display(&format!(
                "set resources.limits.memory to {number}{reason}, and the Pod's own request to no less than its containers ask for"
            ));
        }
        let trust = context.safe_on_create(&server.name, LIMIT);
        let at = server.at.join("resources/limits/memory");
        match server.memory.request.as_ref().filter(|request| is_short && request.bytes > 0) {
            // Else the limit that we set would be the reason for a request below it.
            Some(request) => Fix::new(trust, &format!("set the memory limit and the request to {number}{reason}"))
                .add(at, number.clone())
                .replace(request.at.clone(), number),
            None => Fix::new(trust, &format!("set the memory limit to {number}{reason}")).add(at, number),
        }
    }

    /// What the user gives as a number, in bytes and as it is written: the request, else the parameter.
    fn number(&self, server: &Container) -> Option<(u64, String)> {
        if server.memory.malformed_request().is_some() {
            return None;
        }
        match server.memory.request.as_ref().filter(|request| request.bytes > 0) {
            Some(request) => Some((request.bytes, request.text.clone())),
            None => self.default.as_ref().map(|default| (default.bytes(), size::quantity(default.bytes()))),
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
    fn the_first_limit_holds_what_the_configuration_may_use() {
        for (maxmemory, request, limit) in
            [("2gb", "256Mi", "2731Mi"), ("30mb", "40Mi", "45Mi"), ("192mb", "256Mi", "256Mi")]
        {
            let container = |request: &str, limits: &str| {
                format!("{{args: [--maxmemory, {maxmemory}], resources: {{requests: {{memory: {request}}}{limits}}}}}")
            };
            let fixed = container(limit, &format!(", limits: {{memory: {limit}}}"));
            fixes::<MemoryLimitMissing>(&container(request, ""), &fixed);
        }
    }

    #[test]
    fn a_human_chooses_where_maxmemory_can_not_be_seen() {
        shows::<MemoryLimitMissing>(
            "{args: [/conf/redis.conf], resources: {requests: {memory: 1Gi}}, volumeMounts: [{name: conf, mountPath: /conf}]}",
        );
        shows::<MemoryLimitMissing>("{args: [--maxmemory, 9999999tb], resources: {requests: {memory: 1Gi}}}");
    }

    #[test]
    fn a_limit_of_the_pod_is_one_and_its_request_is_not_outgrown() {
        let pod = |resources: &str| {
            format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{resources: {resources}, \
                 containers: [{{name: redis, image: 'redis:8.2', resources: {{requests: {{memory: 1Gi}}}}}}]}}}}"
            )
        };
        passes::<MemoryLimitMissing>(&pod("{limits: {memory: 2Gi}}"));
        shows::<MemoryLimitMissing>(&pod("{requests: {memory: 1Gi}}"));
    }

    #[test]
    fn what_is_no_quantity_is_not_missing() {
        passes::<MemoryLimitMissing>("resources: {limits: {memory: 1GB}}");
        shows::<MemoryLimitMissing>("resources: {requests: {memory: 1GB}}");
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
