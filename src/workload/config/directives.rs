//! The effective value of any directive, with the place that it comes from. It is looked up when a rule asks: most rules
//! ask for few.

use std::collections::BTreeMap;

use serde_json::Value;

use super::load::LoadedWay;
use crate::kubernetes::{ObjectRef, Place, list, text};
use crate::redis::{self, Loaded, Origin, Stage};
use crate::workload::fact::{Fact, Setting};
use crate::workload::flavours::flags_variable;
use crate::workload::start::Startup;
use crate::workload::start::entrypoint::Written;
use crate::workload::start::way::Way;

/// What is not known where a start script starts the server in ways that differ.
pub(crate) const SEVERAL_WAYS: &str = "a start script that starts the server in one way";

/// What was loaded, kept for whoever asks for one directive.
#[derive(Debug, Clone)]
pub(crate) struct Directives {
    /// What each way to start comes to.
    pub(crate) ways: Vec<LoadedWay>,
    /// What it would take to see any of it; nothing where the ways can be seen.
    pub(crate) hidden: Option<String>,
    /// Whether a start script writes the command line.
    pub(crate) is_scripted: bool,
}

impl Directives {
    /// The effective value of a directive, with its place.
    pub(crate) fn find(&self, name: &str) -> Fact<Setting<String>> {
        self.known(name, |way| {
            let (value, origin) = way.loaded.setting(name)?;
            Some(Setting { value, origin: way.places.of_origin(origin) })
        })
    }

    /// A value that all ways to start have in common, as the first of them has it.
    pub(crate) fn known<T: PartialEq>(
        &self,
        name: &str,
        of: impl Fn(&LoadedWay) -> Option<Setting<T>>,
    ) -> Fact<Setting<T>> {
        if let Some(needs) = self.needs(name) {
            return Fact::Unknown(needs);
        }
        let mut settings = self.ways.iter().map(of);
        let first = settings.next().flatten();
        let value = first.as_ref().map(|first| &first.value);
        if settings.any(|other| other.as_ref().map(|other| &other.value) != value) {
            return Fact::Unknown(SEVERAL_WAYS.to_owned());
        }
        first.into()
    }

    /// Whether the start script gives a directive on the command line.
    pub(crate) fn is_given_by_script(&self, name: &str) -> bool {
        let is_given =
            |way: &LoadedWay| way.loaded.setting(name).is_some_and(|(_, origin)| matches!(origin, Origin::Args { .. }));
        self.is_scripted && self.ways.iter().any(is_given)
    }

    /// What it would take to see a directive; nothing where it can be seen.
    pub(crate) fn needs(&self, name: &str) -> Option<String> {
        let hidden = self.hidden.clone();
        hidden.or_else(|| self.ways.iter().find_map(|way| way.needs(redis::directive_name(name))))
    }
}

impl LoadedWay {
    fn needs(&self, name: &str) -> Option<String> {
        let hidden = self.hidden.clone().or_else(|| self.needs_file(name));
        let is_refused = self.loaded.problems.iter().any(|problem| refuses_line(problem, name));
        let setting = self.loaded.setting(name);
        let is_open = setting.is_some_and(|(value, _)| redis::has_placeholder(value.as_bytes()));
        hidden.or_else(|| (is_open || is_refused).then(|| final_value(name)))
    }
}

/// Whether a line of this directive is refused.
fn refuses_line(problem: &redis::Problem, name: &str) -> bool {
    let directive = problem.directive.as_deref().map(redis::directive_name);
    problem.stage == Stage::Config && directive == Some(name)
}

fn final_value(name: &str) -> String {
    format!("the final value of {name}")
}

/// From the places of the grammar to places in objects.
#[derive(Debug)]
pub(crate) struct Places {
    /// The server's container.
    container: Place,
    /// The files that are an object's, by their path in the container.
    files: BTreeMap<String, File>,
    /// Where the command line stands in the manifest, if it stands there, and how long its lists are.
    written: Option<Written>,
    command_words: usize,
    args_words: usize,
    /// Where words stand that are neither in `command` nor in `args`.
    elsewhere: Place,
    /// Where the start script stands.
    script: Option<Place>,
}

#[derive(Debug)]
struct File {
    place: Place,
    /// Lines beyond are those that the start script appends.
    lines: u32,
}

impl Places {
    /// The places of one way to start, whose words stand at `written`.
    pub(crate) fn new(start: &Startup, (way, written): (&Way, Option<Written>), loaded: &Loaded) -> Self {
        let mut files = BTreeMap::new();
        for path in &loaded.files {
            if !files.contains_key(path)
                && let Some(source) = start.source_of(way, path)
            {
                let lines = lines_of(source.text);
                files.insert(path.clone(), File { place: source.place, lines });
            }
        }
        let container = Place::new(ObjectRef::of(start.pod.object), start.at.clone());
        Self {
            script: start.process.script_at.clone(),
            elsewhere: elsewhere(start).unwrap_or_else(|| container.clone()),
            container,
            files,
            written,
            command_words: list(start.container, "/command").len(),
            args_words: list(start.container, "/args").len(),
        }
    }

    /// Where a file stands; nothing for one that is not an object's.
    pub(crate) fn of_file(&self, path: &str) -> Option<Place> {
        self.files.get(path).map(|file| file.place.clone())
    }

