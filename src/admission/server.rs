//! Starting a server, and stopping it: reviews over TLS on one port, probes and metrics in plain on the other.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::certificates::{ServingCertificate, reload_certificates};
use super::config::{Config, Limits};
use super::listener::Listener;
use super::metrics::Metrics;
use super::review::Reviewer;
use super::router::{AppState, probes_and_metrics, webhook};
use super::start_error::StartError;
use crate::cluster::PolicyWatch;

/// Connections to the plain port: a scraper, the kubelet, a person.
const MAX_PLAIN_CONNECTIONS: usize = 64;

/// Starts servers.
pub struct Server;

impl Server {
    /// Binds both ports and serves until [`Handle::shutdown`], or until the handle is dropped.
    ///
    /// # Errors
    /// When a port is taken or the certificate can't be used.
    pub async fn start(config: Config) -> Result<Handle, StartError> {
        let Config { listen, metrics_listen, certificate, policies, lookups, limits } = config;
        let metrics = Arc::new(Metrics::new());
        let certificate = ServingCertificate::load(certificate)?;
        let authority = certificate.authority().map(str::to_owned);
        let acceptor = TlsAcceptor::from(Arc::new(certificate.server_config()?));
        let reviewer = Reviewer::with_metrics(policies, lookups, Arc::clone(&metrics));
        let state = Arc::new(AppState::new(reviewer, Arc::clone(&metrics), &limits));

        let (reviews_socket, addr) = bind(listen).await?;
        let plain_socket = match metrics_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };

        let (stop, reviews_stop) = watch::channel(false);
        let (stop_probes, probes_stop) = watch::channel(false);
        let connections = Arc::new(Semaphore::new(limits.max_connections));
        let reviews = Listener {
            router: webhook(Arc::clone(&state)),
            metrics: Arc::clone(&metrics),
            connections: Arc::clone(&connections),
            limits: limits.clone(),
            stop: reviews_stop,
        };
        // Connections of its own, so that no scraper takes a place from the API server; and a stop of its own, so that
        // probes are answered while the reviews are drained.
        let probes = Listener {
            router: probes_and_metrics(Arc::clone(&state)),
            connections: Arc::new(Semaphore::new(MAX_PLAIN_CONNECTIONS)),
            stop: probes_stop,
            ..reviews.clone()
        };

        let mut tasks = vec![tokio::spawn(reload_certificates(certificate, metrics, limits.certificate_poll_interval))];
        let mut metrics_addr = None;
        if let Some((socket, address)) = plain_socket {
            metrics_addr = Some(address);
            tasks.push(tokio::spawn(probes.serve_plain(socket)));
        }
        tasks.push(tokio::spawn(reviews.serve_tls(reviews_socket, acceptor)));
        Ok(Handle { addr, metrics_addr, authority, state, stop, _stop_probes: stop_probes, connections, limits, tasks })
    }
}

/// A running server. Dropping it stops accepting at once.
pub struct Handle {
    addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
    authority: Option<String>,
    state: Arc<AppState>,
    stop: watch::Sender<bool>,
    /// Ends the plain port when dropped.
    _stop_probes: watch::Sender<bool>,
    connections: Arc<Semaphore>,
    limits: Limits,
    tasks: Vec<JoinHandle<()>>,
}

impl Handle {
    /// The address for reviews.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address for probes and metrics.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// The authority of a certificate made in memory.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// From now on the policies in force are those of the cluster.
    pub fn follow(&mut self, watch: PolicyWatch) {
        let in_force = Arc::clone(self.state.reviewer().policies());
        let metrics = Arc::clone(self.state.metrics());
        self.tasks.push(tokio::spawn(watch.run(in_force, move |counts| metrics.set_policies(counts))));
    }

    /// Ends readiness, waits for the shutdown delay, stops accepting and lets the requests in flight end. True where
    /// all of them ended within the time for draining.
    pub async fn shutdown(self) -> bool {
        self.state.mark_unready();
        sleep(self.limits.shutdown_delay).await;
        let _ = self.stop.send(true);
        let all = u32::try_from(self.limits.max_connections).unwrap_or(u32::MAX);
        timeout(self.limits.drain_timeout, self.connections.acquire_many(all)).await.is_ok()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
