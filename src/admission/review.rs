//! One review: from the body of a call to the bytes of its answer.
//!
//! What certainly holds no Redis is answered from the raw text, before any tree is built. The rest is decoded, what the
//! engine asks for is looked up, and the engine decides; a fault of ours there costs that call alone (`onError`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use memchr::memmem;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::carried::{Carried, RequestKey};
use super::envelope::{self, Asked, EnvelopeError};
use super::metrics::{Metrics, hook_name};
use super::server::StartError;
use crate::engine::{Hook, Operation, Request, Resolution, Step, Verdict};
use crate::kubernetes::{Lookup, Lookups, ObjectRef, Seen, Snapshot};
use crate::policy::{GROUP, OnError, Policies, Reviewed};

/// No object that concerns us is without all of these.
const HINTS: [&str; 8] = ["redis", "valkey", "keydb", "sentinel", "6379", "maxmemory", "appendonly", "plimsoll.dev"];
/// Mistakes that are told at once; who makes more makes them in a row.
const MISTAKES: usize = 50;
/// Bytes of a policy or exception; more is no policy.
const OWN_SIZE: usize = 256 * 1024;
/// Above this many bytes a review may compute for milliseconds: it leaves the threads that serve connections.
const LARGE: usize = 64 * 1024;

/// How a review ended, as the metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Skipped,
    Allowed,
    Warned,
    Patched,
    Denied,
    Fault,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Allowed => "allowed",
            Self::Warned => "warned",
            Self::Patched => "patched",
            Self::Denied => "denied",
            Self::Fault => "fault",
        }
    }

    fn of(verdict: &Verdict) -> Self {
        if verdict.denial.is_some() {
            Self::Denied
        } else if !verdict.patch.is_empty() {
            Self::Patched
        } else if !verdict.warnings.is_empty() {
            Self::Warned
        } else {
            Self::Allowed
        }
    }
}

/// A fault of ours in one review.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Panic,
    Deadline,
}

impl Fault {
    fn text(self) -> &'static str {
        match self {
            Self::Panic => "plimsoll failed on this object; its log has the place",
            Self::Deadline => "plimsoll ran out of the time that the API server gives",
        }
    }
}

/// Answers reviews by policies and look-ups: what a [`Server`](super::Server) does between HTTP and HTTP.
pub struct Reviewer {
    policies: Arc<ArcSwap<Policies>>,
    lookups: Arc<dyn Lookups>,
    metrics: Arc<Metrics>,
    carried: Carried,
}

impl Reviewer {
    /// A reviewer that counts for itself, without a server (for benchmarks).
    ///
    /// # Errors
    /// When the metrics can't be set up: a fault of ours.
    pub fn new(policies: Policies, lookups: Arc<dyn Lookups>) -> Result<Self, StartError> {
        Ok(Self::counted(policies, lookups, Arc::new(Metrics::new()?)))
    }

    pub(crate) fn counted(policies: Policies, lookups: Arc<dyn Lookups>, metrics: Arc<Metrics>) -> Self {
        Self { policies: Arc::new(ArcSwap::from_pointee(policies)), lookups, metrics, carried: Carried::default() }
    }

    /// Where the policies in force are kept: what is stored there holds for every review that begins after.
    pub(crate) fn policies(&self) -> &Arc<ArcSwap<Policies>> {
        &self.policies
    }

    /// The answer to the body of a call. The whole takes no longer than `budget`, but for a bounded rest of computing.
    /// To be awaited on a tokio runtime with time.
    ///
    /// # Errors
    /// When the body is no review that can be answered.
    pub async fn answer(&self, hook: Hook, body: &[u8], budget: Duration) -> Result<Vec<u8>, EnvelopeError> {
        let began = Instant::now();
        let _held = self.metrics.review_begins();
        let asked = Asked::read(body)?;
        let policies = Policies::clone(&self.policies.load()).at(Timestamp::now());
        let call = Call { reviewer: self, hook, deadline: began + budget, large: body.len() > LARGE, policies };
        let (outcome, answer) = match call.verdict(&asked).await? {
            Ok(None) => (Outcome::Skipped, envelope::write(&asked.uid, &Verdict::default())),
            Ok(Some(verdict)) => {
                if verdict.unsettled {
                    self.metrics.left_unsettled();
                }
                (Outcome::of(&verdict), envelope::write(&asked.uid, &verdict))
            }
            Err(fault) => (Outcome::Fault, call.fault(&asked, fault)),
        };
        let took = began.elapsed();
        self.metrics.reviewed(hook, &asked.kind.kind, &asked.operation, outcome, took);
        log(hook, &asked, outcome, took);
        answer.map_err(EnvelopeError::Unwritable)
    }
}

