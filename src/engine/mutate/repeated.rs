//! An update that holds our own patch already: another mutating webhook came after us, and the API server asks again.
//!
//! The mark in a request proves nothing: anybody can write one. What it calls ours is taken out, and the update is answered
//! as it was the first time; where that answer makes the same values ours, it holds again.

use std::sync::Arc;

use super::workload::patch_workload;
use crate::engine::review::Review;
use crate::engine::verdict::{Hook, Request, Verdict};
use crate::patch::{self, ownership};
use crate::policy::Policies;

/// The answer to an update that brings our patch along; nothing for any other request. Who asks has been warned before.
pub(crate) fn answer_again(policies: &Policies, review: &Review) -> Option<Verdict> {
    let request = review.request;
    let before = ownership::take_out_brought(&request.object, request.old.as_deref()?)?;
    let object = Arc::new(before.object);
    let first = Request { object: Arc::clone(&object), ..request.clone() };
    let answer = patch_workload(policies, Review::read(Hook::Mutate, &first, review.inventory));
    let mut patched = (*object).clone();
    json_patch::patch(&mut patched, &answer.patch).ok()?;
    let owned = ownership::still_owned(&patched);
    let is_ours = before.keys.iter().all(|key| owned.entries.contains_key(key));
    is_ours.then(|| Verdict { patch: patch::diff(&request.object, &patched), ..Verdict::default() })
}
