//! What a server or Sentinel reads at start: its command line handed to the grammar of redis-server, with the files that
//! the mounts show, and every directive traced back to its place.

use std::collections::BTreeMap;

use super::fact::{Fact, Setting};
use super::flavours;
use super::model::{Config, ConfigProblem, Persistence};
use super::start::Startup;
use super::start::entrypoint::{Process, Written};
use super::start::filesystem::{Found, Mounts};
use super::start::script::base_name;
use crate::kubernetes::{ObjectRef, Place, Pointer, text};
use crate::redis::{self, Loaded, Origin, Start};

/// What was read, and what later steps need of it.
pub(crate) struct Read {
    pub(crate) config: Config,
    pub(crate) loaded: Loaded,
}

/// Reads the configuration of one container.
pub(crate) fn read(start: &Startup, sentinel: bool) -> Read {
    let Startup { mounts, process, environment: variables, at: container_at, .. } = start;
    let (words, written) = command_line(mounts, process, variables, sentinel);
    let argv0 = if sentinel { "redis-sentinel" } else { "redis-server" };
    let args: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
    let directory = match text(mounts.container, "/workingDir") {
        "" => "/data",
        directory => directory,
    };
    let loaded = redis::load(&Start { argv0, args: &args, working_dir: directory, stdin: None, files: mounts });
    let origins = Origins { mounts, process, container_at, written };
    let unseen = unseen(process, &loaded);
    let problems = origins.problems(&loaded);
    let refused = problems.iter().any(|problem| problem.certain);
    let config = Config {
        maxmemory: known(unseen.as_ref(), refused, &problems, "maxmemory", || {
            loaded.maxmemory().map(|(value, origin)| Setting { value: value.0, origin: origins.place(origin) })
        }),
        maxmemory_policy: known(unseen.as_ref(), refused, &problems, "maxmemory-policy", || {
            loaded.maxmemory_policy().map(|(value, origin)| Setting { value, origin: origins.place(origin) })
        }),
        persistence: known(unseen.as_ref(), refused, &problems, "appendonly", || Some(persistence(&loaded, variables))),
        persistence_chosen: persistence(&loaded, variables).is_aof() || loaded.all("save").next().is_some(),
        files: loaded.files.iter().filter_map(|path| file(mounts, path)).collect(),
        replica_buffer_bytes: (unseen.is_none() && !refused).then(|| loaded.replica_output_buffer().0),
        problems,
        unseen,
    };
    Read { config, loaded }
}

fn known<T>(
    unseen: Option<&String>,
    refused: bool,
    problems: &[ConfigProblem],
    directive: &str,
    value: impl Fn() -> Option<T>,
) -> Fact<T> {
    if let Some(needs) = unseen {
        return Fact::Unknown(needs.clone());
    }
    if refused {
        return Fact::Unknown("a configuration that redis-server accepts".to_owned());
    }
    if problems.iter().any(|problem| problem.directive.as_deref() == Some(directive)) {
        return Fact::Unknown(format!("the final value of {directive}"));
    }
    value().into()
}

/// The arguments behind the program, and where they stand in the manifest; what a variable adds comes behind them.
fn command_line(
    mounts: &Mounts,
    process: &Process,
    variables: &BTreeMap<String, String>,
    sentinel: bool,
) -> (Vec<String>, Option<Written>) {
    let program = process.argv.first().map(|program| base_name(program));
    let is_program = program.is_some_and(|program| program.contains("-server") || program.contains("-sentinel"));
    let programs = usize::from(is_program);
    let mut words: Vec<String> = process.argv.iter().skip(programs).cloned().collect();
    let mut written = process.written.map(|written| Written { skipped: written.skipped + programs, ..written });
    if flavours::makes_command_line(process) {
        words.clear();
        written = None;
    }
    if !is_program && words.is_empty() {
        words.extend(image_file(mounts, sentinel));
    }
    let flags = flavours::flags_variable(mounts.container, process).and_then(|name| variables.get(name));
    words.extend(flags.into_iter().flat_map(|flags| flags.split_whitespace()).map(str::to_owned));
    (words, written)
}

/// The file that the image's entrypoint reads, where the manifest mounts one.
fn image_file(mounts: &Mounts, sentinel: bool) -> Option<String> {
    let mut files = flavours::config_files(sentinel);
    files.find(|file| matches!(mounts.find(file), Found::File(_))).map(str::to_owned)
}

