//! Requests for our own objects: a `RedisPolicy` or `RedisPolicyException` that is applied.

use serde_json::Value;

use super::envelope::AdmissionRequest;
use super::envelope_error::EnvelopeError;
use crate::engine::{Hook, Verdict};
use crate::policy::{GROUP, Reviewed};

/// Errors of a policy that one denial lists; more of them are mostly one error repeated.
const MAX_LISTED: usize = 50;
/// Bytes of a policy or an exception.
const MAX_POLICY_BYTES: usize = 256 * 1024;

/// What a request for a policy object takes.
pub(crate) enum PolicyReview {
    /// Nothing: this is the verdict.
    Decided(Verdict),
    /// A review of this object by the policies in force.
    Needed(Value),
}

pub(crate) fn is_policy_object(request: &AdmissionRequest<'_>) -> bool {
    request.object.is_some() && &*request.kind.group == GROUP
}

/// Reads the object where it has to be reviewed.
pub(crate) fn read_policy_object(hook: Hook, request: &AdmissionRequest<'_>) -> Result<PolicyReview, EnvelopeError> {
    let allowed = PolicyReview::Decided(Verdict::default());
    let is_applied = ["CREATE", "UPDATE"].contains(&&*request.operation);
    let is_status = request.sub_resource.as_deref().is_some_and(|name| !name.is_empty());
    if hook == Hook::Mutate || !is_applied || is_status {
        return Ok(allowed);
    }
    if request.object.is_some_and(|raw| raw.get().len() > MAX_POLICY_BYTES) {
        let denial = Some(format!("a {} takes at most {MAX_POLICY_BYTES} bytes", &*request.kind.kind));
        return Ok(PolicyReview::Decided(Verdict { denial, ..Verdict::default() }));
    }
    let (Some(object), old) = (request.parse_object()?, request.parse_old_object()?) else { return Ok(allowed) };
    // A stored object, valid or not, must not keep anybody from labelling or deleting it.
    let is_same = old.is_some_and(|old| old.get("spec") == object.get("spec"));
    if is_same || is_being_deleted(&object) { Ok(allowed) } else { Ok(PolicyReview::Needed(object)) }
}

/// A denial with a line for each error in the policy.
pub(crate) fn policy_review_verdict(reviewed: Reviewed) -> Verdict {
    let Reviewed { diagnostics, warnings } = reviewed;
    let lines: Vec<String> = diagnostics.iter().take(MAX_LISTED).map(ToString::to_string).collect();
    let more = diagnostics.len().saturating_sub(MAX_LISTED);
    let denial = match lines.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        all if more > 0 => Some(format!("{} errors\n{}\nand {more} more", diagnostics.len(), all.join("\n"))),
        all => Some(format!("{} errors\n{}", all.len(), all.join("\n"))),
    };
    Verdict { denial, warnings, ..Verdict::default() }
}

/// Denying anything on the way out would hang a deletion.
pub(crate) fn is_being_deleted(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some_and(|value| !value.is_null())
}
