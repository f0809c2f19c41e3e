//! `plimsoll policy`: whether policies can be loaded, whether they do what their author wants, and whom they meet.

mod cases;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use self::cases::Case;
use super::Failure;
use super::args::text_file::{self, POLICIES};
use crate::impact::Impact;
use crate::policy::Policies;

/// What is done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Name every mistake in policy files.
    ///
    /// Each is printed with its file and line. The exit code is 2 where there is one. Warnings tell what keeps an exception
    /// from counting, and leave it 0; what only policies can tell is told where the files hold any.
    Check(Check),
    /// Run the cases of a folder against its policies.
    ///
    /// DIR holds policies (*.yaml) and cases: `cases/NAME/expect.yaml` beside the manifests of the case; see
    /// docs/custom-rules.md. The exit code is 1 where a case does not come out as expected.
    Test(Test),
    /// Tell whom another policy would meet: who would be denied, patched, restarted or warned, and what it costs.
    ///
    /// The manifests count as stored already, as the old policy would have stored them. The annotation
    /// `plimsoll.dev/ignore` does not count, as at admission. Quotas, LimitRanges and
    /// namespaces among the manifests count.
    Impact(Impact),
}

/// The arguments of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files with RedisPolicy and RedisPolicyException objects; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// The arguments of `policy test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The folder with the policies and their `cases`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
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

impl Check {
    fn run(&self) -> Result<ExitCode, Failure> {
        let files = self.files.iter().map(|file| text_file::read(file, POLICIES)).collect::<Result<Vec<_>, _>>()?;
        match Policies::check(&files, Timestamp::now()) {
            Ok(warnings) => {
                warnings.iter().try_for_each(|warning| say(&warning.to_string()))?;
                let more = if warnings.is_empty() {
                    String::new()
                } else {
                    format!(", {}", counted(warnings.len(), "warning"))
                };
                say(&format!("{} ok{more}", counted(files.len(), "file")))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(mistakes) => {
                mistakes.0.iter().try_for_each(|mistake| say(&mistake.to_string()))?;
                say(&counted(mistakes.0.len(), "mistake"))?;
                Ok(ExitCode::from(2))
            }
        }
    }
}

impl Test {
    fn run(&self) -> Result<ExitCode, Failure> {
        let files = files(&self.folder, "a folder with policies (*.yaml) and a folder `cases`")?;
        let files = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() {
            return Err(Failure::Usage(format!("{}: holds no policy (*.yaml)", self.folder.display())));
        }
        let policies = load(&files).map_err(|mistakes| Failure::Usage(mistakes.join("\nplimsoll: ")))?;
        let cases = Case::all(&self.folder.join("cases"), &policies)?;
        let mut failed = 0;
        for case in &cases {
            let wrong = case.run(&policies);
            failed += usize::from(!wrong.is_empty());
            say(&format!("{}  {}", if wrong.is_empty() { "ok  " } else { "FAIL" }, case.name()))?;
            wrong.iter().try_for_each(|line| say(&format!("      {line}")))?;
            case.notes().iter().try_for_each(|note| say(&format!("      note: {note}")))?;
        }
        say(&format!("{}, {failed} failed", counted(cases.len(), "case")))?;
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The policies of some files, or every mistake in them.
pub(crate) fn load(files: &[(String, String)]) -> Result<Policies, Vec<String>> {
    let policies = Policies::parse(files).map(|policies| policies.at(Timestamp::now()));
    policies.map_err(|errors| errors.0.iter().map(ToString::to_string).collect())
}

pub(crate) fn read(path: &Path) -> Result<(String, String), Failure> {
    text_file::read(path, POLICIES)
}

/// The YAML files directly in a folder, by name.
fn files(folder: &Path, expected: &str) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |error| Failure::Usage(format!("{}: {}", folder.display(), text_file::why(&error, false, expected)));
    let entries = fs::read_dir(folder).map_err(wrong)?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_yaml(path)).collect();
    files.sort();
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn say(line: &str) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{line}").map_err(|error| Failure::Run(error.to_string()))
}
