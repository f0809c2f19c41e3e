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
    /// Name every mistake in policy files.
    ///
    /// Each is printed with its file and line. The exit code is 2 where there is one. Warnings tell what keeps an exception
    /// from counting, and leave it 0; what only policies can tell is told where the files hold any.
    Check(check::Check),
    /// Run the cases of a folder against its policies.
    ///
    /// DIR holds policies (*.yaml) and cases: `cases/NAME/expect.yaml` beside the manifests of the case; see
    /// docs/custom-rules.md. The exit code is 1 where a case does not come out as expected.
    Test(test::Test),
    /// Tell whom another policy would meet: who would be denied, patched, restarted or warned, and what it costs.
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
