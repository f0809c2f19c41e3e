//! Which process a container runs: its command line after wrappers, shells and start scripts.

use std::collections::BTreeMap;

use super::filesystem::{Found, Mounts};
use super::script::{self, Script, base_name, unwrap};
use crate::kubernetes::{ObjectRef, Place, Pointer, text, words};

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
const DEPTH: usize = 3;

pub(crate) fn process(mounts: &Mounts, variables: &BTreeMap<String, String>) -> Process {
    let kubernetes = |word| kubernetes_expand(word, variables);
    let command: Vec<String> = words(mounts.container, "/command").into_iter().map(kubernetes).collect();
    let args: Vec<String> = words(mounts.container, "/args").into_iter().map(kubernetes).collect();
    let has_command = !command.is_empty();
    let all: Vec<String> = command.iter().chain(&args).cloned().collect();
    let inner = unwrap(&all);
    let skipped = all.len() - inner.len();
    if let Some((script, place)) = shell_text(mounts, inner) {
        return followed(mounts, variables, script, place, has_command);
    }
    Process {
        argv: inner.to_vec(),
        has_command,
        written: Some(Written { skipped, command: command.len() }),
        ..Process::default()
    }
}

/// The text of the script that a command line runs, and where it stands.
fn shell_text<'a>(mounts: &Mounts<'a>, argv: &'a [String]) -> Option<(Result<&'a str, String>, Option<Place>)> {
    let program = argv.first()?;
    let shell = matches!(base_name(program), "sh" | "bash" | "ash" | "dash");
    if !shell {
        return program.ends_with(".sh").then(|| file(mounts, program));
    }
    let mut words = argv.iter().skip(1);
    let mut inline = false;
    let mut first = None;
    for word in words.by_ref() {
        if word.starts_with('-') || word.starts_with('+') {
            inline |= !word.starts_with("--") && word.contains('c');
        } else {
            first = Some(word);
            break;
        }
    }
    let first = first?;
    if !inline {
        return Some(file(mounts, first));
    }
    let trimmed = first.trim();
    // `bash -ec /scripts/start.sh`: one word that is a path.
    if trimmed.starts_with('/')
        && !trimmed.contains(char::is_whitespace)
        && !base_name(trimmed).contains("redis-server")
    {
        return Some(file(mounts, trimmed));
    }
    let lists = ["args", "command"];
    let place = lists.iter().find_map(|list| {
        let index = words_of(mounts, list).iter().position(|word| word == first)?;
        let at = container_at(mounts)?.join(list).key(index);
        Some(Place::new(ObjectRef::of(mounts.object), at))
    });
    Some((Ok(first), place))
}

fn words_of(mounts: &Mounts, list: &str) -> Vec<String> {
    words(mounts.container, &format!("/{list}"))
}

fn container_at(mounts: &Mounts) -> Option<Pointer> {
    let name = text(mounts.container, "/name");
    ["containers", "initContainers"].iter().find_map(|list| {
        let index = crate::kubernetes::list(mounts.template, &format!("/spec/{list}"))
            .iter()
            .position(|container| text(container, "/name") == name)?;
        Some(mounts.template_at.join("spec").key(list).key(index))
    })
}

fn file<'a>(mounts: &Mounts<'a>, path: &str) -> (Result<&'a str, String>, Option<Place>) {
    match mounts.find(path) {
        Found::File(source) => (Ok(source.text), Some(source.place)),
        Found::Unknown(needs) => (Err(needs), None),
        Found::Missing | Found::Folder => (Err(format!("script {path}")), None),
    }
}

fn followed(
    mounts: &Mounts,
    variables: &BTreeMap<String, String>,
    text: Result<&str, String>,
    place: Option<Place>,
    has_command: bool,
) -> Process {
    let mut process = Process { scripted: true, has_command, script_at: place, ..Process::default() };
    let mut text = match text {
        Ok(text) => text,
        Err(needs) => {
            process.unseen = Some(needs);
            return process;
        }
    };
    for _ in 0..DEPTH {
        let mut script = script::follow(text, variables);
        let (argv, runs) = (script.argv.take(), std::mem::take(&mut script.runs));
        merge(&mut mounts.script.borrow_mut(), script);
        if let Some(argv) = argv {
            process.argv = argv;
            return process;
        }
        let next = runs.iter().rev().find_map(|path| match mounts.find(path) {
            Found::File(source) => Some(source),
            Found::Unknown(needs) => {
                process.unseen = Some(needs);
                None
            }
            Found::Missing | Found::Folder => None,
        });
        process.runs.extend(runs);
        let Some(next) = next else { return process };
        process.script_at = Some(next.place);
        process.unseen = None;
        text = next.text;
    }
    process
}

fn merge(into: &mut Script, script: Script) {
    into.copies.extend(script.copies);
    into.edited.extend(script.edited);
    into.appended.extend(script.appended);
    into.quorum = script.quorum.or(into.quorum);
    into.moves |= script.moves;
}

/// `$(NAME)` as Kubernetes expands it in command and args; what can't be seen becomes a `${NAME}`.
fn kubernetes_expand(word: String, variables: &BTreeMap<String, String>) -> String {
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
