//! Which process a container runs: its command line after wrappers, shells and start scripts.

use super::environment::Environment;
use super::filesystem::{Found, Mounts};
use super::script::{self, Script, base_name, unwrap};
use crate::kubernetes::{ObjectRef, Place, Pointer, words};

/// How a container starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Process {
    /// The program and its arguments, after wrappers; empty where the image decides.
    pub(crate) argv: Vec<String>,
    /// Whether a shell or script stands between the manifest and the program.
    pub(crate) scripted: bool,
    /// Whether the manifest names a `command`.
    pub(crate) has_command: bool,
    /// What it would take to follow the start, where it could not be.
    pub(crate) unseen: Option<String>,
    /// Where the words of `argv` stand in the manifest; nothing where they are a script's.
    pub(crate) written: Option<Written>,
    /// The script that was followed, by its place.
    pub(crate) script_at: Option<Place>,
    /// Programs of the script that were not followed.
    pub(crate) runs: Vec<String>,
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

/// Scripts that run scripts are followed this deep.
const MAX_DEPTH: usize = 3;

/// A script on the way to be followed.
struct ScriptText<'a> {
    /// What it says, or what it would take to see that.
    text: Result<&'a str, String>,
    /// Where it stands.
    place: Option<Place>,
}

/// What a container that is at `at` runs, and what its start scripts do to its files. `mounts` are these before any script.
pub(crate) fn follow_entrypoint(mounts: &Mounts, environment: &Environment, at: &Pointer) -> (Process, Script) {
    let expand = |word| kubernetes_expand(word, environment);
    let command: Vec<String> = words(mounts.container, "/command").into_iter().map(expand).collect();
    let args: Vec<String> = words(mounts.container, "/args").into_iter().map(expand).collect();
    let has_command = !command.is_empty();
    let all: Vec<String> = command.iter().chain(&args).cloned().collect();
    let inner = unwrap(&all);
    let skipped = all.len() - inner.len();
    if let Some(script) = script_of(mounts, inner, at) {
        let start = Process { scripted: true, has_command, script_at: script.place, ..Process::default() };
        return match script.text {
            Ok(text) => follow_scripts(mounts, environment, start, text),
            Err(needs) => (Process { unseen: Some(needs), ..start }, Script::default()),
        };
    }
    let process = Process {
        argv: inner.to_vec(),
        has_command,
        written: Some(Written { skipped, command: command.len() }),
        ..Process::default()
    };
    (process, Script::default())
}

/// The script that a command line runs, if it is one that runs a script.
fn script_of<'a>(mounts: &Mounts<'a>, argv: &'a [String], at: &Pointer) -> Option<ScriptText<'a>> {
    let program = argv.first()?;
    if !matches!(base_name(program), "sh" | "bash" | "ash" | "dash") {
        return program.ends_with(".sh").then(|| script_file(mounts, program));
    }
    let mut is_inline = false;
    let mut first = None;
    for word in argv.iter().skip(1) {
        if !(word.starts_with('-') || word.starts_with('+')) {
            first = Some(word);
            break;
        }
        is_inline |= !word.starts_with("--") && word.contains('c');
    }
    let first = first?;
    if !is_inline {
        return Some(script_file(mounts, first));
    }
    let trimmed = first.trim();
    // `bash -ec /scripts/start.sh`: one word that is a path.
    if trimmed.starts_with('/')
        && !trimmed.contains(char::is_whitespace)
        && !base_name(trimmed).contains("redis-server")
    {
        return Some(script_file(mounts, trimmed));
    }
    let place = ["args", "command"].iter().find_map(|list| {
        let index = words(mounts.container, &format!("/{list}")).iter().position(|word| word == first)?;
        Some(Place::new(ObjectRef::of(mounts.pod.object), at.join(list).key(index)))
    });
    Some(ScriptText { text: Ok(first), place })
}

fn script_file<'a>(mounts: &Mounts<'a>, path: &str) -> ScriptText<'a> {
    match mounts.find(path) {
        Found::File(source) => ScriptText { text: Ok(source.text), place: Some(source.place) },
        Found::Unknown(needs) => ScriptText { text: Err(needs), place: None },
        Found::Missing | Found::Folder => ScriptText { text: Err(format!("script {path}")), place: None },
    }
}

/// Follows a script, and those that it runs, to the command line that starts Redis.
fn follow_scripts(mounts: &Mounts, environment: &Environment, start: Process, text: &str) -> (Process, Script) {
    let (mut process, mut text) = (start, text);
    let mut all = Script::default();
    for _ in 0..MAX_DEPTH {
        let mut script = script::follow_script(text, environment);
        let (argv, runs) = (script.argv.take(), std::mem::take(&mut script.runs));
        all.merge(script);
        if let Some(argv) = argv {
            process.argv = argv;
            break;
        }
        let mut next = None;
        for path in runs.iter().rev() {
            match mounts.find_after(path, &all) {
                Found::File(source) => {
                    next = Some(source);
                    break;
                }
                Found::Unknown(needs) => process.unseen = Some(needs),
                Found::Missing | Found::Folder => {}
            }
        }
        process.runs.extend(runs);
        let Some(next) = next else { break };
        process.script_at = Some(next.place);
        process.unseen = None;
        text = next.text;
    }
    (process, all)
}

/// `$(NAME)` as Kubernetes expands it in command and args; what can't be seen becomes a `${NAME}`.
fn kubernetes_expand(word: String, variables: &Environment) -> String {
    if !word.contains("$(") {
        return word;
    }
    let mut expanded = String::new();
    let mut rest = word.as_str();
    while let Some((before, behind)) = rest.split_once("$(") {
        let Some((name, after)) = behind.split_once(')') else { break };
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) && !name.is_empty();
        if before.ends_with('$') || !plain {
            // `$$(NAME)` is an escape, `$(a command)` is the shell's.
            expanded.push_str(before);
            expanded.push_str("$(");
            rest = behind;
            continue;
        }
        expanded.push_str(before);
        if let Some(value) = variables.get(name) {
            expanded.push_str(value);
        } else {
            expanded.push_str("${");
            expanded.push_str(name);
            expanded.push('}');
        }
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}
