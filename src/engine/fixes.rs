//! Which fixes a mutation may apply.

use crate::policy::{Action, DeliveryMode, Policies, Policy, Replaces};
use crate::rules::{self, Applicability, Edit, Finding, OwnedValues};

/// Whether the policy wants this finding's fix applied.
pub(crate) fn may_apply_fix(policies: &Policies, policy: &Policy, finding: &Finding) -> bool {
    let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe) else { return false };
    policy.action(&finding.rule, finding.severity).0 == Action::Mutate
        && !(fix.replaces && policy.replaces == Replaces::Deny)
        && policies.excepted(policy, finding).is_none()
}

/// Whether the policy only audits this finding, of a rule that is told with a fix of another.
pub(crate) fn is_audited(policies: &Policies, policy: &Policy, finding: &Finding) -> bool {
    rules::entry(&finding.rule).is_some_and(|entry| entry.info.told_with.is_some())
        && policy.action(&finding.rule, finding.severity).0 == Action::Audit
        && policies.excepted(policy, finding).is_none()
}

/// Whether a finding has to be told where another one is fixed: the fix gives the server a directive with which it matters.
pub(crate) fn is_told_with(finding: &Finding, fixed: &Finding) -> bool {
    let told_with = rules::entry(&finding.rule).and_then(|entry| entry.info.told_with);
    let given = rules::entry(&fixed.rule).and_then(|entry| entry.info.adds_directive);
    told_with.is_some() && told_with == given && finding.subject == fixed.subject
}

/// Whether a directive goes into the workload itself: under another `delivery` only where it is ours there already.
pub(crate) fn is_delivered_here(policy: &Policy, owned: &OwnedValues, finding: &Finding) -> bool {
    let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    policy.delivery == DeliveryMode::Auto
        || edits.all(|edit| match edit {
            Edit::Directive { container, name, .. } => owned.contains(container, name),
            Edit::Set { .. } => true,
        })
}

/// Whether a fix changes another object than the finding's workload: no admission call writes to the cluster.
pub(crate) fn touches_others(finding: &Finding) -> bool {
    let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    edits.any(|edit| matches!(edit, Edit::Set { object: Some(object), .. } if *object != finding.workload))
}
