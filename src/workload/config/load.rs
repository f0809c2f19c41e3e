//! One way to start a server, handed to the grammar of redis-server with the files that it finds then.

use std::sync::Arc;

use super::command::Command;
use super::places::Places;
use crate::kubernetes::text;
use crate::redis::{self, Loaded, Server};
use crate::workload::start::Startup;
use crate::workload::start::way::{Way, WayFiles};

/// What one way to start comes to.
#[derive(Debug, Clone)]
pub(crate) struct LoadedWay {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) places: Arc<Places>,
    /// What it would take to see anything of it.
    pub(crate) hidden: Option<String>,
    /// Whether another start may come after it: what it refuses ends no container.
    pub(crate) is_replaceable: bool,
}

impl LoadedWay {
    pub(crate) fn read(start: &Startup, way: &Way, sentinel: bool) -> Self {
        let world = start.world();
        let files = WayFiles { world: &world, way };
        let Command { words, written, hidden } = Command::read(start, &files, sentinel);
        let argv0 = if sentinel { "redis-sentinel" } else { "redis-server" };
        let args: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
        let directory = way.directory.as_deref().unwrap_or(UNKNOWN_DIRECTORY);
        let stdin = way.input.as_deref().map(str::as_bytes);
        let server = server(start);
        let loaded = redis::load(&redis::Start {
            server: &server,
            argv0,
            args: &args,
            working_dir: directory,
            stdin,
            files: &files,
        });
        let places = Places::new(start, (way, written), &loaded);
        let is_bare = args.is_empty() && way.argv.is_empty() && !start.process.scripted;
        let is_baked = is_bare && server.may_bake_configuration();
        let baked = is_baked.then(|| "the configuration inside the image".to_owned());
        let hidden = hidden.or_else(|| way.hidden.clone()).or(baked);
        Self { loaded: Arc::new(loaded), places: Arc::new(places), hidden, is_replaceable: way.is_replaceable }
    }

    /// What could not be read of it, if anything.
    pub(crate) fn unseen(&self) -> Option<String> {
        self.hidden.clone().or_else(|| self.loaded.unseen.first().map(|unseen| unseen.why.clone()))
    }

    /// What it would take to see a directive, where a file is not seen that could say otherwise.
    pub(crate) fn needs_file(&self, name: &str) -> Option<String> {
        let unseen = self.loaded.unseen.first()?;
        (!self.loaded.is_certain(name)).then(|| unseen.why.clone())
    }
}

/// The server of the container's image.
fn server(start: &Startup) -> Server {
    let server = Server::of_image(text(start.container, "/image"));
    if start.process.has_command { server.without_entrypoint() } else { server }
}

/// Where a relative path of an unknown working directory is looked for: a placeholder, so that nothing is there.
const UNKNOWN_DIRECTORY: &str = "/${working directory}";