    /// Whether a line is an argument's, or one that a script writes.
    pub(crate) fn is_made(&self, origin: &Origin) -> bool {
        match origin {
            Origin::File { path, line } => self.files.get(&**path).is_none_or(|file| *line > file.lines),
            Origin::Stdin { .. } => false,
            Origin::Args { .. } => true,
        }
    }

    /// Where a directive stands.
    pub(crate) fn of_origin(&self, origin: &Origin) -> Place {
        match origin {
            Origin::File { path, line } => match self.files.get(&**path) {
                Some(file) => Place { line: (*line <= file.lines).then_some(*line), ..file.place.clone() },
                // A script writes it.
                None => self.script.clone().unwrap_or_else(|| self.container.clone()),
            },
            Origin::Stdin { .. } => self.container.clone(),
            Origin::Args { index } => self.of_word(*index),
        }
    }

    pub(crate) fn container(&self) -> Place {
        self.container.clone()
    }

    fn of_word(&self, word: usize) -> Place {
        let Some((list, index)) = self.written.map(|written| written.place(word)) else {
            return self.elsewhere.clone();
        };
        let words = if list == "command" { self.command_words } else { self.args_words };
        if index >= words {
            return self.elsewhere.clone();
        }
        Place { at: self.container.at.join(list).key(index), ..self.container.clone() }
    }
}

/// The variable that the entrypoint appends, else the start script.
fn elsewhere(start: &Startup) -> Option<Place> {
    let variable = flags_variable(start.container, &start.process);
    let env: &[Value] = list(start.container, "/env");
    let index = variable.and_then(|name| env.iter().position(|entry| text(entry, "/name") == name));
    match index {
        Some(index) => {
            let at = start.at.join("env").key(index).key("value");
            Some(Place::new(ObjectRef::of(start.pod.object), at))
        }
        None => start.process.script_at.clone(),
    }
}

/// How many lines a text has, with a last one that does not end.
pub(crate) fn lines_of(text: &str) -> u32 {
    let text = text.as_bytes();
    let ended = memchr::memchr_iter(b'\n', text).count();
    let lines = ended + usize::from(!text.is_empty() && !text.ends_with(b"\n"));
    u32::try_from(lines).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use crate::kubernetes::Snapshot;
    use crate::workload::{Config, Fact, Workload};

    fn config(container: Value, file: &str) -> Config {
        let mut container = container;
        container["name"] = json!("redis");
        container["image"] = json!("redis:7.4");
        container["volumeMounts"] = json!([{"name": "conf", "mountPath": "/conf"}]);
        let object = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "cache", "namespace": "shop"},
            "spec": {"containers": [container], "volumes": [{"name": "conf", "configMap": {"name": "conf"}}]},
        });
        let mut around = Snapshot::new();
        around.insert_object(Arc::new(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "shop"},
            "data": {"redis.conf": file},
        })));
        Workload::read(&object, &around).unwrap().containers.remove(0).config.unwrap()
    }

    #[track_caller]
    fn reads(config: &Config, name: &str) -> Option<(String, String)> {
        match config.directive(name) {
            Fact::Set(setting) => {
                let line = setting.origin.line.map_or(String::new(), |line| format!(":{line}"));
                Some((setting.value, format!("{}{line}", setting.origin.at)))
            }
            Fact::Unset => None,
            Fact::Unknown(needs) => panic!("{name} needs {needs}"),
        }
    }

    #[test]
    fn any_directive_is_read_with_its_origin() {
        let args = json!({"args": ["/conf/redis.conf", "--maxmemory-policy", "AllKeys-LRU"]});
        let config =
            config(args, "maxmemory 805306368\nmaxmemory-policy noeviction\nslave-priority 0\nrequirepass x\n");
        let at = |place: &str| format!("/spec/containers/0/{place}");
        assert_eq!(reads(&config, "maxmemory-policy"), Some(("allkeys-lru".into(), at("args/1"))));
        assert_eq!(reads(&config, "maxmemory"), Some(("768mb".into(), "/data/redis.conf:1".into())));
        assert_eq!(reads(&config, "replica-priority"), Some(("0".into(), "/data/redis.conf:3".into())));
        assert_eq!(reads(&config, "slave-priority"), reads(&config, "replica-priority"));
        assert_eq!(reads(&config, "requirepass"), Some(("(redacted)".into(), "/data/redis.conf:4".into())));
        assert_eq!(reads(&config, "appendfsync"), None);
    }

    #[test]
    fn what_is_not_final_is_unknown() {
        let config = config(json!({"args": ["/conf/redis.conf"]}), "maxmemory-policy ${POLICY}\nlogfile ${LOG}\n");
        let needs = |name: &str| config.directive(name).needs().map(str::to_owned);
        assert_eq!(needs("maxmemory-policy").as_deref(), Some("the final value of maxmemory-policy"));
        assert_eq!(needs("logfile").as_deref(), Some("the final value of logfile"));
        assert_eq!(needs("maxmemory"), None);
    }

    #[test]
    fn what_can_not_be_read_is_unknown() {
        let config = config(json!({"args": ["/elsewhere/redis.conf"]}), "");
        assert!(config.directive("maxmemory-policy").needs().is_some());
    }
}
