//! The two ports: reviews over TLS, probes and metrics in plain. Accepting, ageing and ending connections.
//!
//! The API server keeps one HTTP/2 connection for everything, and a live connection outlives its certificate: so each is
//! ended gracefully after some minutes, which also lets replicas share the load.

use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::http::Desk;
use super::metrics::Metrics;
use super::review::Reviewer;
use super::tls::{Certificate, Serving, TlsError};
use crate::cluster::Following;
use crate::kubernetes::Lookups;
use crate::policy::Policies;

/// Connections to the plain port: a scraper, the kubelet, a person.
const PLAIN_CONNECTIONS: usize = 64;
/// HTTP/2 streams of one connection; the API server multiplexes everything over one.
const STREAMS: u32 = 250;
/// How often a connection that says nothing is asked whether it lives.
const PING: Duration = Duration::from_secs(30);

/// How to serve.
pub struct Config {
    /// Where reviews come in, over TLS.
    pub listen: SocketAddr,
    /// Where `/healthz`, `/readyz` and `/metrics` are served, in plain; nothing for nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The serving certificate.
    pub certificate: Certificate,
    /// The policies in force.
    pub policies: Policies,
    /// How objects around a workload are looked up.
    pub lookups: Arc<dyn Lookups>,
    /// What one client, or all together, may take.
    pub limits: Limits,
}

/// What one client, or all together, may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Reviews at once; more get 503 with `Retry-After: 1`.
    pub reviews: usize,
    /// Bytes of one body; more get 413. An UPDATE of a 1 MiB `ConfigMap` can be 12.5 MB.
    pub body: usize,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For the headers of a request.
    pub headers: Duration,
    /// For the body of a request.
    pub body_time: Duration,
    /// After which a connection is ended gracefully, give or take a tenth.
    pub age: Duration,
    /// Between the end of readiness and the end of accepting, so that nobody is sent here any more.
    pub linger: Duration,
    /// For what is in flight when the server stops.
    pub drain: Duration,
    /// Between two looks at the certificate files.
    pub reload: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            reviews: 256,
            body: 16 * 1024 * 1024,
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            age: Duration::from_mins(5),
            linger: Duration::ZERO,
            drain: Duration::from_secs(20),
            reload: Duration::from_secs(20),
        }
    }
}

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port can't be had.
    #[error("can't listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The metrics can't be set up: a fault of ours.
    #[error("the metrics can't be set up: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// Starts servers.
pub struct Server;

impl Server {
    /// Binds both ports and serves until [`Handle::shutdown`], or until the handle is dropped.
    ///
    /// # Errors
    /// When a port is taken or the certificate can't be used.
    pub async fn start(config: Config) -> Result<Handle, StartError> {
        let Config { listen, metrics_listen, certificate, policies, lookups, limits } = config;
        let metrics = Arc::new(Metrics::new()?);
        let serving = Serving::load(certificate)?;
        let authority = serving.authority().map(str::to_owned);
        let acceptor = TlsAcceptor::from(Arc::new(serving.config()?));
        let reviewer = Reviewer::counted(policies, lookups, Arc::clone(&metrics));
        let desk = Arc::new(Desk::new(reviewer, metrics, limits.reviews, limits.body, limits.body_time));
        let (reviews, addr) = bind(listen).await?;
        let plain = match metrics_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let ((stop, stopping), (end, ending)) = (watch::channel(false), watch::channel(false));
        let port = Port {
            desk: Arc::clone(&desk),
            open: Arc::new(Semaphore::new(limits.connections)),
            limits: limits.clone(),
            stopping,
        };
        let open = Arc::clone(&port.open);
        let mut tasks = vec![tokio::spawn(turn(serving, Arc::clone(&desk), limits.reload))];
        let metrics_addr = plain.as_ref().map(|(_, address)| *address);
        if let Some((listener, _)) = plain {
            tasks.push(tokio::spawn(port.aside(ending).serve_plain(listener)));
        }
        tasks.push(tokio::spawn(port.serve_tls(reviews, acceptor)));
        Ok(Handle { addr, metrics_addr, authority, desk, stop, _end: end, open, limits, tasks })
    }
}

/// A running server. Dropping it stops accepting at once.
pub struct Handle {
    addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
    authority: Option<String>,
    desk: Arc<Desk>,
    stop: watch::Sender<bool>,
    /// Ends the plain port when dropped.
    _end: watch::Sender<bool>,
    open: Arc<Semaphore>,
    limits: Limits,
    tasks: Vec<JoinHandle<()>>,
}

impl Handle {
    /// Where reviews come in.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where probes and metrics are served.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// The authority of a certificate made in memory.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// From now on the policies in force are those that are followed.
    pub fn follow(&mut self, following: Following) {
        let in_force = Arc::clone(self.desk.reviewer().policies());
        self.tasks.push(tokio::spawn(following.run(in_force, Arc::clone(self.desk.metrics()))));
    }

