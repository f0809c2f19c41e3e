//! The webhook's server in this process: protocols, limits, reloading certificates, shutdown.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use plimsoll::admission::{Certificate, Config, Handle, Limits, Server};
use plimsoll::kubernetes::{Lookup, LookupFuture, Lookups, MemoryLookups, Seen};
use plimsoll::policy::Policies;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::control_plane::Identity;

/// Bound for what a healthy server does in milliseconds.
const BOUND: Duration = Duration::from_secs(30);

async fn start(limits: Limits, lookups: impl Lookups + 'static, certificate: Certificate) -> Handle {
    let loopback = "127.0.0.1:0".parse().unwrap();
    let policies = Policies::profile("baseline").unwrap();
    let lookups = Arc::new(lookups);
    let config = Config { listen: loopback, metrics_listen: Some(loopback), certificate, policies, lookups, limits };
    Server::start(config).await.unwrap()
}

async fn started(limits: Limits) -> Handle {
    start(limits, MemoryLookups::default(), Certificate::Loopback).await
}

struct Client {
    port: u16,
    authority: String,
}

impl Client {
    fn of(handle: &Handle) -> Self {
        Self { port: handle.addr().port(), authority: handle.ca_pem().unwrap_or_default().to_owned() }
    }

    async fn connect(&self, protocol: &str, version: &'static SupportedProtocolVersion) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn h2(&self) -> http2::SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(self.connect("h2", &version::TLS13).await);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    async fn h1(&self) -> http1::SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(self.connect("http/1.1", &version::TLS12).await);
        let (sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> (StatusCode, hyper::HeaderMap, Bytes) {
        read(self.h2().await.send_request(request).await.unwrap()).await
    }
}

async fn read(response: hyper::Response<hyper::body::Incoming>) -> (StatusCode, hyper::HeaderMap, Bytes) {
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
}

fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request = Request::post(format!("https://127.0.0.1{path}")).header("host", "127.0.0.1");
    request.body(Full::new(body.into())).unwrap()
}

fn captured() -> Bytes {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reviews");
    std::fs::read(folder.join("statefulset-create-kubectl-apply-mutate.json")).unwrap().into()
}

#[track_caller]
fn is_patched(answer: &[u8]) {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let sent: Value = serde_json::from_slice(&captured()).unwrap();
    assert_eq!(answer["response"]["uid"], sent["request"]["uid"]);
    assert_eq!(answer["response"]["patchType"], "JSONPatch", "{answer}");
}

/// The answer of the plain port.
async fn ask_plain(address: SocketAddr, method: Method, path: &str) -> (StatusCode, hyper::HeaderMap, Bytes) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "x");
    read(sender.send_request(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap()).await
}

async fn metrics(handle: &Handle) -> String {
    let (status, _, body) = ask_plain(handle.metrics_addr().unwrap(), Method::GET, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    String::from_utf8(body.to_vec()).unwrap()
}

/// Asks until it is so.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let polling = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(BOUND, polling).await.is_ok(), "never happened: {what}");
}

#[tokio::test]
async fn serves_both_protocols_over_both_versions() {
    let handle = started(Limits::default()).await;
    let client = Client::of(&handle);
    for version in [&version::TLS12, &version::TLS13] {
        let stream = TokioIo::new(client.connect("h2", version).await);
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        let response = sender.send_request(post("/mutate?timeout=5s", captured())).await.unwrap();
        is_patched(&read(response).await.2);
        let stream = TokioIo::new(client.connect("http/1.1", version).await);
        let (mut sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let response = sender.send_request(post("/mutate", captured())).await.unwrap();
        is_patched(&read(response).await.2);
    }
    let metrics = metrics(&handle).await;
    let counted = r#"plimsoll_reviews_total{hook="mutate",kind="StatefulSet",operation="CREATE",result="patched"} 4"#;
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains("plimsoll_certificate_expiry_timestamp_seconds"), "{metrics}");
}

