//! Manifests as users have them: files, folders and standard input, in YAML and JSON, with Lists taken apart.
//!
//! Bad input is no error of ours: what can't be read becomes a [`Mistake`], and the rest goes on. A file is read
//! document by document, so that a bad one takes no other with it. Texts are not kept: [`places`] reads those again
//! that a finding lies in.

mod files;
mod parse;
pub(crate) mod places;
mod set;
mod tree;

pub(crate) use self::set::{Around, Input, Understood, named, namespace, spots, tell, tell_waiting, waiting};

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use serde_json::Value;

use crate::kubernetes::Pointer;

/// How standard input is called in mistakes and places.
pub(crate) const STDIN: &str = "<stdin>";

/// Deeply nested documents are read on the stack.
const STACK: usize = 8 << 20;

/// One object of a manifest.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The file as it was named, or [`STDIN`].
    pub(crate) file: Arc<str>,
    /// The line on which its document starts, from 1.
    pub(crate) line: usize,
    /// The object.
    pub(crate) value: Arc<Value>,
    /// The text that it was read from.
    part: Arc<Part>,
    /// Where it is in that text: `/items/3` in a List.
    at: Pointer,
}

/// The text of one YAML document.
#[derive(Debug)]
struct Part {
    source: Arc<Source>,
    /// In bytes, from the start of the source.
    start: usize,
    end: usize,
    /// Its first line in the source, from 1.
    line: usize,
}

/// Where a text can be read again.
#[derive(Debug)]
enum Source {
    File(PathBuf),
    /// Standard input, and texts that are in memory anyway.
    Held(Arc<[u8]>),
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The file or folder.
    pub(crate) file: Arc<str>,
    /// The line, from 1.
    pub(crate) line: Option<usize>,
    /// The column, from 1, in characters.
    pub(crate) column: Option<usize>,
    /// What is wrong, on one line.
    pub(crate) what: String,
}

impl Mistake {
    /// A mistake of a whole file or folder.
    pub(crate) fn of_file(file: &str, what: impl Into<String>) -> Self {
        Self { file: Arc::from(file), line: None, column: None, what: what.into() }
    }
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
pub(crate) struct Manifests {
    /// The objects that were kept, in the order of the files.
    pub(crate) documents: Vec<Document>,
    /// What could not be read.
    pub(crate) mistakes: Vec<Mistake>,
    /// How many Kubernetes objects there were, kept or not.
    pub(crate) objects: usize,
    /// Whether a path that was named is not there, or may not be read.
    pub(crate) absent: bool,
}

impl Manifests {
    /// Reads files and folders, and standard input for `-`.
    pub(crate) fn read(paths: &[PathBuf]) -> Self {
        Self::read_kept(paths, |_| true)
    }

    /// The same, keeping only the objects that `keep` wants: what memory it takes is bound by these and the largest file.
    pub(crate) fn read_kept(paths: &[PathBuf], keep: fn(&Value) -> bool) -> Self {
        let mut manifests = Self::default();
        let mut inputs = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            let is_stdin = path.as_os_str() == "-";
            let (found, mistakes) = if is_stdin { (vec![path.clone()], Vec::new()) } else { files::under(path) };
            manifests.absent |= found.is_empty() && !path.is_dir();
            inputs.extend(found.into_iter().filter(|path| seen.insert(path.clone())));
            manifests.mistakes.extend(mistakes);
        }
        for read in in_parallel(&inputs, keep) {
            manifests.append(read);
        }
        manifests
    }

    /// Reads a text; `file` is its name in mistakes.
    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let read = || parse::text(file, Source::Held(text.as_bytes().into()), text.as_bytes(), |_| true);
        thread::scope(|scope| match thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read) {
            Ok(worker) => join(worker),
            Err(error) => failed(file, &error),
        })
    }

    fn append(&mut self, other: Self) {
        self.documents.extend(other.documents);
        self.mistakes.extend(other.mistakes);
        self.objects += other.objects;
    }
}

/// Reads all files, on as many threads as there are processors, and gives them in order.
fn in_parallel(paths: &[PathBuf], keep: fn(&Value) -> bool) -> Vec<Manifests> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else { return done };
            done.push((index, file(path, keep)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(paths.len());
    let mut read: Vec<(usize, Manifests)> = thread::scope(|scope| {
        let start = |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let workers: Vec<_> = (0..threads).filter_map(|number| start(number).ok()).collect();
        if workers.is_empty() {
            return work();
        }
        workers.into_iter().flat_map(|worker| join(worker)).collect()
    });
    read.sort_by_key(|(index, _)| *index);
    read.into_iter().map(|(_, manifests)| manifests).collect()
}

/// A panic goes on here: no file vanishes silently.
fn join<T>(worker: thread::ScopedJoinHandle<T>) -> T {
    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn file(path: &Path, keep: fn(&Value) -> bool) -> Manifests {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        return match std::io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => {
                let bytes: Arc<[u8]> = bytes.into();
                parse::text(STDIN, Source::Held(Arc::clone(&bytes)), &bytes, keep)
            }
            Err(error) => failed(STDIN, &error),
        };
    }
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => parse::text(&name, Source::File(path.to_owned()), &bytes, keep),
        Err(error) => failed(&name, &error),
    }
}

fn failed(file: &str, error: &std::io::Error) -> Manifests {
    Manifests { mistakes: vec![Mistake::of_file(file, files::why(error))], ..Manifests::default() }
}

#[cfg(test)]
mod tests;
