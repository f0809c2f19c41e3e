//! What a server is started with: addresses, certificate, policies, look-ups and limits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::certificates::Certificate;
use crate::kubernetes::Lookups;
use crate::policy::Policies;

/// How to serve.
pub struct Config {
    /// The address for reviews, over TLS.
    pub listen: SocketAddr,
    /// The address for `/healthz`, `/readyz` and `/metrics`, over plain HTTP; without it they are not served.
    pub metrics_listen: Option<SocketAddr>,
    /// The serving certificate.
    pub certificate: Certificate,
    /// The policies in force.
    pub policies: Policies,
    /// How objects around a workload are looked up.
    pub lookups: Arc<dyn Lookups>,
    /// Bounds on requests, connections and waiting.
    pub limits: Limits,
}

/// Bounds on what one client, or all of them together, may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// Reviews at once; more get 503 with `Retry-After: 1`.
    pub max_reviews: usize,
    /// Bytes of one body; more get 413. An UPDATE of a 1 MiB `ConfigMap` can be 12.5 MB.
    pub max_body_bytes: usize,
    /// For a TLS handshake.
    pub handshake_timeout: Duration,
    /// For the headers of a request, and for the answer to an HTTP/2 ping.
    pub header_timeout: Duration,
    /// For the body of a request.
    pub body_timeout: Duration,
    /// After this, give or take a tenth, a connection is ended gracefully.
    pub max_connection_age: Duration,
    /// From the end of readiness to the end of accepting: until then clients may still be sent here.
    pub shutdown_delay: Duration,
    /// For the requests in flight when the server stops.
    pub drain_timeout: Duration,
    /// Between two reads of the certificate files.
    pub certificate_poll_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_reviews: 256,
            max_body_bytes: 16 * 1024 * 1024,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            max_connection_age: Duration::from_mins(5),
            shutdown_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(20),
            certificate_poll_interval: Duration::from_secs(20),
        }
    }
}
