//! What images and charts do on their own, one file a flavour. A new one is a file here and a line in [`FLAVOURS`].
//!
//! Each question is put to all flavours, and the first answer counts: a mirror may keep an image's scripts and files under
//! another name. Only the name of a workload's flavour is that of the first which says that it is its own.

mod bitnami;
mod bitnami_cluster;
mod bitnami_library;
mod facts;
mod official;
mod plain;
mod script;

use std::fmt;

use serde_json::Value;

use self::facts::FlavourFacts;
use super::role::Role;
use super::start::Startup;
use super::start::entrypoint::Process;
use super::start::environment::Environment;
use super::start::images::Images;
use super::start::shell::run::world::Known;
use super::start::shell::text::{Shape, Text};
use super::topology::Topology;

/// All flavours. The last one takes what no other does.
const FLAVOURS: [&dyn FlavourFacts; 5] =
    [&bitnami::Bitnami, &bitnami_cluster::BitnamiCluster, &official::Official, &script::Script, &plain::Plain];

/// Who made a manifest, as far as its shape tells.
#[derive(Clone, Copy)]
pub struct Flavour(&'static dyn FlavourFacts);

impl Flavour {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        FLAVOURS.into_iter().map(Self)
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|flavour| flavour.name() == name)
    }

    /// The flavour of a server or Sentinel container; without one, that of anything else.
    pub(crate) fn of_container(start: Option<&Startup>) -> Self {
        let plain = Self(&plain::Plain);
        let Some(start) = start else { return plain };
        Self::all().find(|flavour| flavour.0.is_it(start.container, &start.process)).unwrap_or(plain)
    }

    /// The name in the model's JSON and in policies.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What it is, in a sentence.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.0.summary()
    }
}

impl PartialEq for Flavour {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Flavour {}

impl fmt::Debug for Flavour {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What an image of this name runs when it is given nothing, options, or a configuration file.
pub(crate) fn role_of_image(name: &str) -> Option<Role> {
    FLAVOURS.iter().find_map(|flavour| flavour.role_of_image(name))
}

/// What a start script of an image's runs, by the script's path.
pub(crate) fn role_of_script(path: &str) -> Option<Role> {
    FLAVOURS.iter().find_map(|flavour| flavour.role_of_script(path))
}

/// Whether an image's start script makes the whole command line, whatever the manifest says behind it.
pub(crate) fn makes_command_line(process: &Process) -> bool {
    FLAVOURS.iter().any(|flavour| flavour.makes_command_line(process))
}

/// The environment variable whose words the entrypoint appends to the command line.
pub(crate) fn flags_variable(container: &Value, process: &Process) -> Option<&'static str> {
    FLAVOURS.iter().find_map(|flavour| flavour.flags_variable(container, process))
}

/// The files that entrypoints read, where one is mounted.
pub(crate) fn config_files(is_sentinel: bool) -> impl Iterator<Item = &'static str> {
    FLAVOURS.into_iter().flat_map(move |flavour| flavour.config_files(is_sentinel)).copied()
}

/// The files that entrypoints read after those, where they are mounted.
pub(crate) fn override_files(is_sentinel: bool) -> impl Iterator<Item = &'static str> {
    FLAVOURS.into_iter().flat_map(move |flavour| flavour.override_files(is_sentinel)).copied()
}

/// Whether the entrypoint turns the append-only file on.
pub(crate) fn turns_append_only_on(environment: &Environment) -> bool {
    FLAVOURS.iter().any(|flavour| flavour.turns_append_only_on(environment))
}

/// What all flavours together know of images.
pub(crate) struct Flavours;

impl Images for Flavours {
    fn working_directory(&self, image: &str) -> Option<&'static str> {
        FLAVOURS.iter().find_map(|flavour| flavour.working_directory(image))
    }

    fn replaced_start(&self, image: &str) -> Option<&'static str> {
        FLAVOURS.iter().find_map(|flavour| flavour.replaced_start(image))
    }

    fn is_fresh_folder(&self, container: &Value, path: &str) -> bool {
        FLAVOURS.iter().any(|flavour| flavour.is_fresh_folder(container, path))
    }

    fn shape_of_variable(&self, container: &Value, name: &str) -> Shape {
        FLAVOURS.iter().find_map(|flavour| flavour.shape_of_variable(container, name)).unwrap_or(Shape::Any)
    }

    fn known_command(&self, container: &Value, name: &str, arguments: &[Text]) -> Option<Known> {
        FLAVOURS.iter().find_map(|flavour| flavour.known_command(container, name, arguments))
    }
}

/// Whether it is certain that an image's entrypoint hands options to the server.
pub(crate) fn takes_arguments(image: &str) -> bool {
    FLAVOURS.iter().any(|flavour| flavour.takes_arguments(image))
}

/// The data directory that the entrypoint writes into the configuration which it makes where none is mounted.
pub(crate) fn data_directory(start: &Startup) -> Option<String> {
    FLAVOURS.iter().find_map(|flavour| flavour.data_directory(start))
}

/// What the image and the environment say of the topology: of several answers the strongest.
pub(crate) fn topology(start: &Startup) -> Option<Topology> {
    Topology::strongest(FLAVOURS.iter().filter_map(|flavour| flavour.topology(start)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::workload::flavours::Flavour;

    #[test]
    fn each_flavour_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Flavour::all().map(Flavour::name).collect();
        assert_eq!(names.len(), Flavour::all().count());
        for flavour in Flavour::all() {
            assert_eq!(Flavour::named(flavour.name()), Some(flavour));
        }
        assert_eq!(Flavour::named("helm"), None);
    }
}
