//! Somebody else's mutating webhook, as a VerticalPodAutoscaler's: it changes the memory of what is created.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::support::control_plane::{ControlPlane, Identity};

/// A running webhook and its configuration, both gone when dropped.
#[derive(Debug)]
pub(crate) struct OtherHook {
    cluster: &'static ControlPlane,
    name: String,
    _runtime: Runtime,
}

impl OtherHook {
    /// Whatever of `resource` (of `group`) is created in `namespace` gets `memory` as request and limit of the first
    /// container of the Pod spec at `spec`. The API server asks by the order of `name`s; ours begins with `plimsoll`.
    pub(crate) fn start(
        cluster: &'static ControlPlane,
        name: &str,
        namespace: &str,
        (group, resource, spec): (&str, &str, &str),
        memory: &str,
    ) -> Self {
        let identity = Identity::for_loopback();
        let runtime = Runtime::new().unwrap();
        let resources = json!({"requests": {"memory": memory}, "limits": {"memory": memory}});
        let patch = json!([{"op": "add", "path": format!("{spec}/containers/0/resources"), "value": resources}]);
        let address = runtime.block_on(listen(&identity, patch.to_string()));
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [{
                "name": "memory.tests.example", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": format!("https://{address}/"), "caBundle": STANDARD.encode(&identity.authority)},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [{"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": [resource]}],
            }],
        });
        cluster.kubectl(&["create", "-f", "-"], &configuration.to_string()).done();
        Self { cluster, name: name.to_owned(), _runtime: runtime }
    }
}

impl Drop for OtherHook {
    fn drop(&mut self) {
        drop(self.cluster.kubectl(&["delete", "mutatingwebhookconfiguration", &self.name], ""));
    }
}

/// Answers every review with the same patch.
async fn listen(identity: &Identity, patch: String) -> SocketAddr {
    let chain = vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, patch) = (acceptor.clone(), patch.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(|request| answer(request, &patch));
                drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    address
}

async fn answer(request: Request<Incoming>, patch: &str) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let review: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "response": {
            "uid": review["request"]["uid"], "allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(patch),
        },
    });
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(Full::new(answer.to_string().into())).unwrap_or_default())
}
