//! Whole releases: ours under `tests/fixtures/releases`, one for each flavour and topology that is understood, and
//! those of the corpus where it is at hand; and cases, each after something that went wrong for somebody.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::command::{corpus, root};
use super::left_out::left_out;

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
    files_in("tests/fixtures/releases")
}

/// Our cases, by name.
pub(crate) fn own_cases() -> Vec<Release> {
    files_in("tests/fixtures/cases")
}

/// The cases beside the corpus, as far as they are manifests; none, said loudly, where they are absent.
pub(crate) fn shared_cases(test: &str) -> Vec<Release> {
    let folder = Path::new("../shared/cases");
    if !root().join(folder).is_dir() {
        left_out(test, "../shared/cases is absent");
        return Vec::new();
    }
    let mut cases = Vec::new();
    // Bombs take their time wherever they go off.
    let groups = names_in(folder).into_iter().filter(|name| name != "bombs").map(|name| folder.join(name));
    for group in groups.filter(|group| root().join(group).is_dir()) {
        for file in names_in(&group) {
            let case = Release { path: group.join(&file), name: file };
            let text = fs::read_to_string(root().join(&case.path)).unwrap_or_default();
            let is_manifest = case.name.ends_with(".yaml") && read_documents(&text).is_ok();
            cases.extend(is_manifest.then_some(case));
        }
    }
    cases
}

fn files_in(folder: &str) -> Vec<Release> {
    let folder = Path::new(folder);
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
    read_documents(text).unwrap()
}

fn read_documents(text: &str) -> Result<Vec<Value>, serde_saphyr::Error> {
    let mut options = serde_saphyr::Options::default();
    options.legacy_octal_numbers = true;
    serde_saphyr::from_multiple_with_options(text, options)
}
