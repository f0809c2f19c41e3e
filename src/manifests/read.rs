//! Files into objects, document by document.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::document::{Document, Source, renew_version};
use super::files;
use super::parallel::{map_in_parallel, run_on_large_stack};
use super::unjudged::{Reason, Unjudged};
use crate::kubernetes::ObjectRef;
use crate::yaml::{self, Diagnostic, Part, Position, Span, read_part, split_parts};

/// How standard input is called in diagnostics and places.
pub(crate) const STDIN: &str = "<stdin>";

/// A larger file is kept as a text where parts of it may be read again: reading all of it for each would take too long.
const MAX_READ_AGAIN: usize = 64 << 10;

/// What is kept of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of it.
    Value,
    /// Its name: it is read again when somebody asks for it.
    Name,
    /// That it is there.
    Nothing,
}

/// Decides what is kept of an object, from its name, the object, and the text of its document.
pub(crate) type Choice = fn(&ObjectRef, &Value, &[u8]) -> Keep;

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Manifests {
    /// The objects that were kept, in the order of the files.
    pub(crate) documents: Vec<Document>,
    /// What could not be read.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What was read and is not judged as it stands.
    pub(crate) unjudged: Vec<Unjudged>,
    /// How many Kubernetes objects there were, kept or not.
    pub(crate) objects: usize,
    /// Whether a path that was named is not there, or may not be read.
    pub(crate) absent: bool,
}

impl Manifests {
    /// Reads files and folders, and standard input for `-`.
    pub(crate) fn read(paths: &[PathBuf]) -> Self {
        Self::read_chosen(paths, |_, _, _| Keep::Value)
    }

    /// The same, keeping only what `choose` says: what memory it takes is bound by that and the largest file.
    pub(crate) fn read_chosen(paths: &[PathBuf], choose: Choice) -> Self {
        let mut manifests = Self::default();
        let mut inputs = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            let is_stdin = path.as_os_str() == "-";
            let (found, errors) = if is_stdin { (vec![path.clone()], Vec::new()) } else { files::list_files(path) };
            manifests.absent |= found.is_empty() && !path.is_dir();
            inputs.extend(found.into_iter().filter(|path| seen.insert(path.clone())));
            manifests.diagnostics.extend(errors);
        }
        drop(seen);
        let read = map_in_parallel(&inputs, |path| read_file(path, choose));
        manifests.documents.reserve_exact(read.iter().map(|one| one.documents.len()).sum());
        for one in read {
            manifests.append(one);
        }
        manifests
    }

    /// Reads a text; `file` is its name in diagnostics.
    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let bytes: Arc<[u8]> = text.as_bytes().into();
        let read =
            run_on_large_stack(|| read_text(file, Source::Held(Arc::clone(&bytes)), &bytes, |_, _, _| Keep::Value));
        read.unwrap_or_else(|error| Self::failed(file, &error))
    }

    fn append(&mut self, other: Self) {
        self.documents.extend(other.documents);
        self.diagnostics.extend(other.diagnostics);
        self.unjudged.extend(other.unjudged);
        self.objects += other.objects;
    }

    fn failed(file: &str, error: &io::Error) -> Self {
        Self { diagnostics: vec![Diagnostic::of_file(file, files::explain(error))], ..Self::default() }
    }
}

fn read_file(path: &Path, choose: Choice) -> Manifests {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        return match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => read_held(STDIN, bytes, choose),
            Err(error) => Manifests::failed(STDIN, &error),
        };
    }
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) if bytes.len() > MAX_READ_AGAIN => read_held(&name, bytes, choose),
        Ok(bytes) => read_text(&name, Source::File(path.to_owned()), &bytes, choose),
        Err(error) => Manifests::failed(&name, &error),
    }
}

fn read_held(file: &str, bytes: Vec<u8>, choose: Choice) -> Manifests {
    let bytes: Arc<[u8]> = bytes.into();
    read_text(file, Source::Held(Arc::clone(&bytes)), &bytes, choose)
}

/// All objects of a text.
fn read_text(file: &str, source: Source, bytes: &[u8], choose: Choice) -> Manifests {
    let mut reader =
        Reader { file: Arc::from(file), source: Arc::new(source), bytes, choose, manifests: Manifests::default() };
    for part in split_parts(bytes) {
        reader.read_part(part);
    }
    reader.manifests.documents.shrink_to_fit();
    reader.manifests
}

struct Reader<'a> {
    file: Arc<str>,
    source: Arc<Source>,
    bytes: &'a [u8],
    choose: Choice,
    manifests: Manifests,
}

impl Reader<'_> {
    fn read_part(&mut self, part: Part) {
        let read = read_part(&self.file, self.bytes, part);
        if let Some(error) = read.errors.into_iter().next() {
            // What can't be read is no object, so that a path in it tells nobody anything.
            self.manifests.diagnostics.push(Diagnostic { path: yaml::Path::default(), ..error });
            return;
        }
        let is_alone = read.items.len() == 1;
        for item in read.items {
            match lacks(&item.value) {
                None => self.object(item.path, item.value, part, is_alone),
                Some(Lacks::All) => {}
                Some(Lacks::One(what)) => {
                    let start = Position { line: part.first_line(self.bytes), ..part.position() };
                    let diagnostic = Diagnostic { message: what.to_owned(), ..Diagnostic::default() };
                    self.manifests.diagnostics.push(diagnostic.with_location(&self.file, Span::at(start)));
                }
            }
        }
    }

    fn object(&mut self, path: yaml::Path, mut object: Value, part: Part, is_alone: bool) {
        self.manifests.objects += 1;
        let (file, line) = (Arc::clone(&self.file), part.first_line(self.bytes));
        let written = ObjectRef::of(&object);
        if let Some(reason) = Reason::of(&written, &object) {
            self.manifests.unjudged.push(Unjudged { file: Arc::clone(&file), line, name: written, reason });
        }
        renew_version(&mut object);
        let name = ObjectRef::of(&object);
        let is_named = object.pointer("/metadata/name").is_some();
        let value = match (self.choose)(&name, &object, part.slice(self.bytes)) {
            Keep::Nothing => return,
            // One of many would make all of them be read again.
            Keep::Name if is_alone => OnceLock::new(),
            Keep::Name | Keep::Value => OnceLock::from(Arc::new(object)),
        };
        let source = Arc::clone(&self.source);
        self.manifests.documents.push(Document { file, line, name, is_named, value, source, part, path });
    }
}

/// Why a value is no Kubernetes object.
enum Lacks {
    /// It is somebody else's: chart values, for example.
    All,
    /// It was to be one.
    One(&'static str),
}

fn lacks(value: &Value) -> Option<Lacks> {
    let has = |key: &str| value.get(key).and_then(Value::as_str).is_some_and(|word| !word.is_empty());
    match (has("apiVersion"), has("kind")) {
        (true, true) => None,
        (false, false) => Some(Lacks::All),
        _ if !value.get("metadata").is_some_and(Value::is_object) => Some(Lacks::All),
        (true, false) => Some(Lacks::One("an object with `apiVersion` and without `kind`")),
        (false, true) => Some(Lacks::One("an object with `kind` and without `apiVersion`")),
    }
}
