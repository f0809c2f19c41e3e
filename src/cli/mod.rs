//! The commands.

mod check;
mod exception;
mod explain;
mod generate;
mod inspect;
mod judging;
mod manifests;
mod output;
mod policies;
mod policy;
mod rules;
mod serve;
mod trial;
mod why;

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
    /// Try it: the webhook on this machine alone, asked about a built-in release or your manifests.
    Try(trial::Try),
    /// Check manifests: files, folders, or what is piped in.
    Check(check::Check),
    /// Print what was understood of manifests, with the origin of every value.
    Inspect(inspect::Inspect),
    /// Print the page of a rule.
    Explain(explain::Explain),
    /// Print the table of all rules.
    Rules(rules::Rules),
    /// Write exceptions from policies.
    Exception(exception::Exception),
    /// Print what a cluster needs.
    Generate(generate::Generate),
    /// Run the admission webhook.
    Serve(serve::Serve),
    /// Check policies, and run a folder of cases against them.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Say what of a workload was written by Plimsoll, what stood there before, and whether it still holds.
    Why(why::Why),
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
        Command::Check(check) => check.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Explain(explain) => explain.run(),
        Command::Rules(rules) => rules.run(),
        Command::Exception(exception) => exception.run(),
        Command::Generate(generate) => generate.run(),
        Command::Serve(serve) => serve.run(),
        Command::Try(trial) => trial.run(),
        Command::Policy(policy) => policy.run(),
        Command::Why(why) => why.run(),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "plimsoll: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
