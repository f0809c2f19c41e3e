//! Fixes in stages until nothing is left to fix: limit, request, maxmemory, probes, network; after each the object is
//! evaluated again, since one fix is the ground of the next.

use std::sync::Arc;

use serde_json::Value;

use super::container_path;
use super::delivery::directive::Directive;
use super::delivery::put::put;
use super::edit::{self, TreeError};
use super::ownership::mark::{Entry, Key, Mark, same};
use super::ownership::owned::{delivered, directive};
use crate::kubernetes::{ObjectRef, Pointer, Quantity};
use crate::rules::{self, Derived, Edit, Finding, Stage};
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
pub struct Fixed {
    /// The findings that were fixed.
    pub applied: Vec<Finding>,
    /// Whether the last round changed nothing. Else nothing may be patched.
    pub converged: bool,
}

/// Applies fixes to `object` until none is left, and records them in `mark`. `carried` is the mark as it was, for the
/// values that the user had written before we replaced them. `evaluate` is given the object, and the findings that were
/// fixed since it was asked before.
pub fn apply_to_fixpoint(
    object: &mut Value,
    mark: &mut Mark,
    carried: &Mark,
    evaluate: &mut dyn FnMut(&Value, &[Finding]) -> Evaluation,
) -> Fixed {
    let mut record = Record { mark: std::mem::take(mark), carried };
    let mut fixed = Fixed::default();
    let mut evaluation = evaluate(object, &[]);
    for _ in 0..ROUNDS {
        let mut is_changed = false;
        for stage in Stage::ALL {
            let before = fixed.applied.len();
            let Evaluation { workload, findings } = &evaluation;
            for finding in findings.iter().filter(|finding| stage_of(finding) == Some(stage)) {
                if record.apply_fix(object, workload.as_deref(), finding) == Ok(true) {
                    fixed.applied.push(finding.clone());
                }
            }
            let news = fixed.applied.get(before..).unwrap_or_default();
            if !news.is_empty() {
                is_changed = true;
                drop(evaluation); // Nobody else holds the model then: it is changed in place where it can be.
                evaluation = evaluate(object, news);
            }
        }
        if !is_changed {
            fixed.converged = true;
            break;
        }
    }
    *mark = record.mark;
    fixed
}

fn stage_of(finding: &Finding) -> Option<Stage> {
    rules::entry(&finding.rule).and_then(|entry| entry.info.stage)
}

/// Applies the fix of one finding to `object`, without a mark. Edits of other objects are left out. Returns whether the
/// object was changed.
///
/// # Errors
/// When the object has no place for it. Nothing is changed then.
pub fn apply_fix(object: &mut Value, workload: Option<&Workload>, finding: &Finding) -> Result<bool, TreeError> {
    Record { mark: Mark::default(), carried: &Mark::default() }.apply_fix(object, workload, finding)
}

/// What is ours in the object under fix, and what was before.
struct Record<'a> {
    mark: Mark,
    carried: &'a Mark,
}

/// A directive that a fix gives to a server.
struct Asked<'a> {
    container: &'a str,
    directive: Directive<'a>,
    derived: Option<&'a Derived>,
}

