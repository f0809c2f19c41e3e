//! The status conditions of our objects: Accepted and Active.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kubernetes::ObjectRef;
use crate::policy::{Policies, Refused};

/// What our objects are, and what is in force.
pub(crate) struct PolicyState {
    pub(crate) policies: Vec<Arc<Value>>,
    pub(crate) exceptions: Vec<Arc<Value>>,
    /// The policies in force with their generations.
    pub(crate) in_force: BTreeMap<String, i64>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) set: Policies,
}

/// One condition, without its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    name: &'static str,
    holds: bool,
    reason: &'static str,
    message: String,
}

/// Which version of its spec an object is.
pub(crate) fn generation(object: &Value) -> i64 {
    object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default()
}

fn accepted_condition(object: &Value, refused: &[Refused]) -> Condition {
    let name = ObjectRef::of(object);
    match refused.iter().find(|refused| refused.object == name) {
        None => Condition { name: "Accepted", holds: true, reason: "Valid", message: "it holds no error".to_owned() },
        Some(refused) => {
            let lines: Vec<String> = refused.diagnostics.iter().map(ToString::to_string).collect();
            Condition { name: "Accepted", holds: false, reason: "Invalid", message: lines.join("\n") }
        }
    }
}

/// What a policy is told.
pub(crate) fn policy_conditions(object: &Value, wanted: &PolicyState) -> [Condition; 2] {
    let accepted = accepted_condition(object, &wanted.refused);
    let (holds, reason, message) = match wanted.in_force.get(&ObjectRef::of(object).name) {
        Some(generation) if *generation == self::generation(object) => (true, "InForce", "it is in force".to_owned()),
        Some(generation) => (true, "OlderInForce", format!("generation {generation} of it stays in force")),
        None if !accepted.holds => (false, "Invalid", "it has errors".to_owned()),
        None => (false, "OthersInvalid", "another policy has errors: the last good policies stay in force".to_owned()),
    };
    [accepted, Condition { name: "Active", holds, reason, message }]
}

/// What an exception is told.
pub(crate) fn exception_conditions(object: &Value, wanted: &PolicyState) -> [Condition; 2] {
    let active = match wanted.set.is_active(object) {
        Ok(()) => Condition { name: "Active", holds: true, reason: "Honoured", message: "it is honoured".to_owned() },
        Err(message) => Condition { name: "Active", holds: false, reason: "NotHonoured", message },
    };
    [accepted_condition(object, &wanted.refused), active]
}

fn find_condition<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array)?;
    conditions.iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(name))
}

fn status_word(condition: &Condition) -> &'static str {
    if condition.holds { "True" } else { "False" }
}

/// Whether an object says all of this already.
pub(crate) fn is_shown(object: &Value, conditions: &[Condition; 2]) -> bool {
    conditions.iter().all(|condition| {
        find_condition(object, condition.name).is_some_and(|found| {
            found["status"] == status_word(condition)
                && found["reason"] == condition.reason
                && found["message"] == condition.message
                && found["observedGeneration"] == generation(object)
        })
    })
}

/// A condition as the status holds it; its time stays where its status does.
pub(crate) fn as_status(object: &Value, condition: &Condition) -> Value {
    let since = find_condition(object, condition.name).filter(|found| found["status"] == status_word(condition));
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH).to_string();
    json!({
        "type": condition.name,
        "status": status_word(condition),
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": generation(object),
        "lastTransitionTime": since.map_or_else(|| now.into(), |found| found["lastTransitionTime"].clone()),
    })
}
