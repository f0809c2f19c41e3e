//! What has become of exceptions: those that are expired, about to expire, or let nothing through.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::exception::{Exception, date, key};
use super::set::Policies;
use crate::kubernetes::{ObjectRef, Place, Pointer};
use crate::rules::{EXCEPTION_EXPIRED, EXCEPTION_EXPIRING, EXCEPTION_UNUSED, Finding, Identity, Severity};

/// How long before its end an exception is spoken of.
const NOTICE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What has become of the exceptions, for reports and never at admission. `workloads` are all that were judged, and `used`
/// the titles of the exceptions that let something through: of a workload that is not among them nobody knows what an
/// exception lets through.
#[must_use]
pub(crate) fn exception_findings<'a>(
    policies: &Policies,
    workloads: impl IntoIterator<Item = &'a ObjectRef>,
    used: impl IntoIterator<Item = &'a str>,
) -> Vec<Finding> {
    let Some(now) = policies.now else { return Vec::new() };
    let known: BTreeSet<_> = workloads.into_iter().map(key).collect();
    let used: BTreeSet<&str> = used.into_iter().collect();
    let mut findings = Vec::new();
    for exception in policies.exceptions.iter() {
        let is_idle = known.contains(&key(&exception.workload)) && !used.contains(exception.title().as_str());
        findings.extend(exception_state(policies, exception, now, is_idle));
    }
    findings
}

fn exception_state(policies: &Policies, exception: &Exception, now: Timestamp, is_idle: bool) -> Option<Finding> {
    let title = exception.title();
    let Some(max_days) = policies.honoured_days(&exception.namespace) else {
        let namespace = &exception.namespace;
        let message = format!("{title} has no effect: no policy honours exceptions of namespace {namespace}");
        return Some(finding(exception, EXCEPTION_UNUSED, Severity::Low, ("/metadata/namespace", message)));
    };
    let ends = exception.ends(max_days, now);
    let by = if ends < exception.expires { format!(" (a policy allows {max_days} days)") } else { String::new() };
    if ends <= now {
        let message = format!("{title} ended on {}{by}: its findings count again; delete it", date(ends));
        return Some(finding(exception, EXCEPTION_EXPIRED, Severity::Low, ("/spec/expires", message)));
    }
    if is_idle {
        let (workload, namespace) = (&exception.workload, &exception.namespace);
        let message = format!(
            "{title} lets nothing through: {workload} breaks none of its rules, or has a policy that honours no \
             exceptions of namespace {namespace}"
        );
        return Some(finding(exception, EXCEPTION_UNUSED, Severity::Low, ("/spec/rules", message)));
    }
    if ends.duration_since(now) <= NOTICE {
        let message = format!("{title} ends on {}{by}: then its findings count again", date(ends));
        return Some(finding(exception, EXCEPTION_EXPIRING, Severity::Info, ("/spec/expires", message)));
    }
    None
}

fn finding(exception: &Exception, rule: &'static str, severity: Severity, (at, message): (&str, String)) -> Finding {
    let subject = format!("{}/{}", exception.namespace, exception.name);
    let identity = Identity { rule: rule.into(), workload: exception.workload.clone(), subject };
    Finding::new(identity, severity, Place::new(exception.object(), Pointer::new(at)), message)
}