/// One call under way.
struct Call<'a> {
    reviewer: &'a Reviewer,
    hook: Hook,
    deadline: Instant,
    large: bool,
    policies: Policies,
}

impl Call<'_> {
    /// The verdict; nothing where there was nothing to decide.
    async fn verdict(&self, asked: &Asked<'_>) -> Result<Result<Option<Verdict>, Fault>, EnvelopeError> {
        if let Some(verdict) = self.own(asked).await? {
            return Ok(verdict.map(Some));
        }
        match self.prepare(asked).await? {
            None => Ok(Ok(None)),
            Some(request) => {
                let key = RequestKey::new(&request, asked.dry_run.unwrap_or(false));
                Ok(self.decide(request, key).await.map(Some))
            }
        }
    }

    /// The verdict on a policy or exception of ours; nothing for all other objects.
    async fn own(&self, asked: &Asked<'_>) -> Result<Option<Result<Verdict, Fault>>, EnvelopeError> {
        let applied = ["CREATE", "UPDATE"].contains(&&*asked.operation);
        let Some(raw) = asked.object.filter(|_| &*asked.kind.group == GROUP) else { return Ok(None) };
        let of_status = asked.sub_resource.as_deref().is_some_and(|name| !name.is_empty());
        if self.hook == Hook::Mutate || !applied || of_status {
            return Ok(Some(Ok(Verdict::default())));
        }
        if raw.get().len() > OWN_SIZE {
            let denial = Some(format!("a {} takes at most {OWN_SIZE} bytes", &*asked.kind.kind));
            return Ok(Some(Ok(Verdict { denial, ..Verdict::default() })));
        }
        let (Some(object), old) = (asked.object_tree()?, asked.old_tree()?) else { return Ok(None) };
        // What is stored already, good or not, must not keep anybody from labelling or deleting it.
        let same = old.is_some_and(|old| old.get("spec") == object.get("spec"));
        if same || is_leaving(&object) {
            return Ok(Some(Ok(Verdict::default())));
        }
        let policies = self.policies.clone();
        Ok(Some(self.compute(move || policies.review(&object)).await.map(told)))
    }

    /// The request for the engine; nothing where it is certain to pass.
    async fn prepare(&self, asked: &Asked<'_>) -> Result<Option<Request>, EnvelopeError> {
        let operation = match &*asked.operation {
            "CREATE" => Operation::Create,
            "UPDATE" => Operation::Update,
            _ => return Ok(None),
        };
        let Some(raw) = asked.object else { return Ok(None) };
        let subresource = asked.sub_resource.as_deref().filter(|name| !name.is_empty());
        if subresource == Some("scale") {
            return self.scale(asked, operation).await;
        }
        if !hints(raw.get()) && !asked.old_object.is_some_and(|old| hints(old.get())) {
            return Ok(None);
        }
        let (Some(object), old) = (asked.object_tree()?, asked.old_tree()?) else { return Ok(None) };
        if operation == Operation::Update && [Some(&object), old.as_ref()].into_iter().flatten().any(is_leaving) {
            return Ok(None);
        }
        let name = match &*asked.name {
            "" => ObjectRef::of(&object).name,
            name => name.to_owned(),
        };
        let version = api_version(&asked.kind.group, &asked.kind.version);
        Ok(Some(Request {
            operation,
            subresource: subresource.map(str::to_owned),
            target: ObjectRef::new(&version, &asked.kind.kind, &asked.namespace, &name),
            object: Arc::new(object),
            old: old.map(Arc::new),
            user: asked.user_info.username.to_string(),
        }))
    }

    /// The request behind a scale: a Scale holds only a number, so the object itself is looked up.
    async fn scale(&self, asked: &Asked<'_>, operation: Operation) -> Result<Option<Request>, EnvelopeError> {
        let kind = match (&*asked.resource.group, &*asked.resource.resource) {
            ("apps", "statefulsets") => "StatefulSet",
            ("apps", "deployments") => "Deployment",
            _ => return Ok(None),
        };
        if self.hook == Hook::Mutate || asked.name.is_empty() {
            return Ok(None); // A scale is never patched.
        }
        let Some(scale) = asked.object_tree()? else { return Ok(None) };
        let version = api_version(&asked.resource.group, &asked.resource.version);
        let target = ObjectRef::new(&version, kind, &asked.namespace, &asked.name);
        let answers = self.look_up(vec![Lookup::Object(target.clone())]).await;
        let found = answers.into_iter().find_map(|(_, seen)| seen.found()?.into_iter().next());
        let Some(stored) = found else { return Ok(None) };
        let mut object = (*stored).clone();
        let replicas = scale.pointer("/spec/replicas").cloned().unwrap_or_else(|| 0.into()); // `spec: {}` is zero.
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert("replicas".to_owned(), replicas);
        }
        Ok(Some(Request {
            operation,
            subresource: Some("scale".to_owned()),
            target,
            object: Arc::new(object),
            old: Some(stored),
            user: asked.user_info.username.to_string(),
        }))
    }

    /// Looks up what the engine asks for, and lets it decide. `key` is the request's, by which a validation takes over what
    /// the mutation before it has seen.
    async fn decide(&self, request: Request, key: Option<RequestKey>) -> Result<Verdict, Fault> {
        let carried = &self.reviewer.carried;
        let seen = match (self.hook, &key) {
            (Hook::Validate, Some(key)) => carried.take(key, Instant::now()).unwrap_or_default(),
            _ => Snapshot::new(),
        };
        let mut resolution = Resolution::new(self.policies.clone(), self.hook, request, seen);
        loop {
            let (step, advanced) = self.compute(move || (resolution.advance(), resolution)).await?;
            resolution = advanced;
            match step {
                Step::LookUp(lookups) => {
                    for (lookup, seen) in self.look_up(lookups).await {
                        resolution.record(lookup, seen);
                    }
                }
                Step::Done(verdict) => {
                    if let (Hook::Mutate, Some(key)) = (self.hook, key) {
                        carried.put(key, resolution.into_seen(), Instant::now());
                    }
                    return Ok(*verdict);
                }
            }
        }
    }

    /// Runs the engine where a panic, or a long computation, harms nobody else.
    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let caught = move || catch_unwind(AssertUnwindSafe(work));
        let result = if self.large {
            let task = tokio::task::spawn_blocking(caught);
            match timeout_at(self.deadline, task).await {
                Ok(Ok(result)) => result,
                Ok(Err(error)) => Err(Box::new(error) as _),
                Err(_) => {
                    self.reviewer.metrics.timed_out();
                    return Err(Fault::Deadline);
                }
            }
        } else {
            caught()
        };
        result.map_err(|_| {
            self.reviewer.metrics.panicked();
            Fault::Panic
        })
    }

    /// Looks all of them up at once. What has no answer by the deadline is unknown.
    async fn look_up(&self, wanted: Vec<Lookup>) -> Vec<(Lookup, Seen<Vec<Arc<Value>>>)> {
        let mut flights = JoinSet::new();
        for lookup in &wanted {
            let (lookups, lookup) = (Arc::clone(&self.reviewer.lookups), lookup.clone());
            flights.spawn(async move {
                let seen = lookups.look(lookup.clone()).await;
                (lookup, seen)
            });
        }
        let mut answers = Vec::with_capacity(wanted.len());
        while let Ok(Some(landed)) = timeout_at(self.deadline, flights.join_next()).await {
            let Ok((lookup, seen)) = landed else { continue };
            self.reviewer.metrics.looked_up(match &seen {
                Seen::Found(_) => "found",
                Seen::Absent => "absent",
                Seen::Unknown(_) => "unknown",
            });
            answers.push((lookup, seen));
        }
        for lookup in wanted {
            if !answers.iter().any(|(answered, _)| *answered == lookup) {
                self.reviewer.metrics.looked_up("late");
                let needs = "an answer of the API server within the time of the review".to_owned();
                answers.push((lookup, Seen::Unknown(needs)));
            }
        }
        answers
    }

    /// The answer where we failed. Mutation never denies: validation catches what it skipped.
    fn fault(&self, asked: &Asked<'_>, fault: Fault) -> Result<Vec<u8>, serde_json::Error> {
        if self.hook == Hook::Validate && self.policies.on_error(&asked.namespace) == OnError::Deny {
            return envelope::write_fault(&asked.uid, &format!("{} (onError: deny)", fault.text()));
        }
        let warnings = vec![format!("{}: it was not checked (onError: allow)", fault.text())];
        envelope::write(&asked.uid, &Verdict { warnings, ..Verdict::default() })
    }
}

