//! A stand-in for the API server: it asks the real webhook about each object, mutation first, then validation, and
//! keeps what is admitted, so that later objects see earlier ones. It fills in no defaults and checks no schema.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::registrations::{Asking, Called, Hooks, Stage, resource};
use crate::admission::{Certificate, Config, Handle, Limits, Server, StartError};
use crate::kubernetes::{Lookup, Lookups as _, MemoryLookups, ObjectRef};
use crate::policy::{Labels, Policies};

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClusterError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the webhook's answer has no {0}: a fault of ours")]
    Answer(&'static str),
    #[error("{0} can't be loaded: a fault of ours")]
    Ours(&'static str),
    #[error("the webhook's patch does not fit: {0}: a fault of ours")]
    Patch(#[from] json_patch::PatchError),
}

/// What became of one object.
pub(crate) struct Outcome {
    pub(crate) object: ObjectRef,
    /// As stored before; nothing where it is new.
    pub(crate) old: Option<Arc<Value>>,
    /// As the webhook received it.
    pub(crate) received: Value,
    /// As it is after the webhook's patch.
    pub(crate) patched: Value,
    pub(crate) warnings: Vec<String>,
    /// Why it is refused; nothing where it is stored.
    pub(crate) denial: Option<Denial>,
    /// Why no webhook is called for it; it is stored as it is.
    pub(crate) kept_away: Option<String>,
    /// Which conditions could not be evaluated.
    pub(crate) notes: Vec<String>,
}

/// A refusal.
#[derive(Debug, Clone)]
pub(crate) struct Denial {
    /// The webhook that refuses, as the API server calls it.
    pub(crate) webhook: String,
    pub(crate) message: String,
}

/// One webhook, and the objects that were admitted.
pub(crate) struct Cluster {
    stored: Arc<MemoryLookups>,
    client: Client,
    handle: Handle,
    hooks: Hooks,
    reviews: usize,
    took: Duration,
}

impl Cluster {
    /// An empty one with these namespaces, whose webhook follows these policies.
    pub(crate) async fn start(policies: Policies, namespaces: BTreeMap<String, Labels>) -> Result<Self, ClusterError> {
        let policies = policies.with_namespaces(namespaces.clone());
        let hooks = Hooks::shipped(namespaces)?;
        let stored = Arc::new(MemoryLookups::default());
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            metrics_listen: None,
            certificate: Certificate::Loopback,
            policies,
            lookups: Arc::clone(&stored) as _,
            limits: Limits::default(),
        };
        let handle = Server::start(config).await?;
        let client = Client::connect(handle.addr(), handle.ca_pem().unwrap_or_default()).await?;
        Ok(Self { stored, client, handle, hooks, reviews: 0, took: Duration::ZERO })
    }

    /// Where the webhook listens.
    pub(crate) fn address(&self) -> String {
        format!("https://{}", self.handle.addr())
    }

    /// How many reviews were sent.
    pub(crate) fn reviews(&self) -> usize {
        self.reviews
    }

    /// How long their answers took.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Keeps an object that no webhook is called for. Secrets are never kept.
    pub(crate) fn keep(&self, object: Value) {
        if object.get("kind").and_then(Value::as_str) != Some("Secret") {
            self.stored.put(Arc::new(object));
        }
    }

    /// Whether a webhook is registered for its kind.
    pub(crate) fn asks_about(&self, object: &ObjectRef) -> bool {
        self.hooks.are_for(object)
    }

    /// Applies an object.
    pub(crate) async fn apply(&mut self, manifest: &Value) -> Result<Outcome, ClusterError> {
        let object = ObjectRef::of(manifest);
        let found = self.stored.look(Lookup::Object(object.clone())).await.found();
        let old = found.and_then(|objects| objects.into_iter().next());
        let received = old.as_ref().map_or_else(|| manifest.clone(), |old| merged(old, manifest));
        let mut outcome = Outcome {
            patched: received.clone(),
            object,
            old,
            received,
            warnings: Vec::new(),
            denial: None,
            kept_away: None,
            notes: Vec::new(),
        };
        let before = self.reviews;
        if let Some(mutation) = self.ask(Stage::Mutate, &mut outcome).await?
            && let Some(operations) = mutation.get("patch").and_then(Value::as_str)
        {
            let operations = STANDARD.decode(operations).ok().and_then(|json| serde_json::from_slice(&json).ok());
            let operations: json_patch::Patch = operations.ok_or(ClusterError::Answer("JSON patch"))?;
            json_patch::patch(&mut outcome.patched, &operations)?;
        }
        self.ask(Stage::Validate, &mut outcome).await?;
        if self.reviews > before {
            outcome.kept_away = None;
        }
        if outcome.denial.is_none() {
            self.stored.put(Arc::new(outcome.patched.clone()));
        }
        Ok(outcome)
    }

    /// Asks the webhook of one stage, where it is called, and notes what it says.
    async fn ask(&mut self, stage: Stage, outcome: &mut Outcome) -> Result<Option<Value>, ClusterError> {
        let (object, old) = (outcome.object.clone(), outcome.old.clone());
        let asking = Asking { object: &object, new: &outcome.patched, old: old.as_deref() };
        let (webhook, note) = match self.hooks.called(stage, &asking) {
            Called::Yes { webhook, note } => (webhook, note),
            Called::KeptAway(why) => {
                outcome.kept_away = outcome.kept_away.take().or(Some(why));
                return Ok(None);
            }
            Called::Never => return Ok(None),
        };
        outcome.notes.extend(note);
        let path = match stage {
            Stage::Mutate => "/mutate",
            Stage::Validate => "/validate",
        };
        let resource = resource(&object).unwrap_or_default();
        let answer = self.review(path, &object, resource, &outcome.patched, old.as_deref()).await?;
        outcome.warnings.extend(warnings(&answer));
        let denial = denial(&answer).map(|message| Denial { webhook, message });
        outcome.denial = outcome.denial.take().or(denial);
        Ok(Some(answer))
    }

    /// The `response` to one review.
    async fn review(
        &mut self,
        path: &str,
        object: &ObjectRef,
        resource: &str,
        new: &Value,
        old: Option<&Value>,
    ) -> Result<Value, ClusterError> {
        self.reviews += 1;
        let uid = format!("00000000-0000-4000-8000-{:012}", self.reviews);
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        let group = object.group();
        let kind = json!({"group": group, "version": version, "kind": object.kind});
        let resource = json!({"group": group, "version": version, "resource": resource});
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": uid,
                "kind": kind, "requestKind": kind,
                "resource": resource, "requestResource": resource,
                "name": object.name,
                "namespace": object.namespace,
                "operation": if old.is_some() { "UPDATE" } else { "CREATE" },
                "userInfo": {"username": "plimsoll-try", "groups": ["system:authenticated"]},
                "object": new,
                "oldObject": old,
                "dryRun": false,
                "options": null,
            },
        });
        let began = Instant::now();
        let mut answer = self.client.post(path, &review).await?;
        self.took += began.elapsed();
        let response = answer.get_mut("response").map(Value::take).ok_or(ClusterError::Answer("response"))?;
        let repeated = response.get("uid").and_then(Value::as_str) == Some(uid.as_str());
        if repeated { Ok(response) } else { Err(ClusterError::Answer("uid of the review")) }
    }
}

