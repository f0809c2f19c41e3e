//! Whole releases: ours under `tests/fixtures/releases`, one for each flavour and topology that is understood, and
//! those of the corpus where it is at hand.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::command::{corpus, root};

/// The manifests of one release.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) name: String,
    /// From the folder of the project, as commands are given it.
    pub(crate) path: PathBuf,
}

impl Release {
    pub(crate) fn objects(&self) -> Vec<Value> {
        documents(&fs::read_to_string(root().join(&self.path)).unwrap())
    }
}

/// Ours, by name.
pub(crate) fn own_releases() -> Vec<Release> {
    let folder = Path::new("tests/fixtures/releases");
    let mut releases = Vec::new();
    for file in names_in(folder) {
        let Some(name) = file.strip_suffix(".yaml") else { continue };
        releases.push(Release { name: name.to_owned(), path: folder.join(&file) });
    }
    assert!(!releases.is_empty());
    releases
}

/// Those of the corpus, by name; none, said loudly, where it is absent.
pub(crate) fn corpus_releases(test: &str) -> Vec<Release> {
    let Some(corpus) = corpus(test) else { return Vec::new() };
    let mut releases = Vec::new();
    for name in names_in(&corpus) {
        let path = corpus.join(&name).join("objects.yaml");
        if root().join(&path).exists() {
            releases.push(Release { name, path });
        }
    }
    releases
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The documents of a YAML file, whose file modes may be written as `0755`.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let mut options = serde_saphyr::Options::default();
    options.legacy_octal_numbers = true;
    serde_saphyr::from_multiple_with_options(text, options).unwrap()
}
