//! Manifests as users have them: files, folders and standard input, in YAML and JSON, with Lists taken apart.
//!
//! Bad input is no error of ours: what can't be read becomes a [`Mistake`], and the rest goes on.

use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

/// How standard input is called in mistakes.
const STDIN: &str = "<stdin>";

/// One object of a manifest.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// The object.
    pub(super) value: Arc<Value>,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The file or folder.
    pub(super) file: Arc<str>,
    /// The line, from 1.
    pub(super) line: Option<usize>,
    /// The column, from 1.
    pub(super) column: Option<usize>,
    /// What is wrong, on one line.
    pub(super) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(formatter, ":{number}")?;
        }
        write!(formatter, ": {}", self.what)
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    /// The objects, in the order of the files.
    pub(super) documents: Vec<Document>,
    /// What could not be read.
    pub(super) mistakes: Vec<Mistake>,
}

impl Manifests {
    /// Reads files and folders, and standard input for `-`.
    pub(super) fn read(paths: &[PathBuf]) -> Self {
        let mut manifests = Self::default();
        for path in paths {
            manifests.path(path);
        }
        manifests
    }

    fn path(&mut self, path: &Path) {
        let name = path.display().to_string();
        if path.as_os_str() == "-" {
            let mut text = String::new();
            match io::stdin().lock().read_to_string(&mut text) {
                Ok(_) => self.text(STDIN, &text),
                Err(error) => self.mistake(STDIN, None, error.to_string()),
            }
        } else if path.is_dir() {
            match fs::read_dir(path) {
                Ok(entries) => {
                    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
                    paths.retain(|path| path.is_dir() || is_manifest(path));
                    paths.sort();
                    for path in &paths {
                        self.path(path);
                    }
                }
                Err(error) => self.mistake(&name, None, error.to_string()),
            }
        } else {
            match fs::read_to_string(path) {
                Ok(text) => self.text(&name, &text),
                Err(error) => self.mistake(&name, None, error.to_string()),
            }
        }
    }

    fn text(&mut self, file: &str, text: &str) {
        let mut start = 0;
        let lines: Vec<&str> = text.lines().collect();
        let ends = lines.iter().enumerate().filter(|(_, line)| **line == "---" || line.starts_with("--- "));
        let ends: Vec<usize> = ends.map(|(index, _)| index).chain([lines.len()]).collect();
        for end in ends {
            let document = lines.get(start..end).unwrap_or_default().join("\n");
            if !document.trim().is_empty() {
                self.document(file, start + 1, &document);
            }
            start = end + 1;
        }
    }

    fn document(&mut self, file: &str, line: usize, text: &str) {
        match serde_saphyr::from_str::<Value>(text) {
            Ok(value) => self.objects(value),
            Err(error) => {
                let at = error.location().and_then(|at| usize::try_from(at.line()).ok());
                let what = error.without_snippet().to_string().lines().next().unwrap_or_default().to_owned();
                self.mistake(file, at.map(|at| at + line - 1), what);
            }
        }
    }

    fn objects(&mut self, mut value: Value) {
        match value.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items.into_iter().for_each(|item| self.objects(item)),
            _ if value.get("kind").is_some() => {
                self.documents.push(Document { value: Arc::new(value) });
            }
            _ => {}
        }
    }

    fn mistake(&mut self, file: &str, line: Option<usize>, what: String) {
        self.mistakes.push(Mistake { file: Arc::from(file), line, column: None, what });
    }
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml" || ending == "json")
}
