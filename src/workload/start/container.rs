//! What the scripts of a container find: its mounts, its environment, and what is known of its image.

use super::environment::Environment;
use super::filesystem::{Found, Mounts};
use super::images::Images;
use super::shell::run::content::Content;
use super::shell::run::paths::normalise;
use super::shell::run::world::{Known, Seen, World};
use super::shell::text::{Shape, Text};
use crate::kubernetes::text;

/// Folders that every image has.
const FOLDERS: [&str; 14] = [
    "/",
    "/tmp",
    "/etc",
    "/var",
    "/var/tmp",
    "/var/lib",
    "/var/run",
    "/run",
    "/usr",
    "/usr/local",
    "/usr/local/etc",
    "/opt",
    "/home",
    "/root",
];

/// A container before its first command.
pub(crate) struct ContainerWorld<'s, 'a> {
    pub(crate) mounts: &'s Mounts<'a>,
    pub(crate) environment: &'s Environment,
    /// The working directory, where it is known.
    pub(crate) directory: Option<&'s str>,
    /// Whether it keeps its own files: a Sentinel writes what it was given into its file again and again, and so what its
    /// script finds at a restart is what the script made.
    pub(crate) keeps_files: bool,
    /// What is known of images.
    pub(crate) images: &'s dyn Images,
}

impl ContainerWorld<'_, '_> {
    fn is_folder(&self, path: &str) -> bool {
        FOLDERS.contains(&path) || self.directory == Some(path) || self.mounts.are_below(path)
    }
}

impl World for ContainerWorld<'_, '_> {
    fn look(&self, path: &str) -> Seen {
        let path = normalise(path);
        match self.mounts.find(&path) {
            Found::File(source) => Seen::File(Content::of_object(&path, source.text)),
            Found::Missing => Seen::Missing,
            Found::Folder => Seen::Folder,
            Found::Unknown(_) if self.is_folder(&path) => Seen::Folder,
            Found::Unknown(_)
                if self.mounts.is_own_volume(&path) && self.images.is_fresh_folder(self.mounts.container, &path) =>
            {
                Seen::Missing
            }
            Found::Unknown(_) if self.keeps_files && self.mounts.is_private_volume(&path) => Seen::Missing,
            Found::Unknown(needs) => Seen::Unknown(needs),
        }
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        self.mounts.list(folder)
    }

    fn is_writable(&self, path: &str) -> bool {
        self.mounts.is_writable(&normalise(path))
    }

    fn locate(&self, path: &str) -> String {
        let path = normalise(path);
        match self.mounts.place_in_volume(&path) {
            Some((mount, inner)) if self.mounts.is_writable(&path) => format!("{}:{inner}", text(mount, "/name")),
            _ => path.into_owned(),
        }
    }

    fn look_at_location(&self, location: &str) -> Seen {
        match location.split_once(':') {
            Some((volume, inner)) if !location.starts_with('/') => match self.mounts.path_of(volume, inner) {
                Some(path) => self.look(&path),
                None => Seen::Unknown(format!("a file of volume {volume}")),
            },
            _ => self.look(location),
        }
    }

    fn variable(&self, name: &str) -> Text {
        self.environment.text(name)
    }

    fn shape_of_variable(&self, name: &str) -> Shape {
        self.images.shape_of_variable(self.mounts.container, name)
    }

    fn known_command(&self, name: &str, arguments: &[Text]) -> Option<Known> {
        self.images.known_command(self.mounts.container, name, arguments)
    }
}
