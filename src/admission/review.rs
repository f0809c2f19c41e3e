//! One review: from the body of a call to the bytes of its answer.
//!
//! What certainly holds no Redis is answered from the raw text, before any tree is built. The rest is decoded, what the
//! engine asks for is looked up, and the engine decides. An internal error there costs that call alone (`onError`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::carried::{Carried, RequestKey};
use super::envelope::{self, AdmissionRequest};
use super::envelope_error::EnvelopeError;
use super::metrics::{Metrics, ReviewCount, hook_name};
use super::no_verdict::{InternalError, NoVerdict};
use super::outcome::Outcome;
use super::policy_review::{PolicyReview, is_policy_object, policy_review_verdict, read_policy_object};
use super::request::{Scale, read_request};
use crate::engine::{Hook, Request, Resolution, Step, Verdict};
use crate::kubernetes::{Lookup, Lookups, Seen, Snapshot};
use crate::policy::{OnError, Policies};

/// Above this many bytes a review may compute for milliseconds: it leaves the threads that serve connections.
const LARGE_BODY: usize = 64 * 1024;

/// Answers reviews by policies and look-ups: all that a [`Server`](super::Server) does but HTTP.
pub struct Reviewer {
    policies: Arc<ArcSwap<Policies>>,
    lookups: Arc<dyn Lookups>,
    metrics: Arc<Metrics>,
    carried: Carried,
}

impl Reviewer {
    /// A reviewer with metrics of its own, without a server (for benchmarks).
    #[must_use]
    pub fn new(policies: Policies, lookups: Arc<dyn Lookups>) -> Self {
        Self::with_metrics(policies, lookups, Arc::new(Metrics::new()))
    }

