//! The directory of the RDB and AOF files: the configuration's `dir`, else what the image is known to start in or to write
//! into the configuration; of any other image it is unknown.

use crate::kubernetes::text;
use crate::redis::has_placeholder;
use crate::workload::config::read::Read;
use crate::workload::fact::Fact;
use crate::workload::flavours;
use crate::workload::image::image_name;
use crate::workload::start::Startup;
use crate::workload::start::filesystem::normalise;

/// Reads the data directory of one server; `read` is what that reads at start.
pub(super) fn read_directory(start: &Startup, read: &Read) -> Fact<String> {
    if let Some(needs) = &read.config.unseen {
        return Fact::Unknown(needs.clone());
    }
    let written = read.loaded.last("dir").and_then(|dir| dir.words.first()?.text());
    let directory = match (written, &read.loaded.directory) {
        (Some(written), Some(_)) if has_placeholder(written.as_bytes()) => {
            return Fact::Unknown("the final value of dir".to_owned());
        }
        (Some(written), Some(directory)) => {
            let is_seen = written.starts_with('/') || working_directory(start).is_some();
            is_seen.then(|| directory.clone())
        }
        _ => working_directory(start)
            .or_else(|| flavours::data_directory(start).filter(|_| read.loaded.files.is_empty())),
    };
    if let Some(directory) = directory {
        return Fact::Set(normalise(&directory).into_owned());
    }
    let image = image_name(text(start.container, "/image"));
    Fact::Unknown(format!("the directory in which image {image} starts its server"))
}

/// The working directory at the start: the manifest's, else the image's. Nothing where a script moves elsewhere.
fn working_directory(start: &Startup) -> Option<String> {
    if start.process.scripted && start.mounts.script.moves {
        return None;
    }
    match text(start.container, "/workingDir") {
        "" => flavours::working_directory(text(start.container, "/image")).map(str::to_owned),
        directory => directory.starts_with('/').then(|| directory.to_owned()),
    }
}