impl Record<'_> {
    /// Applies the fix of one finding, and records it.
    fn apply_fix(
        &mut self,
        object: &mut Value,
        workload: Option<&Workload>,
        finding: &Finding,
    ) -> Result<bool, TreeError> {
        let edits = finding.fix.as_ref().map_or(&[] as &[Edit], |fix| &fix.edits);
        // One edit changes all or nothing; what comes before one that fails has to be taken back.
        let before = (edits.len() > 1).then(|| {
            let at = changed_by(object, edits);
            (at.find(object).cloned(), at, self.mark.clone())
        });
        let mut is_changed = false;
        for edit in edits {
            let applied = match edit {
                Edit::Set { object: other, at, value } => {
                    let target = other.as_ref().unwrap_or(&finding.workload);
                    self.set(object, target, at, value)
                }
                Edit::Directive { container, name, value, derived } => {
                    let directive = Directive { name, value };
                    let asked = Asked { container, directive, derived: derived.as_ref() };
                    workload.map_or(Ok(false), |workload| self.deliver(object, workload, &asked))
                }
            };
            match applied {
                Ok(more) => is_changed |= more,
                Err(error) => {
                    if let Some((Some(value), at, before)) = before {
                        edit::set(object, &at, value)?;
                        self.mark = before;
                    }
                    return Err(error);
                }
            }
        }
        Ok(is_changed)
    }

    /// Puts a value at a place, where `object` is the one that it is meant for.
    fn set(&mut self, object: &mut Value, target: &ObjectRef, at: &Pointer, value: &Value) -> Result<bool, TreeError> {
        let this = ObjectRef::of(object);
        if target.kind != this.kind || target.name != this.name {
            return Ok(false);
        }
        let stood = edit::set(object, at, value.clone())?;
        let is_changed = stood.as_ref() != Some(value);
        if let Some(key) = container_path::key_of(object, at) {
            // Where what stood there was ours already, what the user wrote is carried over.
            let earlier = self.mark.entries.get(&key).or_else(|| self.carried.entries.get(&key));
            let was = match (earlier, stood) {
                (Some(earlier), Some(stood)) if same(&stood, &earlier.set) => earlier.was.clone(),
                (_, stood) => stood,
            };
            let entry = Entry { via: None, set: value.clone(), was, limit: None, derive: None };
            self.mark.entries.insert(key, entry);
        }
        Ok(is_changed)
    }

    /// Puts a directive where it takes effect.
    fn deliver(&mut self, object: &mut Value, workload: &Workload, asked: &Asked) -> Result<bool, TreeError> {
        let key = Key::directive(asked.container, asked.directive.name);
        if let Some(is_changed) = self.rewrite(object, &key, asked) {
            return Ok(is_changed);
        }
        let Some(put) = put(object, workload, asked.container, asked.directive)? else { return Ok(false) };
        let via = put.path.name();
        // What stands in the variable may be another directive of ours: then the user's word is the one before that.
        let was = self.mark.beside(&key, &via).map_or(put.was, |beside| beside.was.clone());
        let entry = self.entry(&key, via, asked);
        self.mark.entries.insert(key, Entry { was, ..entry });
        Ok(put.is_change)
    }

    /// Gives a directive that we have put into `object` already another value; nothing where we have not.
    fn rewrite(&mut self, object: &mut Value, key: &Key, asked: &Asked) -> Option<bool> {
        let earlier = self.mark.entries.get(key)?;
        let (delivered, old) = delivered(&self.mark, key).zip(directive(key, earlier))?;
        if !delivered.holds(object, old) {
            return None;
        }
        let is_changed = old != asked.directive;
        delivered.rewrite(object, old, asked.directive.value);
        let entry = self.entry(key, earlier.via.clone()?, asked);
        let entry = Entry { was: earlier.was.clone(), ..entry };
        self.mark.entries.insert(key.clone(), entry);
        Some(is_changed)
    }

    /// The entry of a directive. How it was derived stays as it was under the same limit, whatever a new policy would say.
    fn entry(&self, key: &Key, via: String, asked: &Asked) -> Entry {
        let mut entry = Entry::delivered(via, asked.directive.value, asked.derived);
        let limit = entry.limit.as_deref().and_then(|limit| Quantity::parse(limit).ok()).and_then(Quantity::bytes);
        let earlier = self.carried.entries.get(key).filter(|earlier| earlier.set == entry.set);
        if let Some(earlier) = earlier.filter(|earlier| earlier.limit_bytes() == limit && earlier.derive.is_some()) {
            entry.derive.clone_from(&earlier.derive);
        }
        entry
    }
}

/// The place that stands in the object, and holds all that these edits may change.
fn changed_by(object: &Value, edits: &[Edit]) -> Pointer {
    let places = edits.iter().map(|edit| match edit {
        Edit::Set { at, .. } => at.clone(),
        Edit::Directive { .. } => Pointer::root(),
    });
    let place = places.reduce(|one, other| share_place(&one, &other)).unwrap_or_default();
    place.ancestors().find(|at| at.find(object).is_some_and(|value| !value.is_null())).unwrap_or_default()
}

/// The innermost place that holds both.
fn share_place(one: &Pointer, other: &Pointer) -> Pointer {
    one.ancestors().find(|above| other.is_within(above)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::{Fix, Identity, Severity};

    /// A finding whose fix puts 1 at these places.
    fn finding(object: &Value, places: &[&str]) -> Finding {
        let workload = ObjectRef::of(object);
        let fix = places.iter().fold(Fix::safe("fix"), |fix, at| fix.add(Pointer::new(at), 1));
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
            let mut edited = object.clone();
            let mut record = Record { mark: Mark::default(), carried: &Mark::default() };
            assert!(record.apply_fix(&mut edited, None, &finding).is_err(), "{first} {second}");
            assert_eq!((&edited, &record.mark), (&object, &Mark::default()), "{first} {second}");
        }
    }

    #[test]
    fn a_value_that_stands_there_already_is_no_change() {
        let mut object = json!({"kind": "StatefulSet", "metadata": {"name": "a"}, "spec": {"replicas": 1}});
        let finding = finding(&object, &["/spec/replicas"]);
        let edit = |object: &mut Value| apply_fix(object, None, &finding);
        assert_eq!(edit(&mut object), Ok(false));
        object["spec"]["replicas"] = json!(3);
        assert_eq!(edit(&mut object), Ok(true));
    }
}
