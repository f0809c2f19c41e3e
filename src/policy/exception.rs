//! Exceptions: findings of some rules on one workload that are let through for a time, and what has become of them.
//!
//! The core has no clock: what time it is comes in with [`Policies::at`].

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::action::Action;
use super::api::schema::{API_VERSION, EXCEPTION};
use super::set::Policies;
use crate::engine::Judged;
use crate::kubernetes::{ObjectRef, Place, Pointer};
use crate::rules::{EXCEPTION_EXPIRED, EXCEPTION_EXPIRING, EXCEPTION_UNUSED, Finding, Identity, Severity};

const DAY: i64 = 24 * 60 * 60;
/// How long before its end an exception is spoken of.
const NOTICE: SignedDuration = SignedDuration::from_secs(7 * DAY);

/// A `RedisPolicyException`.
#[derive(Debug, Clone)]
pub struct Exception {
    /// Its name.
    pub name: String,
    /// Its namespace: only those count that a policy names.
    pub namespace: String,
    /// The workload that it is for.
    pub workload: ObjectRef,
    /// The ids of the rules that it lets through.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
    /// When it ends by its own word.
    pub expires: Timestamp,
    /// When it was created; nothing in a file.
    pub created: Option<Timestamp>,
}

impl Exception {
    /// How it is named in outputs: `RedisPolicyException platform/ledger-until-q3`.
    #[must_use]
    pub fn title(&self) -> String {
        self.object().to_string()
    }

    fn object(&self) -> ObjectRef {
        ObjectRef::new(API_VERSION, EXCEPTION, &self.namespace, &self.name)
    }

    /// Whether it speaks of this finding.
    pub(crate) fn covers(&self, finding: &Finding) -> bool {
        self.rules.iter().any(|rule| *rule == *finding.rule.as_str()) && key(&self.workload) == key(&finding.workload)
    }

    /// When it ends where a policy honours it for this many days at most. What stands in a file counts from `now`.
    pub(crate) fn ends(&self, max_days: u16, now: Timestamp) -> Timestamp {
        let most = SignedDuration::from_secs(i64::from(max_days) * DAY);
        let capped = self.created.unwrap_or(now).checked_add(most).unwrap_or(Timestamp::MAX);
        self.expires.min(capped)
    }

    fn finding(&self, rule: &'static str, severity: Severity, at: &str, message: String) -> Finding {
        let subject = format!("{}/{}", self.namespace, self.name);
        let identity = Identity { rule: rule.into(), workload: self.workload.clone(), subject };
        Finding::new(identity, severity, Place::new(self.object(), Pointer::new(at)), message)
    }
}

/// The first moment of a day in UTC; nothing where the text is no day.
pub(crate) fn day(text: &str) -> Option<Timestamp> {
    if text.len() != "2027-03-01".len() {
        return None;
    }
    let date: Date = text.parse().ok()?;
    Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()
}

/// The day of a moment, in UTC.
pub(crate) fn date(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// What has become of the exceptions, for reports and never at admission: those that are expired, about to expire, or let
/// nothing through. `workloads` are all that were judged and `judged` is what was found on them: of a workload that is not
/// among them nobody knows what an exception lets through.
#[must_use]
pub fn exception_findings<'a>(
    policies: &Policies,
    workloads: impl IntoIterator<Item = &'a ObjectRef>,
    judged: impl IntoIterator<Item = &'a Judged>,
) -> Vec<Judged> {
    let Some(now) = policies.now else { return Vec::new() };
    let known: BTreeSet<_> = workloads.into_iter().map(key).collect();
    let used: BTreeSet<&str> = judged.into_iter().filter_map(|judged| judged.suppressed_by.as_deref()).collect();
    let is_idle =
        |exception: &Exception| known.contains(&key(&exception.workload)) && !used.contains(exception.title().as_str());
    let findings = policies.exceptions.iter().filter_map(|exception| fate(policies, exception, now, is_idle));
    let report = |finding| Judged { finding, action: Action::Audit, suppressed_by: None, patches: Vec::new() };
    findings.map(report).collect()
}

/// What tells workloads apart: not the version of their group.
fn key(object: &ObjectRef) -> (&str, &str, &str, &str) {
    (object.group(), &object.kind, &object.namespace, &object.name)
}

fn fate(
    policies: &Policies,
    exception: &Exception,
    now: Timestamp,
    is_idle: impl Fn(&Exception) -> bool,
) -> Option<Finding> {
    let title = exception.title();
    let Some(max_days) = policies.honoured_days(&exception.namespace) else {
        let namespace = &exception.namespace;
        let message = format!("{title} counts for nothing: no policy honours exceptions of namespace {namespace}");
        return Some(exception.finding(EXCEPTION_UNUSED, Severity::Low, "/metadata/namespace", message));
    };
    let ends = exception.ends(max_days, now);
    let by = if ends < exception.expires { format!(" (a policy allows {max_days} days)") } else { String::new() };
    if ends <= now {
        let message = format!("{title} ended on {}{by}: its findings count again; delete it", date(ends));
        return Some(exception.finding(EXCEPTION_EXPIRED, Severity::Low, "/spec/expires", message));
    }
    if is_idle(exception) {
        let message =
            format!("{title} lets nothing through: {} breaks none of its rules; delete it", exception.workload);
        return Some(exception.finding(EXCEPTION_UNUSED, Severity::Low, "/spec/rules", message));
    }
    if ends.duration_since(now) <= NOTICE {
        let message = format!("{title} ends on {}{by}: then its findings count again", date(ends));
        return Some(exception.finding(EXCEPTION_EXPIRING, Severity::Info, "/spec/expires", message));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn exception(created: Option<&str>) -> Exception {
        Exception {
            name: "x".to_owned(),
            namespace: "platform".to_owned(),
            workload: ObjectRef::new("apps/v1", "StatefulSet", "shop", "ledger"),
            rules: vec!["maxmemory-missing".to_owned()],
            reason: "a reason".to_owned(),
            expires: day("2027-03-01").unwrap(),
            created: created.map(at),
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(day("2027-03-01"), Some(at("2027-03-01T00:00:00Z")));
        for wrong in ["2027-02-30", "2027-3-1", "tomorrow", "2027-03-01T00", "01.03.2027", ""] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_exception_outlives_what_a_policy_allows() {
        let now = at("2027-01-10T00:00:00Z");
        let old = exception(Some("2027-01-01T12:00:00Z"));
        assert_eq!(old.ends(90, now), at("2027-03-01T00:00:00Z"));
        assert_eq!(old.ends(14, now), at("2027-01-15T12:00:00Z"));
        assert_eq!(exception(None).ends(14, now), at("2027-01-24T00:00:00Z"));
    }
}