    /// Turns readiness off, lingers, stops accepting, lets what is in flight end, stops. True where all of it ended
    /// within the time for draining.
    pub async fn shutdown(self) -> bool {
        self.desk.turn_away();
        sleep(self.limits.linger).await;
        let _ = self.stop.send(true);
        let all = u32::try_from(self.limits.connections).unwrap_or(u32::MAX);
        timeout(self.limits.drain, self.open.acquire_many(all)).await.is_ok()
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

/// Reads the certificate files again and again, and keeps the metrics small.
async fn turn(mut serving: Serving, desk: Arc<Desk>, every: Duration) {
    let metrics = Arc::clone(desk.metrics());
    loop {
        if let Some(expires) = serving.expires() {
            metrics.certificate_expires(expires);
        }
        sleep(every).await;
        metrics.fold();
        let reading = tokio::task::spawn_blocking(move || {
            let turned = serving.reload();
            (serving, turned)
        });
        let Ok((held, turned)) = reading.await else { return };
        serving = held;
        match turned {
            Ok(true) => tracing::info!("serving a new certificate"),
            Ok(false) => {}
            Err(error) => {
                metrics.reload_failed();
                tracing::warn!(%error, "the certificate files can't be used; the last good pair stays");
            }
        }
    }
}

/// One port and its connections.
#[derive(Clone)]
struct Port {
    desk: Arc<Desk>,
    open: Arc<Semaphore>,
    limits: Limits,
    stopping: watch::Receiver<bool>,
}

impl Port {
    /// The same with connections of its own, so that none of its clients takes a place from the API server, and with
    /// an end of its own, so that probes are answered while the reviews are drained.
    fn aside(&self, stopping: watch::Receiver<bool>) -> Self {
        Self { open: Arc::new(Semaphore::new(PLAIN_CONNECTIONS)), stopping, ..self.clone() }
    }

    async fn serve_tls(self, listener: TcpListener, acceptor: TlsAcceptor) {
        while let Some((stream, permit)) = self.accept(&listener).await {
            let (port, acceptor) = (self.clone(), acceptor.clone());
            // In a task of its own: a handshake that stalls must not stall others.
            tokio::spawn(async move {
                let _permit = permit;
                let mut stopping = port.stopping.clone();
                let shaken = tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return,
                    shaken = timeout(port.limits.handshake, acceptor.accept(stream)) => shaken,
                };
                let Ok(Ok(stream)) = shaken else {
                    port.desk.metrics().handshake_failed();
                    return;
                };
                let _held = port.desk.metrics().connection_opens();
                let desk = Arc::clone(&port.desk);
                let service = service_fn(move |request| {
                    let desk = Arc::clone(&desk);
                    async move { desk.review(request).await }
                });
                port.connection(stream, service).await;
            });
        }
    }

    async fn serve_plain(self, listener: TcpListener) {
        while let Some((stream, permit)) = self.accept(&listener).await {
            let port = self.clone();
            tokio::spawn(async move {
                let _permit = permit;
                let desk = Arc::clone(&port.desk);
                let service = service_fn(move |request: Request<Incoming>| {
                    std::future::ready(Ok::<_, Infallible>(desk.tell(&request)))
                });
                port.connection(stream, service).await;
            });
        }
    }

    /// The next connection; nothing once the server stops.
    async fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let mut stopping = self.stopping.clone();
        loop {
            let accepted = async {
                let permit = Arc::clone(&self.open).acquire_owned().await.ok()?;
                Some((next(listener).await, permit))
            };
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return None,
                accepted = accepted => match accepted {
                    Some((Some(stream), permit)) => return Some((stream, permit)),
                    Some((None, _)) => {}
                    None => return None,
                },
            }
        }
    }

    /// Serves one connection until it ends, ages or the server stops.
    async fn connection<S, B>(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: S)
    where
        S: hyper::service::Service<Request<Incoming>, Response = hyper::Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        B: hyper::body::Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.headers);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .keep_alive_interval(PING)
            .keep_alive_timeout(self.limits.headers);
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut stopping = self.stopping.clone();
        let ended = tokio::select! {
            result = connection.as_mut() => Some(result),
            () = sleep(spread(self.limits.age)) => None,
            _ = stopping.wait_for(|stop| *stop) => None,
        };
        let result = if let Some(result) = ended {
            Ok(result)
        } else {
            connection.as_mut().graceful_shutdown();
            timeout(self.limits.drain, connection).await
        };
        if let Ok(Err(error)) = result {
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// A connection from the queue. Running out of files must not turn into a busy loop.
async fn next(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => {
            let _ = stream.set_nodelay(true);
            Some(stream)
        }
        Err(error) => {
            tracing::warn!(%error, "can't accept a connection");
            sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

/// Up to a tenth more or less, so that connections opened together do not end together.
fn spread(age: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(()) % 2001).unwrap_or_default();
    age * 9 / 10 + age / 10_000 * random
}
