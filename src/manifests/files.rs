//! Which files a path stands for.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::yaml::Diagnostic;

/// The endings of files that are read in folders.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// A path's files: itself, whatever its ending, or all manifests under it, sorted. Hidden ones are left out, links are
/// followed, and no folder is read twice. What can't be read is a diagnostic beside the rest.
pub(crate) fn list_files(path: &Path) -> (Vec<PathBuf>, Vec<Diagnostic>) {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let mut walk = Walk::default();
            walk.folder(path);
            (walk.files, walk.errors)
        }
        Ok(_) => (vec![path.to_owned()], Vec::new()),
        Err(error) => (Vec::new(), vec![diagnostic(path, &error)]),
    }
}

#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    errors: Vec<Diagnostic>,
    /// Folders by their real paths: a link may lead back up.
    entered: BTreeSet<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) {
        let entries = fs::canonicalize(folder).and_then(|real| Ok((real, fs::read_dir(folder)?)));
        let (real, entries) = match entries {
            Ok(found) => found,
            Err(error) => return self.errors.push(diagnostic(folder, &error)),
        };
        if !self.entered.insert(real) {
            return;
        }
        let mut paths = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
                Ok(entry) => paths.push(entry.path()),
                Err(error) => self.errors.push(diagnostic(folder, &error)),
            }
        }
        paths.sort();
        for path in paths {
            self.entry(path);
        }
    }

    fn entry(&mut self, path: PathBuf) {
        let is_manifest = path.extension().and_then(OsStr::to_str).is_some_and(|ending| ENDINGS.contains(&ending));
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => self.folder(&path),
            Ok(metadata) if metadata.is_file() && is_manifest => self.files.push(path),
            Err(error) if is_manifest => self.errors.push(diagnostic(&path, &error)),
            Ok(_) | Err(_) => {}
        }
    }
}

fn diagnostic(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::of_file(&path.display().to_string(), explain(error))
}

/// Why a file can't be read, without the number of the error.
pub(crate) fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read by this user".to_owned(),
        _ => error.to_string(),
    }
}
