//! Policies and exceptions from files. Every mistake of all files is found in one pass, each with its line.

use super::exception::Exception;
use super::load::{Policy, clash, exception, policy};
use super::mistake::{Mistake, Path, PolicyError, PolicyErrors, hint};
use super::schema::{EXCEPTION, POLICY};
use super::source::{self, Document};
use crate::workload::ObjectRef;

/// What files hold.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) policies: Vec<Policy>,
    pub(super) exceptions: Vec<Exception>,
}

/// All policies and exceptions of files: each is a name to quote and its text.
pub(super) fn files(files: &[(String, String)]) -> Result<Loaded, PolicyErrors> {
    let (mut loaded, mut errors) = (Loaded::default(), Vec::new());
    for (file, text) in files {
        let documents = match source::read(file, text) {
            Ok(documents) => documents,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        if documents.is_empty() {
            errors.push(PolicyError::new(file, None, format!("holds no {POLICY}")));
        }
        for document in documents {
            let mistakes = document_of_file(&document, &mut loaded);
            errors.extend(placed(file, &document, mistakes));
        }
    }
    if errors.is_empty() { Ok(loaded) } else { Err(PolicyErrors(errors)) }
}

fn document_of_file(document: &Document, loaded: &mut Loaded) -> Vec<Mistake> {
    let object = &document.value;
    let mut mistakes = Vec::new();
    for key in object.as_object().into_iter().flatten().map(|(key, _)| key) {
        const KNOWN: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
        if !KNOWN.contains(&key.as_str()) {
            let what = format!("there is no field `{key}`{}", hint(key, &KNOWN));
            mistakes.push(Mistake { at: Path::root(key), what });
        }
    }
    if ObjectRef::of(object).kind == EXCEPTION {
        match exception(object) {
            Ok(exception) => loaded.exceptions.push(exception),
            Err(found) => mistakes.extend(found),
        }
        return mistakes;
    }
    match policy(object) {
        Ok(policy) => match clash(loaded.policies.iter(), &policy) {
            Some(mistake) => mistakes.push(mistake),
            None => loaded.policies.push(policy),
        },
        Err(found) => mistakes.extend(found),
    }
    mistakes
}

pub(super) fn placed(file: &str, document: &Document, mistakes: Vec<Mistake>) -> Vec<PolicyError> {
    let place = |mistake: Mistake| {
        let line = document.line(&mistake.at);
        PolicyError { file: file.to_owned(), line, mistake }
    };
    let mut errors: Vec<PolicyError> = mistakes.into_iter().map(place).collect();
    errors.sort_by_key(|error| error.line);
    errors
}
