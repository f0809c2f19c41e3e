//! `plimsoll policy`: whether policies can be loaded, whether they do what their author wants, and whom they meet.

mod cases;
mod check;
mod files;
mod impact;
mod test;

use std::process::ExitCode;

use clap::Subcommand;

use super::failure::Failure;

/// What is done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Check policy files for errors.
    ///
    /// Every error is printed with its file and line; the exit code is 2 if there is one. Warnings say why an exception does
    /// not count, and leave the exit code 0; some can be given only if the files hold policies too.
    Check(check::Check),
    /// Run the cases of a folder against its policies.
    ///
    /// DIR holds policies (*.yaml) and cases: `cases/NAME/expect.yaml` beside the manifests of the case; see
    /// docs/custom-rules.md. The exit code is 1 if a case fails.
    Test(test::Test),
    /// Compare two policies: which workloads would be denied, patched, restarted or warned, and what it costs.
    ///
    /// The manifests count as stored already, as the old policy would have stored them. The annotation
    /// `plimsoll.dev/ignore` does not count, as at admission. Quotas, LimitRanges and
    /// namespaces among the manifests count.
    Impact(impact::Impact),
}

impl Policy {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Check(check) => check.run(),
            Self::Test(test) => test.run(),
            Self::Impact(impact) => impact.run(),
        }
    }
}
