//! Which fixes a mutation may apply.

use crate::policy::{Action, DeliveryMode, Policies, Policy, Replaces};
use crate::rules::{Applicability, Edit, Finding, OwnedValues};

/// Whether the policy wants this finding's fix applied.
pub(crate) fn may_apply_fix(policies: &Policies, policy: &Policy, finding: &Finding) -> bool {
    let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe) else { return false };
    policy.action(&finding.rule, finding.severity).0 == Action::Mutate
        && !(fix.replaces && policy.replaces == Replaces::Deny)
        && policies.excepted(policy, finding).is_none()
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
