//! From a path in a container to the key of a ConfigMap, through mounts, items, projections and the copies of a start script.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::script::Script;
use crate::kubernetes::{Inventory, ObjectRef, Place, Pointer, Reference, Seen, field, json, list, member, text};
use crate::redis::{FileSeen, Files};

/// A file that was found.
#[derive(Debug, Clone)]
pub(crate) struct Source<'a> {
    /// Where its text stands.
    pub(crate) place: Place,
    pub(crate) text: &'a str,
}

/// The volumes of a Pod template, by name.
pub(crate) fn volumes(template: &Value) -> Vec<(&str, &Value)> {
    list(template, "/spec/volumes").iter().map(|volume| (text(volume, "/name"), volume)).collect()
}

/// The mounts of a container, by path.
pub(crate) fn mounts(container: &Value) -> Vec<(&str, &Value)> {
    let path = |mount| text(mount, "/mountPath").trim_end_matches('/');
    list(container, "/volumeMounts").iter().map(|mount| (path(mount), mount)).collect()
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

/// The files of one container.
pub(crate) struct Mounts<'a> {
    pub(crate) object: &'a Value,
    pub(crate) namespace: &'a str,
    /// The volumes of the Pod template, by name.
    pub(crate) volumes: &'a [(&'a str, &'a Value)],
    /// The mounts of the container: the path without the slash at its end, and the mount.
    pub(crate) by_path: Vec<(&'a str, &'a Value)>,
    pub(crate) template: &'a Value,
    pub(crate) template_at: Pointer,
    pub(crate) container: &'a Value,
    pub(crate) inventory: &'a dyn Inventory,
    pub(crate) references: &'a RefCell<BTreeSet<Reference>>,
    pub(crate) script: RefCell<Script>,
}

