//! A stand-in for the API server: it asks the real webhook about each object, mutation first, then validation, and
//! keeps what is admitted, so that later objects see earlier ones. It fills in no defaults and checks no schema.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::applied::{AppliedObject, Refusal};
use super::client::Client;
use super::error::SandboxError;
use super::merge::apply_over;
use super::registrations::{Asking, Called, Hooks, Stage, resource};
use crate::admission::{Certificate, Config, Handle, Limits, Server};
use crate::kubernetes::{Lookup, Lookups as _, MemoryLookups, ObjectRef};
use crate::policy::{Labels, Policies};

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
    pub(crate) async fn start(policies: Policies, namespaces: BTreeMap<String, Labels>) -> Result<Self, SandboxError> {
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
    pub(crate) async fn apply(&mut self, manifest: &Value) -> Result<AppliedObject, SandboxError> {
        let object = ObjectRef::of(manifest);
        let found = self.stored.look(Lookup::Object(object.clone())).await.found();
        let old = found.and_then(|objects| objects.into_iter().next());
        let received = old.as_ref().map_or_else(|| manifest.clone(), |old| apply_over(old, manifest));
        let mut applied = AppliedObject {
            patched: received.clone(),
            object,
            old,
            received,
            warnings: Vec::new(),
            refusal: None,
            kept_away: None,
            notes: Vec::new(),
        };
        let before = self.reviews;
        if let Some(mutation) = self.call_webhook(Stage::Mutate, &mut applied).await?
            && let Some(operations) = mutation.get("patch").and_then(Value::as_str)
        {
            let operations = STANDARD.decode(operations).ok().and_then(|json| serde_json::from_slice(&json).ok());
            let operations: json_patch::Patch = operations.ok_or(SandboxError::Answer("JSON patch"))?;
            json_patch::patch(&mut applied.patched, &operations)?;
        }
        self.call_webhook(Stage::Validate, &mut applied).await?;
        if self.reviews > before {
            applied.kept_away = None;
        }
        if applied.refusal.is_none() {
            self.stored.put(Arc::new(applied.patched.clone()));
        }
        Ok(applied)
    }

    /// Asks the webhook of one stage, where it is called, and notes what it says.
    async fn call_webhook(&mut self, stage: Stage, applied: &mut AppliedObject) -> Result<Option<Value>, SandboxError> {
        let (object, old) = (applied.object.clone(), applied.old.clone());
        let asking = Asking { object: &object, new: &applied.patched, old: old.as_deref() };
        let (webhook, note) = match self.hooks.called(stage, &asking) {
            Called::Yes { webhook, note } => (webhook, note),
            Called::KeptAway(why) => {
                applied.kept_away = applied.kept_away.take().or(Some(why));
                return Ok(None);
            }
            Called::Never => return Ok(None),
        };
        applied.notes.extend(note);
        let answer = self.review(stage, &asking).await?;
        applied.warnings.extend(warnings(&answer));
        let refusal = denial_message(&answer).map(|message| Refusal { webhook, message });
        applied.refusal = applied.refusal.take().or(refusal);
        Ok(Some(answer))
    }

    /// The `response` to one review.
    async fn review(&mut self, stage: Stage, asking: &Asking<'_>) -> Result<Value, SandboxError> {
        let Asking { object, new, old } = asking;
        let path = match stage {
            Stage::Mutate => "/mutate",
            Stage::Validate => "/validate",
        };
        self.reviews += 1;
        let uid = format!("00000000-0000-4000-8000-{:012}", self.reviews);
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        let group = object.group();
        let kind = json!({"group": group, "version": version, "kind": object.kind});
        let resource = json!({"group": group, "version": version, "resource": resource(object).unwrap_or_default()});
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
        let response = answer.get_mut("response").map(Value::take).ok_or(SandboxError::Answer("response"))?;
        let repeated = response.get("uid").and_then(Value::as_str) == Some(uid.as_str());
        if repeated { Ok(response) } else { Err(SandboxError::Answer("uid of the review")) }
    }
}

fn denial_message(response: &Value) -> Option<String> {
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
}
