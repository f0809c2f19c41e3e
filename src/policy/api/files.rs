//! Policies and exceptions from files. Every mistake of all files is found in one pass, each with its line.

use serde_json::Value;

use super::exception::{exception, twice};
use super::load::{Policy, clash, policy};
use super::object::wrong_kind;
use super::schema::{EXCEPTION, POLICY};
use crate::kubernetes::ObjectRef;
use crate::policy::exception::Exception;
use crate::yaml::{self, Document, Mistake, Path, PolicyError, PolicyErrors, hint};

/// What files hold.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) policies: Vec<Policy>,
    pub(crate) exceptions: Vec<Exception>,
    /// Where each exception stands: the file, and the document in it.
    pub(crate) places: Vec<(String, Document)>,
}

/// All policies and exceptions of files: each is a name to quote and its text.
pub(crate) fn files(files: &[(String, String)]) -> Result<Loaded, PolicyErrors> {
    let (mut loaded, mut errors) = (Loaded::default(), Vec::new());
    for (file, text) in files {
        let documents = match yaml::read(file, text) {
            Ok(documents) => documents,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let objects: Vec<Document> = documents.into_iter().flat_map(Document::objects).collect();
        if objects.is_empty() {
            errors.push(PolicyError::new(file, None, format!("holds no {POLICY}")));
        }
        for document in objects {
            let mut mistakes = document.mistakes.clone();
            let misread: Vec<Path> = mistakes.iter().map(|mistake| mistake.at.clone()).collect();
            // What follows from a mistake of YAML is none of its own.
            let found = document_of_file(&document, &mut loaded);
            mistakes.extend(found.into_iter().filter(|mistake| !misread.contains(&mistake.at.in_text().0)));
            errors.extend(placed(file, &document, mistakes));
            if loaded.exceptions.len() > loaded.places.len() {
                loaded.places.push((file.clone(), document));
            }
        }
    }
    if errors.is_empty() { Ok(loaded) } else { Err(PolicyErrors(errors)) }
}

fn document_of_file(document: &Document, loaded: &mut Loaded) -> Vec<Mistake> {
    let object = &document.value;
    if let Some(mistake) = wrong_kind(object) {
        return vec![mistake];
    }
    let mut mistakes = unknown_fields(object);
    if ObjectRef::of(object).kind == EXCEPTION {
        match exception(object) {
            Ok(exception) => match twice(loaded.exceptions.iter(), &exception) {
                Some(mistake) => mistakes.push(mistake),
                None => loaded.exceptions.push(exception),
            },
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

fn unknown_fields(object: &Value) -> Vec<Mistake> {
    const KNOWN: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
    let keys = object.as_object().into_iter().flatten().map(|(key, _)| key);
    let unknown = keys.filter(|key| !KNOWN.contains(&key.as_str()));
    let mistake = |key: &String| {
        let what = format!("there is no field `{key}`{}", hint(key, &KNOWN));
        Mistake { at: Path::root(key), what }
    };
    unknown.map(mistake).collect()
}

pub(crate) fn placed(file: &str, document: &Document, mistakes: Vec<Mistake>) -> Vec<PolicyError> {
    let place = |mistake: Mistake| {
        let line = document.line(&mistake.at);
        PolicyError { file: file.to_owned(), line, mistake }
    };
    let mut errors: Vec<PolicyError> = mistakes.into_iter().map(place).collect();
    errors.sort_by_key(|error| error.line);
    errors
}
