//! The overlay: how a directive reaches a server whose start script decides, without touching its ConfigMap. The mounted
//! folder of configuration files is swapped for a projected volume in which the file that is read last is an annotation
//! of the Pod template. Here is whether that can be done; `patch` does it.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::config::read::Read;
use super::model::Overlay;
use super::start::Startup;
use super::start::filesystem::Mounts;
use crate::kubernetes::{Seen, field, list, text};

/// The annotation of the Pod template that holds the file that is read last.
pub const OVERLAY_ANNOTATION: &str = "plimsoll.dev/maxmemory-conf";

/// The folder of our volume that holds the user's own file, which ours includes.
pub const OVERLAY_FOLDER: &str = "plimsoll";

const NAME_LIMIT: usize = 63;
const SUFFIX: &str = "-plimsoll";
const SEVERAL: &str = "the start script starts the server with different files: write the line into each of them";
const NO_FILE: &str = "the start script gives the server no configuration file: add the option to the command there";
const ELSEWHERE: &str = "a start script decides: write the line into the file that it reads last";

/// The name of our volume beside the user's: at most 63 characters, cut with a hash.
#[must_use]
pub fn overlay_volume_name(volume: &str) -> String {
    let plain = format!("{volume}{SUFFIX}");
    if plain.len() <= NAME_LIMIT {
        return plain;
    }
    let digest: String = Sha256::digest(volume.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = volume.chars().take(NAME_LIMIT - SUFFIX.len() - 1 - digest.len()).collect();
    format!("{kept}-{digest}{SUFFIX}")
}

/// Whether a volume is ours: only one of ours projects our annotation.
#[must_use]
pub fn is_overlay_volume(volume: &Value) -> bool {
    let path = format!("metadata.annotations['{OVERLAY_ANNOTATION}']");
    for source in list(volume, "/projected/sources") {
        if list(source, "/downwardAPI/items").iter().any(|item| text(item, "/fieldRef/fieldPath") == path) {
            return true;
        }
    }
    false
}

/// The overlay, where its conditions hold: a folder of one ConfigMap, mounted whole into the one server container, that
/// holds the file which is read last. The folder may be an overlay of ours already.
pub(crate) fn overlay(start: &Startup, read: &Read, servers: usize) -> Result<Overlay, String> {
    let Startup { mounts, at, .. } = start;
    if servers > 1 {
        return Err("two servers in one Pod: write the line into the configuration of each".to_owned());
    }
    let path = last_file(start, read)?;
    let (index, mount, rest) = mounts.mount(&path).ok_or(ELSEWHERE)?;
    if !text(mount, "/subPath").is_empty() || !text(mount, "/subPathExpr").is_empty() {
        return Err(ELSEWHERE.to_owned());
    }
    let (volume, key) = winning_file(mounts, text(mount, "/name"), rest).ok_or(ELSEWHERE)?;
    let name = text(volume, "/configMap/name");
    if name.is_empty() {
        return Err(ELSEWHERE.to_owned());
    }
    match mounts.pod.config_map(name) {
        Seen::Found(config_map) if field(config_map, "/data", key).is_some() => {}
        _ => return Err(format!("ConfigMap {name} does not hold {key}")),
    }
    Ok(Overlay {
        volume: text(volume, "/name").to_owned(),
        source: volume.clone(),
        mount: at.join("volumeMounts").key(index),
        mount_path: text(mount, "/mountPath").to_owned(),
        config_map: name.to_owned(),
        key: key.to_owned(),
    })
}

/// The mounted file that is read last, which must be the same in all ways to start.
fn last_file(start: &Startup, read: &Read) -> Result<String, String> {
    let mut last: Option<String> = None;
    for (way, loaded) in start.process.ways.iter().zip(&read.ways) {
        let path = loaded.loaded.files.last().ok_or(NO_FILE)?;
        let origin = start.origin_of(way, path).ok_or(ELSEWHERE)?;
        if last.as_ref().is_some_and(|last| *last != origin) {
            return Err(SEVERAL.to_owned());
        }
        last = Some(origin);
    }
    last.ok_or_else(|| ELSEWHERE.to_owned())
}

/// The user's volume behind a mounted one, and the key of the file that is read last, given its path in the folder.
fn winning_file<'r>(mounts: &'r Mounts, mounted: &str, path: &'r str) -> Option<(&'r Value, &'r str)> {
    let volume = mounts.volume(mounted)?;
    if is_overlay_volume(volume) {
        let (_, theirs) = mounts.pod.volumes.iter().find(|(name, _)| overlay_volume_name(name) == mounted)?;
        let key = path.strip_prefix(OVERLAY_FOLDER)?.strip_prefix('/')?;
        return Some((*theirs, key));
    }
    if path.is_empty() || path.contains('/') {
        return None;
    }
    let items = list(volume, "/configMap/items");
    match items.iter().find(|item| text(item, "/path") == path) {
        Some(item) => Some((volume, text(item, "/key"))),
        None if items.is_empty() => Some((volume, path)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::workload::overlay::overlay_volume_name;

    #[test]
    fn cuts_long_names_with_a_hash() {
        assert_eq!(overlay_volume_name("config"), "config-plimsoll");
        let long = overlay_volume_name(&"x".repeat(63));
        assert_eq!(long.len(), 63);
        assert_ne!(long, overlay_volume_name(&format!("{}y", "x".repeat(62))));
    }
}
