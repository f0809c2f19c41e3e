//! From a path in a container to the key of a ConfigMap, through mounts, items, projections and the copies of a start script.

use std::borrow::Cow;

use serde_json::Value;

use super::pod::Pod;
use super::script::Script;
use crate::kubernetes::{ObjectRef, Place, Pointer, Seen, field, list, member, text};
use crate::redis::{FileSeen, Files};

/// A file that was found.
#[derive(Debug, Clone)]
pub(crate) struct Source<'a> {
    /// Where its text stands.
    pub(crate) place: Place,
    pub(crate) text: &'a str,
}

/// What is at a path.
#[derive(Debug, Clone)]
pub(crate) enum Found<'a> {
    File(Source<'a>),
    Missing,
    Folder,
    /// What it would take to see it.
    Unknown(String),
}

/// The files of one container: what its mounts show, after what its start script did to them.
pub(crate) struct Mounts<'a> {
    pub(crate) pod: &'a Pod<'a>,
    pub(crate) container: &'a Value,
    /// The mounts of the container: the path without the slash at its end, and the mount.
    by_path: Vec<(&'a str, &'a Value)>,
    /// What the start script did; nothing before it ran.
    pub(crate) script: Script,
}

impl<'a> Mounts<'a> {
    /// The files as the manifest mounts them, before any start script.
    pub(crate) fn of_manifest(pod: &'a Pod<'a>, container: &'a Value) -> Self {
        let mut by_path = Vec::new();
        for mount in list(container, "/volumeMounts") {
            by_path.push((text(mount, "/mountPath").trim_end_matches('/'), mount));
        }
        Self { pod, container, by_path, script: Script::default() }
    }

    /// The same files, after a start script.
    pub(crate) fn after_script(self, script: Script) -> Self {
        Self { script, ..self }
    }

    /// The mount that a path lies under: its index, the mount, and the rest of the path.
    pub(crate) fn mount<'p>(&self, path: &'p str) -> Option<(usize, &'a Value, &'p str)> {
        let mut longest = 0;
        let mut found = None;
        for (index, (mount_path, mount)) in self.by_path.iter().enumerate() {
            let Some(rest) = path.strip_prefix(mount_path) else { continue };
            let is_under = !mount_path.is_empty() && (rest.is_empty() || rest.starts_with('/'));
            // Of two mounts at one path the later one is seen.
            if is_under && mount_path.len() >= longest {
                longest = mount_path.len();
                found = Some((index, *mount, rest.trim_start_matches('/')));
            }
        }
        found
    }

    /// The volume of a mount, by its name.
    pub(crate) fn volume(&self, name: &str) -> Option<&'a Value> {
        self.pod.volume(name)
    }

    /// What is at a path, after the start script's copies.
    pub(crate) fn find(&self, path: &str) -> Found<'a> {
        self.find_after(path, &self.script)
    }

    /// What is at a path after the copies of this script.
    pub(crate) fn find_after(&self, path: &str, script: &Script) -> Found<'a> {
        let path = normalise(path);
        if script.edited.iter().any(|edited| *edited == path) {
            return Found::Unknown(format!("the text of {path} after the start script has edited it"));
        }
        match script.copies.get(&*path) {
            // A copy of a file that is not there leaves what was there before.
            Some(origin) if *origin != *path => match self.find_mounted(&normalise(origin)) {
                Found::Missing => self.find_mounted(&path),
                found => found,
            },
            _ => self.find_mounted(&path),
        }
    }

    /// What the script appends to a file.
    pub(crate) fn appended_lines(&self, path: &str) -> Vec<String> {
        self.script.appended.get(&*normalise(path)).cloned().unwrap_or_default()
    }

    fn find_mounted(&self, path: &str) -> Found<'a> {
        let Some((_, mount, rest)) = self.mount(path) else {
            return Found::Unknown(format!("{path}, which is in the image or is made at start"));
        };
        let sub_path = text(mount, "/subPath").trim_matches('/');
        let inner = match (sub_path.is_empty(), rest.is_empty()) {
            (true, _) => Cow::Borrowed(rest),
            (false, true) => Cow::Borrowed(sub_path),
            (false, false) => Cow::Owned(format!("{sub_path}/{rest}")),
        };
        let name = text(mount, "/name");
        let Some(volume) = self.volume(name) else {
            return Found::Unknown(format!("volume {name}, which the Pod template does not have"));
        };
        if let Some(source) = member(volume, "configMap").filter(|source| !source.is_null()) {
            return self.find_in_config_map(text(source, "/name"), source, &inner);
        }
        if let Some(projected) = member(volume, "projected").filter(|projected| !projected.is_null()) {
            return self.find_in_projected(projected, &inner);
        }
        Found::Unknown(format!("{path}, which is in volume {name}"))
    }

    fn find_in_config_map(&self, name: &str, source: &Value, inner: &str) -> Found<'a> {
        let items = list(source, "/items");
        let key = if items.is_empty() {
            (!inner.contains('/')).then_some(inner)
        } else {
            let item = items.iter().find(|item| text(item, "/path").trim_start_matches("./") == inner);
            item.map(|item| text(item, "/key"))
        };
        let optional = member(source, "optional") == Some(&Value::Bool(true));
        let config_map = match self.pod.config_map(name) {
            Seen::Found(config_map) => config_map,
            Seen::Absent if optional => return Found::Missing,
            Seen::Absent => {
                return Found::Unknown(format!("{}, which is not there (yet)", self.pod.config_map_ref(name)));
            }
            Seen::Unknown(_) => return Found::Unknown(self.pod.config_map_ref(name).to_string()),
        };
        if inner.is_empty() {
            return Found::Folder;
        }
        let Some(key) = key else { return Found::Missing };
        if let Some(text) = field(config_map, "/data", key) {
            let place = Place::new(self.pod.config_map_ref(name), Pointer::new("/data").key(key));
            return Found::File(Source { place, text });
        }
        if field(config_map, "/binaryData", key).is_some() {
            return Found::Unknown(format!("binaryData key {key} of {}", self.pod.config_map_ref(name)));
        }
        Found::Missing
    }

    fn find_in_projected(&self, projected: &Value, inner: &str) -> Found<'a> {
        if inner.is_empty() {
            return Found::Folder;
        }
        // Where paths collide the last source wins, as seen under a kubelet.
        for source in list(projected, "/sources").iter().rev() {
            if let Some(config_map) = member(source, "configMap") {
                match self.find_in_config_map(text(config_map, "/name"), config_map, inner) {
                    Found::Missing => {}
                    found => return found,
                }
            }
            for item in list(source, "/downwardAPI/items") {
                if text(item, "/path") == inner {
                    return self.find_annotation(text(item, "/fieldRef/fieldPath"));
                }
            }
            let secret = member(source, "secret").map_or("", |secret| text(secret, "/name"));
            if !secret.is_empty() {
                return Found::Unknown(format!("Secret {secret}, which is never read"));
            }
        }
        Found::Missing
    }

    /// A field of the Pod that a downward API item projects: only annotations hold configuration.
    fn find_annotation(&self, path: &str) -> Found<'a> {
        let key = path.strip_prefix("metadata.annotations['").and_then(|rest| rest.strip_suffix("']"));
        let Some(key) = key else { return Found::Unknown(format!("the Pod's {path}")) };
        match field(self.pod.template, "/metadata/annotations", key) {
            Some(text) => {
                let at = self.pod.template_at.join("metadata/annotations").key(key);
                Found::File(Source { place: Place::new(ObjectRef::of(self.pod.object), at), text })
            }
            None => Found::Missing,
        }
    }
}

