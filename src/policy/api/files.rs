//! Policies and exceptions from files. Everything that is wrong with all files is found in one pass, each with its place.

use serde_json::Value;

use super::exception::{exception, twice};
use super::load::{Policy, clash, policy};
use super::object::wrong_kind;
use super::schema::{EXCEPTION, POLICY};
use crate::kubernetes::ObjectRef;
use crate::policy::exception::Exception;
use crate::yaml::{Diagnostic, Diagnostics, Document, Path, hint, read_documents};

/// What files hold.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) policies: Vec<Policy>,
    pub(crate) exceptions: Vec<Exception>,
    /// Where each exception stands.
    pub(crate) places: Vec<Document>,
}

/// All policies and exceptions of files: each is a name to quote and its text.
pub(crate) fn read_policies(files: &[(String, String)]) -> Result<Loaded, Diagnostics> {
    let (mut loaded, mut errors) = (Loaded::default(), Vec::new());
    for (file, text) in files {
        let documents = read_documents(file, text);
        if documents.objects.is_empty() && documents.errors.is_empty() {
            errors.push(Diagnostic::of_file(file, format!("holds no {POLICY}")));
        }
        let mut found = documents.errors;
        for document in documents.objects {
            found.extend(loaded.add(document));
        }
        found.sort_by_key(|error| error.span.map(|span| span.start.line));
        errors.extend(found);
    }
    if errors.is_empty() { Ok(loaded) } else { Err(Diagnostics(errors)) }
}

impl Loaded {
    /// Adds the policy or exception of a document, or says what is wrong with it.
    fn add(&mut self, document: Document) -> Vec<Diagnostic> {
        let mut errors = document.misread.clone();
        let misread: Vec<Path> = errors.iter().map(|error| error.path.clone()).collect();
        // What follows from something misread is no error of its own.
        let found = self.read(&document.value).into_iter();
        errors.extend(found.filter(|error| !misread.contains(&error.path.in_text().0)));
        let errors = document.with_spans(errors);
        if self.exceptions.len() > self.places.len() {
            self.places.push(document);
        }
        errors
    }

    fn read(&mut self, object: &Value) -> Vec<Diagnostic> {
        if let Some(error) = wrong_kind(object) {
            return vec![error];
        }
        let mut errors = unknown_fields(object);
        if ObjectRef::of(object).kind == EXCEPTION {
            match exception(object) {
                Ok(exception) => match twice(self.exceptions.iter(), &exception) {
                    Some(error) => errors.push(error),
                    None => self.exceptions.push(exception),
                },
                Err(found) => errors.extend(found),
            }
            return errors;
        }
        match policy(object) {
            Ok(policy) => match clash(self.policies.iter(), &policy) {
                Some(error) => errors.push(error),
                None => self.policies.push(policy),
            },
            Err(found) => errors.extend(found),
        }
        errors
    }
}

fn unknown_fields(object: &Value) -> Vec<Diagnostic> {
    const KNOWN: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
    let mut errors = Vec::new();
    for (key, _) in object.as_object().into_iter().flatten() {
        if !KNOWN.contains(&key.as_str()) {
            let message = format!("there is no field `{key}`{}", hint(key, &KNOWN));
            errors.push(Diagnostic::new(Path::root(key), message));
        }
    }
    errors
}
