//! `plimsoll policy test`: whether policies do what their author expects of them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::cases::Case;
use super::files::{list_yaml_files, load_policies, read_policies};
use crate::cli::failure::Failure;
use crate::cli::output::print_text;
use crate::report::CaseResults;

/// The arguments of `policy test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The folder with the policies and their `cases`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Test {
    /// Runs all cases and prints how they came out.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let files = list_yaml_files(&self.folder, "a folder with policies (*.yaml) and a folder `cases`")?;
        let files = files.iter().map(|file| read_policies(file)).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() {
            return Err(Failure::Usage(format!("{}: holds no policy (*.yaml)", self.folder.display())));
        }
        let policies = load_policies(&files)?;
        let cases = Case::read_all(&self.folder.join("cases"), &policies)?;
        let results = CaseResults { cases: cases.iter().map(|case| case.run(&policies)).collect() };
        print_text(&results)?;
        Ok(if results.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
