//! The webhook: HTTP, TLS, the review envelope, limits and live look-ups. Decides nothing.

#[cfg(test)]
mod captured;
mod carried;
mod certificates;
mod config;
mod deadline;
pub mod envelope;
mod envelope_error;
mod listener;
mod metrics;
mod no_verdict;
mod outcome;
mod policy_review;
mod refusal;
mod request;
mod review;
mod router;
mod server;
mod start_error;
mod tls;
mod tls_error;

pub use self::certificates::Certificate;
pub use self::config::{Config, Limits};
pub use self::envelope_error::EnvelopeError;
pub use self::review::Reviewer;
pub use self::server::{Handle, Server};
pub use self::start_error::StartError;
pub use self::tls_error::TlsError;
