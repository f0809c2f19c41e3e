//! What a server or Sentinel reads at start: its command line handed to the grammar of redis-server, with the files that
//! the mounts show, and every directive traced back to its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directives::{Directives, Places, lines_of};
use super::{Config, ConfigProblem, Persistence};
use crate::kubernetes::{Place, text};
use crate::redis::{self, Loaded, Origin};
use crate::workload::fact::{Fact, Setting};
use crate::workload::flags::is_scripted;
use crate::workload::flavours;
use crate::workload::start::Startup;
use crate::workload::start::entrypoint::{Process, Written};
use crate::workload::start::filesystem::{Found, Mounts};
use crate::workload::start::script::base_name;

/// What was read, and what later steps need of it.
pub(crate) struct Read {
    pub(crate) config: Config,
    pub(crate) loaded: Arc<Loaded>,
}

/// Reads the configuration of one container.
pub(crate) fn read_config(start: &Startup, sentinel: bool) -> Read {
    let Startup { mounts, process, environment: variables, .. } = start;
    let (words, written) = command_line(mounts, process, variables, sentinel);
    let argv0 = if sentinel { "redis-sentinel" } else { "redis-server" };
    let args: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
    let directory = match text(mounts.container, "/workingDir") {
        "" => "/data",
        directory => directory,
    };
    let loaded = redis::load(&redis::Start { argv0, args: &args, working_dir: directory, stdin: None, files: mounts });
    let places = Places::new(start, written, &loaded);
    let unseen = unseen(process, &loaded);
    let problems = problems(&places, &loaded);
    let directives = Directives {
        hidden: unseen.clone().or_else(|| refused(&problems)),
        loaded: Arc::new(loaded),
        places: Arc::new(places),
        is_scripted: is_scripted(mounts.container, process),
    };
    let Directives { loaded, places, .. } = &directives;
    let config = Config {
        maxmemory: known(&directives, "maxmemory", || {
            loaded.maxmemory().map(|(value, origin)| Setting { value: value.0, origin: places.of_origin(origin) })
        }),
        maxmemory_policy: known(&directives, "maxmemory-policy", || {
            loaded.maxmemory_policy().map(|(value, origin)| Setting { value, origin: places.of_origin(origin) })
        }),
        persistence: known(&directives, "appendonly", || Some(persistence(loaded, variables))),
        persistence_chosen: persistence(loaded, variables).is_aof() || loaded.all("save").next().is_some(),
        files: loaded.files.iter().filter_map(|path| places.of_file(path)).collect(),
        replica_buffer_bytes: directives.hidden.is_none().then(|| loaded.replica_output_buffer().0),
        problems,
        unseen,
        directives: directives.clone(),
    };
    Read { config, loaded: directives.loaded }
}

/// What it takes to see the values of a configuration that redis-server refuses.
fn refused(problems: &[ConfigProblem]) -> Option<String> {
    let is_refused = problems.iter().any(|problem| problem.certain);
    is_refused.then(|| "a configuration that redis-server accepts".to_owned())
}

fn known<T>(directives: &Directives, directive: &str, value: impl Fn() -> Option<T>) -> Fact<T> {
    directives.needs(directive).map_or_else(|| value().into(), Fact::Unknown)
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

/// Where a line of a file stands; nothing for other origins and for files that are not an object's.
pub(crate) fn file_place(mounts: &Mounts, origin: &Origin) -> Option<Place> {
    let Origin::File { path, line } = origin else { return None };
    let Found::File(source) = mounts.find(path) else { return None };
    Some(Place { line: (*line <= lines_of(source.text)).then_some(*line), ..source.place })
}

fn problems(places: &Places, loaded: &Loaded) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for problem in loaded.problems.iter().filter(|problem| problem.stage == redis::Stage::Config) {
        let in_args = matches!(problem.origin, Some(Origin::Args { .. }));
        // A variable that can't be seen, in a word of a script's or manifest's, is no error of the configuration.
        if problem.placeholder && in_args && !problem.directive.as_deref().is_some_and(matters) {
            continue;
        }
        let place = problem.origin.as_ref().map_or_else(|| places.container(), |origin| places.of_origin(origin));
        problems.push(ConfigProblem {
            place: Place { column: problem.column, ..place },
            directive: problem.directive.clone(),
            message: problem.message.clone(),
            certain: problem.certain,
        });
    }
    problems
}

/// Directives whose value the rules depend on.
fn matters(directive: &str) -> bool {
    matches!(directive, "maxmemory" | "maxmemory-policy" | "save" | "appendonly")
}
