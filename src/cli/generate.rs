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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// `BLESS=1 cargo test --lib crds` writes them.
    #[test]
    fn the_crds_in_deploy_are_up_to_date() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/crds");
        for (name, definition) in policy::custom_resource_definitions() {
            let expected = yaml(&definition).unwrap();
            let file = folder.join(name);
            if std::env::var_os("BLESS").is_some() {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&file, &expected).unwrap();
            }
            let found = fs::read_to_string(&file).unwrap_or_default();
            assert!(found == expected, "{name} is out of date: BLESS=1 cargo test --lib crds");
            let read: serde_json::Value = serde_saphyr::from_str(&found).unwrap();
            assert_eq!(read, definition, "{name} reads as it was written");
        }
    }
}
