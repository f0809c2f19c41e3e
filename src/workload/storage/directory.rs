//! The directory of the RDB and AOF files: the configuration's `dir`, else what the image is known to start in or to write
//! into the configuration; of any other image it is unknown.

use crate::kubernetes::text;
use crate::redis::has_placeholder;
use crate::workload::config::SEVERAL_WAYS;
use crate::workload::config::read::Read;
use crate::workload::fact::Fact;
use crate::workload::flavours;
use crate::workload::image::image_name;
use crate::workload::start::Startup;
use crate::workload::start::shell::run::paths::normalise;

/// Reads the data directory of one server; `read` is what that reads at start.
pub(super) fn read_directory(start: &Startup, read: &Read) -> Fact<String> {
    if let Some(needs) = &read.config.unseen {
        return Fact::Unknown(needs.clone());
    }
    if !read.are_alike(|loaded| loaded.directory.clone()) {
        return Fact::Unknown(SEVERAL_WAYS.to_owned());
    }
    let Some(loaded) = read.loaded() else { return Fact::Unset };
    let written = loaded.last("dir").and_then(|dir| dir.words.first()?.text());
    let directory = match (written, &loaded.directory) {
        (Some(written), Some(_)) if has_placeholder(written.as_bytes()) => {
            return Fact::Unknown("the final value of dir".to_owned());
        }
        (Some(written), Some(directory)) => {
            let is_seen = written.starts_with('/') || working_directory(start).is_some();
            is_seen.then(|| directory.clone())
        }
        _ => working_directory(start).or_else(|| flavours::data_directory(start).filter(|_| loaded.files.is_empty())),
    };
    if let Some(directory) = directory {
        return Fact::Set(normalise(&directory).into_owned());
    }
    let image = image_name(text(start.container, "/image"));
    Fact::Unknown(format!("the directory in which image {image} starts its server"))
}

/// The working directory of the server when it starts, where all ways to start have the same.
fn working_directory(start: &Startup) -> Option<String> {
    let mut directories = start.process.ways.iter().map(|way| &way.directory);
    let first = directories.next()?.clone()?;
    directories.all(|other| other.as_deref() == Some(first.as_str())).then_some(first)
}
