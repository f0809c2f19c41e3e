//! `plimsoll rules`: the table of all.

use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::output::print_report;
use crate::policy::{PROFILE_NAMES, Policies};
use crate::report::{Format, RuleTable};
use crate::rules;

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// How the rules are printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Rules {
    /// Prints all rules with their actions in each shipped profile.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let table = RuleTable { rules: rules::all(), profiles: load_profiles()? };
        print_report(self.output, &table)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The shipped profiles by name.
pub(crate) fn load_profiles() -> Result<Vec<(&'static str, Policies)>, Failure> {
    let mut profiles = Vec::new();
    for name in PROFILE_NAMES {
        let policies = Policies::profile(name).map_err(|error| Failure::Run(error.to_string()))?;
        profiles.push((name, policies));
    }
    Ok(profiles)
}
