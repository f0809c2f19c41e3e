//! The commands.

mod exception;
mod generate;
mod policies;
mod serve;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The load line for Redis on Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, propagate_version = true)]
struct Plimsoll {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write exceptions from policies.
    Exception(exception::Exception),
    /// Print what a cluster needs.
    Generate(generate::Generate),
    /// Run the admission webhook.
    Serve(serve::Serve),
}

/// Why a command ends without having done its work. The code is the exit code: 1 failed to run; 2 arguments,
/// configuration or policy.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// It could not run.
    #[error("{0}")]
    Run(String),
    /// What it was told can't be.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Run(_) => 1,
            Self::Usage(_) => 2,
        }
    }
}

/// Runs the command that the arguments of this process name.
#[must_use]
pub fn run() -> ExitCode {
    let result = match Plimsoll::parse().command {
        Command::Exception(exception) => exception.run(),
        Command::Generate(generate) => generate.run(),
        Command::Serve(serve) => serve.run(),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "plimsoll: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
