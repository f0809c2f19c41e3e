//! A memory request or limit that is no amount of memory.

use crate::rules::context::Context;
use crate::rules::finding::{Finding, Fix, Severity};
use crate::rules::info::FixSafety;
use crate::rules::profile::{DENY, Profiles, WARN};
use crate::rules::registry::{Rule, rule};
use crate::workload::{Malformed, Workload, Wrong};

/// Longer texts are cut in messages.
const MAX_SHOWN: usize = 32;

rule! {
    /// A memory request or limit is no amount of memory
    ///
    /// ## What it checks
    /// The memory requests and limits of Redis servers and Sentinels, and of their whole Pod, are Kubernetes quantities of at
    /// least one byte: `1Gi`, `512Mi`, `1.5G`. `1GB` and `1gb` are none, and `512m` is half a byte.
    ///
    /// ## Why it matters
    /// The API server refuses the object, and with it whatever is applied with it. It takes `512m`, since that is a quantity,
    /// and no container can start within half a byte.
    ///
    /// ## Fails
    /// ```yaml
    /// resources: {requests: {memory: 1Gi}, limits: {memory: 1GB}}
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
    /// A human must say what was meant; the message names what is most likely.
    ///
    /// ## Sources
    /// Kubernetes, "Quantity"; 62 texts with the answer of Go's `resource.ParseQuantity`.
    pub(crate) struct MemoryQuantityInvalid = RuleInfo {
        id: "memory-quantity-invalid",
        group: "memory",
        severity: Severity::High,
        fix: FixSafety::Display,
        profiles: Profiles::all(WARN).production(DENY),
    }
}

impl Rule for MemoryQuantityInvalid {
    fn check(&self, _: &Context, findings: &mut Vec<Finding>, workload: &Workload) {
        let mut report = |whose: &str, subject: &str, malformed: &Malformed| {
            let place = workload.place(malformed.at.clone());
            let message = format!("{whose}: {}", describe(malformed));
            findings.push(Self::finding(workload, subject, place, message).fix(correct(malformed)).gap(1.0));
        };
        for redis in workload.redis_containers() {
            for malformed in &redis.memory.malformed {
                let subject = format!("{}/{}", redis.name, name(malformed));
                report(&format!("container {}", redis.name), &subject, malformed);
            }
        }
        for malformed in &workload.pod_memory.malformed {
            report("the Pod", name(malformed), malformed);
        }
    }
}

fn name(malformed: &Malformed) -> &'static str {
    if malformed.is_limit { "limit" } else { "request" }
}

fn describe(malformed: &Malformed) -> String {
    let shown: String = malformed.text.chars().take(MAX_SHOWN).collect();
    let name = name(malformed);
    match malformed.wrong {
        Wrong::NoQuantity => format!("memory {name} \"{shown}\" is not a Kubernetes quantity"),
        Wrong::Negative => format!("memory {name} \"{shown}\" is below zero"),
        Wrong::Fraction => format!("memory {name} \"{shown}\" is less than one byte: `m` is a thousandth"),
    }
}

fn correct(malformed: &Malformed) -> Fix {
    Fix::display(&match (malformed.meant(), malformed.wrong) {
        (Some(meant), Wrong::Fraction) => format!("write {meant}, if that was meant"),
        (Some(meant), _) => format!("write {meant}"),
        (None, _) => "write it as `512Mi` or `1.5Gi`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::memory::memory_quantity_invalid::MemoryQuantityInvalid;
    use crate::rules::testing::{finds, passes};

    #[test]
    fn says_what_is_wrong() {
        for (limit, says) in [
            ("1GB", "memory limit \"1GB\" is not a Kubernetes quantity"),
            ("-1Gi", "memory limit \"-1Gi\" is below zero"),
            ("512m", "memory limit \"512m\" is less than one byte"),
        ] {
            finds::<MemoryQuantityInvalid>(&format!("resources: {{limits: {{memory: {limit}}}}}"), says);
        }
        finds::<MemoryQuantityInvalid>("resources: {requests: {memory: 1gb}}", "memory request \"1gb\"");
    }

    #[test]
    fn any_quantity_is_fine() {
        for limit in ["1Gi", "1e9", "1.5G", "1073741824", "0", "~"] {
            passes::<MemoryQuantityInvalid>(&format!("resources: {{limits: {{memory: {limit}}}}}"));
        }
    }

    #[test]
    fn the_whole_pods_memory_is_checked_too() {
        finds::<MemoryQuantityInvalid>(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {resources: {limits: {memory: 2GB}}, \
             containers: [{name: redis, image: 'redis:8.2'}]}}",
            "the Pod: memory limit \"2GB\" is not a Kubernetes quantity",
        );
    }
}
