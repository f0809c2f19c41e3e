//! How a container starts, in two steps: the words of its manifest and the scripts behind them are run over what is known,
//! which says in which ways a server may be started and what is in its files then; the readers of configuration, storage
//! and topology go by that.

use serde_json::Value;

use self::container::ContainerWorld;
use self::entrypoint::Process;
use self::environment::Environment;
use self::filesystem::{Found, Mounts, Source};
use self::images::{Images, directory_of};
use self::pod::Pod;
use self::prepared::Prepared;
pub(crate) use self::shell::run::names::base_name;
use self::shell::run::world::Seen;
use self::way::{Way, WayFiles};
use crate::kubernetes::{Pointer, text, words};

mod container;
pub(crate) mod entrypoint;
pub(crate) mod environment;
pub(crate) mod filesystem;
pub(crate) mod images;
pub(crate) mod pod;
pub(crate) mod prepared;
pub(crate) mod shell;
pub(crate) mod way;

/// How one container starts: what the readers of its configuration, storage and topology go by.
pub(crate) struct Startup<'a> {
    /// The Pod template that it is in.
    pub(crate) pod: &'a Pod<'a>,
    /// The container as declared.
    pub(crate) container: &'a Value,
    /// Where it is.
    pub(crate) at: Pointer,
    /// Its environment, as far as it can be seen.
    pub(crate) environment: Environment,
    /// What it runs.
    pub(crate) process: Process,
    /// Its files as the manifest mounts them.
    pub(crate) mounts: Mounts<'a>,
    /// What is known of images.
    images: &'static dyn Images,
}

impl<'a> Startup<'a> {
    /// Follows the start of a container of `pod` that is at `at`. `prepared` is what init containers left in its volumes.
    pub(crate) fn follow(pod: &'a Pod<'a>, (at, container): (Pointer, &'a Value), prepared: &Prepared) -> Self {
        let images = prepared.images;
        let environment = Environment::read(pod, container);
        let mounts = Mounts::of_manifest(pod, container, &environment);
        let world = ContainerWorld {
            mounts: &mounts,
            environment: &environment,
            directory: directory_of(container, images),
            keeps_files: says_sentinel(container),
            images,
        };
        let mut process = entrypoint::follow_entrypoint(&world, prepared.files.clone(), &at);
        let keeps_files = process.starts_sentinel();
        if keeps_files != world.keeps_files {
            let world = ContainerWorld { keeps_files, ..world };
            process = entrypoint::follow_entrypoint(&world, prepared.files.clone(), &at);
        }
        Self { pod, container, at, environment, process, mounts, images }
    }

    /// The working directory before any script: the manifest's, else the image's; nothing where that is not known.
    pub(crate) fn directory(&self) -> Option<&'a str> {
        directory_of(self.container, self.images)
    }

    /// What its scripts find.
    pub(crate) fn world(&self) -> ContainerWorld<'_, 'a> {
        ContainerWorld {
            mounts: &self.mounts,
            environment: &self.environment,
            directory: self.directory(),
            keeps_files: self.process.starts_sentinel(),
            images: self.images,
        }
    }

    /// The file of an object that a file begins with, in one of its ways to start.
    pub(crate) fn source_of(&self, way: &Way, path: &str) -> Option<Source<'a>> {
        let origin = self.origin_of(way, path)?;
        match self.mounts.find(&origin) {
            Found::File(source) => Some(source),
            Found::Missing | Found::Folder | Found::Unknown(_) => None,
        }
    }

    /// The path of that file.
    pub(crate) fn origin_of(&self, way: &Way, path: &str) -> Option<String> {
        let world = self.world();
        match (WayFiles { world: &world, way }).look(path) {
            Seen::File(content) => content.origin.as_deref().map(str::to_owned),
            Seen::Missing | Seen::Folder | Seen::Unknown(_) => None,
        }
    }
}

/// Whether a container looks like a Sentinel: then it is followed as one first, and again only where it is none.
fn says_sentinel(container: &Value) -> bool {
    let mut said = words(container, "/command");
    said.extend(words(container, "/args"));
    said.push(text(container, "/name").to_owned());
    said.iter().any(|word| word.contains("sentinel"))
}
