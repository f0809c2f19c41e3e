//! What a server or Sentinel reads at start: each of its ways to start handed to the grammar of redis-server, and what
//! they have in common.

use super::directives::Directives;
use super::load::LoadedWay;
use super::{Config, ConfigProblem, Persistence};
use crate::kubernetes::Place;
use crate::redis::{self, Loaded};
use crate::workload::fact::{Fact, Setting};
use crate::workload::flags::is_scripted;
use crate::workload::flavours;
use crate::workload::start::Startup;
use crate::workload::start::environment::Environment;
use crate::workload::start::way::Way;

/// What was read, and what later steps need of it.
pub(crate) struct Read {
    pub(crate) config: Config,
    /// What each way to start comes to; at least one.
    pub(crate) ways: Vec<LoadedWay>,
}

impl Read {
    /// What the first way to start loads.
    pub(crate) fn loaded(&self) -> Option<&Loaded> {
        self.ways.first().map(|way| &*way.loaded)
    }

    /// Whether all ways to start say the same of something.
    pub(crate) fn are_alike<T: PartialEq>(&self, of: impl Fn(&Loaded) -> T) -> bool {
        let mut said = self.ways.iter().map(|way| of(&way.loaded));
        let first = said.next();
        said.all(|other| Some(&other) == first.as_ref())
    }
}

/// Reads the configuration of one container.
pub(crate) fn read_config(start: &Startup, sentinel: bool) -> Read {
    let process = &start.process;
    let unfollowed = [Way::default()];
    let given = if process.ways.is_empty() { &unfollowed } else { process.ways.as_slice() };
    let ways: Vec<LoadedWay> = given.iter().map(|way| LoadedWay::read(start, way, sentinel)).collect();
    let is_unfollowed = process.ways.is_empty() && process.scripted && !flavours::makes_command_line(process);
    let needs = || process.unseen.clone().unwrap_or_else(|| "the start script's command line".to_owned());
    let hidden = (is_unfollowed || process.unseen.is_some()).then(needs).or_else(|| process.changes.clone());
    let unseen = hidden.clone().or_else(|| ways.iter().find_map(LoadedWay::unseen));
    let problems = problems(&ways);
    let directives = Directives {
        hidden: hidden.or_else(|| refused(&problems)),
        ways: ways.clone(),
        is_scripted: is_scripted(start.container, process),
    };
    let variables = &start.environment;
    let writes = |way: &LoadedWay| persistence(&way.loaded, variables);
    let config = Config {
        maxmemory: directives.known("maxmemory", |way| {
            let (value, origin) = way.loaded.maxmemory()?;
            Some(Setting { value: value.0, origin: way.places.of_origin(origin) })
        }),
        maxmemory_policy: directives.known("maxmemory-policy", |way| {
            let (value, origin) = way.loaded.maxmemory_policy()?;
            Some(Setting { value, origin: way.places.of_origin(origin) })
        }),
        persistence: read_persistence(&directives, writes),
        persistence_chosen: ways.iter().any(|way| writes(way).is_aof() || way.loaded.all("save").next().is_some()),
        files: files_of(&ways),
        replica_buffer_bytes: replica_buffer(&directives),
        problems,
        unseen,
        directives,
    };
    Read { config, ways }
}

/// The files of objects that any way to start reads, each once.
fn files_of(ways: &[LoadedWay]) -> Vec<Place> {
    let mut files: Vec<Place> = Vec::new();
    for way in ways {
        for place in way.loaded.files.iter().filter_map(|path| way.places.of_file(path)) {
            if ways.len() == 1 || !files.contains(&place) {
                files.push(place);
            }
        }
    }
    files
}

fn replica_buffer(directives: &Directives) -> Option<u64> {
    let mut buffers = directives.ways.iter().map(|way| way.loaded.replica_output_buffer().0);
    let first = buffers.next()?;
    let is_seen = directives.hidden.is_none() && directives.ways.iter().all(|way| way.unseen().is_none());
    (is_seen && buffers.all(|other| other == first)).then_some(first)
}

fn read_persistence(directives: &Directives, writes: impl Fn(&LoadedWay) -> Persistence) -> Fact<Persistence> {
    // Whether there are save points is not known where one may be given.
    let needs = directives.needs("appendonly").or_else(|| directives.needs("save"));
    if let Some(needs) = needs {
        return Fact::Unknown(needs);
    }
    let mut found = directives.ways.iter().map(writes);
    let Some(first) = found.next() else { return Fact::Unset };
    if found.all(|other| other == first) {
        Fact::Set(first)
    } else {
        Fact::Unknown(super::directives::SEVERAL_WAYS.to_owned())
    }
}

/// What it takes to see the values of a configuration that redis-server refuses.
fn refused(problems: &[ConfigProblem]) -> Option<String> {
    let is_refused = problems.iter().any(|problem| problem.certain);
    is_refused.then(|| "a configuration that redis-server accepts".to_owned())
}

fn persistence(loaded: &Loaded, variables: &Environment) -> Persistence {
    let found = loaded.persistence();
    let aof = found.aof || flavours::turns_append_only_on(variables);
    match (aof, found.rdb) {
        (true, true) => Persistence::Both,
        (true, false) => Persistence::Aof,
        (false, true) => Persistence::Rdb,
        (false, false) => Persistence::None,
    }
}

/// What redis-server refuses in any way to start. Where there are several, or another may come after it, a refusal ends
/// no container for certain.
fn problems(ways: &[LoadedWay]) -> Vec<ConfigProblem> {
    let mut problems: Vec<ConfigProblem> = Vec::new();
    for way in ways {
        let is_only = ways.len() == 1 && !way.is_replaceable && way.hidden.is_none();
        for problem in way.loaded.problems.iter().filter(|problem| problem.stage == redis::Stage::Config) {
            let origin = problem.origin.as_ref();
            let is_made = origin.is_some_and(|origin| way.places.is_made(origin));
            // What can't be seen of a word or of what a script writes is no error of the configuration.
            if problem.placeholder && is_made && !problem.directive.as_deref().is_some_and(matters) {
                continue;
            }
            let place = origin.map_or_else(|| way.places.container(), |origin| way.places.of_origin(origin));
            let found = ConfigProblem {
                place: Place { column: problem.column, ..place },
                directive: problem.directive.clone(),
                message: problem.message.clone(),
                certain: problem.certain && is_only,
            };
            if !problems.contains(&found) {
                problems.push(found);
            }
        }
    }
    problems
}

/// Directives whose value the rules depend on.
fn matters(directive: &str) -> bool {
    matches!(directive, "maxmemory" | "maxmemory-policy" | "save" | "appendonly")
}