impl Files for Mounts<'_> {
    fn read(&self, path: &str) -> FileSeen {
        match self.find(path) {
            Found::File(source) => {
                let mut bytes = source.text.as_bytes().to_vec();
                for line in self.appended_lines(path) {
                    bytes.push(b'\n');
                    bytes.extend(line.into_bytes());
                }
                FileSeen::Text(bytes)
            }
            Found::Missing => FileSeen::Missing,
            Found::Folder => FileSeen::Folder,
            Found::Unknown(needs) => FileSeen::Unknown(needs),
        }
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        let folder = normalise(folder);
        let (_, mount, rest) = self.mount(&folder)?;
        let volume = self.volume(text(mount, "/name"))?;
        let source = member(volume, "configMap").filter(|_| rest.is_empty() && text(mount, "/subPath").is_empty())?;
        let items = list(source, "/items");
        if !items.is_empty() {
            return Some(items.iter().map(|item| text(item, "/path").to_owned()).collect());
        }
        match self.pod.config_map(text(source, "/name")) {
            Seen::Found(config_map) => Some(config_map.get("data")?.as_object()?.keys().cloned().collect()),
            Seen::Absent | Seen::Unknown(_) => None,
        }
    }
}

/// A path without doubled and trailing slashes and `.` parts.
pub(crate) fn normalise(path: &str) -> Cow<'_, str> {
    if is_normal(path) {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Cow::Owned(format!("/{}", parts.join("/")))
}

/// Whether a path is as [`normalise`] would have it; nearly all are.
fn is_normal(path: &str) -> bool {
    let bytes = path.as_bytes();
    let slashed = bytes.windows(2).any(|two| matches!(two, b"//" | b"/."));
    path == "/" || (bytes.first() == Some(&b'/') && bytes.last() != Some(&b'/') && !slashed)
}
