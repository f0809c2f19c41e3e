//! What has become of exceptions, as findings that are reported and never deny.

use super::verdict::Judged;
use crate::kubernetes::ObjectRef;
use crate::policy::{self, Action, Policies};

/// The exceptions that are expired, about to expire, or let nothing through; never at admission. `workloads` are all that
/// were judged and `judged` is what was found on them.
#[must_use]
pub fn exception_findings<'a>(
    policies: &Policies,
    workloads: impl IntoIterator<Item = &'a ObjectRef>,
    judged: impl IntoIterator<Item = &'a Judged>,
) -> Vec<Judged> {
    let used = judged.into_iter().filter_map(|judged| judged.suppressed_by.as_deref());
    let mut reported = Vec::new();
    for finding in policy::exception_findings(policies, workloads, used) {
        reported.push(Judged::new(finding, Action::Audit, None));
    }
    reported
}