fn unseen(process: &Process, loaded: &Loaded) -> Option<String> {
    if process.argv.is_empty() && process.scripted && !flavours::makes_command_line(process) {
        let needs = process.unseen.clone().unwrap_or_else(|| "the start script's command line".to_owned());
        return Some(needs);
    }
    loaded.unseen.first().map(|unseen| unseen.why.clone())
}

fn persistence(loaded: &Loaded, variables: &BTreeMap<String, String>) -> Persistence {
    let found = loaded.persistence();
    let aof = found.aof || flavours::turns_append_only_on(variables);
    match (aof, found.rdb) {
        (true, true) => Persistence::Both,
        (true, false) => Persistence::Aof,
        (false, true) => Persistence::Rdb,
        (false, false) => Persistence::None,
    }
}

/// Where a file stands; nothing for one that is not an object's.
fn file(mounts: &Mounts, path: &str) -> Option<Place> {
    match mounts.find(path) {
        Found::File(source) => Some(source.place),
        Found::Missing | Found::Folder | Found::Unknown(_) => None,
    }
}

/// Where a line of a file stands; nothing for other origins and for files that are not an object's.
pub(crate) fn file_place(mounts: &Mounts, origin: &Origin) -> Option<Place> {
    let Origin::File { path, line } = origin else { return None };
    let Found::File(source) = mounts.find(path) else { return None };
    let text = source.text.as_bytes();
    let ended = memchr::memchr_iter(b'\n', text).count();
    let lines = u32::try_from(ended + usize::from(!text.is_empty() && !text.ends_with(b"\n"))).unwrap_or(u32::MAX);
    // Lines beyond are those that the start script appends.
    Some(Place { line: (*line <= lines).then_some(*line), ..source.place })
}

/// From the places of the grammar to places in objects.
struct Origins<'a> {
    mounts: &'a Mounts<'a>,
    process: &'a Process,
    container_at: &'a Pointer,
    written: Option<Written>,
}

impl Origins<'_> {
    fn place(&self, origin: &Origin) -> Place {
        match origin {
            Origin::File { .. } => file_place(self.mounts, origin).unwrap_or_else(|| self.container()),
            Origin::Stdin { .. } => self.container(),
            Origin::Args { index } => self.argument(*index),
        }
    }

    fn container(&self) -> Place {
        Place::new(ObjectRef::of(self.mounts.pod.object), self.container_at.clone())
    }

    fn argument(&self, index: usize) -> Place {
        let object = ObjectRef::of(self.mounts.pod.object);
        let written = self
            .written
            .map(|written| written.place(index))
            .filter(|(list, index)| *index < crate::kubernetes::list(self.mounts.container, &format!("/{list}")).len());
        if let Some((list, index)) = written {
            return Place::new(object, self.container_at.join(list).key(index));
        }
        let variable = flavours::flags_variable(self.mounts.container, self.process);
        let env = crate::kubernetes::list(self.mounts.container, "/env");
        let index = variable.and_then(|name| env.iter().position(|entry| text(entry, "/name") == name));
        match (index, &self.process.script_at) {
            (Some(index), _) => Place::new(object, self.container_at.join("env").key(index).key("value")),
            (None, Some(script)) => script.clone(),
            (None, None) => self.container(),
        }
    }

    fn problems(&self, loaded: &Loaded) -> Vec<ConfigProblem> {
        let problem = |problem: &redis::Problem| {
            let in_args = matches!(problem.origin, Some(Origin::Args { .. }));
            // A variable that can't be seen, in a word of a script's or manifest's, is no mistake of the configuration.
            if problem.placeholder && in_args && !problem.directive.as_deref().is_some_and(matters) {
                return None;
            }
            let place = problem.origin.as_ref().map_or_else(|| self.container(), |origin| self.place(origin));
            Some(ConfigProblem {
                place: Place { column: problem.column, ..place },
                directive: problem.directive.clone(),
                message: problem.message.clone(),
                certain: problem.certain,
            })
        };
        loaded.problems.iter().filter(|problem| problem.stage == redis::Stage::Config).filter_map(problem).collect()
    }
}

/// Directives whose value the rules depend on.
fn matters(directive: &str) -> bool {
    matches!(directive, "maxmemory" | "maxmemory-policy" | "save" | "appendonly")
}
