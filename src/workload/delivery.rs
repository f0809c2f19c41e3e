//! How a derived maxmemory reaches a server: the one place where it takes effect and wins.

use serde_json::Value;

use super::config::Read;
use super::flavours::{self, flags_variable};
use super::model::{Delivery, Overlay};
use super::start::Startup;
use super::start::entrypoint::Process;
use super::start::filesystem::{Mounts, normalise};
use super::start::script::base_name;
use crate::kubernetes::{Pointer, Seen, field, list, text, words};
use crate::redis::Origin;

/// The way to one server container.
pub(crate) fn delivery(start: &Startup, read: &Read, servers: usize) -> Delivery {
    let Startup { mounts, process, at, .. } = start;
    if let Some(needs) = &read.config.unseen {
        return Delivery::Unknown(format!("it needs {needs}"));
    }
    if let Some(name) = flags_variable(mounts.container, process) {
        let is_args = name == "VALKEY_EXTRA_FLAGS" && !process.argv.is_empty() && !is_bitnami(mounts.container);
        if !is_args {
            return env(mounts.container, name);
        }
    }
    if process.scripted {
        return match overlay(mounts, read, at, servers) {
            Ok(overlay) => Delivery::Overlay(overlay),
            Err(why) => Delivery::Display(why),
        };
    }
    args(mounts.container, process)
}

fn is_bitnami(container: &Value) -> bool {
    text(container, "/image").contains("bitnami")
}

fn args(container: &Value, process: &Process) -> Delivery {
    let server = process.argv.first().is_some_and(|program| base_name(program).ends_with("-server"));
    // A lone `-` at the end is standard input, and stops being it when words follow.
    if process.argv.last().is_some_and(|word| word == "-") {
        return Delivery::Display("it reads its configuration from standard input: write the line there".to_owned());
    }
    if server || flavours::takes_arguments(text(container, "/image")) || !words(container, "/args").is_empty() {
        return Delivery::Args;
    }
    Delivery::Display(format!(
        "the entrypoint of image {} is not known: write the line into its configuration",
        super::image::image_name(text(container, "/image"))
    ))
}

fn env(container: &Value, name: &str) -> Delivery {
    let entry = list(container, "/env").iter().find(|entry| text(entry, "/name") == name);
    if entry.is_some_and(|entry| entry.get("valueFrom").is_some_and(|from| !from.is_null())) {
        return Delivery::Display(format!("env {name} comes from elsewhere: write the words there"));
    }
    Delivery::Env(name.to_owned())
}

/// The overlay, where its conditions hold: a folder of one ConfigMap, mounted whole into the one server container, that
/// holds the file which is read last.
fn overlay(mounts: &Mounts, read: &Read, at: &Pointer, servers: usize) -> Result<Overlay, String> {
    const ELSEWHERE: &str = "a start script decides: write the line into the file that it reads last";
    if servers > 1 {
        return Err("two servers in one Pod: write the line into the configuration of each".to_owned());
    }
    let from_args = read.loaded.maxmemory().is_some_and(|(_, origin)| matches!(origin, Origin::Args { .. }));
    if from_args {
        return Err("the start script gives maxmemory itself: change it there".to_owned());
    }
    let last = read.loaded.files.last().ok_or(ELSEWHERE)?;
    let script = &mounts.script;
    let path = normalise(script.copies.get(&*normalise(last)).unwrap_or(last));
    let (index, mount, rest) = mounts.mount(&path).ok_or(ELSEWHERE)?;
    if !text(mount, "/subPath").is_empty()
        || !text(mount, "/subPathExpr").is_empty()
        || rest.is_empty()
        || rest.contains('/')
    {
        return Err(ELSEWHERE.to_owned());
    }
    let volume = mounts.volume(text(mount, "/name")).ok_or(ELSEWHERE)?;
    let name = text(volume, "/configMap/name");
    if name.is_empty() {
        return Err(ELSEWHERE.to_owned());
    }
    let items = list(volume, "/configMap/items");
    let key = match items.iter().find(|item| text(item, "/path") == rest) {
        Some(item) => text(item, "/key"),
        None if items.is_empty() => rest,
        None => return Err(ELSEWHERE.to_owned()),
    };
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
