//! A Redis server without maxmemory-policy.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::{FixSafety, Stage};
use crate::rules::maxmemory::size;
use crate::rules::profile::{AUDIT, MUTATE_OR_WARN, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::Workload;

const DIRECTIVE: &str = "maxmemory-policy";

/// The parameters, as a `RedisPolicy` writes them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct MaxmemoryPolicyMissing {
    /// What a server gets that has no policy, such as `allkeys-lru`. Unset by default: then a human must choose.
    default: Option<EvictionPolicy>,
}

/// What every server of the versions in use takes.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum EvictionPolicy {
    Noeviction,
    AllkeysLru,
    AllkeysLfu,
    AllkeysRandom,
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
}

impl EvictionPolicy {
    fn name(self) -> &'static str {
        match self {
            Self::Noeviction => "noeviction",
            Self::AllkeysLru => "allkeys-lru",
            Self::AllkeysLfu => "allkeys-lfu",
            Self::AllkeysRandom => "allkeys-random",
            Self::VolatileLru => "volatile-lru",
            Self::VolatileLfu => "volatile-lfu",
            Self::VolatileRandom => "volatile-random",
            Self::VolatileTtl => "volatile-ttl",
        }
    }
}

rule! {
    /// A Redis server has no maxmemory-policy
    ///
    /// ## What it checks
    /// `maxmemory-policy` of each server is written somewhere: in arguments, environment, redis.conf and its includes, or a
    /// chart's start script.
    ///
    /// ## Why it matters
    /// Nobody has said what happens when maxmemory is reached. Redis then refuses every write with an OOM error
    /// (`noeviction`). That is right for a data set that must not lose a key, and an outage for a cache.
    ///
    /// ## Fails
    /// ```yaml
    /// args: [--maxmemory, 768mb]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Fixed
    /// ```yaml
    /// args: [--maxmemory, 768mb, --maxmemory-policy, allkeys-lru]
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
    /// ```
    ///
    /// ## Parameters
    /// `default`: the policy for a server that has none, such as `allkeys-lru`. Unset by default: then a human must choose.
    /// The profile `cache` sets `allkeys-lru`. Where maxmemory is set by us and no policy with it, the user is warned.
    ///
    /// ## Fix safety
    /// Safe on CREATE, with `default`: the directive is written where it takes effect. Unsafe on a running data set, which
    /// may lose keys that it kept until then.
    ///
    /// ## Sources
    /// redis.conf, "maxmemory-policy"; Redis documentation, "Key eviction".
    MaxmemoryPolicyMissing = RuleInfo {
        id: "maxmemory-policy-missing",
        group: "memory",
        severity: Severity::Medium,
        fix: FixSafety::SafeOnCreate,
        profiles: Profiles::all(AUDIT)
            .production(WARN)
            .cache(MUTATE_OR_WARN.params(&[("default", "allkeys-lru")])),
        stage: Some(Stage::Maxmemory),
        adds_directive: Some(DIRECTIVE),
        // A server that is given a maxmemory refuses writes from then on, where it was killed before.
        told_with: Some(size::MAXMEMORY),
    }
}

impl Rule for MaxmemoryPolicyMissing {
    fn check(&self, context: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        for server in workload.servers() {
            let Some(config) = &server.config else { continue };
            if !config.directive(DIRECTIVE).is_unset() {
                continue; // It is set, or the engine reports what it would take to see it.
            }
            let fix = match self.default {
                Some(policy) => Fix::directive(context, server, DIRECTIVE, policy.name()),
                None => Fix::display(
                    "write `maxmemory-policy allkeys-lru` for a cache, or `noeviction` where no key may be lost",
                ),
            };
            let message = format!(
                "container {}: no maxmemory-policy is set: writes are refused once maxmemory is full",
                server.name
            );
            let place = workload.place(server.at.clone());
            findings.push(Self::finding(workload, &server.name, place, message).fix(fix));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::maxmemory_policy_missing::MaxmemoryPolicyMissing;
    use crate::rules::testing::{passes, shows};

    #[test]
    fn a_human_chooses_where_no_default_is_given() {
        shows::<MaxmemoryPolicyMissing>("{args: [--maxmemory, 768mb]}");
        shows::<MaxmemoryPolicyMissing>("{}");
    }

    #[test]
    fn whatever_the_user_chose_is_fine() {
        passes::<MaxmemoryPolicyMissing>("{args: [--maxmemory-policy, noeviction]}");
        passes::<MaxmemoryPolicyMissing>("{args: [--MAXMEMORY-POLICY, volatile-ttl]}");
    }

    #[test]
    fn what_can_not_be_seen_is_not_missing() {
        passes::<MaxmemoryPolicyMissing>("{args: [/conf/redis.conf], volumeMounts: [{name: conf, mountPath: /conf}]}");
    }
}