/// The verdict of a review of our own kinds: a denial with a line for each mistake.
fn told(reviewed: Reviewed) -> Verdict {
    let Reviewed { mistakes, warnings } = reviewed;
    let lines: Vec<String> = mistakes.iter().take(MISTAKES).map(ToString::to_string).collect();
    let more = mistakes.len().saturating_sub(MISTAKES);
    let denial = match lines.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        all if more > 0 => Some(format!("{} mistakes\n{}\nand {more} more", mistakes.len(), all.join("\n"))),
        all => Some(format!("{} mistakes\n{}", all.len(), all.join("\n"))),
    };
    Verdict { denial, warnings, ..Verdict::default() }
}

/// Never a word of the object.
fn log(hook: Hook, asked: &Asked<'_>, outcome: Outcome, took: Duration) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let (uid, kind, operation) = (&*asked.uid, &*asked.kind.kind, &*asked.operation);
    let (namespace, name, dry_run) = (&*asked.namespace, &*asked.name, asked.dry_run.unwrap_or(false));
    let (hook, result) = (hook_name(hook), outcome.name());
    match outcome {
        Outcome::Skipped | Outcome::Allowed => {
            tracing::debug!(uid, hook, kind, namespace, name, operation, dry_run, result, micros, "review");
        }
        Outcome::Warned | Outcome::Patched | Outcome::Denied => {
            tracing::info!(uid, hook, kind, namespace, name, operation, dry_run, result, micros, "review");
        }
        Outcome::Fault => {
            tracing::error!(uid, hook, kind, namespace, name, operation, dry_run, result, micros, "review");
        }
    }
}

