//! One object of a manifest. Its tree is either kept, or read again when somebody asks: of the many objects of a folder
//! only those matter that a workload names.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use crate::kubernetes::{Kind, ObjectRef};
use crate::yaml::{Diagnostic, Part, Path, Position, Span, read_part};

/// One object of a manifest.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The file as it was named, or [`super::read::STDIN`].
    pub(crate) file: Arc<str>,
    /// The line on which its document starts, from 1.
    pub(crate) line: usize,
    /// Its name, in the namespace that it was put into.
    pub(crate) name: ObjectRef,
    /// Whether it has a name, and not only the start of one.
    pub(super) is_named: bool,
    /// The object; nothing as long as nobody has asked for one that was not kept.
    pub(super) value: OnceLock<Arc<Value>>,
    /// What it was read from.
    pub(super) source: Arc<Source>,
    /// The piece of the source.
    pub(super) part: Part,
    /// Where it is in that piece: `items[3]` in a List.
    pub(super) path: Path,
}

/// Where a text can be read again.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input, and texts that are in memory anyway.
    Held(Arc<[u8]>),
}

impl Source {
    /// Its bytes; none where the file is gone since.
    pub(super) fn read(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Held(bytes) => Cow::Borrowed(bytes),
            Self::File(path) => Cow::Owned(fs::read(path).unwrap_or_default()),
        }
    }
}

impl Document {
    /// The object, read again where it was not kept; null where it is gone since.
    pub(crate) fn value(&self) -> &Arc<Value> {
        self.value.get_or_init(|| Arc::new(self.read_again()))
    }

    /// The object, for whoever needs nothing else.
    pub(crate) fn into_value(mut self) -> Arc<Value> {
        self.value.take().unwrap_or_else(|| Arc::new(self.read_again()))
    }

    fn read_again(&self) -> Value {
        let mut items = read_part(&self.file, &self.source.read(), self.part).items;
        let Some(mut item) = items.pop().filter(|item| items.is_empty() && item.path == self.path) else {
            return Value::Null;
        };
        renew_version(&mut item.value);
        put_into(&mut item.value, &self.name.namespace);
        if ObjectRef::of(&item.value) == self.name { item.value } else { Value::Null }
    }

    /// Gives a namespace to an object that names none.
    pub(super) fn put_into(&mut self, namespace: &str) {
        if !self.name.namespace.is_empty() || self.name.kind == "Namespace" {
            return;
        }
        namespace.clone_into(&mut self.name.namespace);
        if let Some(value) = self.value.get_mut() {
            put_into(Arc::make_mut(value), namespace);
        }
    }

    /// What is to be said of it.
    pub(super) fn diagnostic(&self, message: String) -> Diagnostic {
        let start = Position { line: self.line, column: 1, byte: self.part.start };
        Diagnostic { message, ..Diagnostic::default() }.with_location(&self.file, Span::at(start))
    }
}

/// Makes an object of a version that is no longer served one of the version that took its place.
pub(super) fn renew_version(object: &mut Value) {
    let ObjectRef { api_version, kind, .. } = ObjectRef::of(object);
    if let Some(version) = Kind::successor(&api_version, &kind)
        && let Some(fields) = object.as_object_mut()
    {
        fields.insert("apiVersion".to_owned(), version.into());
    }
}

fn put_into(object: &mut Value, namespace: &str) {
    let Some(object) = object.as_object_mut().filter(|_| !namespace.is_empty()) else { return };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
}
