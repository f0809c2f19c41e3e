//! The webhook: HTTP, TLS, the review envelope, limits and live look-ups. Decides nothing.

#[cfg(test)]
mod captured;
mod carried;
mod deadline;
pub mod envelope;
mod http;
mod metrics;
mod review;
mod server;
mod tls;

pub(crate) use self::metrics::Metrics;
pub use self::review::Reviewer;
pub use self::server::{Config, Handle, Limits, Server, StartError};
pub use self::tls::{Certificate, TlsError};
