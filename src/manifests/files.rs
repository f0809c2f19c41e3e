//! Which files a path stands for.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::yaml::Diagnostic;

/// The endings of files that are read in folders.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// A path's files: itself, whatever its ending, or all manifests under it, sorted. Hidden ones are left out, links are
/// followed, and no folder is read twice. What can't be read is a diagnostic beside the rest.
pub(crate) fn list_files(path: &Path) -> (Vec<PathBuf>, Vec<Diagnostic>) {
    let mut walk = Walk::default();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => match fs::canonicalize(path) {
            Ok(real) => walk.folder(path, &real),
            Err(error) => walk.errors.push(diagnostic(path, &error)),
        },
        Ok(_) => walk.files.push(path.to_owned()),
        Err(error) => walk.errors.push(diagnostic(path, &error)),
    }
    (walk.files, walk.errors)
}

#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    errors: Vec<Diagnostic>,
    /// Folders by their real paths: a link may lead back up.
    entered: BTreeSet<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, real: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.errors.push(diagnostic(folder, &error)),
        };
        if !self.entered.insert(real.to_owned()) {
            return;
        }
        let mut found: Vec<DirEntry> = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
                Ok(entry) => found.push(entry),
                Err(error) => self.errors.push(diagnostic(folder, &error)),
            }
        }
        found.sort_by_cached_key(DirEntry::file_name);
        for entry in found {
            self.entry(&entry, real);
        }
    }

    /// Only of links is more asked than the folder itself says: there may be very many files.
    fn entry(&mut self, entry: &DirEntry, above: &Path) {
        let path = entry.path();
        let is_manifest = path.extension().and_then(OsStr::to_str).is_some_and(|ending| ENDINGS.contains(&ending));
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => fs::metadata(&path).map(|metadata| metadata.file_type()),
            kind => kind,
        };
        match kind {
            Ok(kind) if kind.is_dir() => {
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                let real = if is_link { fs::canonicalize(&path) } else { Ok(above.join(entry.file_name())) };
                match real {
                    Ok(real) => self.folder(&path, &real),
                    Err(error) => self.errors.push(diagnostic(&path, &error)),
                }
            }
            Ok(kind) if kind.is_file() && is_manifest => self.files.push(path),
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
