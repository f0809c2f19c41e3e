//! Runs real shells.

use std::process::{Command, Output, Stdio};

/// The shells that a `sh` may be.
pub(super) const SHELLS: [&[&str]; 4] = [&["bash"], &["bash", "--posix"], &["dash"], &["busybox", "ash"]];
pub(super) const BASH: &[&str] = &["bash"];

/// Runs a script in an empty folder and environment.
fn run(shell: &[&str], options: &[&str], script: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, script).unwrap();
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(options).arg("script").current_dir(&folder);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command.output().unwrap()
}

/// Whether the shell takes every line of the script. Bash says of some errors that it does.
pub(super) fn accepts(shell: &[&str], script: &str) -> bool {
    let output = run(shell, &["-n"], script);
    let errors = String::from_utf8_lossy(&output.stderr);
    let has_error = ["syntax error", "conditional", "unexpected"].iter().any(|error| errors.contains(error));
    output.status.success() && !has_error
}

/// What the script writes, and whether it succeeds. No script may run for long or touch anything.
pub(super) fn output(shell: &[&str], script: &str) -> (String, bool) {
    let output = run(shell, &[], script);
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
}
