//! `plimsoll serve`: the webhook as a process. Flags and environment become a server's configuration; signals end it.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::panic::PanicHookInfo;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use kube::Client;
use kube::config::{Config as ClusterConfig, KubeConfigOptions, Kubeconfig, KubeconfigError};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Failure;
use super::args::policies::PolicyArgs;
use crate::admission::{Certificate, Config, Limits, Server, StartError};
use crate::cluster::{ClusterLookups, PolicyWatch};
use crate::policy::Policies;

/// Threads for reviews of large objects and for reading certificates; each may hold one such object.
const BLOCKING_THREADS: usize = 8;

/// Every flag has an environment variable; the flag wins.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Serve {
    /// Where the API server sends reviews, over TLS.
    #[arg(long, env = "PLIMSOLL_LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0:9443")]
    listen: SocketAddr,
    /// Where /healthz, /readyz and /metrics are served, over plain HTTP.
    #[arg(long, env = "PLIMSOLL_METRICS_LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    metrics_listen: SocketAddr,
    /// The serving certificate and its chain, as PEM; read again while serving.
    #[arg(long, env = "PLIMSOLL_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The private key of the serving certificate, as PEM.
    #[arg(long, env = "PLIMSOLL_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// The kubeconfig by which the API server is reached; without it as a Pod does, or as kubectl does.
    #[arg(long, env = "PLIMSOLL_KUBECONFIG", value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    #[command(flatten)]
    #[serde(flatten)]
    policies: PolicyArgs,
    /// How the log is written, on standard error.
    #[arg(long, env = "PLIMSOLL_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// How much is logged; what an object holds never is.
    #[arg(long, env = "PLIMSOLL_LOG_LEVEL", value_name = "LEVEL", value_enum, default_value_t = LogLevel::Info)]
    log_level: LogLevel,
    /// For how many seconds connections are still accepted after readiness has ended: until then others may be sent here.
    #[arg(long, env = "PLIMSOLL_SHUTDOWN_DELAY", value_name = "SECONDS", default_value_t = 5)]
    shutdown_delay: u32,
    /// Print the configuration that options and environment come to, as JSON, and end.
    #[arg(long)]
    #[serde(skip)]
    print_config: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

