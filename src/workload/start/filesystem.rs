//! From a path in a container to the key of a ConfigMap, through mounts, items and projections, before any script ran.

use serde_json::Value;

use super::environment::Environment;
use super::pod::Pod;
use super::shell::run::paths::normalise;
use crate::kubernetes::{ObjectRef, Place, Pointer, Seen, field, json, list, member, text};

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

/// The files of one container: what its mounts show.
pub(crate) struct Mounts<'a> {
    pub(crate) pod: &'a Pod<'a>,
    pub(crate) container: &'a Value,
    /// The mounts of the container: the path without the slash at its end, the mount, and what of its volume it shows;
    /// nothing where that is not known.
    by_path: Vec<(&'a str, &'a Value, Option<String>)>,
}

impl<'a> Mounts<'a> {
    /// The files as the manifest mounts them, before any start script.
    pub(crate) fn of_manifest(pod: &'a Pod<'a>, container: &'a Value, environment: &Environment) -> Self {
        let mut by_path = Vec::new();
        for mount in list(container, "/volumeMounts") {
            let expression = text(mount, "/subPathExpr");
            let sub_path = if expression.is_empty() {
                Some(text(mount, "/subPath").to_owned())
            } else {
                environment.expand(expression).known().map(str::to_owned)
            };
            let sub_path = sub_path.map(|path| path.trim_matches('/').to_owned());
            by_path.push((text(mount, "/mountPath").trim_end_matches('/'), mount, sub_path));
        }
        Self { pod, container, by_path }
    }

    /// Whether something is mounted at or below a folder.
    pub(crate) fn are_below(&self, folder: &str) -> bool {
        self.by_path.iter().any(|(path, _, _)| {
            let rest = path.strip_prefix(folder.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Where in its volume a path lies: the mount, and the path in the volume; nothing where that is not known.
    pub(crate) fn place_in_volume(&self, path: &str) -> Option<(&'a Value, String)> {
        let (index, mount, rest) = self.mount(path)?;
        let (_, _, sub_path) = self.by_path.get(index)?;
        let inner = match (sub_path.as_deref()?, rest) {
            ("", rest) => rest.to_owned(),
            (sub_path, "") => sub_path.to_owned(),
            (sub_path, rest) => format!("{sub_path}/{rest}"),
        };
        Some((mount, inner))
    }

    /// The mount that a path lies under: its index, the mount, and the rest of the path.
    pub(crate) fn mount<'p>(&self, path: &'p str) -> Option<(usize, &'a Value, &'p str)> {
        let mut longest = 0;
        let mut found = None;
        for (index, (mount_path, mount, _)) in self.by_path.iter().enumerate() {
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

    /// What is at a path.
    pub(crate) fn find(&self, path: &str) -> Found<'a> {
        let path = normalise(path);
        let Some((mount, inner)) = self.place_in_volume(&path) else {
            let is_mounted = self.mount(&path).is_some();
            let why =
                if is_mounted { "whose subPathExpr is not known" } else { "which is in the image or is made at start" };
            return Found::Unknown(format!("{path}, {why}"));
        };
        let name = text(mount, "/name");
        if self.pod.has_claim_template(name) {
            return Found::Unknown(format!("{path}, which is in the claim that template {name} makes"));
        }
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

    /// The path at which a file of a volume shows, where there is one.
    pub(crate) fn path_of(&self, volume: &str, inner: &str) -> Option<String> {
        for (path, mount, sub_path) in &self.by_path {
            let Some(sub_path) = sub_path.as_deref().filter(|_| text(mount, "/name") == volume) else { continue };
            let Some(rest) = inner.strip_prefix(sub_path) else { continue };
            if sub_path.is_empty() || rest.is_empty() || rest.starts_with('/') {
                return Some(normalise(&format!("{path}/{rest}")).into_owned());
            }
        }
        None
    }

    /// Whether what is at a path is an emptyDir that no init container mounts, or is no volume: nobody wrote there before
    /// this container, but itself.
    pub(crate) fn is_own_volume(&self, path: &str) -> bool {
        let Some((_, mount, _)) = self.mount(path) else { return true };
        let name = text(mount, "/name");
        let is_empty_dir = self.volume(name).is_some_and(|volume| member(volume, "emptyDir").is_some());
        let mut earlier = list(self.pod.template, "/spec/initContainers").iter();
        is_empty_dir
            && !earlier
                .any(|container| list(container, "/volumeMounts").iter().any(|mount| text(mount, "/name") == name))
    }

    /// Whether a path lies in an emptyDir that no other container mounts.
    pub(crate) fn is_private_volume(&self, path: &str) -> bool {
        let Some((_, mount, _)) = self.mount(path) else { return false };
        let name = text(mount, "/name");
        let mut users = 0;
        for containers in ["/spec/containers", "/spec/initContainers"] {
            for container in list(self.pod.template, containers) {
                users += usize::from(list(container, "/volumeMounts").iter().any(|mount| text(mount, "/name") == name));
            }
        }
        users == 1 && self.volume(name).is_some_and(|volume| member(volume, "emptyDir").is_some())
    }

    /// Whether a command of the container can change what is at a path.
    pub(crate) fn is_writable(&self, path: &str) -> bool {
        let Some((_, mount, _)) = self.mount(path) else { return true };
        let read_only = member(mount, "readOnly") == Some(&Value::Bool(true));
        let volume = self.volume(text(mount, "/name"));
        let is_made = |volume: &Value| {
            ["configMap", "secret", "projected", "downwardAPI"]
                .iter()
                .any(|kind| member(volume, kind).is_some_and(|source| !source.is_null()))
        };
        !read_only && !volume.is_some_and(is_made)
    }

    /// The names in a folder that one ConfigMap makes.
    pub(crate) fn list(&self, folder: &str) -> Option<Vec<String>> {
        let folder = normalise(folder);
        let (mount, inner) = self.place_in_volume(&folder)?;
        let volume = self.volume(text(mount, "/name"))?;
        let source = member(volume, "configMap").filter(|_| inner.is_empty())?;
        let items = list(source, "/items");
        if !items.is_empty() {
            return Some(items.iter().map(|item| text(item, "/path").to_owned()).collect());
        }
        match self.pod.config_map(text(source, "/name")) {
            Seen::Found(config_map) => {
                let mut names = Vec::new();
                for data in ["/data", "/binaryData"] {
                    let data = json::at(config_map, data).and_then(Value::as_object);
                    names.extend(data.into_iter().flatten().map(|(name, _)| name.clone()));
                }
                Some(names)
            }
            Seen::Absent | Seen::Unknown(_) => None,
        }
    }

    fn find_in_config_map(&self, name: &str, source: &Value, inner: &str) -> Found<'a> {
        // The kubelet links every file to the one of this name in `..data`.
        let inner = inner.strip_prefix("..data/").unwrap_or(inner);
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
        if inner.starts_with("..") {
            return Found::Unknown(format!("{inner}, which the kubelet makes"));
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