impl<'a> Mounts<'a> {
    /// The mount that a path lies under: its index, the mount, and the rest of the path.
    pub(crate) fn mount<'p>(&self, path: &'p str) -> Option<(usize, &'a Value, &'p str)> {
        let under = self.by_path.iter().enumerate().filter_map(|(index, (mount_path, mount))| {
            let rest = path.strip_prefix(mount_path)?;
            (!mount_path.is_empty() && (rest.is_empty() || rest.starts_with('/')))
                .then(|| (index, *mount, rest.trim_start_matches('/'), mount_path.len()))
        });
        let (index, mount, rest, _) = under.max_by_key(|(_, _, _, length)| *length)?;
        Some((index, mount, rest))
    }

    /// The volume of a mount, by its name.
    pub(crate) fn volume(&self, name: &str) -> Option<&'a Value> {
        self.volumes.iter().find(|(volume, _)| *volume == name).map(|(_, volume)| *volume)
    }

    /// What is at a path, after the start script's copies.
    pub(crate) fn find(&self, path: &str) -> Found<'a> {
        let path = normalise(path);
        let script = self.script.borrow();
        if script.edited.iter().any(|edited| *edited == path) {
            return Found::Unknown(format!("the text of {path} after the start script has edited it"));
        }
        match script.copies.get(&*path) {
            // A copy of a file that is not there leaves what was there before.
            Some(origin) if *origin != *path => match self.mounted(&normalise(origin)) {
                Found::Missing => self.mounted(&path),
                found => found,
            },
            _ => self.mounted(&path),
        }
    }

    /// What the script appends to a file.
    pub(crate) fn appended(&self, path: &str) -> Vec<String> {
        self.script.borrow().appended.get(&*normalise(path)).cloned().unwrap_or_default()
    }

    fn mounted(&self, path: &str) -> Found<'a> {
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
            return self.config_map(text(source, "/name"), source, &inner);
        }
        if let Some(projected) = member(volume, "projected").filter(|projected| !projected.is_null()) {
            return self.projected(projected, &inner);
        }
        Found::Unknown(format!("{path}, which is in volume {name}"))
    }

    fn config_map(&self, name: &str, source: &Value, inner: &str) -> Found<'a> {
        let items = list(source, "/items");
        let key = if items.is_empty() {
            (!inner.contains('/')).then_some(inner)
        } else {
            let item = items.iter().find(|item| text(item, "/path").trim_start_matches("./") == inner);
            item.map(|item| text(item, "/key"))
        };
        let optional = member(source, "optional") == Some(&Value::Bool(true));
        let config_map = match self.look(name) {
            Seen::Found(config_map) => config_map,
            Seen::Absent if optional => return Found::Missing,
            Seen::Absent => {
                return Found::Unknown(format!("{}, which is not there (yet)", self.config_map_name(name)));
            }
            Seen::Unknown(_) => return Found::Unknown(self.config_map_name(name).to_string()),
        };
        if inner.is_empty() {
            return Found::Folder;
        }
        let Some(key) = key else { return Found::Missing };
        if let Some(text) = field(config_map, "/data", key) {
            let place = Place::new(self.config_map_name(name), Pointer::new("/data").key(key));
            return Found::File(Source { place, text });
        }
        if field(config_map, "/binaryData", key).is_some() {
            return Found::Unknown(format!("binaryData key {key} of {}", self.config_map_name(name)));
        }
        Found::Missing
    }

    fn projected(&self, projected: &Value, inner: &str) -> Found<'a> {
        if inner.is_empty() {
            return Found::Folder;
        }
        // Where paths collide the last source wins, as seen under a kubelet.
        for source in list(projected, "/sources").iter().rev() {
            if let Some(config_map) = member(source, "configMap") {
                match self.config_map(text(config_map, "/name"), config_map, inner) {
                    Found::Missing => {}
                    found => return found,
                }
            }
            for item in list(source, "/downwardAPI/items") {
                if text(item, "/path") == inner {
                    return self.annotation(text(item, "/fieldRef/fieldPath"));
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
    fn annotation(&self, path: &str) -> Found<'a> {
        let key = path.strip_prefix("metadata.annotations['").and_then(|rest| rest.strip_suffix("']"));
        let Some(key) = key else { return Found::Unknown(format!("the Pod's {path}")) };
        match field(self.template, "/metadata/annotations", key) {
            Some(text) => {
                let at = self.template_at.join("metadata/annotations").key(key);
                Found::File(Source { place: Place::new(ObjectRef::of(self.object), at), text })
            }
            None => Found::Missing,
        }
    }

    fn config_map_name(&self, name: &str) -> ObjectRef {
        ObjectRef::new("v1", "ConfigMap", self.namespace, name)
    }

    fn look(&self, name: &str) -> Seen<&'a Value> {
        let reference = Reference::Object(self.config_map_name(name));
        let seen = self.inventory.first(&reference);
        self.references.borrow_mut().insert(reference);
        seen
    }
}

impl Files for Mounts<'_> {
    fn read(&self, path: &str) -> FileSeen {
        match self.find(path) {
            Found::File(source) => {
                let mut bytes = source.text.as_bytes().to_vec();
                for line in self.appended(path) {
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
        match self.look(text(source, "/name")) {
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

/// The environment of a container, as far as it can be seen.
pub(crate) fn variables(mounts: &Mounts) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for from in list(mounts.container, "/envFrom") {
        let name = text(from, "/configMapRef/name");
        if name.is_empty() {
            continue;
        }
        if let Seen::Found(config_map) = mounts.look(name) {
            let prefix = text(from, "/prefix");
            for (key, value) in config_map.get("data").and_then(Value::as_object).into_iter().flatten() {
                variables.insert(format!("{prefix}{key}"), value.as_str().unwrap_or_default().to_owned());
            }
        }
    }
    for entry in list(mounts.container, "/env") {
        let name = text(entry, "/name").to_owned();
        let from = json::at(entry, "/valueFrom/configMapKeyRef");
        let value = match (member(entry, "value"), from) {
            (Some(value), _) if !value.is_null() => Some(crate::kubernetes::plain(value)),
            (_, Some(from)) => match mounts.look(text(from, "/name")) {
                Seen::Found(config_map) => field(config_map, "/data", text(from, "/key")).map(str::to_owned),
                Seen::Absent | Seen::Unknown(_) => None,
            },
            (_, None) if member(entry, "valueFrom").is_none_or(Value::is_null) => Some(String::new()),
            _ => None,
        };
        match value {
            Some(value) => drop(variables.insert(name, value)),
            None => drop(variables.remove(&name)),
        }
    }
    variables
}
