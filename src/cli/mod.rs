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

/// The load line for Redis on Kubernetes: an admission webhook and a checker of manifests.
///
/// Start with `plimsoll try`: it needs no cluster.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, propagate_version = true, max_term_width = 100)]
struct Plimsoll {
    #[command(subcommand)]
    command: Command,
}

/// In the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
enum Command {
    /// See the webhook at work on this machine, without a cluster.
    ///
    /// Starts it on loopback and asks it, as an API server would, about a built-in release or about your manifests.
    Try(trial::Try),
    /// Check manifests: files, folders, or what is piped in.
    Check(check::Check),
    /// Show what Plimsoll understands of manifests, and where each value comes from.
    Inspect(inspect::Inspect),
    /// Explain a rule: what it checks, why, and what mends it.
    Explain(explain::Explain),
    /// List all rules.
    Rules(rules::Rules),
    /// Run the admission webhook in a cluster (see deploy/README.md).
    Serve(serve::Serve),
    /// Check policies, test them with cases of yours, and see whom they would meet.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Write an exception from policies.
    Exception(exception::Exception),
    /// Say what Plimsoll wrote into a workload, what stood there before, and whether it still holds.
    Why(why::Why),
    /// Print the objects that a cluster needs.
    Generate(generate::Generate),
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
