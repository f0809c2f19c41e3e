//! A probe that gives up before a busy server could answer.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Stage};
use crate::rules::profile::{MUTATE_OR_WARN, Profiles};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Probe, Workload};

/// The parameters, as a `RedisPolicy` writes them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ProbeTimeoutShort {
    /// The shortest effective timeout allowed, in seconds (default 5).
    minimum: u16,
}

impl Default for ProbeTimeoutShort {
    fn default() -> Self {
        Self { minimum: 5 }
    }
}

rule! {
    /// A probe gives up before a busy Redis can answer
    ///
    /// ## What it checks
    /// The effective timeout of each probe of a server or Sentinel: the smaller of `timeoutSeconds` (1 where unset) and the
    /// limit that the probe's own command carries, as Bitnami's `ping_readiness_local.sh 1` does.
    ///
    /// ## Why it matters
    /// Redis answers one command at a time. While it forks for a save, or runs one slow command, a probe of one second
    /// fails; the liveness probe then kills a healthy server in the middle of its save.
    ///
    /// ## Fails
    /// ```yaml
    /// livenessProbe:
    ///   exec: {command: [redis-cli, ping]}
    ///   initialDelaySeconds: 20
    ///   timeoutSeconds: 1
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// livenessProbe:
    ///   exec: {command: [redis-cli, ping]}
    ///   initialDelaySeconds: 20
    ///   timeoutSeconds: 5
    /// ```
    ///
    /// ## Parameters
    /// `minimum`: the shortest effective timeout allowed, in seconds (default 5).
    ///
    /// ## Fix safety
    /// Safe: a longer timeout never fails a probe that passed. Where the command has its own limit, both are raised, the
    /// outer one second above the inner. A script that we don't know keeps its own limit, and the fix says so.
    ///
    /// ## Sources
    /// jfrog/charts#1655: thousands of restarts from probes of 1 s.
    ProbeTimeoutShort = RuleInfo {
        id: "probe-timeout-short",
        group: "probes",
        severity: Severity::Medium,
        fix: FixSafety::Safe,
        profiles: Profiles::all(MUTATE_OR_WARN),
        stage: Some(Stage::Probes),
    }
}

impl Rule for ProbeTimeoutShort {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let minimum = i64::from(self.minimum);
        for redis in workload.redis_containers() {
            for (kind, probe) in redis.probes.declared() {
                let inner = probe.inner.as_ref().map_or(probe.timeout_seconds, |inner| inner.seconds);
                let effective = probe.timeout_seconds.min(inner);
                if effective >= minimum {
                    continue;
                }
                let by = if inner < probe.timeout_seconds { " by its own command" } else { "" };
                let message =
                    format!("container {}: {kind} gives up after {effective} s{by}, below {minimum} s", redis.name);
                let subject = format!("{}/{kind}", redis.name);
                #[expect(clippy::cast_precision_loss, reason = "timeouts are small")]
                let gap = (minimum - effective) as f64 / minimum.max(1) as f64;
                let place = workload.place(probe.at.join("timeoutSeconds"));
                findings.push(Self::finding(workload, &subject, place, message).fix(raise(probe, minimum)).gap(gap));
            }
        }
    }
}

fn raise(probe: &Probe, minimum: i64) -> Fix {
    let short_inner = probe.inner.as_ref().filter(|inner| inner.seconds < minimum);
    let wanted = match &probe.inner {
        Some(inner) => inner.seconds.max(minimum) + 1,
        None => minimum,
    };
    let note = if probe.script_unknown { "; a limit inside its script, if any, stays" } else { "" };
    let mut fix = match short_inner {
        Some(_) => Fix::safe(&format!("raise the command's own limit to {minimum} s and timeoutSeconds to {wanted}")),
        None => Fix::safe(&format!("raise timeoutSeconds to {wanted}{note}")),
    };
    if let Some(inner) = short_inner {
        fix = fix.replace(inner.at.clone(), inner.raised(minimum));
    }
    if probe.timeout_seconds < wanted {
        let at = probe.at.join("timeoutSeconds");
        let declared = probe.declared.get("timeoutSeconds").is_some_and(|value| !value.is_null());
        fix = if declared { fix.replace(at, wanted) } else { fix.add(at, wanted) };
    }
    fix
}

#[cfg(test)]
mod tests {
    use crate::rules::probes::probe_timeout_short::ProbeTimeoutShort;
    use crate::rules::testing::{fixes, passes};

    #[test]
    fn raises_an_unset_timeout() {
        fixes::<ProbeTimeoutShort>(
            "readinessProbe: {tcpSocket: {port: 6379}}",
            "readinessProbe: {tcpSocket: {port: 6379}, timeoutSeconds: 5}",
        );
    }

    #[test]
    fn raises_the_limit_inside_a_known_script_too() {
        fixes::<ProbeTimeoutShort>(
            "readinessProbe: {exec: {command: [sh, -c, /health/ping_readiness_local.sh 1]}, timeoutSeconds: 2}",
            "readinessProbe: {exec: {command: [sh, -c, /health/ping_readiness_local.sh 5]}, timeoutSeconds: 6}",
        );
    }

    #[test]
    fn a_timeout_above_the_period_is_valid() {
        passes::<ProbeTimeoutShort>("livenessProbe: {tcpSocket: {port: 6379}, timeoutSeconds: 30, periodSeconds: 1}");
    }
}
