//! Which process a container runs: its command line behind wrappers, shells and start scripts, or each of several that its
//! scripts may come to.

use serde_json::Value;

use super::container::ContainerWorld;
use super::shell::run::call::Call;
use super::shell::run::files::Files;
use super::shell::run::interpreter::Interpreter;
use super::shell::run::shared::Shared;
use super::shell::run::start::{Outcome, Start};
use super::shell::run::state::State;
use super::shell::text::Text;
use super::way::Way;
use crate::kubernetes::{ObjectRef, Place, Pointer, json, list, plain, text, words};
use crate::workload::start::filesystem::{Found, Mounts};

/// How a container starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Process {
    /// The program and its arguments, after wrappers; empty where the image decides. Of several starts the first one. What
    /// is not known of a word reads `${…}`.
    pub(crate) argv: Vec<String>,
    /// Whether a shell or script stands between the manifest and the program.
    pub(crate) scripted: bool,
    /// Whether the manifest names a `command`.
    pub(crate) has_command: bool,
    /// What it would take to follow the start, where it could not be.
    pub(crate) unseen: Option<String>,
    /// What it would take to see a script that is an object's: whether it starts a server is open until then.
    pub(crate) unread: Option<String>,
    /// Where the words of `argv` stand in the manifest; nothing where they are a script's.
    pub(crate) written: Option<Written>,
    /// The script that was followed, by its place.
    pub(crate) script_at: Option<Place>,
    /// Programs of the script that were not followed.
    pub(crate) runs: Vec<String>,
    /// Each way in which it starts a server; one of them happens.
    pub(crate) ways: Vec<Way>,
    /// What may change a running server's configuration.
    pub(crate) changes: Option<String>,
}

impl Process {
    /// Whether every way to start that was found starts a Sentinel.
    pub(crate) fn starts_sentinel(&self) -> bool {
        let is_sentinel = |way: &Way| {
            let program = way.argv.first().is_some_and(|program| program.ends_with("-sentinel"));
            program || way.argv.iter().any(|word| word == "--sentinel")
        };
        self.scripted && !self.ways.is_empty() && self.ways.iter().all(is_sentinel)
    }
}

/// Where words stand in a manifest: in its `command` and `args`, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// How many of these stand before the first word: wrappers such as `tini --`.
    pub(crate) skipped: usize,
    /// How many of these are of `command`.
    pub(crate) command: usize,
}

impl Written {
    /// The list and the index in it of a word.
    pub(crate) fn place(self, word: usize) -> (&'static str, usize) {
        let at = word + self.skipped;
        at.checked_sub(self.command).map_or(("command", at), |at| ("args", at))
    }
}

/// The words of a container as the kubelet expands them.
pub(crate) struct CommandLine {
    pub(crate) words: Vec<Text>,
    /// How many of them are of `command`.
    pub(crate) command: usize,
}

impl CommandLine {
    pub(crate) fn read(world: &ContainerWorld) -> Self {
        let container = world.mounts.container;
        let expand = |word: &String| world.environment.expand(word);
        let command = words(container, "/command");
        let args = words(container, "/args");
        Self { words: command.iter().chain(&args).map(expand).collect(), command: command.len() }
    }

    /// Whether the image's entrypoint takes them for itself: none, options, or a configuration file.
    pub(crate) fn is_for_image(&self) -> bool {
        if self.command > 0 {
            return false;
        }
        match self.words.first() {
            None => true,
            Some(first) => {
                first.known_start().starts_with('-') || first.known().is_none_or(|word| word.ends_with(".conf"))
            }
        }
    }
}

/// What a container that is at `at` runs. `files` is what earlier containers left in its volumes.
pub(crate) fn follow_entrypoint(world: &ContainerWorld, files: Shared<Files>, at: &Pointer) -> Process {
    let line = CommandLine::read(world);
    let has_command = line.command > 0;
    let directory = world.directory.map(str::to_owned);
    if line.is_for_image() {
        let written = Some(Written { skipped: 0, command: 0 });
        let mut way = Way::of_image(&line.words, files, directory);
        let argv = way.argv.clone();
        let replaced = world.images.replaced_start(text(world.mounts.container, "/image"));
        if let Some(needs) = replaced.filter(|_| !line.words.is_empty()) {
            way.argv.clear();
            way.hidden = Some(needs.to_owned());
        }
        let beside = follow_post_start(world);
        beside.spoil(&mut way);
        return Process {
            argv,
            written,
            changes: beside.outcome.changes.or_else(|| changed_beside(world)),
            ways: vec![way],
            ..Process::default()
        };
    }
    let mut runner = Interpreter::new(world);
    let mut state = State::new(directory, files);
    if json::at(world.mounts.container, "/stdin") == Some(&Value::Bool(true)) {
        state.hide_input();
    }
    let end = runner.run_container(Call::program(line.words.clone()), state);
    let outcome = runner.into_outcome(end);
    let mut process = read_outcome(world, &line, outcome, at);
    process.has_command = has_command;
    let beside = follow_post_start(world);
    for way in &mut process.ways {
        beside.spoil(way);
    }
    process.changes = process.changes.take().or(beside.outcome.changes).or_else(|| changed_beside(world));
    process
}

