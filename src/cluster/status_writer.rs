//! Writes the status conditions of our objects, in a task of its own: a slow API server delays a status, never a
//! policy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::{sleep, timeout};

use super::conditions::{
    Condition, PolicyState, as_status, exception_conditions, generation, is_shown, policy_conditions,
};
use super::resources::resource_of;
use crate::kubernetes::ObjectRef;

/// For one write.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two tries of writes that fail: the first pause and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_mins(1));

/// What was written to an object last: its uid and generation.
type Key = (String, i64);

/// Writes statuses, only where they change.
pub(crate) struct StatusWriter {
    client: Client,
    /// What was written last: replicas that disagree must not take turns for ever.
    written: BTreeMap<Key, [Condition; 2]>,
    is_forbidden_logged: bool,
}

/// A status that could not be written; the next try may.
#[derive(Debug)]
struct WriteError;

impl StatusWriter {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, written: BTreeMap::new(), is_forbidden_logged: false }
    }

    /// Writes the latest state whenever there is one, until nobody can send any more. A write that fails is tried again,
    /// with longer and longer pauses, until a newer state takes its place.
    pub(crate) async fn run(mut self, mut states: Receiver<Option<Arc<PolicyState>>>) {
        while states.changed().await.is_ok() {
            let mut pause = PAUSES.0;
            loop {
                let latest = states.borrow_and_update().clone();
                let Some(state) = latest else { break };
                if self.write_all(&state).await {
                    break;
                }
                tokio::select! {
                    changed = states.changed() => if changed.is_err() { return },
                    () = sleep(pause) => {}
                }
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }

    /// Writes what is not yet as it should be. False where a write failed.
    async fn write_all(&mut self, state: &PolicyState) -> bool {
        let mut written = BTreeMap::new();
        let mut is_complete = true;
        let policies = state.policies.iter().map(|object| (object, policy_conditions(object, state)));
        let exceptions = state.exceptions.iter().map(|object| (object, exception_conditions(object, state)));
        for (object, conditions) in policies.chain(exceptions) {
            let key = key_of(object);
            let is_written = self.written.get(&key) == Some(&conditions);
            if is_shown(object, &conditions) || is_written || self.write_status(object, &conditions).await.is_ok() {
                written.insert(key, conditions);
            } else {
                is_complete = false;
            }
        }
        self.written = written;
        is_complete
    }

    async fn write_status(&mut self, object: &Value, conditions: &[Condition; 2]) -> Result<(), WriteError> {
        let name = ObjectRef::of(object);
        let resource = resource_of(&name.kind);
        let api: Api<DynamicObject> = match name.namespace.as_str() {
            "" => Api::all_with(self.client.clone(), &resource),
            namespace => Api::namespaced_with(self.client.clone(), namespace, &resource),
        };
        let conditions = conditions.each_ref().map(|condition| as_status(object, condition));
        let patch = Patch::Merge(json!({"status": {"conditions": conditions}}));
        let params = PatchParams::default();
        match timeout(WRITE_TIMEOUT, api.patch_status(&name.name, &params, &patch)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => Ok(()), // It is gone.
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => {
                if !std::mem::replace(&mut self.is_forbidden_logged, true) {
                    tracing::warn!(object = %name, "the status can't be written: forbidden");
                }
                Ok(())
            }
            _ => Err(WriteError),
        }
    }
}

fn key_of(object: &Value) -> Key {
    let uid = object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    (uid.to_owned(), generation(object))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hyper::{Request, Response};
    use kube::client::Body;
    use tokio::sync::watch;

    use super::*;
    use crate::policy::Policies;

    /// The conditions of each write that an API server which takes everything was asked for.
    type Writes = Arc<Mutex<Vec<Value>>>;

    fn writer() -> (StatusWriter, Writes) {
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
        (StatusWriter::new(Client::new(service, "default")), writes)
    }

    fn wanted(object: &Value, in_force: &[(&str, i64)]) -> PolicyState {
        let (set, refused) = Policies::profile("baseline").unwrap().of_objects([object]);
        PolicyState {
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
        let (mut writer, writes) = writer();
        let mut object = policy(1, &json!({}));
        for _ in 0..2 {
            writer.write_all(&wanted(&object, &[("p", 1)])).await;
        }
        assert_eq!(writes.lock().unwrap().len(), 1, "what was written is not yet seen, and not written again");
        object["status"] = json!({"conditions": writes.lock().unwrap()[0]});
        let (mut others, others_writes) = self::writer();
        others.write_all(&wanted(&object, &[("p", 1)])).await;
        assert_eq!(others_writes.lock().unwrap().len(), 0, "another replica sees that it is so");
    }

    #[tokio::test]
    async fn a_status_says_what_is_wrong_and_what_is_in_force() {
        let (mut writer, writes) = writer();
        let broken = policy(2, &json!({"mode": "strict"}));
        writer.write_all(&wanted(&broken, &[("p", 1)])).await;
        let written = writes.lock().unwrap()[0].clone();
        let of = |index: usize, key: &str| written[index][key].as_str().unwrap().to_owned();
        assert_eq!(
            (of(0, "type"), of(0, "status"), of(0, "reason")),
            ("Accepted".into(), "False".into(), "Invalid".into())
        );
        assert!(of(0, "message").starts_with("spec.mode: `strict` is not allowed"), "{written}");
        assert_eq!((of(1, "status"), of(1, "message")), ("True".into(), "generation 1 of it stays in force".into()));
        assert_eq!(written[0]["observedGeneration"], 2);
    }

    /// An API server that answers 500 this many times, then takes everything.
    fn failing_writer(failures: usize) -> (StatusWriter, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&asked);
        let service = tower::service_fn(move |_: Request<Body>| {
            let number = seen.fetch_add(1, Ordering::SeqCst);
            async move {
                let status = if number < failures { 500 } else { 200 };
                let body = json!({"apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy", "metadata": {"name": "p"},
                    "code": status, "status": "Failure", "message": "", "reason": ""});
                let answer = Response::builder().status(status).body(Body::from(body.to_string().into_bytes()));
                Ok::<_, kube::Error>(answer.unwrap())
            }
        });
        (StatusWriter::new(Client::new(service, "default")), asked)
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_fails_is_tried_again_with_longer_pauses() {
        let (writer, asked) = failing_writer(3);
        let (states, receiver) = watch::channel(None);
        let began = tokio::time::Instant::now();
        let running = tokio::spawn(writer.run(receiver));
        states.send_replace(Some(Arc::new(wanted(&policy(1, &json!({})), &[("p", 1)]))));
        while asked.load(Ordering::SeqCst) < 4 {
            tokio::time::advance(Duration::from_millis(50)).await;
            tokio::task::yield_now().await;
        }
        assert!(began.elapsed() >= PAUSES.0 * 7, "{:?}", began.elapsed());
        drop(states);
        running.await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 4, "once written, it is left alone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_newer_state_takes_the_place_of_one_that_can_not_be_written() {
        let (writer, asked) = failing_writer(usize::MAX);
        let (states, receiver) = watch::channel(None);
        let running = tokio::spawn(writer.run(receiver));
        states.send_replace(Some(Arc::new(wanted(&policy(1, &json!({})), &[("p", 1)]))));
        while asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let (set, refused) = Policies::profile("baseline").unwrap().of_objects([]);
        let nothing = PolicyState { policies: vec![], exceptions: vec![], in_force: BTreeMap::new(), refused, set };
        states.send_replace(Some(Arc::new(nothing)));
        drop(states);
        running.await.unwrap();
    }
}
