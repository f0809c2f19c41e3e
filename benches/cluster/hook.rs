//! The empty hook: it is registered for the same calls as Plimsoll and allows at once.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Once};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::control_plane::{ControlPlane, PATIENCE, Server, wait_until};

/// The argument by which the benchmark runs itself as the empty hook.
pub(crate) const COMMAND: &str = "serve-empty-hook";
/// The label by which a webhook of the tests selects namespaces.
const LABEL: &str = "plimsoll.dev/tests";

/// The running empty hook.
#[derive(Debug)]
pub(crate) struct EmptyHook {
    server: Server,
}

impl EmptyHook {
    /// Starts it and registers it under `name` as the webhook of the tests `like` is registered.
    pub(crate) fn start(cluster: &ControlPlane, name: &str, like: &str) -> Self {
        // Its certificate is good for every webhook on the loopback.
        let folder = cluster.folder().join(format!("webhook-{like}"));
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(COMMAND).arg(&folder);
        let mut server = Server::start(COMMAND, &command, &folder).unwrap();
        let address = wait_until("the empty hook", PATIENCE, || {
            server.check_alive()?;
            let log = server.log();
            let address = log.lines().find_map(|line| line.parse::<SocketAddr>().ok());
            address.ok_or_else(|| "no address in its log".to_owned())
        });
        for kind in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
            let text = cluster.kubectl(&["get", kind, &format!("plimsoll-tests-{like}"), "-o", "json"], "").done();
            let configuration = configuration(&text.replace(like, name), address);
            cluster.kubectl(&["create", "-f", "-"], &configuration.to_string()).done();
        }
        Self { server }
    }

    /// Creates a namespace under it, and waits until the API server asks about `object` there at both hooks.
    pub(crate) fn cover(&self, cluster: &ControlPlane, namespace: &str, object: &Value) {
        cluster.namespace(namespace);
        cluster.kubectl(&["label", "namespace", namespace, &format!("{LABEL}={namespace}")], "").done();
        let mut object = object.clone();
        object["metadata"]["namespace"] = namespace.into();
        wait_until("the API server to ask the empty hook", PATIENCE, || {
            cluster.kubectl(&["create", "--dry-run=server", "-f", "-"], &object.to_string()).done();
            let log = self.server.log();
            let is_asked = ["/mutate", "/validate"].iter().all(|path| log.contains(path));
            if is_asked { Ok(()) } else { Err(log) }
        });
    }
}

/// A registration as the API server has it, for another address.
fn configuration(text: &str, address: SocketAddr) -> Value {
    let stored: Value = serde_json::from_str(text).unwrap();
    let mut webhooks = stored["webhooks"].clone();
    for webhook in webhooks.as_array_mut().unwrap() {
        let path = webhook["clientConfig"]["url"].as_str().unwrap().rsplit('/').next().unwrap();
        webhook["clientConfig"]["url"] = json!(format!("https://{address}/{path}"));
    }
    json!({
        "apiVersion": stored["apiVersion"], "kind": stored["kind"],
        "metadata": {"name": stored["metadata"]["name"]}, "webhooks": webhooks,
    })
}

/// Serves until it is killed. The first line of its output is the address.
pub(crate) fn serve(folder: &Path) -> io::Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(tls(folder)));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(io::stdout(), "{}", listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(stream, acceptor.clone()));
        }
    })
}

fn tls(folder: &Path) -> ServerConfig {
    let read = |file: &str| fs::read(folder.join(file)).unwrap();
    let chain = CertificateDer::pem_slice_iter(&read("tls.crt")).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(&read("tls.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let server = auto::Builder::new(TokioExecutor::new());
    drop(server.serve_connection(TokioIo::new(stream), service_fn(allow)).await);
}

/// What is read of a review.
#[derive(Deserialize)]
struct Review<'a> {
    #[serde(borrow)]
    request: ReviewRequest<'a>,
}

#[derive(Deserialize)]
struct ReviewRequest<'a> {
    uid: &'a str,
}

async fn allow(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    note(request.uri().path());
    let body = request.into_body().collect().await?.to_bytes();
    let review: Review<'_> = serde_json::from_slice(&body).unwrap();
    let answer = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "response": {"uid": review.request.uid, "allowed": true},
    });
    let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    Ok(response)
}

/// Says once in the log that this hook is asked.
fn note(path: &str) {
    static MUTATE: Once = Once::new();
    static VALIDATE: Once = Once::new();
    let once = if path == "/mutate" { &MUTATE } else { &VALIDATE };
    once.call_once(|| drop(writeln!(io::stdout(), "asked at {path}")));
}
