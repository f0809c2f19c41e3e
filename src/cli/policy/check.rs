//! `plimsoll policy check`: what keeps policies from being loaded.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use crate::cli::args::text_file::{self, POLICIES};
use crate::cli::failure::Failure;
use crate::cli::output::print_text;
use crate::policy::Policies;
use crate::report::PolicyCheck;

/// The arguments of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files with RedisPolicy and RedisPolicyException objects; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Check {
    /// Prints what is wrong.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let files = self.files.iter().map(|file| text_file::read(file, POLICIES)).collect::<Result<Vec<_>, _>>()?;
        let mut check = PolicyCheck { files: files.len(), errors: Vec::new(), warnings: Vec::new() };
        match Policies::check(&files, Timestamp::now()) {
            Ok(warnings) => check.warnings = warnings.iter().map(ToString::to_string).collect(),
            Err(errors) => check.errors = errors.0.iter().map(ToString::to_string).collect(),
        }
        print_text(&check)?;
        Ok(if check.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}