/// From what running the words came to.
fn read_outcome(world: &ContainerWorld, line: &CommandLine, outcome: Outcome, at: &Pointer) -> Process {
    let has_program = !outcome.has_script && outcome.starts.is_empty();
    let mut process = Process {
        scripted: outcome.has_script,
        // What a program of the image starts is not asked where it is the manifest that names it.
        unseen: outcome.hidden.into_iter().next().filter(|_| !has_program),
        unread: outcome.unread,
        runs: outcome.programs,
        changes: outcome.changes,
        ..Process::default()
    };
    if outcome.has_script {
        process.script_at = script_place(world.mounts, line, outcome.scripts.last(), at);
    }
    for start in &outcome.starts {
        if start.is_of_image {
            process.runs.extend(start.words.first().and_then(Text::known).map(str::to_owned));
        }
        process.ways.push(Way::of_start(start));
    }
    match process.ways.first() {
        Some(first) if !first.is_of_image => process.argv.clone_from(&first.argv),
        _ if !outcome.has_script => process.argv = line.words.iter().map(super::way::shown).collect(),
        _ => {}
    }
    if process.ways.is_empty() && process.scripted && process.unseen.is_none() {
        process.unseen = process.runs.last().map(|program| format!("what {program} starts"));
    }
    if !outcome.has_script {
        process.written = written_of(line, outcome.starts.first());
    }
    process
}

/// Where the words of a start stand among those of the manifest, of which they are the last.
fn written_of(line: &CommandLine, start: Option<&Start>) -> Option<Written> {
    let Some(start) = start else { return Some(Written { skipped: 0, command: line.command }) };
    let skipped = line.words.len().checked_sub(start.words.len())?;
    (line.words.get(skipped..)? == start.words.as_slice()).then_some(Written { skipped, command: line.command })
}

/// Where the script stands that was followed: in an object's file, else in the manifest's own words.
fn script_place(mounts: &Mounts, line: &CommandLine, path: Option<&String>, at: &Pointer) -> Option<Place> {
    if let Some(path) = path
        && let Found::File(source) = mounts.find(path)
    {
        return Some(source.place);
    }
    let inline =
        line.words.iter().position(|word| word.known().is_some_and(|word| word.contains(char::is_whitespace)))?;
    let (list, index) = Written { skipped: 0, command: line.command }.place(inline);
    Some(Place::new(ObjectRef::of(mounts.pod.object), at.join(list).key(index)))
}

/// What the probes of a container, and the other containers of its Pod, may set while its server runs.
fn changed_beside(world: &ContainerWorld) -> Option<String> {
    let container = world.mounts.container;
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        if sets_configuration(&words(container, &format!("/{probe}/exec/command"))) {
            return Some(format!("what its {probe} sets while the server runs"));
        }
    }
    for other in list(world.mounts.pod.template, "/spec/containers") {
        let mut said = words(other, "/command");
        said.extend(words(other, "/args"));
        if !std::ptr::eq(other, container) && sets_configuration(&said) {
            return Some(format!("what container {} sets while the server runs", text(other, "/name")));
        }
    }
    None
}

fn sets_configuration(words: &[String]) -> bool {
    words.join(" ").to_ascii_lowercase().contains("config set")
}

/// What a `postStart` hook does: it runs beside the entrypoint, and so whatever it writes is unknown.
struct Beside {
    outcome: Outcome,
    files: Vec<String>,
    is_any: bool,
}

impl Beside {
    fn spoil(&self, way: &mut Way) {
        const NEEDS: &str = "what the postStart hook writes";
        if self.is_any {
            way.files.forget_all(NEEDS);
        }
        way.spoiled.extend(self.files.iter().cloned());
    }
}

fn follow_post_start(world: &ContainerWorld) -> Beside {
    let command = list(world.mounts.container, "/lifecycle/postStart/exec/command");
    let mut beside = Beside { outcome: Outcome::default(), files: Vec::new(), is_any: false };
    if command.is_empty() || json::at(world.mounts.container, "/lifecycle/postStart/exec").is_none() {
        return beside;
    }
    // The kubelet expands no variables in it.
    let words: Vec<Text> = command.iter().map(|word| Text::from(plain(word))).collect();
    let mut runner = Interpreter::new(world);
    let state = State::new(world.directory.map(str::to_owned), Shared::default());
    let touched = runner.run_hook(Call::program(words), state);
    beside.files = touched.written;
    beside.is_any = touched.any;
    beside.outcome = runner.into_outcome(None);
    beside
}
