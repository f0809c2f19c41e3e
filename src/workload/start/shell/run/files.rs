//! The files of a container while its scripts run: what they wrote, over what was there before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::content::Content;
use super::world::{Seen, World};

/// What scripts did to files. Paths are absolute and normal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Files {
    changed: BTreeMap<String, Change>,
    /// Why whatever can be written and is not in `changed` is unknown; nothing where it is as before.
    clobbered: Option<Arc<str>>,
    /// Locations that something else writes at the same time: they stay unknown whatever is written.
    spoiled: BTreeSet<String>,
    /// Why that holds for all that can be written.
    all_spoiled: Option<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Written(Content),
    Removed,
    Folder,
    Unknown(Arc<str>),
}

impl Files {
    /// What is at a path now.
    pub(crate) fn look(&self, path: &str, world: &dyn World) -> Seen {
        match self.changed.get(&world.locate(path)) {
            Some(Change::Written(content)) => return Seen::File(content.clone()),
            Some(Change::Removed) => return Seen::Missing,
            Some(Change::Folder) => return Seen::Folder,
            Some(Change::Unknown(needs)) => return Seen::Unknown(needs.to_string()),
            None => {}
        }
        match (&self.clobbered, world.look(path)) {
            (None, seen) | (Some(_), seen @ Seen::Folder) => seen,
            (Some(needs), _) if world.is_writable(path) => Seen::Unknown(format!("the text of {path} after {needs}")),
            (Some(_), seen) => seen,
        }
    }

    /// Makes this the content of a file.
    pub(crate) fn write(&mut self, path: &str, content: Content, world: &dyn World) {
        self.change(path, Change::Written(content), world);
    }

    /// Takes a file away.
    pub(crate) fn remove(&mut self, path: &str, world: &dyn World) {
        self.change(path, Change::Removed, world);
    }

    fn change(&mut self, path: &str, change: Change, world: &dyn World) {
        if !world.is_writable(path) {
            return;
        }
        let location = world.locate(path);
        let spoiled: Option<Arc<str>> = if self.spoiled.contains(&location) {
            Some("a command that runs at the same time".into())
        } else {
            self.all_spoiled.clone()
        };
        self.changed.insert(location, spoiled.map_or(change, Change::Unknown));
    }

    /// A file is not known from now on, whatever is written to it.
    pub(crate) fn spoil(&mut self, path: &str, needs: &str, world: &dyn World) {
        self.forget(path, needs, world);
        self.spoiled.insert(world.locate(path));
    }

    /// Nothing that can be written is known from now on.
    pub(crate) fn spoil_all(&mut self, needs: &str) {
        self.forget_all(needs);
        self.all_spoiled = Some(needs.into());
    }

    /// Makes a folder where nothing is known to be.
    pub(crate) fn make_folder(&mut self, path: &str, world: &dyn World) {
        let location = world.locate(path);
        if world.is_writable(path) && !self.changed.contains_key(&location) {
            self.changed.insert(location, Change::Folder);
        }
    }

    /// A file is no longer known. A folder stays one.
    pub(crate) fn forget(&mut self, path: &str, needs: &str, world: &dyn World) {
        if world.is_writable(path) && !matches!(self.look(path, world), Seen::Folder) {
            self.changed.insert(world.locate(path), Change::Unknown(needs.into()));
        }
    }

    /// Nothing that can be written is known any more.
    pub(crate) fn forget_all(&mut self, needs: &str) {
        self.changed.clear();
        self.clobbered = Some(needs.into());
    }

    /// Nothing below a folder is known any more.
    pub(crate) fn forget_below(&mut self, folder: &str, needs: &str, world: &dyn World) {
        // What was there before can't be told from the paths alone: all is forgotten that is not known to be elsewhere.
        let below = format!("{}/", world.locate(folder).trim_end_matches('/'));
        let known: Vec<(String, Change)> = self
            .changed
            .iter()
            .filter(|(at, _)| !at.starts_with(&below))
            .map(|(at, to)| (at.clone(), to.clone()))
            .collect();
        self.forget_all(needs);
        self.changed.extend(known);
    }

    /// How many files scripts changed.
    pub(crate) fn count(&self) -> usize {
        self.changed.len()
    }

    /// What it costs to keep.
    pub(crate) fn size(&self) -> usize {
        let mut size = 0;
        for (path, change) in &self.changed {
            size += path.len();
            if let Change::Written(content) = change {
                size += content.size();
            }
        }
        size
    }

    /// Files as one of two paths left them.
    pub(crate) fn join(&self, other: &Self, world: &dyn World) -> Self {
        let clobbered = self.clobbered.clone().or_else(|| other.clobbered.clone());
        let spoiled = self.spoiled.union(&other.spoiled).cloned().collect();
        let all_spoiled = self.all_spoiled.clone().or_else(|| other.all_spoiled.clone());
        let mut joined = Self { changed: BTreeMap::new(), clobbered, spoiled, all_spoiled };
        let mut paths: Vec<&String> = self.changed.keys().chain(other.changed.keys()).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let change = match (self.change_at(path, world), other.change_at(path, world)) {
                (Some(one), Some(two)) => join_changes(path, &one, &two),
                _ => unknown(path),
            };
            joined.changed.insert(path.clone(), change);
        }
        joined
    }

    /// What is at a location, as a change; nothing where it is not known.
    fn change_at(&self, location: &str, world: &dyn World) -> Option<Change> {
        if let Some(change) = self.changed.get(location) {
            return Some(change.clone());
        }
        if self.clobbered.is_some() {
            return None;
        }
        match world.look_at_location(location) {
            Seen::File(content) => Some(Change::Written(content)),
            Seen::Missing => Some(Change::Removed),
            Seen::Folder => Some(Change::Folder),
            Seen::Unknown(_) => None,
        }
    }

    /// Keeps what is in volumes, for the containers that come behind: their locations are no paths. What else is in
    /// volumes is not known to them anyway.
    pub(crate) fn keep_volumes(&mut self) {
        self.changed.retain(|location, _| !location.starts_with('/'));
        self.clobbered = None;
        self.spoiled.clear();
        self.all_spoiled = None;
    }
}

fn unknown(path: &str) -> Change {
    Change::Unknown(format!("the text of {path} after the start script's branches").into())
}

fn join_changes(path: &str, one: &Change, two: &Change) -> Change {
    match (one, two) {
        _ if one == two => one.clone(),
        (Change::Written(one), Change::Written(two)) => one.join(two).map_or_else(|| unknown(path), Change::Written),
        (Change::Unknown(needs), _) | (_, Change::Unknown(needs)) => Change::Unknown(Arc::clone(needs)),
        _ => unknown(path),
    }
}
