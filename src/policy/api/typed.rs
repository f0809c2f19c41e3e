//! YAML files of a type of somebody else's, checked and told of as policies are.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::crd;
use super::files::placed;
use super::object::{drop_nulls, typed};
use crate::yaml::{self, Document, Mistake, Path, PolicyError, PolicyErrors};

/// What a file holds, and where.
#[derive(Debug)]
pub struct Typed<T> {
    /// It.
    pub value: T,
    file: String,
    document: Document,
}

impl<T: DeserializeOwned + JsonSchema> Typed<T> {
    /// Reads the one document of a file; `file` is its name in mistakes.
    ///
    /// # Errors
    /// With every mistake, each with its line and place.
    pub fn read(file: &str, text: &str) -> Result<Self, PolicyErrors> {
        let mut documents = yaml::read(file, text)?;
        let document = match (documents.pop(), documents.len()) {
            (Some(document), 0) => document,
            (None, _) => return Err(PolicyError::new(file, None, "is empty".to_owned()).into()),
            (Some(_), more) => {
                let what = format!("holds {} documents where one is expected", more + 1);
                return Err(PolicyError::new(file, None, what).into());
            }
        };
        let mut value = document.value.clone();
        drop_nulls(&mut value);
        let mut mistakes = document.mistakes.clone();
        match typed(&value, &crd::of::<T>(), &Path::default(), &mut mistakes) {
            Some(value) if mistakes.is_empty() => Ok(Self { value, file: file.to_owned(), document }),
            _ => Err(PolicyErrors(placed(file, &document, mistakes))),
        }
    }
}

impl<T> Typed<T> {
    /// Mistakes with the file and their lines.
    #[must_use]
    pub fn placed(&self, mistakes: Vec<Mistake>) -> Vec<PolicyError> {
        placed(&self.file, &self.document, mistakes)
    }
}
