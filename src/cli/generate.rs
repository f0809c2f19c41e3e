//! `plimsoll generate`: what a cluster needs, from the same source as the engine.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::failure::Failure;
use super::output::print_bytes;
use crate::policy;

/// What a cluster needs.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The custom resource definitions of RedisPolicy and RedisPolicyException, for `kubectl apply --server-side -f -`.
    Crds,
}

impl Generate {
    /// Prints it.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.what {
            What::Crds => {
                for (_, definition) in policy::custom_resource_definitions() {
                    print_document(&definition)?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes one YAML document with its separator to standard output.
pub(crate) fn print_document(document: &impl Serialize) -> Result<(), Failure> {
    print_bytes(format!("---\n{}", yaml(document)?).as_bytes())
}

/// A YAML document that ends in a newline.
fn yaml(document: &impl Serialize) -> Result<String, Failure> {
    let text = serde_saphyr::to_string(document).map_err(|error| Failure::Run(error.to_string()))?;
    Ok(format!("{}\n", text.trim_end()))
}