    pub(crate) fn with_metrics(policies: Policies, lookups: Arc<dyn Lookups>, metrics: Arc<Metrics>) -> Self {
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
        let _in_flight = self.metrics.begin_review();
        let request = AdmissionRequest::read(body)?;
        let policies = Policies::clone(&self.policies.load()).at(Timestamp::now());
        let call = Call { reviewer: self, hook, deadline: began + budget, large: body.len() > LARGE_BODY, policies };
        let (outcome, answer) = match call.verdict(&request).await {
            Ok(None) => (Outcome::Skipped, envelope::write_verdict(&request.uid, &Verdict::default())),
            Ok(Some(verdict)) => {
                if verdict.unsettled {
                    self.metrics.count_unsettled();
                }
                (Outcome::from_verdict(&verdict), envelope::write_verdict(&request.uid, &verdict))
            }
            Err(NoVerdict::Envelope(error)) => return Err(error),
            Err(NoVerdict::Internal(error)) => (Outcome::Failed, call.answer_without_verdict(&request, error)),
        };
        let took = began.elapsed();
        let review = ReviewCount { hook, kind: &request.kind.kind, operation: &request.operation, outcome, took };
        self.metrics.count_review(&review);
        log_review(&request, &review);
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
    async fn verdict(&self, request: &AdmissionRequest<'_>) -> Result<Option<Verdict>, NoVerdict> {
        if is_policy_object(request) {
            return self.review_policy_object(request).await.map(Some);
        }
        let is_dry_run = request.dry_run.unwrap_or(false);
        match self.prepare(request).await? {
            None => Ok(None),
            Some(request) => {
                let key = RequestKey::new(&request, is_dry_run);
                Ok(Some(self.decide(request, key).await?))
            }
        }
    }

    /// The verdict on a `RedisPolicy` or `RedisPolicyException`.
    async fn review_policy_object(&self, request: &AdmissionRequest<'_>) -> Result<Verdict, NoVerdict> {
        match read_policy_object(self.hook, request)? {
            PolicyReview::Decided(verdict) => Ok(verdict),
            PolicyReview::Needed(object) => {
                let policies = self.policies.clone();
                let reviewed = self.compute(move || policies.review(&object)).await?;
                Ok(policy_review_verdict(reviewed))
            }
        }
    }

    /// The request for the engine; nothing where it is certain to pass.
    async fn prepare(&self, request: &AdmissionRequest<'_>) -> Result<Option<Request>, EnvelopeError> {
        if request.sub_resource.as_deref() != Some("scale") {
            return read_request(request);
        }
        if self.hook == Hook::Mutate {
            return Ok(None); // A scale is never patched.
        }
        let Some(scale) = Scale::read(request)? else { return Ok(None) };
        let answers = self.look_up(vec![Lookup::Object(scale.target.clone())]).await;
        let found = answers.into_iter().find_map(|(_, seen)| seen.found()?.into_iter().next());
        Ok(found.map(|stored| scale.into_request(stored)))
    }

    /// Looks up what the engine asks for, and lets it decide. `key` is the request's, by which a validation takes over what
    /// the mutation before it has seen.
    async fn decide(&self, request: Request, key: Option<RequestKey>) -> Result<Verdict, InternalError> {
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
    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, InternalError> {
        let caught = move || catch_unwind(AssertUnwindSafe(work));
        let result = if self.large {
            let task = tokio::task::spawn_blocking(caught);
            match timeout_at(self.deadline, task).await {
                Ok(Ok(result)) => result,
                Ok(Err(error)) => Err(Box::new(error) as _),
                Err(_) => {
                    self.reviewer.metrics.count_timeout();
                    return Err(InternalError::Deadline);
                }
            }
        } else {
            caught()
        };
        result.map_err(|_| {
            self.reviewer.metrics.count_panic();
            InternalError::Panic
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
            self.reviewer.metrics.count_lookup(match &seen {
                Seen::Found(_) => "found",
                Seen::Absent => "absent",
                Seen::Unknown(_) => "unknown",
            });
            answers.push((lookup, seen));
        }
        for lookup in wanted {
            if !answers.iter().any(|(answered, _)| *answered == lookup) {
                self.reviewer.metrics.count_lookup("late");
                let needs = "an answer of the API server within the time of the review".to_owned();
                answers.push((lookup, Seen::Unknown(needs)));
            }
        }
        answers
    }

    /// The answer by `onError`. Mutation never denies: validation catches what it skipped.
    fn answer_without_verdict(
        &self,
        request: &AdmissionRequest<'_>,
        error: InternalError,
    ) -> Result<Vec<u8>, serde_json::Error> {
        if self.hook == Hook::Validate && self.policies.on_error(&request.namespace) == OnError::Deny {
            return envelope::write_internal_error(&request.uid, &format!("{error} (onError: deny)"));
        }
        let warnings = vec![format!("{error}: it was not checked (onError: allow)")];
        envelope::write_verdict(&request.uid, &Verdict { warnings, ..Verdict::default() })
    }
}

/// Never a word of the object.
fn log_review(request: &AdmissionRequest<'_>, review: &ReviewCount<'_>) {
    let micros = u64::try_from(review.took.as_micros()).unwrap_or(u64::MAX);
    let (uid, kind, operation) = (&*request.uid, review.kind, review.operation);
    let (namespace, name, dry_run) = (&*request.namespace, &*request.name, request.dry_run.unwrap_or(false));
    let (hook, result) = (hook_name(review.hook), review.outcome.name());
    match review.outcome {
        Outcome::Skipped | Outcome::Allowed => {
            tracing::debug!(uid, hook, kind, namespace, name, operation, dry_run, result, micros, "review");
        }
        Outcome::Warned | Outcome::Patched | Outcome::Denied => {
            tracing::info!(uid, hook, kind, namespace, name, operation, dry_run, result, micros, "review");
        }
        Outcome::Failed => {
            tracing::error!(uid, hook, kind, namespace, name, operation, dry_run, result, micros, "review");
        }
    }
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
        Reviewer::new(policies, Arc::new(MemoryLookups::default()))
    }

    /// What takes no longer than this on a machine however busy.
    const AMPLE: Duration = Duration::from_mins(1);

    fn call(reviewer: &Reviewer, hook: Hook, large: bool, budget: Duration) -> Call<'_> {
        let deadline = Instant::now() + budget;
        Call { reviewer, hook, deadline, large, policies: Policies::clone(&reviewer.policies.load()) }
    }

    fn answer_after_panic(on_error: &str, hook: Hook) -> Value {
        let reviewer = reviewer(on_error);
        let answer = call(&reviewer, hook, false, AMPLE)
            .answer_without_verdict(&AdmissionRequest::read(BODY).unwrap(), InternalError::Panic)
            .unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["response"].clone()
    }

    #[tokio::test]
    async fn a_panic_costs_one_call() {
        let reviewer = reviewer("allow");
        for large in [false, true] {
            let call = call(&reviewer, Hook::Validate, large, AMPLE);
            assert!(matches!(call.compute(|| panic!("an error in a rule")).await, Err::<(), _>(InternalError::Panic)));
        }
        assert!(reviewer.metrics.render().contains("plimsoll_panics_total 2"));
    }

    #[tokio::test]
    async fn a_computation_past_the_deadline_is_given_up() {
        let reviewer = reviewer("allow");
        let (release, held) = std::sync::mpsc::channel::<()>();
        let call = call(&reviewer, Hook::Validate, true, Duration::from_millis(10));
        let computed = call.compute(move || held.recv()).await;
        assert!(matches!(computed, Err(InternalError::Deadline)));
        release.send(()).unwrap();
        assert!(reviewer.metrics.render().contains("plimsoll_timeouts_total 1"));
    }

    #[test]
    fn an_internal_error_follows_on_error_and_never_denies_at_mutation() {
        let allowed = answer_after_panic("allow", Hook::Validate);
        assert_eq!(allowed["allowed"], true);
        assert!(allowed["warnings"][0].as_str().unwrap().contains("was not checked"), "{allowed}");
        let denied = answer_after_panic("deny", Hook::Validate);
        assert_eq!((&denied["allowed"], &denied["status"]["code"]), (&false.into(), &500.into()));
        assert_eq!(answer_after_panic("deny", Hook::Mutate)["allowed"], true);
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
        assert!(message.starts_with("2 errors\nspec.mode: `strict` is not allowed"), "{message}");
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
