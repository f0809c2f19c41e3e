//! The API server's side of the line: one HTTP/2 connection over TLS that trusts nobody but the webhook's own authority.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Why the webhook could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("the webhook's authority can't be read: {0}")]
    Authority(#[from] pem::Error),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the webhook can't be reached: {0}")]
    Connect(#[from] io::Error),
    #[error("the webhook did not answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("the webhook answered {status}: {text}")]
    Refused { status: StatusCode, text: String },
    #[error("the webhook's answer is no JSON: {0}")]
    NotJson(#[from] serde_json::Error),
}

/// A connection to the webhook.
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
}

impl Client {
    /// Connects to `address`, whose certificate `authority` (PEM) must have signed.
    pub(crate) async fn connect(address: SocketAddr, authority: &str) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes())?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?; // As the API server does: else each review waits for an acknowledgement.
        let name = ServerName::from(address.ip());
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, address })
    }

    /// Posts a review to `/mutate` or `/validate`; the answer is the whole `AdmissionReview`.
    pub(crate) async fn post(&mut self, path: &str, review: &Value) -> Result<Value, ClientError> {
        let request = Request::post(format!("https://{}{path}?timeout=3s", self.address))
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(serde_json::to_vec(review)?)));
        let Ok(request) = request else {
            return Err(ClientError::Connect(io::Error::other("the address makes no URL")));
        };
        let (parts, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        if parts.status != StatusCode::OK {
            let text = String::from_utf8_lossy(&body).trim().to_owned();
            return Err(ClientError::Refused { status: parts.status, text });
        }
        Ok(serde_json::from_slice(&body)?)
    }
}
