//! A request that gets an HTTP error instead of a review. Each is one clear line of text.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::envelope_error::EnvelopeError;

/// Why a request gets no review.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
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
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        tracing::warn!(status = status.as_u16(), refusal = %self, "request refused");
        let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
        let mut response = (status, [(CONTENT_TYPE, content_type)], format!("{self}\n")).into_response();
        if matches!(self, Self::Busy) {
            // The API server itself waits that long and asks again, within the webhook's timeout.
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
