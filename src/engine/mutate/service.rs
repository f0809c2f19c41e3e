//! A Service that is created: headless where a StatefulSet names it as governing, or where it asks to be.

use super::patched::patched;
use crate::engine::evaluate::builtin_findings;
use crate::engine::fixes::may_apply_fix;
use crate::engine::related::RelatedWorkload;
use crate::engine::review::Review;
use crate::engine::verdict::Verdict;
use crate::kubernetes::ObjectRef;
use crate::patch;
use crate::policy::{Mode, Policies, Policy, Target};
use crate::rules::{self, Context, Door, Finding, Lifecycle};

pub(crate) fn patch_service(policies: &Policies, review: &Review) -> Verdict {
    let request = review.request;
    let governed = review.related.iter().find_map(|related| governing_finding(policies, review, related));
    let Some(finding) = governed.or_else(|| asked_finding(policies, review)) else { return Verdict::default() };
    let mut object = (*request.object).clone();
    if patch::apply_fix(&mut object, None, &finding).is_err() {
        return Verdict::default();
    }
    patched(patch::diff(&request.object, &object), &[&finding], None)
}

/// What is wrong with the Service for a workload that it governs, and is fixed in the Service.
fn governing_finding(policies: &Policies, review: &Review, related: &RelatedWorkload) -> Option<Finding> {
    let RelatedWorkload { workload, object } = related;
    let policy = policies.of(&Target::workload(workload, object));
    let context = Context::new(Door::Admission, Lifecycle::Creating, policy.derivation).service_is_new(true);
    let own = ObjectRef::of(&review.request.object);
    let findings = builtin_findings(policy, &context, workload);
    findings.into_iter().find(|finding| finding.at.object == own && is_wanted(policies, policy, finding))
}

/// What is wrong with a Service that asks to be headless.
fn asked_finding(policies: &Policies, review: &Review) -> Option<Finding> {
    let request = review.request;
    let policy = policies.of(&Target::namespace(&request.target.namespace));
    rules::asked_headless(&request.object).filter(|finding| is_wanted(policies, policy, finding))
}

fn is_wanted(policies: &Policies, policy: &Policy, finding: &Finding) -> bool {
    policies.mode(policy) == Mode::Enforce && may_apply_fix(policies, policy, finding)
}
