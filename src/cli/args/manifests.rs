//! The arguments that name manifests, alike for every command that reads them.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::Args;

use super::diagnostics::print_diagnostics;
use crate::cli::failure::Failure;
use crate::manifests::{ManifestSet, name_unjudged};

/// Which manifests are read.
#[derive(Debug, Args)]
pub(crate) struct ManifestArgs {
    /// Files and folders, or `-` for standard input, which is also read when nothing is named and something is piped in.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The namespace of objects that name none, as `kubectl apply -n` would give them.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

impl ManifestArgs {
    /// Files and folders that a command names in another way.
    pub(crate) fn new(paths: Vec<PathBuf>, namespace: Option<String>) -> Self {
        Self { paths, namespace }
    }

    /// Reads all of it, and says on standard error what could not be read.
    pub(crate) fn read(&self) -> Result<ManifestSet, Failure> {
        let mut paths = self.paths.clone();
        if paths.is_empty() {
            if io::stdin().is_terminal() {
                return Err(Failure::Usage(
                    "name files or folders, or pipe manifests in: `helm template … | plimsoll check -`".to_owned(),
                ));
            }
            paths.push(PathBuf::from("-"));
        }
        let manifests = ManifestSet::read(&paths, self.namespace.as_deref());
        print_diagnostics(&manifests.find_own_objects());
        print_diagnostics(&name_unjudged(&manifests.unjudged));
        print_diagnostics(&manifests.repeats);
        print_diagnostics(&manifests.diagnostics);
        if manifests.objects == 0 && manifests.diagnostics.is_empty() {
            let _ = writeln!(io::stderr(), "plimsoll: no Kubernetes object was given");
        }
        Ok(manifests)
    }
}