#[tokio::test]
async fn refuses_in_one_clear_line() {
    let handle = started(Limits { max_body_bytes: 100_000, ..Limits::default() }).await;
    let client = Client::of(&handle);
    let no_uid = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}"#;
    let cases: [(&str, Bytes, StatusCode, &str); 7] = [
        ("/mutate", "{".into(), StatusCode::BAD_REQUEST, "not an AdmissionReview"),
        ("/mutate", Bytes::new(), StatusCode::BAD_REQUEST, "not an AdmissionReview"),
        ("/validate", no_uid.into(), StatusCode::BAD_REQUEST, "no request.uid"),
        ("/validate", no_uid.replace("/v1", "/v1beta1").into(), StatusCode::BAD_REQUEST, "v1beta1"),
        ("/validate", Bytes::from_static(b"\xff"), StatusCode::BAD_REQUEST, "not UTF-8"),
        ("/validate", "x".repeat(100_001).into(), StatusCode::PAYLOAD_TOO_LARGE, "larger than 100000 bytes"),
        ("/", Bytes::new(), StatusCode::NOT_FOUND, "/validate"),
    ];
    for (path, body, expected, part) in cases {
        let (status, _, text) = client.ask(post(path, body)).await;
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert_eq!(status, expected, "{text}");
        assert!(text.contains(part), "{text}");
        assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    }
    let mut get = post("/validate", Bytes::new());
    *get.method_mut() = Method::GET;
    let (status, headers, _) = client.ask(get).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers["allow"], "POST");
    let metrics = metrics(&handle).await;
    for (code, count) in [(400, 5), (404, 1), (405, 1), (413, 1)] {
        let line = format!("plimsoll_requests_refused_total{{code=\"{code}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn the_plain_port_serves_probes_and_metrics() {
    let handle = started(Limits::default()).await;
    let address = handle.metrics_addr().unwrap();
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/mutate", 404), ("/", 404)] {
        assert_eq!(ask_plain(address, Method::GET, path).await.0, status, "{path}");
    }
    let (_, headers, body) = ask_plain(address, Method::GET, "/metrics").await;
    assert_eq!(headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(body.ends_with(b"\n# EOF\n"), "{body:?}");
    let (status, headers, _) = ask_plain(address, Method::POST, "/metrics").await;
    assert_eq!((status, &headers["allow"]), (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD".parse().unwrap()));
}

#[tokio::test]
async fn too_many_reviews_at_once_are_told_to_retry() {
    let handle = started(Limits { max_reviews: 0, ..Limits::default() }).await;
    let (status, headers, _) = Client::of(&handle).ask(post("/validate", captured())).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers["retry-after"], "1");
}

#[tokio::test]
async fn a_body_that_never_comes_ends_in_time() {
    let handle = started(Limits { body_timeout: Duration::from_millis(20), ..Limits::default() }).await;
    let mut stream = Client::of(&handle).connect("http/1.1", &version::TLS13).await;
    stream.write_all(b"POST /mutate HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await.unwrap();
    let mut answer = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer);
    let _ = tokio::time::timeout(BOUND, reading).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_stalled_handshake_stalls_nobody_else() {
    let limits = Limits { handshake_timeout: Duration::from_millis(200), max_connections: 3, ..Limits::default() };
    let handle = started(limits).await;
    let stalled = TcpStream::connect(handle.addr()).await.unwrap();
    let mut nonsense = TcpStream::connect(handle.addr()).await.unwrap();
    nonsense.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let (status, _, _) = Client::of(&handle).ask(post("/mutate", captured())).await;
    assert_eq!(status, StatusCode::OK);
    until("both handshakes count as failed", || async {
        metrics(&handle).await.contains("plimsoll_tls_handshake_failures_total 2")
    })
    .await;
    drop(stalled);
}

/// Look-ups that wait at a gate.
struct Gated {
    entered: watch::Sender<bool>,
    gate: Arc<Semaphore>,
}

impl Lookups for Gated {
    fn look(&self, _: Lookup) -> LookupFuture<'_> {
        Box::pin(async {
            self.entered.send_replace(true);
            let _ = self.gate.acquire().await;
            Seen::Absent
        })
    }
}

#[tokio::test]
async fn a_request_in_flight_survives_shutdown() {
    let (entered, mut inside) = watch::channel(false);
    let gate = Arc::new(Semaphore::new(0));
    let handle = start(
        Limits { shutdown_delay: Duration::from_millis(50), ..Limits::default() },
        Gated { entered, gate: Arc::clone(&gate) },
        Certificate::Loopback,
    )
    .await;
    let (client, address, plain) = (Client::of(&handle), handle.addr(), handle.metrics_addr().unwrap());
    let (mut h2, mut h1) = (client.h2().await, client.h1().await);
    let first = tokio::spawn(async move { read(h2.send_request(post("/mutate", captured())).await.unwrap()).await });
    let second = tokio::spawn(async move { read(h1.send_request(post("/mutate", captured())).await.unwrap()).await });
    inside.wait_for(|entered| *entered).await.unwrap();
    until("both reviews are in flight", || async { metrics(&handle).await.contains("plimsoll_reviews_in_flight 2") })
        .await;
    assert_eq!(ask_plain(plain, Method::GET, "/readyz").await.0, StatusCode::OK);
    let stopping = tokio::spawn(handle.shutdown());
    until("nobody is accepted any more", || async { TcpStream::connect(address).await.is_err() }).await;
    assert!(!stopping.is_finished());
    assert_eq!(ask_plain(plain, Method::GET, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    gate.add_permits(1000);
    for answer in [first.await.unwrap(), second.await.unwrap()] {
        assert_eq!(answer.0, StatusCode::OK);
        assert_eq!(serde_json::from_slice::<Value>(&answer.2).unwrap()["response"]["allowed"], true);
    }
    assert!(tokio::time::timeout(BOUND, stopping).await.unwrap().unwrap());
}

#[tokio::test]
async fn a_certificate_is_reloaded_while_connections_live() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let write = |identity: &Identity| {
        std::fs::write(&certificate, &identity.certificate).unwrap();
        std::fs::write(&key, &identity.key).unwrap();
    };
    let (old, new) = (Identity::for_loopback(), Identity::for_loopback());
    write(&old);
    let limits = Limits { certificate_poll_interval: Duration::from_millis(10), ..Limits::default() };
    let source = Certificate::Files { certificate: certificate.clone(), key: key.clone() };
    let handle = start(limits, MemoryLookups::default(), source).await;
    let client = Client { port: handle.addr().port(), authority: old.authority.clone() };
    let mut living = client.h2().await;
    is_patched(&read(living.send_request(post("/mutate", captured())).await.unwrap()).await.2);
    write(&new);
    let leaf = CertificateDer::from_pem_slice(new.certificate.as_bytes()).unwrap();
    until("the new leaf is served", || async { served(handle.addr().port(), &[&old, &new]).await == leaf }).await;
    is_patched(&read(living.send_request(post("/mutate", captured())).await.unwrap()).await.2);
}

/// The leaf that a client is shown which trusts all of these.
async fn served(port: u16, trusted: &[&Identity]) -> CertificateDer<'static> {
    let mut roots = RootCertStore::empty();
    for identity in trusted {
        roots.add(CertificateDer::from_pem_slice(identity.authority.as_bytes()).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn old_connections_end_without_losing_a_request() {
    let handle = started(Limits { max_connection_age: Duration::from_millis(30), ..Limits::default() }).await;
    let client = Client::of(&handle);
    let mut sender = client.h2().await;
    let mut connections = 1;
    for _ in 0..10_000 {
        if connections == 4 {
            return;
        }
        if sender.ready().await.is_err() {
            sender = client.h2().await;
            connections += 1;
        }
        match sender.send_request(post("/mutate", captured())).await {
            Ok(response) => is_patched(&read(response).await.2),
            // Sent after GOAWAY, so never begun: a client asks again on a new connection.
            Err(error) => assert!(error.is_canceled(), "{error:?}"),
        }
    }
    panic!("no connection was ended for its age");
}

#[tokio::test]
async fn the_largest_reviews_of_a_real_api_server_fit() {
    let handle = started(Limits::default()).await;
    let escaped = "\\u003c".repeat(1024 * 1024);
    let object = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"namespace":"shop","name":"redis"}},"data":{{"redis.conf":"{escaped}"}}}}"#
    );
    let review = format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u-1","kind":{{"group":"","version":"v1","kind":"ConfigMap"}},"namespace":"shop","name":"redis","operation":"UPDATE","object":{object},"oldObject":{object}}}}}"#
    );
    assert!(review.len() > 12_000_000);
    let (status, _, answer) = Client::of(&handle).ask(post("/validate", review)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap()["response"]["allowed"], true);
    let (status, _, _) = Client::of(&handle).ask(post("/validate", "x".repeat(16 * 1024 * 1024 + 1))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
