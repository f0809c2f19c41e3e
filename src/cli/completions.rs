//! `plimsoll completions SHELL`: what makes a shell complete our commands and options.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::output::print_bytes;

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that the script is for.
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script for a program.
    pub(crate) fn run(&self, mut program: Command) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "plimsoll", &mut script);
        print_bytes(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
