//! `plimsoll rules`: the table of all.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::output::{Output, print, print_json, width};
use crate::policy::{PROFILE_NAMES, Policies};
use crate::{report, rules};

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// How the rules are printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Output::Text)]
    output: Output,
}

impl Rules {
    /// Prints all rules with their actions in each shipped profile.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let profiles = profiles()?;
        match self.output {
            Output::Text => print(|out| writeln!(out, "{}", report::rules_table(&rules::all(), &profiles, width())))?,
            Output::Json => print_json(&report::rules_json(&rules::all(), &profiles))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The shipped profiles by name.
pub(crate) fn profiles() -> Result<Vec<(&'static str, Policies)>, Failure> {
    let load =
        |name: &&'static str| Ok((*name, Policies::profile(name).map_err(|error| Failure::Run(error.to_string()))?));
    PROFILE_NAMES.iter().map(load).collect()
}
