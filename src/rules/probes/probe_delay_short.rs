//! A liveness probe that starts before the server could.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Stage};
use crate::rules::profile::{MUTATE_OR_WARN, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::Workload;

/// The parameters, as a `RedisPolicy` writes them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ProbeDelayShort {
    /// The shortest initial delay allowed, in seconds (default 5).
    minimum: u16,
}

impl Default for ProbeDelayShort {
    fn default() -> Self {
        Self { minimum: 5 }
    }
}

rule! {
    /// A liveness probe starts before Redis could
    ///
    /// ## What it checks
    /// The liveness probe of each server and Sentinel has an `initialDelaySeconds` of at least 5, or a startupProbe holds
    /// it back.
    ///
    /// ## Why it matters
    /// A server reads its data set before it answers. A liveness probe that starts at once counts that as failing.
    ///
    /// ## Fails
    /// ```yaml
    /// livenessProbe:
    ///   tcpSocket: {port: 6379}
    ///   timeoutSeconds: 5
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// livenessProbe:
    ///   tcpSocket: {port: 6379}
    ///   timeoutSeconds: 5
    ///   initialDelaySeconds: 5
    /// ```
    ///
    /// ## Parameters
    /// `minimum`: the shortest delay allowed, in seconds (default 5).
    ///
    /// ## Fix safety
    /// Safe: a later first try never fails a probe that passed.
    ///
    /// ## Sources
    /// Kubernetes, "Configure Liveness, Readiness and Startup Probes".
    ProbeDelayShort = RuleInfo {
        id: "probe-delay-short",
        group: "probes",
        severity: Severity::Medium,
        fix: FixSafety::Safe,
        profiles: Profiles::all(MUTATE_OR_WARN),
        stage: Some(Stage::Probes),
    }
}

impl Rule for ProbeDelayShort {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let minimum = i64::from(self.minimum);
        for redis in workload.redis_containers() {
            let Some(probe) = &redis.probes.liveness else { continue };
            let delay = probe.initial_delay_seconds;
            if redis.probes.startup.is_some() || delay >= minimum {
                continue;
            }
            let at = probe.at.join("initialDelaySeconds");
            let message = format!(
                "container {}: livenessProbe starts after {delay} s, below {minimum} s, and no startupProbe holds it back",
                redis.name
            );
            let fix = Fix::safe(&format!("raise initialDelaySeconds to {minimum}"));
            let declared = probe.declared.get("initialDelaySeconds").is_some_and(|value| !value.is_null());
            let fix = if declared { fix.replace(at.clone(), minimum) } else { fix.add(at.clone(), minimum) };
            #[expect(clippy::cast_precision_loss, reason = "delays are small")]
            let gap = (minimum - delay) as f64 / minimum.max(1) as f64;
            findings.push(Self::finding(workload, &redis.name, workload.place(at), message).fix(fix).gap(gap));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::probes::probe_delay_short::ProbeDelayShort;
    use crate::rules::testing::{fixes, passes};

    #[test]
    fn raises_a_short_delay() {
        fixes::<ProbeDelayShort>(
            "livenessProbe: {tcpSocket: {port: 6379}, initialDelaySeconds: 1}",
            "livenessProbe: {tcpSocket: {port: 6379}, initialDelaySeconds: 5}",
        );
    }

    #[test]
    fn a_startup_probe_holds_it_back() {
        passes::<ProbeDelayShort>(
            "{livenessProbe: {tcpSocket: {port: 6379}}, startupProbe: {tcpSocket: {port: 6379}, timeoutSeconds: 5}}",
        );
    }

    #[test]
    fn readiness_needs_no_delay() {
        passes::<ProbeDelayShort>("readinessProbe: {tcpSocket: {port: 6379}}");
    }
}
