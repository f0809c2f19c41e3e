//! `plimsoll serve` as a process, without a cluster: it starts, answers while no API server can be asked, and ends.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::control_plane::Identity;

/// Killed by its own process id where a test fails before it ended.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Path) -> Process {
    let identity = Identity::for_loopback();
    std::fs::write(folder.join("tls.crt"), identity.certificate).unwrap();
    std::fs::write(folder.join("tls.key"), identity.key).unwrap();
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "nowhere",
        "clusters": [{"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "nobody", "user": {"token": "none"}}],
        "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}],
    });
    std::fs::write(folder.join("kubeconfig"), kubeconfig.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--log-format", "json"]);
    command.args(["--shutdown-delay", "0", "--tls-cert"]).arg(folder.join("tls.crt"));
    command.arg("--tls-key").arg(folder.join("tls.key")).arg("--kubeconfig").arg(folder.join("kubeconfig"));
    Process(command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap())
}

#[tokio::test]
async fn serves_until_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = serve(folder.path());
    let mut log = BufReader::new(process.0.stderr.take().unwrap()).lines();
    let serving: Value = serde_json::from_str(&log.next().expect("a first line").unwrap()).unwrap();
    assert_eq!(serving["fields"]["message"], "serving", "{serving}");
    let probes = serving["fields"]["metrics"].as_str().unwrap();
    let stream = TcpStream::connect(probes).await.unwrap();
    let (mut probe, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("/readyz").header("host", "x").body(Full::new(Bytes::new())).unwrap();
    assert_eq!(probe.send_request(request).await.unwrap().status(), 200);
    let signalled = Command::new("kill").args(["-TERM", &process.0.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    // Its log ends when it does.
    let ended = tokio::task::spawn_blocking(move || {
        let rest: Vec<String> = log.map_while(Result::ok).collect();
        (process.0.wait().unwrap(), rest)
    });
    let (status, rest) = tokio::time::timeout(Duration::from_secs(30), ended).await.expect("it ends").unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(rest.iter().any(|line| line.contains("stopping")), "{rest:?}");
    assert!(!rest.iter().any(|line| line.contains("in flight")), "{rest:?}");
}
