//! One port: accepting its connections, serving a router on them, ending them when they are old or the server stops.
//!
//! The API server keeps one HTTP/2 connection for everything, and a live connection outlives its certificate: so each is
//! ended gracefully after some minutes, which also lets replicas share the load.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::config::Limits;
use super::metrics::Metrics;

/// HTTP/2 streams of one connection; the API server multiplexes everything over one.
const MAX_STREAMS: u32 = 250;
/// How often an idle HTTP/2 connection is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// The wait after a connection could not be accepted: running out of files must not turn into a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// One port and its connections.
#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) router: Router,
    pub(crate) metrics: Arc<Metrics>,
    /// A permit for each connection that may be open.
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) limits: Limits,
    /// True, or closed, once the server stops.
    pub(crate) stop: watch::Receiver<bool>,
}

impl Listener {
    /// Serves over TLS until the server stops.
    pub(crate) async fn serve_tls(self, socket: TcpListener, acceptor: TlsAcceptor) {
        while let Some((stream, permit)) = self.accept(&socket).await {
            let (listener, acceptor) = (self.clone(), acceptor.clone());
            // In a task of its own: a handshake that stalls must not stall others.
            tokio::spawn(async move {
                let _permit = permit;
                if let Some(stream) = listener.shake_hands(stream, &acceptor).await {
                    let _open = listener.metrics.open_connection();
                    listener.serve_connection(stream).await;
                }
            });
        }
    }

    /// Serves over plain HTTP until the server stops.
    pub(crate) async fn serve_plain(self, socket: TcpListener) {
        while let Some((stream, permit)) = self.accept(&socket).await {
            let listener = self.clone();
            tokio::spawn(async move {
                let _permit = permit;
                listener.serve_connection(stream).await;
            });
        }
    }

    /// The next connection; nothing once the server stops.
    async fn accept(&self, socket: &TcpListener) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let mut stop = self.stop.clone();
        let accepting = async {
            let permit = Arc::clone(&self.connections).acquire_owned().await.ok()?;
            Some((accept_stream(socket).await, permit))
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => None,
            accepted = accepting => accepted,
        }
    }

    /// The TLS handshake; nothing where it fails, takes too long or the server stops.
    async fn shake_hands(&self, stream: TcpStream, acceptor: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
        let mut stop = self.stop.clone();
        let handshake = timeout(self.limits.handshake_timeout, acceptor.accept(stream));
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => None,
            result = handshake => {
                let Ok(Ok(stream)) = result else {
                    self.metrics.count_handshake_failure();
                    return None;
                };
                Some(stream)
            }
        }
    }

    /// Serves one connection until it ends, grows old or the server stops.
    async fn serve_connection(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(self.limits.header_timeout);
        let service = TowerToHyperService::new(self.router.clone());
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut stop = self.stop.clone();
        let result = tokio::select! {
            result = connection.as_mut() => Some(result),
            () = sleep(spread_age(self.limits.max_connection_age)) => None,
            _ = stop.wait_for(|stop| *stop) => None,
        };
        let result = if let Some(result) = result {
            Ok(result)
        } else {
            connection.as_mut().graceful_shutdown();
            timeout(self.limits.drain_timeout, connection).await
        };
        if let Ok(Err(error)) = result {
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// The next connection of the queue.
async fn accept_stream(socket: &TcpListener) -> TcpStream {
    loop {
        match socket.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Up to a tenth more or less, so that connections opened together do not end together.
fn spread_age(age: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(()) % 2001).unwrap_or_default();
    age * 9 / 10 + age / 10_000 * random
}
