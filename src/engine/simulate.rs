//! What admission does to one object, asked as the API server asks: the mutating webhook, then the validating one.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::resolve::resolve;
use super::verdict::{Hook, Judged, Operation, Request};
use crate::kubernetes::{Inventory, Lookup, ObjectRef};
use crate::policy::{Action, Policies};

/// What it does, by the ids of the rules.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) denied: BTreeSet<String>,
    pub(crate) warned: BTreeSet<String>,
    pub(crate) patched: BTreeSet<String>,
    /// Its fixes did not settle, so nothing is patched.
    pub(crate) unsettled: bool,
    /// The object as it would be stored if nothing were denied.
    pub(crate) stored: Arc<Value>,
}

/// Creates `object`, or updates `old` to it.
pub(crate) fn ask(
    policies: &Policies,
    object: &Arc<Value>,
    old: Option<&Arc<Value>>,
    inventory: &dyn Inventory,
) -> Outcome {
    let mut request = Request {
        operation: if old.is_some() { Operation::Update } else { Operation::Create },
        subresource: None,
        target: ObjectRef::of(object),
        object: Arc::clone(object),
        old: old.cloned(),
        user: "kubernetes-admin".to_owned(),
    };
    let mut fetch = |lookup: &Lookup| inventory.answer(lookup);
    let mutated = resolve(policies, Hook::Mutate, request.clone(), &mut fetch);
    let fixed = mutated.audit_annotations.get("fixed").map(String::as_str).unwrap_or_default();
    let patched = fixed.split(',').filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
    let mut after = (**object).clone();
    if json_patch::patch(&mut after, &mutated.patch).is_ok() {
        request.object = Arc::new(after);
    }
    let stored = Arc::clone(&request.object);
    let verdict = resolve(policies, Hook::Validate, request, &mut fetch);
    Outcome {
        denied: list_rules(&verdict.judged, Action::Deny),
        warned: list_rules(&verdict.judged, Action::Warn),
        patched,
        unsettled: mutated.unsettled,
        stored,
    }
}

/// The rules whose findings came to this action.
fn list_rules(judged: &[Judged], action: Action) -> BTreeSet<String> {
    let counted = judged.iter().filter(|judged| judged.action == action && judged.suppressed_by.is_none());
    counted.map(|judged| judged.finding.rule.to_string()).collect()
}
