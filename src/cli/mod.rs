//! The commands.

pub(crate) mod args;
mod check;
mod completions;
mod exception;
mod explain;
mod failure;
mod generate;
mod inspect;
mod man;
mod output;
mod policy;
mod rules;
mod serve;
mod r#try;
mod why;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

pub(crate) use self::failure::Failure;

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
    Try(r#try::Try),
    /// Check manifests: files, folders, or what is piped in.
    ///
    /// The exit code is 0 where nothing at or above the threshold is found; 11, 12, 13 or 14 where the highest finding is
    /// info, low, medium or high; 3 where nothing could be read; 2 for wrong arguments or policies, or where a path is not there; 1 where it could not run,
    /// or where under `--strict` anything could not be read or seen.
    Check(check::Check),
    /// Show what Plimsoll understands of manifests, and where each value comes from.
    Inspect(inspect::Inspect),
    /// Explain a rule: what it checks, why it matters, and how to fix it.
    Explain(explain::Explain),
    /// List all rules.
    Rules(rules::Rules),
    /// Run the admission webhook in a cluster (see deploy/README.md).
    Serve(serve::Serve),
    /// Check policies, test them with your own cases, and see which workloads they affect.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Create exceptions to policies.
    Exception(exception::Exception),
    /// Show what Plimsoll wrote into a workload, and what was there before.
    ///
    /// And whether it still holds: `kubectl get sts redis -o yaml | plimsoll why -`.
    Why(why::Why),
    /// Print the objects that a cluster needs.
    Generate(generate::Generate),
    /// Print the script by which a shell completes commands and options.
    ///
    /// Bash reads it from `/etc/bash_completion.d/plimsoll`, zsh from a file `_plimsoll` in a folder of `$fpath`, fish from
    /// `~/.config/fish/completions/plimsoll.fish`.
    Completions(completions::Completions),
    /// Print a manual page, or write all of them.
    ///
    /// `plimsoll man check | man -l -` shows one; `plimsoll man --dir /usr/local/share/man/man1` installs all.
    Man(man::Man),
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
        Command::Completions(completions) => completions.run(Plimsoll::command()),
        Command::Man(man) => man.run(Plimsoll::command()),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "plimsoll: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::*;

    /// The program and all commands in it.
    fn all() -> Vec<Command> {
        let mut program = Plimsoll::command();
        program.build();
        let mut all = vec![program];
        let mut next = 0;
        while let Some(command) = all.get(next) {
            let below: Vec<Command> =
                command.get_subcommands().filter(|one| one.get_name() != "help").cloned().collect();
            all.extend(below);
            next += 1;
        }
        all
    }

    #[test]
    fn whatever_can_be_typed_has_help() {
        Plimsoll::command().debug_assert();
        for command in all() {
            let name = command.get_bin_name().unwrap_or_default().to_owned();
            assert!(command.get_about().is_some(), "{name}");
            for argument in command.get_arguments() {
                let id = argument.get_id();
                assert!(argument.get_help().is_some_and(|help| !help.to_string().trim().is_empty()), "{name} {id}");
                if !argument.get_action().takes_values() {
                    continue;
                }
                // What clap makes up of the name of a field says nothing.
                let values: Vec<&str> = argument.get_value_names().into_iter().flatten().map(|name| &**name).collect();
                assert!(
                    values.iter().all(|value| !value.contains('_')) && !values.is_empty(),
                    "{name} {id}: {values:?}"
                );
            }
        }
    }

    /// In a terminal of 80 columns nothing is wider, but for what can't be broken: the usage line.
    #[test]
    fn help_fits_the_terminal() {
        for command in all() {
            let name = command.get_bin_name().unwrap_or_default().to_owned();
            for (columns, widest_usage) in [(80, 100), (100, 100)] {
                let mut command = command.clone().term_width(columns);
                for help in [command.render_long_help().to_string(), command.render_help().to_string()] {
                    for line in help.lines() {
                        let room = if line.starts_with("Usage: ") { widest_usage } else { columns };
                        assert!(line.chars().count() <= room, "{name} at {columns}: {line}");
                    }
                }
            }
        }
    }
}
