//! Files that tests hold against what the program says, and that `make bless` writes anew.

use std::fs;
use std::path::Path;

/// Set by `make bless`: expected files are written instead of compared.
const BLESS: &str = "PLIMSOLL_BLESS";

/// Whether expected files are to be written.
pub(crate) fn is_blessing() -> bool {
    std::env::var_os(BLESS).is_some()
}

/// Compares a file with what it has to hold, or writes it.
#[track_caller]
pub(crate) fn assert_file_holds(file: &Path, expected: &str) {
    let stored = fs::read_to_string(file).unwrap_or_default();
    if stored == expected {
        return;
    }
    if is_blessing() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        return fs::write(file, expected).unwrap();
    }
    let diff = similar::TextDiff::from_lines(stored.as_str(), expected);
    let name = file.display().to_string();
    panic!("{}\nif this is as it should be: make bless", diff.unified_diff().header(&name, "found now"));
}
