//! The directives of ours that reach one container by one path: each is recognised, taken out, put back and rewritten
//! alone.

use serde_json::Value;

use super::args;
use super::directive::Directive;
use super::env::Variable;
use super::overlay::{Mounted, Stored};
use super::path::DeliveryPath;
use crate::kubernetes::Pointer;
use crate::patch::container_path;
use crate::patch::edit::TreeError;

/// The directives of ours that reach one container by one path.
#[derive(Debug, Clone)]
pub(crate) struct Delivered<'a> {
    pub(crate) container: &'a str,
    pub(crate) path: DeliveryPath,
    pub(crate) directives: Vec<Directive<'a>>,
}

/// The place of a path in one object.
enum Place<'a> {
    Args(&'a Pointer),
    Env(Variable<'a>),
    Overlay(Mounted<'a>),
}

impl Delivered<'_> {
    /// Whether an object holds this directive, with this value.
    pub(crate) fn holds(&self, object: &Value, directive: Directive) -> bool {
        self.position(object, directive).is_some()
    }

    /// Where a directive stands among others by the same path; nothing where it does not stand.
    pub(crate) fn position(&self, object: &Value, directive: Directive) -> Option<usize> {
        let container = self.container_in(object)?;
        match self.place(&container) {
            Place::Args(at) => args::position(object, at, directive),
            Place::Env(variable) => variable.position(object, directive),
            Place::Overlay(mounted) => mounted.position(object, directive),
        }
    }

    /// Whether an object holds a directive of this name by this path, whoever wrote it.
    pub(crate) fn is_occupied(&self, object: &Value, name: &str) -> bool {
        let Some(container) = self.container_in(object) else { return false };
        match self.place(&container) {
            Place::Args(at) => args::is_occupied(object, at, name),
            Place::Env(variable) => variable.is_occupied(object, name),
            Place::Overlay(mounted) => mounted.is_occupied(object, name),
        }
    }

    /// What the user has in the environment variable beside ours; nothing for another path.
    pub(crate) fn users_word(&self, object: &Value) -> Option<Value> {
        let container = self.container_in(object)?;
        match self.place(&container) {
            Place::Env(variable) => variable.users_word(object),
            Place::Args(_) | Place::Overlay(_) => None,
        }
    }

    /// Whether the user has said anything else since a directive was added beside what `was` there.
    pub(crate) fn is_overruled(&self, object: &Value, name: &str, was: Option<&Value>) -> bool {
        let Some(container) = self.container_in(object) else { return false };
        match self.place(&container) {
            Place::Args(at) => args::is_occupied(object, at, name),
            Place::Env(variable) => !variable.is_users_as_before(object, was),
            Place::Overlay(_) => false,
        }
    }

    /// Takes a directive out. After the last one the object is as the user would have it.
    pub(crate) fn take_out(&self, object: &mut Value, directive: Directive, was: Option<&Value>) {
        let Some(container) = self.container_in(object) else { return };
        match self.place(&container) {
            Place::Args(at) => args::take_out(object, at, directive),
            Place::Env(variable) => variable.take_out(object, directive, was),
            Place::Overlay(mounted) => mounted.take_out(object, directive),
        }
    }

    /// Puts a directive back into `object` as it stands in `stored`, verbatim and without look-ups; beside what the user
    /// has in the same environment variable.
    ///
    /// # Errors
    /// When `object` has lost the place.
    pub(crate) fn put_back(&self, object: &mut Value, stored: &Value, directive: Directive) -> Result<(), TreeError> {
        let (Some(container), Some(there)) = (self.container_in(object), self.container_in(stored)) else {
            return Ok(());
        };
        match self.place(&container) {
            Place::Args(at) => args::append(object, at, directive),
            Place::Env(variable) => {
                let index = Variable { container: &there, ..variable }.index(stored);
                variable.put_back(object, index, directive)
            }
            Place::Overlay(mounted) => {
                mounted.put_back(object, &Stored { object: stored, container: there }, directive)
            }
        }
    }

    /// Gives a directive that stands in `object` another value.
    pub(crate) fn rewrite(&self, object: &mut Value, directive: Directive, wanted: &str) {
        let Some(container) = self.container_in(object) else { return };
        match self.place(&container) {
            Place::Args(at) => args::rewrite(object, at, directive, wanted),
            Place::Env(variable) => variable.rewrite(object, directive, wanted),
            Place::Overlay(mounted) => mounted.rewrite(object, directive, wanted),
        }
    }

    fn container_in(&self, object: &Value) -> Option<Pointer> {
        container_path::container(object, self.container)
    }

    fn place<'a>(&'a self, container: &'a Pointer) -> Place<'a> {
        match &self.path {
            DeliveryPath::Args => Place::Args(container),
            DeliveryPath::Env(name) => Place::Env(Variable { container, name, ours: &self.directives }),
            DeliveryPath::Overlay { mount_path, .. } => {
                Place::Overlay(Mounted { container, mount_path, ours: &self.directives })
            }
        }
    }
}
