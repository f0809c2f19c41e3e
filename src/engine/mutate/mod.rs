//! The patch of a request: Safe fixes in stages, and what is ours kept as it stands.

pub(crate) mod config_map;
mod patched;
mod pod;
mod repeated;
mod service;
mod workload;

use super::request_kind::RequestKind;
use super::review::Review;
use super::verdict::{Operation, Verdict};
use crate::kubernetes::has_controller;
use crate::policy::Policies;

pub(crate) fn mutate(policies: &Policies, review: Review) -> Verdict {
    let request = review.request;
    let is_created = request.operation == Operation::Create;
    match review.kind {
        // The template of a Pod that exists can't be changed.
        RequestKind::Workload if request.target.kind == "Pod" && !is_created => Verdict::default(),
        RequestKind::Workload if !has_controller(&request.object) => match repeated::answer_again(policies, &review) {
            Some(verdict) => verdict,
            None => workload::patch_workload(policies, review),
        },
        RequestKind::Child if is_created => pod::patch_pod(policies, &review),
        RequestKind::ConfigMap => config_map::patch_config_map(policies, &review),
        RequestKind::Service if is_created => service::patch_service(policies, &review),
        _ => Verdict::default(),
    }
}
