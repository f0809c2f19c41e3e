//! Manifests from files, folders and standard input. One that can't be read costs only itself.

use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

/// One object of a file.
pub(super) struct Document {
    pub(super) file: Arc<str>,
    /// Where it starts, from 1.
    #[expect(dead_code, reason = "for findings with their line")]
    pub(super) line: usize,
    pub(super) value: Arc<Value>,
}

/// What could not be read, and where.
pub(super) struct Mistake {
    pub(super) file: Arc<str>,
    pub(super) line: Option<usize>,
    pub(super) column: Option<usize>,
    pub(super) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(formatter, ":{number}")?;
        }
        write!(formatter, ": {}", self.what)
    }
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Manifests {
    pub(super) documents: Vec<Document>,
    pub(super) mistakes: Vec<Mistake>,
}

impl Manifests {
    /// Reads files, the YAML and JSON files of folders, and `-` for standard input.
    pub(super) fn read(paths: &[PathBuf]) -> Self {
        let mut manifests = Self::default();
        for path in paths {
            manifests.add(path);
        }
        manifests
    }

    /// Reads one text.
    pub(super) fn parse(file: &str, text: &str) -> Self {
        let mut manifests = Self::default();
        manifests.text(&Arc::from(file), text);
        manifests
    }

    fn add(&mut self, path: &Path) {
        let name: Arc<str> = path.display().to_string().into();
        let text = if path == Path::new("-") {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else if path.is_dir() {
            return self.folder(path, &name);
        } else {
            fs::read_to_string(path)
        };
        match text {
            Ok(text) => self.text(&name, &text),
            Err(error) => self.mistake(&name, None, None, error.to_string()),
        }
    }

    fn folder(&mut self, path: &Path, name: &Arc<str>) {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.mistake(name, None, None, error.to_string()),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort();
        let is_manifest =
            |path: &Path| matches!(path.extension().and_then(|it| it.to_str()), Some("yaml" | "yml" | "json"));
        for path in paths.iter().filter(|path| path.is_dir() || is_manifest(path)) {
            self.add(path);
        }
    }

    fn text(&mut self, file: &Arc<str>, text: &str) {
        let (mut line, mut start) = (1, 1);
        let mut chunk = String::new();
        for row in text.lines() {
            if row == "---" || row.starts_with("--- ") {
                self.document(file, start, &chunk);
                chunk.clear();
                start = line + 1;
            } else {
                chunk.push_str(row);
                chunk.push('\n');
            }
            line += 1;
        }
        self.document(file, start, &chunk);
    }

    fn document(&mut self, file: &Arc<str>, line: usize, text: &str) {
        let options = serde_saphyr::options! { legacy_octal_numbers: true };
        match serde_saphyr::from_multiple_with_options::<Value>(text, options) {
            Ok(values) => values.into_iter().for_each(|value| self.value(file, line, value)),
            Err(error) => {
                let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                let place =
                    error.location().map(|at| (number(at.line()).saturating_add(line - 1), number(at.column())));
                let what = error.without_snippet().to_string();
                let what = what.lines().next().unwrap_or_default().to_owned();
                self.mistake(file, place.map(|at| at.0), place.map(|at| at.1), what);
            }
        }
    }

    fn value(&mut self, file: &Arc<str>, line: usize, mut value: Value) {
        if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut) {
            for item in std::mem::take(items) {
                self.value(file, line, item);
            }
        } else {
            self.documents.push(Document { file: Arc::clone(file), line, value: Arc::new(value) });
        }
    }

    fn mistake(&mut self, file: &Arc<str>, line: Option<usize>, column: Option<usize>, what: String) {
        self.mistakes.push(Mistake { file: Arc::clone(file), line, column, what });
    }
}
