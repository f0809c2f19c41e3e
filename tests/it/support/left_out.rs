//! What did not run: said at once, and written to the file that `make test` prints and counts at its end.

use std::fs::File;
use std::io::Write as _;

/// Set by the Makefile: the file to which each test that leaves something out adds a line.
const FILE: &str = "PLIMSOLL_LEFT_OUT";

/// Says that a test did not run. Written past the test harness, which hides the output of tests that pass.
pub(crate) fn left_out(test: &str, why: &str) {
    let line = format!("LEFT OUT: {test}: {why}\n");
    std::io::stderr().write_all(format!("\n{line}").as_bytes()).unwrap();
    if let Some(path) = std::env::var_os(FILE) {
        // One write of a file opened for appending: tests that run at the same time do not mix their lines.
        let mut file = File::options().create(true).append(true).open(path).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}
