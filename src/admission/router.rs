//! The routes of both ports and their handlers: what is said over HTTP, and the bounds on one request.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::LengthLimitError;
use hyper::body::SizeHint;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use super::config::Limits;
use super::deadline::read_budget;
use super::metrics::{METRICS_CONTENT_TYPE, Metrics};
use super::refusal::Refusal;
use super::review::Reviewer;
use crate::engine::Hook;

/// Bodies above this are read a few at a time: with all the others they would make up the memory of the process.
const LARGE_BODY: u64 = 256 * 1024;
/// How many such bodies at a time.
const MAX_LARGE_BODIES: usize = 4;

/// What the requests of a server share.
pub(crate) struct AppState {
    reviewer: Reviewer,
    metrics: Arc<Metrics>,
    ready: AtomicBool,
    reviews: Semaphore,
    large_bodies: Semaphore,
    max_body_bytes: usize,
    body_timeout: Duration,
}

/// `/mutate` and `/validate`.
pub(crate) fn webhook(state: Arc<AppState>) -> Router {
    Router::new()
        .route("/mutate", post(mutate))
        .route("/validate", post(validate))
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::NotPost)
        .layer(map_response_with_state(Arc::clone(&state), count_refusal))
        .with_state(state)
}

/// `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn probes_and_metrics(state: Arc<AppState>) -> Router {
    Router::new()
        .route("/healthz", get("ok\n"))
        .route("/readyz", get(is_ready))
        .route("/metrics", get(render_metrics))
        .fallback((StatusCode::NOT_FOUND, "there is /healthz, /readyz and /metrics\n"))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "only GET is served here\n"))
        .with_state(state)
}

async fn mutate(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, Refusal> {
    state.review(Hook::Mutate, request).await
}

async fn validate(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, Refusal> {
    state.review(Hook::Validate, request).await
}

async fn count_refusal(State(state): State<Arc<AppState>>, response: Response) -> Response {
    if !response.status().is_success() {
        state.metrics.count_refusal(response.status().as_u16());
    }
    response
}

async fn is_ready(State(state): State<Arc<AppState>>) -> (StatusCode, &'static str) {
    if state.ready.load(Ordering::Acquire) {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    }
}

async fn render_metrics(State(state): State<Arc<AppState>>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(METRICS_CONTENT_TYPE))], state.metrics.render()).into_response()
}

impl AppState {
    pub(crate) fn new(reviewer: Reviewer, metrics: Arc<Metrics>, limits: &Limits) -> Self {
        Self {
            reviewer,
            metrics,
            ready: AtomicBool::new(true),
            reviews: Semaphore::new(limits.max_reviews),
            large_bodies: Semaphore::new(MAX_LARGE_BODIES),
            max_body_bytes: limits.max_body_bytes,
            body_timeout: limits.body_timeout,
        }
    }

    pub(crate) fn reviewer(&self) -> &Reviewer {
        &self.reviewer
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// From now on `/readyz` answers 503, so that no client is sent here any more.
    pub(crate) fn mark_unready(&self) {
        self.ready.store(false, Ordering::Release);
    }

    async fn review(&self, hook: Hook, request: Request) -> Result<Response, Refusal> {
        let began = Instant::now();
        let _review = self.reviews.try_acquire().map_err(|_| Refusal::Busy)?;
        let budget = read_budget(request.uri().query());
        let _large_body = self.admit_body(&request.body().size_hint(), budget).await?;
        let body = self.read_body(request.into_body()).await?;
        let answer = self.reviewer.answer(hook, &body, budget.saturating_sub(began.elapsed())).await?;
        Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer).into_response())
    }

    /// Refuses a body that is announced as too large; a large one waits for its turn, and holds it by the permit.
    async fn admit_body(&self, size: &SizeHint, budget: Duration) -> Result<Option<SemaphorePermit<'_>>, Refusal> {
        if size.lower() > self.max_body_bytes as u64 {
            return Err(Refusal::TooLarge(self.max_body_bytes));
        }
        if size.upper().is_some_and(|upper| upper <= LARGE_BODY) {
            return Ok(None);
        }
        match timeout(budget, self.large_bodies.acquire()).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            _ => Err(Refusal::Busy),
        }
    }

    async fn read_body(&self, body: Body) -> Result<Bytes, Refusal> {
        let Ok(read) = timeout(self.body_timeout, to_bytes(body, self.max_body_bytes)).await else {
            return Err(Refusal::TooSlow);
        };
        read.map_err(|error| match error.source() {
            Some(source) if source.is::<LengthLimitError>() => Refusal::TooLarge(self.max_body_bytes),
            _ => Refusal::BrokenOff,
        })
    }
}
