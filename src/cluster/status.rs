//! What our objects are told of themselves: the conditions Accepted and Active, written only when they change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::kubernetes::ObjectRef;
use crate::policy::{GROUP, Policies, Refused};

const VERSION: &str = "v1alpha1";
/// Of one write; the next change tries again.
const PATIENCE: Duration = Duration::from_secs(5);

/// What our objects are, and what is in force.
pub(crate) struct Wanted {
    pub(crate) policies: Vec<Arc<Value>>,
    pub(crate) exceptions: Vec<Arc<Value>>,
    /// The policies in force with their generations.
    pub(crate) in_force: BTreeMap<String, i64>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) set: Policies,
}

/// One condition, without its time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    name: &'static str,
    holds: bool,
    reason: &'static str,
    message: String,
}

/// Writes statuses.
pub(crate) struct Statuses {
    client: Client,
    /// What was written last, by the object's uid and generation: replicas that disagree must not take turns for ever.
    written: BTreeMap<(String, i64), [Condition; 2]>,
    forbidden: bool,
}

impl Statuses {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, written: BTreeMap::new(), forbidden: false }
    }

    /// Writes what is not yet as it should be.
    pub(crate) async fn write(&mut self, wanted: Wanted) {
        let mut written = BTreeMap::new();
        let policies = wanted.policies.iter().map(|object| (object, of_policy(object, &wanted)));
        let exceptions = wanted.exceptions.iter().map(|object| (object, of_exception(object, &wanted)));
        for (object, conditions) in policies.chain(exceptions) {
            let key = (text(object, "/metadata/uid"), generation(object));
            let before = self.written.get(&key);
            if !is_shown(object, &conditions)
                && before != Some(&conditions)
                && self.patch(object, &conditions).await.is_err()
            {
                continue; // The next change, or the next minute, tries again.
            }
            written.insert(key, conditions);
        }
        self.written = written;
    }

    async fn patch(&mut self, object: &Value, conditions: &[Condition; 2]) -> Result<(), ()> {
        let name = ObjectRef::of(object);
        let plural = if name.kind == "RedisPolicy" { "redispolicies" } else { "redispolicyexceptions" };
        let resource = resource(&name.kind, plural);
        let api: Api<DynamicObject> = match name.namespace.as_str() {
            "" => Api::all_with(self.client.clone(), &resource),
            namespace => Api::namespaced_with(self.client.clone(), namespace, &resource),
        };
        let status =
            json!({"status": {"conditions": conditions.iter().map(|one| shown(object, one)).collect::<Vec<_>>()}});
        let (params, patch) = (PatchParams::default(), Patch::Merge(status));
        match timeout(PATIENCE, api.patch_status(&name.name, &params, &patch)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => Ok(()), // It is gone.
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => {
                if !std::mem::replace(&mut self.forbidden, true) {
                    tracing::warn!(object = %name, "the status can't be written: forbidden");
                }
                Ok(())
            }
            _ => Err(()),
        }
    }
}

/// How our kinds are reached.
pub(crate) fn resource(kind: &str, plural: &str) -> ApiResource {
    ApiResource {
        group: GROUP.to_owned(),
        version: VERSION.to_owned(),
        api_version: format!("{GROUP}/{VERSION}"),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}

pub(crate) fn generation(object: &Value) -> i64 {
    object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default()
}

fn text(object: &Value, at: &str) -> String {
    object.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn accepted(object: &Value, refused: &[Refused]) -> Condition {
    let name = ObjectRef::of(object);
    match refused.iter().find(|refused| refused.object == name) {
        None => Condition { name: "Accepted", holds: true, reason: "Valid", message: "it holds no mistake".to_owned() },
        Some(refused) => {
            let lines: Vec<String> = refused.mistakes.iter().map(ToString::to_string).collect();
            Condition { name: "Accepted", holds: false, reason: "Mistakes", message: lines.join("\n") }
        }
    }
}

fn of_policy(object: &Value, wanted: &Wanted) -> [Condition; 2] {
    let accepted = accepted(object, &wanted.refused);
    let (holds, reason, message) = match wanted.in_force.get(&ObjectRef::of(object).name) {
        Some(generation) if *generation == self::generation(object) => (true, "InForce", "it is in force".to_owned()),
        Some(generation) => (true, "OlderInForce", format!("generation {generation} of it stays in force")),
        None if !accepted.holds => (false, "Mistakes", "it has mistakes".to_owned()),
        None => {
            (false, "OthersMistakes", "another policy has mistakes: the last good policies stay in force".to_owned())
        }
    };
    [accepted, Condition { name: "Active", holds, reason, message }]
}

fn of_exception(object: &Value, wanted: &Wanted) -> [Condition; 2] {
    let active = match wanted.set.is_active(object) {
        Ok(()) => Condition { name: "Active", holds: true, reason: "Honoured", message: "it is honoured".to_owned() },
        Err(message) => Condition { name: "Active", holds: false, reason: "NotHonoured", message },
    };
    [accepted(object, &wanted.refused), active]
}

fn found<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array)?;
    conditions.iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(name))
}