fn hints(raw: &str) -> bool {
    HINTS.iter().any(|hint| memmem::find(raw.as_bytes(), hint.as_bytes()).is_some())
}

/// Denying anything on the way out would hang a deletion.
fn is_leaving(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some_and(|value| !value.is_null())
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::MemoryLookups;
    use serde_json::json;

    const BODY: &[u8] =
        br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","namespace":"shop"}}"#;

    fn reviewer(on_error: &str) -> Reviewer {
        let policy = format!(
            "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {{name: mine}}\nspec: {{onError: {on_error}}}\n"
        );
        let policies = Policies::parse(&[("mine.yaml".to_owned(), policy)]).unwrap();
        Reviewer::new(policies, Arc::new(MemoryLookups::default())).unwrap()
    }

    /// What takes no longer than this on a machine however busy.
    const AMPLE: Duration = Duration::from_mins(1);

    fn call(reviewer: &Reviewer, hook: Hook, large: bool, budget: Duration) -> Call<'_> {
        let deadline = Instant::now() + budget;
        Call { reviewer, hook, deadline, large, policies: Policies::clone(&reviewer.policies.load()) }
    }

    fn fault(on_error: &str, hook: Hook) -> Value {
        let reviewer = reviewer(on_error);
        let answer = call(&reviewer, hook, false, AMPLE).fault(&Asked::read(BODY).unwrap(), Fault::Panic).unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["response"].clone()
    }

    #[tokio::test]
    async fn a_panic_costs_one_call() {
        let reviewer = reviewer("allow");
        for large in [false, true] {
            let call = call(&reviewer, Hook::Validate, large, AMPLE);
            assert!(matches!(call.compute(|| panic!("a fault in a rule")).await, Err::<(), _>(Fault::Panic)));
        }
        assert!(reviewer.metrics.render().contains("plimsoll_panics_total 2"));
    }

    #[tokio::test]
    async fn a_computation_past_the_deadline_is_given_up() {
        let reviewer = reviewer("allow");
        let (release, held) = std::sync::mpsc::channel::<()>();
        let call = call(&reviewer, Hook::Validate, true, Duration::from_millis(10));
        let computed = call.compute(move || held.recv()).await;
        assert!(matches!(computed, Err(Fault::Deadline)));
        release.send(()).unwrap();
        assert!(reviewer.metrics.render().contains("plimsoll_timeouts_total 1"));
    }

    #[test]
    fn a_fault_of_ours_follows_on_error_and_never_denies_at_mutation() {
        let allowed = fault("allow", Hook::Validate);
        assert_eq!(allowed["allowed"], true);
        assert!(allowed["warnings"][0].as_str().unwrap().contains("was not checked"), "{allowed}");
        let denied = fault("deny", Hook::Validate);
        assert_eq!((&denied["allowed"], &denied["status"]["code"]), (&false.into(), &500.into()));
        assert_eq!(fault("deny", Hook::Mutate)["allowed"], true);
    }

    /// The response to a policy of this spec at a hook, before it another, as the API server asks.
    async fn applied(hook: Hook, more: Value, spec: Value, old: Option<Value>) -> Value {
        let policy = |spec: Value| json!({"apiVersion": "plimsoll.dev/v1alpha1", "kind": "RedisPolicy", "metadata": {"name": "p"}, "spec": spec});
        let mut request = json!({
            "uid": "u-1", "kind": {"group": "plimsoll.dev", "version": "v1alpha1", "kind": "RedisPolicy"}, "name": "p",
            "operation": if old.is_some() { "UPDATE" } else { "CREATE" }, "object": policy(spec), "oldObject": old.map(policy),
        });
        for (key, value) in more.as_object().unwrap() {
            match key.as_str() {
                "metadata" => request["object"]["metadata"] = value.clone(),
                _ => request[key] = value.clone(),
            }
        }
        let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
        let answer =
            reviewer("allow").answer(hook, review.to_string().as_bytes(), Duration::from_mins(1)).await.unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["response"].clone()
    }

    #[tokio::test]
    async fn our_own_kinds_are_reviewed_when_they_are_applied() {
        let bad = || json!({"priority": 3, "mode": "strict", "rules": {"maxmemory-mising": "deny"}});
        let denied = applied(Hook::Validate, json!({}), bad(), None).await;
        assert_eq!((&denied["allowed"], &denied["status"]["code"]), (&false.into(), &403.into()), "{denied}");
        let message = denied["status"]["message"].as_str().unwrap();
        assert!(message.starts_with("2 mistakes\nspec.mode: `strict` is none of the words"), "{message}");
        assert!(message.contains("\nspec.rules.maxmemory-mising: there is no rule"), "{message}");
        let changed = applied(Hook::Validate, json!({}), bad(), Some(json!({"priority": 3}))).await;
        assert_eq!(changed["allowed"], false);
        let clash = applied(Hook::Validate, json!({}), json!({}), None).await;
        assert!(
            clash["status"]["message"].as_str().unwrap().contains("policies mine and p both have priority 0"),
            "{clash}"
        );
        for (hook, more, old) in [
            (Hook::Mutate, json!({}), None),
            (Hook::Validate, json!({"subResource": "status"}), Some(json!({}))),
            (Hook::Validate, json!({}), Some(bad())),
            (
                Hook::Validate,
                json!({"metadata": {"name": "p", "deletionTimestamp": "2027-01-01T00:00:00Z"}}),
                Some(json!({})),
            ),
            (Hook::Validate, json!({"operation": "DELETE", "object": null}), Some(bad())),
        ] {
            let allowed = applied(hook, more.clone(), bad(), old).await;
            assert_eq!(allowed["allowed"], true, "{more}: {allowed}");
        }
    }
}
