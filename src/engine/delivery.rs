//! A directive that the policy does not put into the workload itself: then a human writes it, and is told where.

use super::fixes::is_delivered_here;
use crate::policy::Policy;
use crate::rules::{Context, Finding, Fix};

/// The finding with the fix that this policy delivers.
pub(crate) fn adapt_fix_to_delivery(policy: &Policy, context: &Context, finding: Finding) -> Finding {
    if is_delivered_here(policy, &context.owned, &finding) {
        return finding;
    }
    let Some(fix) = &finding.fix else { return finding };
    let fix = Fix::display(fix.by_hand.as_ref().unwrap_or(&fix.description));
    Finding { fix: Some(fix), ..finding }
}
