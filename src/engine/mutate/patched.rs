//! The verdict of a mutation: the patch, and what it fixes.

use json_patch::PatchOperation;

use crate::engine::message;
use crate::engine::verdict::Verdict;
use crate::rules::Finding;

/// The verdict of a patch that applies the fixes of these findings.
pub(crate) fn patched(patch: Vec<PatchOperation>, applied: &[&Finding], gitops: Option<&str>) -> Verdict {
    let mut verdict = Verdict { patch, ..Verdict::default() };
    verdict.warnings = message::fit(applied.iter().map(|finding| message::fixed_warning(finding, gitops)).collect());
    if !applied.is_empty() {
        let mut ids: Vec<&str> = applied.iter().map(|finding| finding.rule.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        verdict.audit_annotations.insert("fixed".to_owned(), ids.join(","));
    }
    verdict
}
