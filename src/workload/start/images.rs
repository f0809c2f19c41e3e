//! What a start has to know of images: asked of the flavours, which know it.

use serde_json::Value;

use super::shell::run::world::Known;
use super::shell::text::{Shape, Text};
use crate::kubernetes::text;

/// What is known of images and of the scripts in them.
pub(crate) trait Images: Sync {
    /// The directory that an image starts in, where the manifest says none.
    fn working_directory(&self, image: &str) -> Option<&'static str>;

    /// What it takes to know what an image starts with `args`, where those replace its own start script.
    fn replaced_start(&self, image: &str) -> Option<&'static str>;

    /// Whether nothing but this container's own start writes below a folder: it is empty before that.
    fn is_fresh_folder(&self, container: &Value, path: &str) -> bool;

    /// What is certain of a variable of its scripts, whoever sets it.
    fn shape_of_variable(&self, container: &Value, name: &str) -> Shape;

    /// What a program or function of its image does; nothing where that is not known.
    fn known_command(&self, container: &Value, name: &str, arguments: &[Text]) -> Option<Known>;
}

/// The working directory of a container: the manifest's, else the image's; nothing where that is not known.
pub(super) fn directory_of<'a>(container: &'a Value, images: &dyn Images) -> Option<&'a str> {
    match text(container, "/workingDir") {
        "" => images.working_directory(text(container, "/image")),
        directory => directory.starts_with('/').then_some(directory),
    }
}