fn denial(response: &Value) -> Option<String> {
    if response.get("allowed") == Some(&Value::Bool(true)) {
        return None;
    }
    let message = response.pointer("/status/message").and_then(Value::as_str);
    Some(message.unwrap_or("no reason was given").to_owned())
}

fn warnings(response: &Value) -> impl Iterator<Item = String> {
    let warnings = response.get("warnings").and_then(Value::as_array);
    warnings.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

/// A manifest applied over the stored object, as an apply or a Helm upgrade does it: what the manifest names it sets,
/// the rest stays. Lists whose elements have names are merged by name; any other list is the manifest's.
fn merged(stored: &Value, manifest: &Value) -> Value {
    match (stored, manifest) {
        (Value::Object(stored), Value::Object(manifest)) => {
            let mut whole = stored.clone();
            for (key, value) in manifest {
                let value = stored.get(key).map_or_else(|| value.clone(), |before| merged(before, value));
                whole.insert(key.clone(), value);
            }
            Value::Object(whole)
        }
        (Value::Array(stored), Value::Array(manifest)) if are_named(manifest) => {
            let of = |list: &[Value], wanted: &Value| list.iter().find(|item| name(item) == name(wanted)).cloned();
            let mut whole: Vec<Value> = manifest
                .iter()
                .map(|item| of(stored, item).map_or_else(|| item.clone(), |before| merged(&before, item)))
                .collect();
            whole.extend(stored.iter().filter(|item| of(manifest, item).is_none()).cloned());
            Value::Array(whole)
        }
        _ => manifest.clone(),
    }
}

fn are_named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|item| name(item).is_some())
}

/// The key by which an element of a list is merged. A mount is known by its path, not by its name.
fn name(item: &Value) -> Option<&str> {
    item.get("mountPath").or_else(|| item.get("name")).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn secrets_are_not_kept() {
        let cluster = Cluster::start(Policies::profile("baseline").unwrap(), BTreeMap::new()).await.unwrap();
        for kind in ["Secret", "PersistentVolumeClaim"] {
            let metadata = json!({"name": "cart", "namespace": "shop"});
            cluster.keep(json!({"apiVersion": "v1", "kind": kind, "metadata": metadata}));
            let found = cluster.stored.look(Lookup::Object(ObjectRef::new("v1", kind, "shop", "cart"))).await;
            assert_eq!(found.found().is_some(), kind != "Secret");
        }
    }

    #[test]
    fn an_apply_sets_what_it_names_and_leaves_the_rest() {
        let stored = json!({
            "annotations": {"ours": "1"},
            "containers": [{"name": "redis", "args": ["a", "b"], "memory": "1Gi"}, {"name": "extra"}],
        });
        let manifest = json!({"containers": [{"name": "redis", "args": ["a"]}], "replicas": 3});
        let expected = json!({
            "annotations": {"ours": "1"},
            "containers": [{"name": "redis", "args": ["a"], "memory": "1Gi"}, {"name": "extra"}],
            "replicas": 3,
        });
        assert_eq!(merged(&stored, &manifest), expected);
        assert_eq!(merged(&expected, &manifest), expected);
    }
}
