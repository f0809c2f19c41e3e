//! `plimsoll try`: the main job with nothing installed. It starts the real webhook on loopback, asks it as an API server
//! would about a release of ours or the user's manifests, and shows each verdict.

mod demo;
mod manifests;
mod tally;
mod verdict;
mod words;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::args::policies::PolicyArgs;
use super::failure::Failure;
use super::output::print_text;
use crate::manifests::Manifests;
use crate::report::Trial;

/// The exit code where there is nothing to try.
const NOTHING: u8 = 3;

/// What to try.
#[derive(Debug, Args)]
pub(crate) struct Try {
    /// Manifests to try instead of the built-in release: files, folders, or `-` for standard input.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    policies: PolicyArgs,
}

impl Try {
    /// Tries, and prints what became of the objects. 0 whatever the webhook says; 3 where there is nothing to try.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let policies = self.policies.load()?;
        let by = self.policies.name();
        let manifests = (!self.paths.is_empty()).then(|| Manifests::read(&self.paths));
        hide_panic_messages();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::Run(format!("no threads can be started: {error}")))?;
        let mut trial = Trial::default();
        let tried = runtime.block_on(async {
            match manifests {
                Some(manifests) => manifests::try_manifests(&mut trial, policies, &by, manifests).await,
                None => demo::try_release(&mut trial, policies, &by).await.map(|()| true),
            }
        });
        print_text(&trial)?;
        match tried {
            Ok(true) => Ok(ExitCode::SUCCESS),
            Ok(false) => Ok(ExitCode::from(NOTHING)),
            Err(error) => Err(Failure::Run(error.to_string())),
        }
    }
}

/// A panic's message may quote what was being read: the place is enough.
fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let _ = writeln!(io::stderr(), "plimsoll: internal error at {place}");
    }));
}
