//! Fixes in stages until nothing is left to fix: limit, request, maxmemory, probes, network; after each the object is
//! evaluated again, since one fix is the ground of the next.

use std::sync::Arc;

use serde_json::Value;

use super::delivery;
use super::mark::{Entry, Key, Mark};
use super::place;
use super::tree::{self, TreeError};
use crate::rules::{self, Edit, Finding, Stage, size};
use crate::workload::{Quantity, Workload};

/// Rounds of all stages; the last must change nothing.
const ROUNDS: usize = 5;

/// What an evaluation of the working copy gives.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// The model; nothing where the object under fix is no workload (a Service).
    pub workload: Option<Arc<Workload>>,
    /// The findings whose fixes are to be applied.
    pub findings: Vec<Finding>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Settled {
    /// The findings that were fixed.
    pub applied: Vec<Finding>,
    /// Whether the last round changed nothing. Else nothing may be patched.
    pub settled: bool,
}

/// Applies fixes to `object` until none is left, and records them in `mark`. `carried` is the mark as it was, for the
/// values that the user had written before we replaced them.
pub fn settle(
    object: &mut Value,
    mark: &mut Mark,
    carried: &Mark,
    evaluate: &mut dyn FnMut(&Value, &Mark) -> Evaluation,
) -> Settled {
    let mut settled = Settled::default();
    let mut evaluation = evaluate(object, mark);
    for _ in 0..ROUNDS {
        let mut changed = false;
        for stage in Stage::ALL {
            let due: Vec<Finding> =
                evaluation.findings.iter().filter(|finding| stage_of(finding) == Some(stage)).cloned().collect();
            let mut changed_here = false;
            for finding in due {
                let before = object.clone();
                if edit(object, mark, carried, evaluation.workload.as_deref(), &finding).is_err() || *object == before {
                    *object = before;
                    continue;
                }
                changed_here = true;
                settled.applied.push(finding);
            }
            if changed_here {
                changed = true;
                evaluation = evaluate(object, mark);
            }
        }
        if !changed {
            settled.settled = true;
            break;
        }
    }
    settled
}

fn stage_of(finding: &Finding) -> Option<Stage> {
    rules::entry(&finding.rule).map(|entry| entry.info.stage)
}

/// Applies the fix of one finding to `object`, and records it in `mark`. Edits of other objects are left out.
///
/// # Errors
/// When the object has no place for it; the object may then be half changed.
pub fn edit(
    object: &mut Value,
    mark: &mut Mark,
    carried: &Mark,
    workload: Option<&Workload>,
    finding: &Finding,
) -> Result<(), TreeError> {
    let this = crate::workload::ObjectRef::of(object);
    for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
        match edit {
            Edit::Set { object: other, at, value } => {
                let target = other.as_ref().unwrap_or(&finding.workload);
                if target.kind != this.kind || target.name != this.name {
                    continue;
                }
                let was = tree::set(object, at, value.clone())?;
                if let Some(key) = place::key_of(object, at) {
                    record(mark, carried, key, value, was);
                }
            }
            Edit::Maxmemory { container, bytes, derive } => {
                let Some(workload) = workload else { continue };
                let Some((via, was)) = delivery::put(object, workload, container, *bytes)? else { continue };
                let limit = workload.containers.iter().find(|server| server.name == *container);
                let limit = limit.and_then(|server| server.memory.limit_text());
                let key = Key::maxmemory(container);
                let set = Value::from(size::directive(*bytes));
                let derive = kept_derivation(carried, &key, &set, limit.as_deref()).unwrap_or_else(|| derive.clone());
                let entry = Entry { via: Some(via.name()), set, was, limit, derive: Some(derive) };
                mark.entries.insert(key, entry);
            }
        }
    }
    Ok(())
}

/// How a maxmemory came to be that stays as it was under the same limit, whatever a new policy would derive.
fn kept_derivation(carried: &Mark, key: &Key, set: &Value, limit: Option<&str>) -> Option<String> {
    let earlier = carried.entries.get(key).filter(|earlier| earlier.set == *set)?;
    let limit = limit.and_then(|limit| Quantity::parse(limit).ok()).and_then(Quantity::bytes);
    if earlier.limit_bytes() == limit { earlier.derive.clone() } else { None }
}

/// Records a value of ours. Where what stood there was ours already, what the user wrote is carried over.
fn record(mark: &mut Mark, carried: &Mark, key: Key, set: &Value, stood: Option<Value>) {
    let earlier = mark.entries.get(&key).or_else(|| carried.entries.get(&key));
    let was = match (earlier, stood) {
        (Some(earlier), Some(stood)) if super::mark::same(&stood, &earlier.set) => earlier.was.clone(),
        (_, stood) => stood,
    };
    mark.entries.insert(key, Entry { via: None, set: set.clone(), was, limit: None, derive: None });
}
