//! YAML files of a type of somebody else's, checked and told of as policies are.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::crd;
use super::object::{drop_nulls, typed};
use crate::yaml::{Diagnostic, Diagnostics, Document, Path, read_documents};

/// What a file holds, and where.
#[derive(Debug)]
pub struct Typed<T> {
    /// It.
    pub value: T,
    document: Document,
}

impl<T: DeserializeOwned + JsonSchema> Typed<T> {
    /// Reads the one document of a file; `file` is its name in diagnostics.
    ///
    /// # Errors
    /// With everything that is wrong, each with its place.
    pub fn read(file: &str, text: &str) -> Result<Self, Diagnostics> {
        let mut documents = read_documents(file, text);
        if !documents.errors.is_empty() {
            return Err(Diagnostics(documents.errors));
        }
        let document = match (documents.objects.pop(), documents.objects.len()) {
            (Some(document), 0) => document,
            (None, _) => return Err(Diagnostic::of_file(file, "is empty").into()),
            (Some(_), more) => {
                let message = format!("holds {} documents where one is expected", more + 1);
                return Err(Diagnostic::of_file(file, message).into());
            }
        };
        let mut value = document.value.clone();
        drop_nulls(&mut value);
        let mut errors = document.misread.clone();
        match typed(&value, &crd::of::<T>(), &Path::default(), &mut errors) {
            Some(value) if errors.is_empty() => Ok(Self { value, document }),
            _ => Err(Diagnostics(document.with_spans(errors))),
        }
    }
}

impl<T> Typed<T> {
    /// Diagnostics with the file and their spans.
    #[must_use]
    pub fn with_spans(&self, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        self.document.with_spans(errors)
    }
}