impl Serve {
    /// Serves until SIGTERM or SIGINT.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let policies = self.policies.load()?;
        if self.print_config {
            let text = serde_json::to_string_pretty(&self).map_err(|error| Failure::Run(error.to_string()))?;
            writeln!(io::stdout(), "{text}").map_err(|error| Failure::Run(error.to_string()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let certificate = self.certificate()?;
        self.log();
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.enable_all().max_blocking_threads(BLOCKING_THREADS).build();
        let runtime = runtime.map_err(|error| Failure::Run(format!("no threads can be started: {error}")))?;
        let result = runtime.block_on(self.serve(policies, certificate));
        runtime.shutdown_background(); // A review that computes past its deadline must not hold the process.
        result.map(|()| ExitCode::SUCCESS)
    }

    async fn serve(&self, policies: Policies, certificate: Certificate) -> Result<(), Failure> {
        let cannot = |error: io::Error| Failure::Run(format!("signals can't be received: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
        let client = self.client().await?;
        let mut watch = self.watch_policies(&client, &policies).await;
        let policies = watch.as_mut().map_or(policies, PolicyWatch::policies);
        let config = Config {
            listen: self.listen,
            metrics_listen: Some(self.metrics_listen),
            certificate,
            policies,
            lookups: Arc::new(ClusterLookups::new(client)),
            limits: Limits { shutdown_delay: Duration::from_secs(self.shutdown_delay.into()), ..Limits::default() },
        };
        let mut server = Server::start(config).await.map_err(|error| match error {
            StartError::Tls(error) => Failure::Usage(error.to_string()),
            error @ StartError::Listen { .. } => Failure::Run(error.to_string()),
        })?;
        let metrics = server.metrics_addr().map(|address| address.to_string()).unwrap_or_default();
        tracing::info!(listen = %server.addr(), metrics, "serving");
        if let Some(watch) = watch {
            server.follow(watch);
        }
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        let drained = tokio::select! {
            drained = server.shutdown() => drained,
            _ = interrupt.recv() => false,
        };
        if !drained {
            tracing::warn!("stopped with requests in flight");
        }
        Ok(())
    }

    /// What is watched in the cluster: all policy objects; with policies from files, only what those need.
    async fn watch_policies(&self, client: &Client, policies: &Policies) -> Option<PolicyWatch> {
        if !self.policies.are_files() {
            return Some(PolicyWatch::start_for_cluster(client.clone(), policies.clone()).await);
        }
        if policies.needs_namespaces() {
            return Some(PolicyWatch::start_for_namespaces(client.clone(), policies.clone()).await);
        }
        None
    }

    fn certificate(&self) -> Result<Certificate, Failure> {
        let (Some(certificate), Some(key)) = (self.tls_cert.clone(), self.tls_key.clone()) else {
            let what = "the API server calls webhooks over TLS only: give --tls-cert FILE and --tls-key FILE";
            return Err(Failure::Usage(what.to_owned()));
        };
        Ok(Certificate::Files { certificate, key })
    }

    async fn client(&self) -> Result<Client, Failure> {
        let mut config = match &self.kubeconfig {
            Some(path) => {
                let wrong = |error: KubeconfigError| Failure::Usage(format!("{}: {error}", path.display()));
                let kubeconfig = Kubeconfig::read_from(path).map_err(wrong)?;
                ClusterConfig::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(wrong)?
            }
            None => ClusterConfig::infer()
                .await
                .map_err(|error| Failure::Usage(format!("no API server is known: {error}; give --kubeconfig FILE")))?,
        };
        config.default_retry = false; // The API server waits for us: what fails is unknown at once.
        Client::try_from(config).map_err(|error| Failure::Usage(format!("the API server can't be reached: {error}")))
    }

    /// Only our own lines are logged: those of libraries might quote an object.
    fn log(&self) {
        let level = match self.log_level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        let registry = tracing_subscriber::registry().with(Targets::new().with_target("plimsoll", level));
        let log = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
        match self.log_format {
            LogFormat::Text => registry.with(log).init(),
            LogFormat::Json => registry.with(log.json()).init(),
        }
        std::panic::set_hook(Box::new(panicked));
    }
}

/// A panic's message may quote what was being read: the place is enough.
fn panicked(info: &PanicHookInfo<'_>) {
    let at = info.location().map_or_else(String::new, ToString::to_string);
    tracing::error!(at, "internal error in a review");
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Alone {
        #[command(flatten)]
        serve: Serve,
    }

    fn serve(arguments: &[&str]) -> Serve {
        Alone::try_parse_from([&["serve"], arguments].concat()).unwrap().serve
    }

    #[track_caller]
    fn refuses(arguments: &[&str], part: &str) {
        let failure = serve(arguments).run().unwrap_err();
        assert_eq!(failure.code(), 2);
        assert!(failure.to_string().contains(part), "{failure}");
    }

    #[test]
    fn usage_errors_end_it_before_anything_starts() {
        refuses(&[], "--tls-cert FILE and --tls-key FILE");
        refuses(&["--profile", "strict"], "`strict` does not exist");
        refuses(&["--policy", "absent.yaml"], "absent.yaml");
        assert!(Alone::try_parse_from(["serve", "--policy", "a", "--profile", "cache"]).is_err());
        assert!(Alone::try_parse_from(["serve", "--mode", "strict"]).is_err());
    }

    #[test]
    fn an_error_in_a_policy_has_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.yaml");
        let text =
            "apiVersion: plimsoll.dev/v1alpha1\nkind: RedisPolicy\nmetadata: {name: mine}\nspec:\n  extends: strict\n";
        fs::write(&file, text).unwrap();
        refuses(&["--policy", file.to_str().unwrap()], "mine.yaml:5:12: spec.extends: `strict` is not allowed");
    }
}
