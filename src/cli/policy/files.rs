//! The files that policies and their cases are read from.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::args::text_file::{self, POLICIES};
use crate::cli::failure::Failure;
use crate::policy::Policies;

/// The name and the text of a file with policies.
pub(crate) fn read_policies(path: &Path) -> Result<(String, String), Failure> {
    text_file::read(path, POLICIES)
}

/// The policies of some files; the failure names every error in them.
pub(crate) fn load_policies(files: &[(String, String)]) -> Result<Policies, Failure> {
    match Policies::parse(files) {
        Ok(policies) => Ok(policies.at(Timestamp::now())),
        Err(errors) => Err(usage_of_all(&errors.0)),
    }
}

/// One failure of several errors, a line each.
pub(crate) fn usage_of_all(errors: &[impl ToString]) -> Failure {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Failure::Usage(lines.join("\nplimsoll: "))
}

/// The YAML files directly in a folder, by name.
pub(crate) fn list_yaml_files(folder: &Path, expected: &str) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| {
        Failure::Usage(format!("{}: {}", folder.display(), text_file::why(&error, false, expected)))
    })?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| is_yaml(path));
    files.sort();
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}