fn status(condition: &Condition) -> &'static str {
    if condition.holds { "True" } else { "False" }
}

/// Whether an object says all of this already.
fn is_shown(object: &Value, conditions: &[Condition; 2]) -> bool {
    conditions.iter().all(|condition| {
        found(object, condition.name).is_some_and(|found| {
            found["status"] == status(condition)
                && found["reason"] == condition.reason
                && found["message"] == condition.message
                && found["observedGeneration"] == generation(object)
        })
    })
}

fn shown(object: &Value, condition: &Condition) -> Value {
    let since = found(object, condition.name).filter(|found| found["status"] == status(condition));
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH).to_string();
    json!({
        "type": condition.name,
        "status": status(condition),
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": generation(object),
        "lastTransitionTime": since.map_or_else(|| now.into(), |found| found["lastTransitionTime"].clone()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use hyper::{Request, Response};
    use kube::client::Body;

    use super::*;

    /// The conditions of each write that an API server which takes everything was asked for.
    type Writes = Arc<Mutex<Vec<Value>>>;

    fn statuses() -> (Statuses, Writes) {
        let writes = Writes::default();
        let seen = Arc::clone(&writes);
        let service = tower::service_fn(move |request: Request<Body>| {
            let seen = Arc::clone(&seen);
            async move {
                assert!(request.uri().path().ends_with("/redispolicies/p/status"), "{}", request.uri());
                let body: Value = serde_json::from_slice(&request.into_body().collect_bytes().await?).unwrap();
                seen.lock().unwrap().push(body["status"]["conditions"].clone());
                let object =
                    json!({"apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy", "metadata": {"name": "p"}});
                Ok::<_, kube::Error>(Response::new(Body::from(object.to_string().into_bytes())))
            }
        });
        (Statuses::new(Client::new(service, "default")), writes)
    }

    fn wanted(object: &Value, in_force: &[(&str, i64)]) -> Wanted {
        let (set, refused) = Policies::profile("baseline").unwrap().of_objects([object]);
        Wanted {
            policies: vec![Arc::new(object.clone())],
            exceptions: Vec::new(),
            in_force: in_force.iter().map(|(name, generation)| ((*name).to_owned(), *generation)).collect(),
            refused,
            set,
        }
    }

    fn policy(generation: i64, spec: &Value) -> Value {
        json!({"apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy",
            "metadata": {"name": "p", "uid": "u", "generation": generation}, "spec": spec})
    }

    #[tokio::test]
    async fn a_status_is_written_only_when_it_changes() {
        let (mut statuses, writes) = statuses();
        let mut object = policy(1, &json!({}));
        for _ in 0..2 {
            statuses.write(wanted(&object, &[("p", 1)])).await;
        }
        assert_eq!(writes.lock().unwrap().len(), 1, "what was written is not yet seen, and not written again");
        object["status"] = json!({"conditions": writes.lock().unwrap()[0]});
        let (mut others, others_writes) = self::statuses();
        others.write(wanted(&object, &[("p", 1)])).await;
        assert_eq!(others_writes.lock().unwrap().len(), 0, "another replica sees that it is so");
    }

    #[tokio::test]
    async fn a_status_says_what_is_wrong_and_what_is_in_force() {
        let (mut statuses, writes) = statuses();
        let broken = policy(2, &json!({"mode": "strict"}));
        statuses.write(wanted(&broken, &[("p", 1)])).await;
        let written = writes.lock().unwrap()[0].clone();
        let of = |index: usize, key: &str| written[index][key].as_str().unwrap().to_owned();
        assert_eq!(
            (of(0, "type"), of(0, "status"), of(0, "reason")),
            ("Accepted".into(), "False".into(), "Mistakes".into())
        );
        assert!(of(0, "message").starts_with("spec.mode: `strict` is none of the words"), "{written}");
        assert_eq!((of(1, "status"), of(1, "message")), ("True".into(), "generation 1 of it stays in force".into()));
        assert_eq!(written[0]["observedGeneration"], 2);
    }
}
