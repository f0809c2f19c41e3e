//! `plimsoll try`: the main job with nothing installed. It starts the real webhook on loopback, asks it as an API server
//! would about a release of ours or the user's manifests, and shows each verdict.

mod demo;
mod manifests;
mod terminal;
mod verdict;
mod yaml;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use self::terminal::Page;
use super::Failure;
use super::args::policies::PolicyArgs;
use super::output;
use crate::manifests::Manifests;
use crate::sandbox::{Cluster, ClusterError, Outcome};

/// Where the output is no terminal.
const WIDTH: usize = 100;
/// Below this, wrapping makes nothing more readable.
const NARROWEST: usize = 60;

/// What to try.
#[derive(Debug, Args)]
pub(crate) struct Try {
    /// Manifests to try instead of the built-in release: files, folders, or `-` for standard input.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    policies: PolicyArgs,
}

/// Why a story breaks off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("the output can't be written: {0}")]
    Output(#[from] io::Error),
}

impl Try {
    /// Tries, and tells. 0 whatever the webhook says; 3 where there is nothing to ask it about.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let policies = self.policies.load()?;
        let by = self.policies.name();
        let manifests = (!self.paths.is_empty()).then(|| Manifests::read(&self.paths));
        // A panic's message may quote what was being read: the place is enough.
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map_or_else(String::new, ToString::to_string);
            let _ = writeln!(io::stderr(), "plimsoll: a fault of ours at {place}");
        }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::Run(format!("no threads can be started: {error}")))?;
        let mut out = anstream::stdout().lock();
        let mut page = Page::new(&mut out, width());
        let told = runtime.block_on(async {
            match manifests {
                Some(manifests) => manifests::tell(&mut page, policies, &by, manifests).await,
                None => demo::tell(&mut page, policies, &by).await.map(|()| true),
            }
        });
        match told.and_then(|asked| Ok(out.flush().map(|()| asked)?)) {
            Ok(true) => Ok(ExitCode::SUCCESS),
            Ok(false) => Ok(ExitCode::from(3)),
            // Whoever reads it has read enough.
            Err(Broken::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            Err(broken) => Err(Failure::Run(broken.to_string())),
        }
    }
}

fn width() -> usize {
    output::width().map_or(WIDTH, |width| width.clamp(NARROWEST, WIDTH))
}

/// What was asked so far.
#[derive(Default)]
struct Tally {
    reviews: usize,
    took: Duration,
}

impl Tally {
    /// Applies an object and counts what it took.
    async fn apply(&mut self, cluster: &mut Cluster, object: &Value) -> Result<Outcome, ClusterError> {
        let (took, before) = (cluster.took(), cluster.reviews());
        let outcome = cluster.apply(object).await?;
        self.took += cluster.took().saturating_sub(took);
        self.reviews += cluster.reviews() - before;
        Ok(outcome)
    }
}

fn introduce(page: &mut Page<'_>, cluster: &Cluster) -> Result<(), Broken> {
    let text = format!(
        "This is the webhook that `plimsoll serve` runs, on {} with a certificate made just now, asked as an API server \
         asks it. Nothing is installed, no cluster is touched.",
        cluster.address()
    );
    Ok(page.text(&text)?)
}

fn farewell(page: &mut Page<'_>, tally: &Tally) -> Result<(), Broken> {
    let took = tally.took.as_secs_f64() * 1000.0;
    page.hint("plimsoll try --profile production", "by another policy; --policy FILE takes your own")?;
    page.hint("plimsoll check PATH...", "every finding with its line, and an exit code for CI")?;
    page.hint("deploy/README.md", "installs the webhook in a cluster")?;
    Ok(page.text(&format!("{} reviews over TLS took {took:.0} ms.", tally.reviews))?)
}
