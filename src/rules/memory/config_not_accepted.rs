//! A configuration that redis-server refuses.

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Strongest};
use crate::rules::profile::{DENY, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::Workload;

rule! {
    /// redis-server refuses this configuration
    ///
    /// ## What it checks
    /// The redis.conf, its includes and the arguments of each server and Sentinel, with the grammar of redis-server
    /// itself: quoting, names, numbers of arguments and values, each by the product and version that the image's name and
    /// tag say. Where they say none, only what every version refuses.
    ///
    /// ## Why it matters
    /// redis-server ends at the first line that it does not understand: the Pod crash-loops, and on an update the old
    /// one is already gone.
    ///
    /// ## Fails
    /// ```yaml
    /// args: [--maxmemory, 512Mi]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// args: [--maxmemory, 512mb]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## Fix safety
    /// A human must choose what was meant. What some version takes that the tag may stand for, versions that are older or
    /// newer than what is known, placeholders and files that a script edits are never refused: they are reported as unknown
    /// facts.
    ///
    /// ## Sources
    /// The sources of Redis 6.2 to 8.6, Valkey 7.2 to 9.1 and KeyDB 6.3; 692 cases, each with the answers of real servers.
    pub(crate) struct ConfigNotAccepted = RuleInfo {
        id: "config-not-accepted",
        group: "memory",
        severity: Severity::High,
        fix: FixSafety::Display,
        profiles: Profiles::all(DENY),
        at_config_map: Strongest::Deny,
    }
}

impl Rule for ConfigNotAccepted {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for redis in workload.redis_containers() {
            let Some(config) = &redis.config else { continue };
            // redis-server ends at the first; the rest would only repeat it. One finding a directive.
            let mut seen: Vec<&str> = Vec::new();
            for problem in config.problems.iter().filter(|problem| problem.certain) {
                let directive = problem.directive.as_deref().unwrap_or("the configuration");
                if seen.contains(&directive) {
                    continue;
                }
                seen.push(directive);
                let subject = format!("{}/{directive}", redis.name);
                let message = format!("container {}: redis-server refuses {}", redis.name, problem.message);
                let fix = Fix::display("correct the line: redis-server exits on it and the Pod crash-loops");
                findings.push(Self::finding(workload, &subject, problem.place.clone(), message).fix(fix));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::config_not_accepted::ConfigNotAccepted;
    use crate::rules::testing::{finds, passes};

    #[test]
    fn a_kubernetes_quantity_is_no_size_of_redis() {
        finds::<ConfigNotAccepted>("{args: [--maxmemory, 512Mi]}", "redis-server refuses");
    }

    #[test]
    fn a_directive_of_another_version_is_not_refused() {
        finds::<ConfigNotAccepted>(
            "{image: 'redis:7.4.1', args: [--a-directive-of-tomorrow, '1']}",
            "not a directive of",
        );
        passes::<ConfigNotAccepted>("{image: 'mine/redis:1.4', args: [--a-directive-of-tomorrow, '1']}");
        passes::<ConfigNotAccepted>("{image: 'redis:9.9', args: [--a-directive-of-tomorrow, '1']}");
    }
}
