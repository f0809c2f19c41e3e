//! `plimsoll completions SHELL`: what makes a shell complete our commands and options.

use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::print;
use super::{Failure, Plimsoll};

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that the script is for.
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Plimsoll::command(), "plimsoll", &mut script);
        print(|out| out.write_all(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
