//! Fixes in stages until nothing is left to fix: limit, request, maxmemory, probes, network; after each the object is
//! evaluated again, since one fix is the ground of the next.

use std::sync::Arc;

use serde_json::Value;

use super::edit::{self, TreeError};
use super::ownership::mark::{Entry, Key, Mark};
use super::{container_path, delivery};
use crate::kubernetes::{ObjectRef, Pointer, Quantity};
use crate::rules::maxmemory::size;
use crate::rules::{self, Edit, Finding, Stage};
use crate::workload::Workload;

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
/// values that the user had written before we replaced them. `evaluate` is given the object, and the findings that were
/// fixed since it was asked before.
pub fn settle(
    object: &mut Value,
    mark: &mut Mark,
    carried: &Mark,
    evaluate: &mut dyn FnMut(&Value, &[Finding]) -> Evaluation,
) -> Settled {
    let mut settled = Settled::default();
    let mut evaluation = evaluate(object, &[]);
    for _ in 0..ROUNDS {
        let mut changed = false;
        for stage in Stage::ALL {
            let before = settled.applied.len();
            let Evaluation { workload, findings } = &evaluation;
            for finding in findings.iter().filter(|finding| stage_of(finding) == Some(stage)) {
                if apply_fix(object, mark, carried, workload.as_deref(), finding) == Ok(true) {
                    settled.applied.push(finding.clone());
                }
            }
            let fixed = settled.applied.get(before..).unwrap_or_default();
            if !fixed.is_empty() {
                changed = true;
                drop(evaluation); // Nobody else holds the model then: it is changed in place where it can be.
                evaluation = evaluate(object, fixed);
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
    rules::entry(&finding.rule).and_then(|entry| entry.info.stage)
}

/// Applies the fix of one finding to `object`, and records it in `mark`. Edits of other objects are left out. Returns
/// whether the object was changed.
///
/// # Errors
/// When the object has no place for it. Nothing is changed then.
pub fn apply_fix(
    object: &mut Value,
    mark: &mut Mark,
    carried: &Mark,
    workload: Option<&Workload>,
    finding: &Finding,
) -> Result<bool, TreeError> {
    let edits = finding.fix.as_ref().map_or(&[] as &[Edit], |fix| &fix.edits);
    // One edit changes all or nothing; what comes before one that fails has to be taken back.
    let before = (edits.len() > 1).then(|| {
        let at = changed_by(object, edits);
        (at.find(object).cloned(), at, mark.clone())
    });
    let mut changed = false;
    for edit in edits {
        match apply(object, mark, carried, workload, finding, edit) {
            Ok(more) => changed |= more,
            Err(error) => {
                if let Some((Some(value), at, before)) = before {
                    edit::set(object, &at, value)?;
                    *mark = before;
                }
                return Err(error);
            }
        }
    }
    Ok(changed)
}

/// The place that stands in the object, and holds all that these edits may change.
fn changed_by(object: &Value, edits: &[Edit]) -> Pointer {
    let places = edits.iter().map(|edit| match edit {
        Edit::Set { at, .. } => at.clone(),
        Edit::Maxmemory { .. } => Pointer::root(),
    });
    let shared =
        |one: Pointer, other: Pointer| one.ancestors().find(|above| other.is_within(above)).unwrap_or_default();
    let place = places.reduce(shared).unwrap_or_default();
    place.ancestors().find(|at| at.find(object).is_some_and(|value| !value.is_null())).unwrap_or_default()
}

fn apply(
    object: &mut Value,
    mark: &mut Mark,
    carried: &Mark,
    workload: Option<&Workload>,
    finding: &Finding,
    edit: &Edit,
) -> Result<bool, TreeError> {
    match edit {
        Edit::Set { object: other, at, value } => {
            let this = ObjectRef::of(object);
            let target = other.as_ref().unwrap_or(&finding.workload);
            if target.kind != this.kind || target.name != this.name {
                return Ok(false);
            }
            let was = edit::set(object, at, value.clone())?;
            let changed = was.as_ref() != Some(value);
            if let Some(key) = container_path::key_of(object, at) {
                record(mark, carried, key, value, was);
            }
            Ok(changed)
        }
        Edit::Maxmemory { container, bytes, derive } => {
            let Some(workload) = workload else { return Ok(false) };
            let Some(put) = delivery::put(object, workload, container, *bytes)? else { return Ok(false) };
            let limit = workload.containers.iter().find(|server| server.name == *container);
            let limit = limit.and_then(|server| server.memory.limit_text());
            let key = Key::maxmemory(container);
            let set = Value::from(size::directive(*bytes));
            let derive = kept_derivation(carried, &key, &set, limit.as_deref()).unwrap_or_else(|| derive.clone());
            let entry = Entry { via: Some(put.via.name()), set, was: put.was, limit, derive: Some(derive) };
            mark.entries.insert(key, entry);
            Ok(put.changed)
        }
    }
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
        (Some(earlier), Some(stood)) if super::ownership::mark::same(&stood, &earlier.set) => earlier.was.clone(),
        (_, stood) => stood,
    };
    mark.entries.insert(key, Entry { via: None, set: set.clone(), was, limit: None, derive: None });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::{Fix, Identity, Severity};

    /// A finding whose fix puts 1 at these places.
    fn finding(object: &Value, places: &[&str]) -> Finding {
        let workload = ObjectRef::of(object);
        let fix = places.iter().fold(Fix::safe("mend"), |fix, at| fix.add(Pointer::new(at), 1));
        let at = crate::kubernetes::Place::new(workload.clone(), Pointer::root());
        let identity = Identity { rule: "probe-timeout-short".into(), workload, subject: String::new() };
        Finding::new(identity, Severity::Low, at, String::new()).fix(fix)
    }

    #[test]
    fn a_fix_that_fails_in_the_middle_changes_nothing() {
        let container = "/spec/template/spec/containers/0";
        let object = json!({"kind": "StatefulSet", "metadata": {"name": "a"}, "spec": {"template": {"spec": {
            "containers": [{"name": "redis", "resources": null, "livenessProbe": {"exec": {"command": "x"}}}],
        }}}});
        for (first, second) in [
            ("livenessProbe/timeoutSeconds", "livenessProbe/exec/command/2"),
            ("resources/limits/memory", "resources/limits/memory/x"),
            ("resources/limits/memory", "name/x"),
            ("env", "env/0"),
        ] {
            let places = [first, second].map(|field| format!("{container}/{field}"));
            let finding = finding(&object, &[&places[0], &places[1]]);
            let (mut edited, mut mark) = (object.clone(), Mark::default());
            assert!(apply_fix(&mut edited, &mut mark, &Mark::default(), None, &finding).is_err(), "{first} {second}");
            assert_eq!((&edited, &mark), (&object, &Mark::default()), "{first} {second}");
        }
    }

    #[test]
    fn a_value_that_stands_there_already_is_no_change() {
        let mut object = json!({"kind": "StatefulSet", "metadata": {"name": "a"}, "spec": {"replicas": 1}});
        let finding = finding(&object, &["/spec/replicas"]);
        let edit = |object: &mut Value| apply_fix(object, &mut Mark::default(), &Mark::default(), None, &finding);
        assert_eq!(edit(&mut object), Ok(false));
        object["spec"]["replicas"] = json!(3);
        assert_eq!(edit(&mut object), Ok(true));
    }
}
