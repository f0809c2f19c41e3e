//! The flags that choose policies, alike for every command that judges.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::text_file::{self, POLICIES};
use crate::cli::failure::Failure;
use crate::policy::{self, Policies};

/// Which policies hold. The flag wins over its environment variable.
#[derive(Debug, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyArgs {
    /// The shipped policy to judge by: baseline, production or cache.
    ///
    /// `serve` judges by it where no RedisPolicy of the cluster matches.
    #[arg(long, env = "PLIMSOLL_PROFILE", value_name = "NAME", default_value = "baseline")]
    profile: String,
    /// A file with RedisPolicy objects to judge by instead (docs/policies.md); may be repeated.
    ///
    /// Several may also stand together, separated by commas. Where none of them matches a workload, baseline holds.
    #[arg(long, env = "PLIMSOLL_POLICY", value_name = "FILE", value_delimiter = ',', conflicts_with = "profile")]
    policy: Vec<PathBuf>,
    /// The most that any policy may do.
    #[arg(long, env = "PLIMSOLL_MODE", value_name = "MODE", value_enum, default_value_t = Mode::Enforce)]
    mode: Mode,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Report only.
    Observe,
    /// Warn where it would deny or patch.
    Warn,
    /// Do as the policies say.
    Enforce,
}

impl PolicyArgs {
    /// How to call them, such as `profile baseline`.
    pub(crate) fn name(&self) -> String {
        let files: Vec<String> = self.policy.iter().map(|path| path.display().to_string()).collect();
        let name =
            if files.is_empty() { format!("profile {}", self.profile) } else { format!("policy {}", files.join(", ")) };
        match self.mode {
            Mode::Enforce => name,
            Mode::Observe => format!("{name}, mode observe"),
            Mode::Warn => format!("{name}, mode warn"),
        }
    }

    /// Reads and checks them.
    pub(crate) fn load(&self) -> Result<Policies, Failure> {
        let mode = match self.mode {
            Mode::Observe => policy::Mode::Observe,
            Mode::Warn => policy::Mode::Warn,
            Mode::Enforce => policy::Mode::Enforce,
        };
        let policies = if self.policy.is_empty() {
            Policies::profile(&self.profile)
        } else {
            let files: Vec<(String, String)> =
                self.policy.iter().map(|path| text_file::read(path, POLICIES)).collect::<Result<_, _>>()?;
            Policies::parse(&files)
        };
        Ok(policies.map_err(|error| Failure::Usage(error.to_string()))?.capped(mode).at(Timestamp::now()))
    }

    /// The files that hold them; none for a profile.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.policy
    }

    /// Whether policies come from files, and not from the cluster over a profile.
    pub(crate) fn are_files(&self) -> bool {
        !self.policy.is_empty()
    }
}
