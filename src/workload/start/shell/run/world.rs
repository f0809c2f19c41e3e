//! What a script finds: the files and the environment of its container, and what is known of its image.

use super::content::Content;
use crate::workload::start::shell::text::{Shape, Text};

/// What is at a path.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    File(Content),
    Missing,
    Folder,
    /// What it would take to see it.
    Unknown(String),
}

/// What a container is before its first command runs.
pub(crate) trait World {
    /// What is at an absolute path.
    fn look(&self, path: &str) -> Seen;

    /// The names in a folder, where all of them are known and no script can change them.
    fn list(&self, folder: &str) -> Option<Vec<String>>;

    /// Whether a command may change what is at a path: not where a ConfigMap or a Secret is mounted.
    fn is_writable(&self, path: &str) -> bool;

    /// Where a path really is, in words that two containers of a Pod share where they share a volume.
    fn locate(&self, path: &str) -> String;

    /// What is at a [location](World::locate).
    fn look_at_location(&self, location: &str) -> Seen;

    /// The value of an environment variable that the container starts with.
    fn variable(&self, name: &str) -> Text;

    /// What is certain of a variable of this name, whoever sets it.
    fn shape_of_variable(&self, name: &str) -> Shape;

    /// What a program or function of the image is known to do; nothing for what is not known.
    fn known_command(&self, name: &str, arguments: &[Text]) -> Option<Known>;
}

/// What a command of an image is known to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// It changes nothing, and prints nothing that matters.
    Nothing,
    /// It prints this.
    Prints(Text),
    /// It succeeds or fails.
    Answers(Option<bool>),
    /// It runs its arguments behind these many as a command.
    Runs(usize),
    /// It runs this server with its arguments.
    RunsServer(&'static str),
    /// It runs this argument as a script, perhaps several times.
    Evaluates(usize),
    /// `replace_in_file FILE PATTERN WITH` of Bitnami's library: `sed -E` over the lines of the file.
    ReplacesInFile,
    /// The server or Sentinel is started by it; the whole command line is made by the image.
    StartsServer,
}
