//! What is said over HTTP: routes, statuses and limits of one request. Every refusal is one clear line.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::deadline::budget;
use super::envelope::EnvelopeError;
use super::metrics::Metrics;
use super::review::Reviewer;
use crate::engine::Hook;

/// Bodies above this are read a few at a time: with all the others they would make up the memory of the process.
const LARGE: u64 = 256 * 1024;
/// How many such bodies at a time.
const LARGE_AT_ONCE: usize = 4;

type Answer = Response<Full<Bytes>>;

/// What the requests of a server share.
pub(crate) struct Desk {
    reviewer: Reviewer,
    metrics: Arc<Metrics>,
    ready: AtomicBool,
    reviews: Semaphore,
    large: Semaphore,
    body: usize,
    body_time: Duration,
}

/// Why a request gets no review.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("there is nothing here; POST to /mutate or /validate")]
    NotFound,
    #[error("only POST is served here")]
    NotPost,
    #[error("too many reviews at once; ask again in a second")]
    Busy,
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body broke off")]
    BrokenOff,
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotPost => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Envelope(EnvelopeError::Unwritable(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BrokenOff | Self::Envelope(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn answer(&self) -> Answer {
        let mut answer = text(self.status(), format!("{self}\n"));
        match self {
            // The API server itself waits that long and asks again, within the webhook's timeout.
            Self::Busy => answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1")),
            Self::NotPost => answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST")),
            _ => None,
        };
        answer
    }
}

impl Desk {
    /// `reviews` at once, each of at most `body` bytes that arrive within `body_time`.
    pub(crate) fn new(
        reviewer: Reviewer,
        metrics: Arc<Metrics>,
        reviews: usize,
        body: usize,
        body_time: Duration,
    ) -> Self {
        let (reviews, large) = (Semaphore::new(reviews), Semaphore::new(LARGE_AT_ONCE));
        Self { reviewer, metrics, ready: AtomicBool::new(true), reviews, large, body, body_time }
    }

    pub(crate) fn reviewer(&self) -> &Reviewer {
        &self.reviewer
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Tells the readiness probe to send nobody here any more.
    pub(crate) fn turn_away(&self) {
        self.ready.store(false, Ordering::Release);
    }

    /// Answers on the webhook's port.
    pub(crate) async fn review(&self, request: Request<Incoming>) -> Result<Answer, Infallible> {
        Ok(match self.reviewed(request).await {
            Ok(answer) => json(answer),
            Err(refusal) => {
                self.metrics.refused(refusal.status().as_u16());
                tracing::warn!(status = refusal.status().as_u16(), %refusal, "request refused");
                refusal.answer()
            }
        })
    }

    async fn reviewed(&self, request: Request<Incoming>) -> Result<Vec<u8>, Refusal> {
        let began = Instant::now();
        let hook = match request.uri().path() {
            "/mutate" => Hook::Mutate,
            "/validate" => Hook::Validate,
            _ => return Err(Refusal::NotFound),
        };
        if request.method() != Method::POST {
            return Err(Refusal::NotPost);
        }
        let _review = self.reviews.try_acquire().map_err(|_| Refusal::Busy)?;
        let budget = budget(request.uri().query());
        let size = request.body().size_hint().upper().unwrap_or(u64::MAX);
        if request.body().size_hint().lower() > self.body as u64 {
            return Err(Refusal::TooLarge(self.body));
        }
        let _large = if size > LARGE {
            let place = timeout(budget, self.large.acquire()).await;
            Some(place.map_err(|_| Refusal::Busy)?.map_err(|_| Refusal::Busy)?)
        } else {
            None
        };
        let body = self.collect(request.into_body()).await?;
        Ok(self.reviewer.answer(hook, &body, budget.saturating_sub(began.elapsed())).await?)
    }

    async fn collect(&self, body: Incoming) -> Result<Bytes, Refusal> {
        match timeout(self.body_time, Limited::new(body, self.body).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge(self.body)),
            Ok(Err(_)) => Err(Refusal::BrokenOff),
            Err(_) => Err(Refusal::TooSlow),
        }
    }

    /// Answers on the port of probes and metrics.
    pub(crate) fn tell(&self, request: &Request<Incoming>) -> Answer {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET is served here\n".to_owned());
        }
        match request.uri().path() {
            "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
            "/readyz" if self.ready.load(Ordering::Acquire) => text(StatusCode::OK, "ok\n".to_owned()),
            "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned()),
            "/metrics" => text(StatusCode::OK, self.metrics.render()),
            _ => text(StatusCode::NOT_FOUND, "there is /healthz, /readyz and /metrics\n".to_owned()),
        }
    }
}

fn json(body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn text(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
