//! A Pod that a controller makes: a maxmemory of ours follows a limit that somebody changed on the way (a
//! VerticalPodAutoscaler, a LimitRange). Nothing else is ever touched, or the controller would fight.

use crate::engine::review::Review;
use crate::engine::verdict::Verdict;
use crate::kubernetes::Seen;
use crate::patch::{self, Mark, ownership};
use crate::policy::{Mode, Policies, Target};
use crate::rules::{self, maxmemory::size};

pub(crate) fn patch_pod(policies: &Policies, review: &Review) -> Verdict {
    let request = review.request;
    let Some(Seen::Found(owner)) = review.owners.last().map(|owner| review.inventory.object(owner)) else {
        return Verdict::default();
    };
    let Some(pod) = review.new.as_ref().filter(|pod| pod.operator.is_none()) else { return Verdict::default() };
    let policy = policies.of(&Target::workload(pod, &request.object));
    if policies.mode(policy) != Mode::Enforce {
        return Verdict::default();
    }
    let mut object = (*request.object).clone();
    let followed = ownership::follow_limits(&mut object, &Mark::of(owner), &|key, derived_from| {
        let server = pod.servers().find(|server| server.name == key.container && key.path == size::MAXMEMORY)?;
        let limit = server.memory.limit_bytes().filter(|limit| *limit != derived_from)?;
        policy.derivation.maxmemory_for(pod, server, limit).map(size::directive)
    });
    let mut verdict = Verdict { patch: patch::diff(&request.object, &object), ..Verdict::default() };
    if followed {
        verdict.audit_annotations.insert("fixed".to_owned(), rules::FOLLOWS_LIMIT.to_owned());
    }
    verdict
}
