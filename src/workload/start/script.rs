//! What a start script does, as far as it matters to Redis: which files it copies where, and how it starts the server.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use memchr::memmem;

use super::environment::Environment;
use super::shell::{self, Command};

/// What a script does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// The command line that it starts Redis with, the program first.
    pub(crate) argv: Option<Vec<String>>,
    /// Files that it makes from others: target -> source.
    pub(crate) copies: BTreeMap<String, String>,
    /// What it appends to files, line by line, where that is plain text.
    pub(crate) appended: BTreeMap<String, Vec<String>>,
    /// Files that it changes in ways that can't be followed.
    pub(crate) edited: Vec<String>,
    /// Other scripts that it runs.
    pub(crate) runs: Vec<String>,
    /// A `sentinel monitor` line that it writes: the quorum and the line of the script.
    pub(crate) quorum: Option<(u64, u32)>,
    /// Whether it changes its working directory.
    pub(crate) moves: bool,
}

/// The arrays of a script, by name. Most words hold no variable, and stay where they are.
type Arrays<'a> = BTreeMap<&'a str, Vec<Cow<'a, str>>>;

const WRAPPERS: [&str; 9] = ["exec", "tini", "dumb-init", "gosu", "setpriv", "env", "nohup", "su-exec", "command"];

/// Scripts up to this size are remembered, up to this many: a few MB in all.
const MAX_REMEMBERED_BYTES: usize = 32 << 10;
const MAX_REMEMBERED: usize = 64;

/// The commands that matter of scripts that were parsed before. The releases of a chart share their scripts, and each
/// reading of a workload, of which one review takes several, follows them anew.
static PARSED: LazyLock<RwLock<HashMap<String, Arc<[Command]>>>> = LazyLock::new(RwLock::default);

/// The commands of a script that matter, in order.
fn commands_of(script: &str) -> Arc<[Command]> {
    if script.len() > MAX_REMEMBERED_BYTES {
        return parse(script);
    }
    if let Some(commands) = PARSED.read().unwrap_or_else(PoisonError::into_inner).get(script) {
        return Arc::clone(commands);
    }
    let commands = parse(script);
    let mut parsed = PARSED.write().unwrap_or_else(PoisonError::into_inner);
    if parsed.len() >= MAX_REMEMBERED {
        parsed.clear();
    }
    parsed.insert(script.to_owned(), Arc::clone(&commands));
    commands
}

fn parse(script: &str) -> Arc<[Command]> {
    shell::read_commands(script).into_iter().filter(can_matter).collect()
}

/// Whether a command can change what is known of a script: most of them test, compute and print. One that says nothing
/// of an empty script, whatever the variables, says nothing of any.
fn can_matter(command: &Command) -> bool {
    if command.variable || command.array.is_some() {
        return true;
    }
    let mut script = Script::default();
    script.follow_command(command, &Arrays::new(), &Environment::new());
    script != Script::default()
}

/// Follows a script. `variables` are the values of the container's environment that can be seen.
pub(crate) fn follow_script(text: &str, variables: &Environment) -> Script {
    let commands = commands_of(text);
    let mut script = Script::default();
    let mut arrays = Arrays::new();
    for command in commands.iter() {
        if let Some((name, append)) = &command.array {
            let array = arrays.entry(name).or_default();
            if !append {
                array.clear();
            }
            array.extend(command.words.iter().map(|word| expand(word, variables)));
            continue;
        }
        script.follow_command(command, &arrays, variables);
    }
    script
}

impl Script {
    /// Adds what a script does that this one runs.
    pub(crate) fn merge(&mut self, script: Self) {
        self.copies.extend(script.copies);
        self.edited.extend(script.edited);
        self.appended.extend(script.appended);
        self.quorum = script.quorum.or(self.quorum);
        self.moves |= script.moves;
    }

    fn follow_command(&mut self, command: &Command, arrays: &Arrays, variables: &Environment) {
        let mut words: Vec<Cow<str>> = Vec::with_capacity(command.words.len());
        if command.variable {
            command.words.iter().for_each(|word| splice(&mut words, word, arrays, variables));
        } else {
            words.extend(command.words.iter().map(|word| Cow::Borrowed(word.as_str())));
        }
        let words = unwrap(&words);
        self.note_quorum(words, command.line);
        let Some(program) = words.first() else { return };
        let name = base_name(program);
        match name {
            "redis-server" | "valkey-server" | "keydb-server" | "redis-sentinel" | "valkey-sentinel"
            | "keydb-sentinel" => {
                self.argv = Some(words.iter().map(ToString::to_string).collect());
            }
            "cp" | "mv" => self.note_copy(words),
            "cd" | "pushd" => self.moves = true,
            "cat" if words.len() == 2 && !command.writes.is_empty() => {
                for (target, append) in &command.writes {
                    if *append {
                        self.edited.push(target.clone());
                    } else {
                        self.copies.insert(target.clone(), words.get(1).map(ToString::to_string).unwrap_or_default());
                    }
                }
            }
            "echo" | "printf" => {
                for (target, append) in &command.writes {
                    let text = words
                        .iter()
                        .skip(1)
                        .map(AsRef::as_ref)
                        .filter(|word| !word.starts_with('-'))
                        .collect::<Vec<&str>>();
                    self.note_line(target, *append, &text.join(" "));
                }
            }
            "sed" => {
                if words.iter().any(|word| word.starts_with("-i") || word == "--in-place") {
                    self.edited.extend(words.last().map(ToString::to_string));
                }
            }
            _ => {
                self.edited.extend(command.writes.iter().map(|(target, _)| target.clone()));
                let path = if matches!(name, "sh" | "bash" | "." | "source") { words.get(1) } else { Some(program) };
                self.runs.extend(path.filter(|path| path.starts_with('/')).map(ToString::to_string));
                // An entrypoint that is given another script: `entrypoint.sh run.sh`.
                let scripts = words.iter().skip(1).filter(|word| word.starts_with('/') && word.ends_with(".sh"));
                self.runs.extend(scripts.map(ToString::to_string));
            }
        }
    }

    fn note_copy(&mut self, words: &[Cow<str>]) {
        let paths: Vec<&str> =
            words.iter().skip(1).map(AsRef::as_ref).filter(|word: &&str| !word.starts_with('-')).collect();
        let [source, target] = paths.as_slice() else {
            self.edited.extend(paths.last().map(ToString::to_string));
            return;
        };
        let target =
            if target.ends_with('/') { format!("{target}{}", base_name(source)) } else { (*target).to_owned() };
        // `mv` after edits: what was true of the old name is true of the new one.
        let origin = self.copies.get(*source).cloned().unwrap_or_else(|| (*source).to_owned());
        if self.edited.iter().any(|edited| edited == source) {
            self.edited.push(target.clone());
        }
        if let Some(lines) = self.appended.get(*source).cloned() {
            self.appended.insert(target.clone(), lines);
        }
        // A first copy wins where several branches make the same file from different sources.
        self.copies.entry(target).or_insert(origin);
    }

    fn note_line(&mut self, target: &str, append: bool, text: &str) {
        if !append {
            self.edited.push(target.to_owned());
            return;
        }
        let text = text.replace("\\n", "\n");
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let directive = line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
            let hidden = line.contains('$') || line.contains('%');
            if hidden && (directive.starts_with("maxmemory") || directive.contains('$')) {
                self.edited.push(target.to_owned());
            } else if !hidden {
                self.appended.entry(target.to_owned()).or_default().push(line.to_owned());
            }
        }
    }

    fn note_quorum(&mut self, words: &[Cow<str>], line: u32) {
        if !words.iter().any(|word| word.contains("sentinel monitor") || word == "monitor") {
            return;
        }
        let text = words.join(" ");
        let Some((_, rest)) = text.split_once("sentinel monitor ") else { return };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        if let [_, _, _, quorum, ..] = fields.as_slice() {
            self.quorum = quorum.trim_matches('"').parse().ok().map(|quorum| (quorum, line)).or(self.quorum);
        }
    }
}

/// The command behind `exec`, `tini --`, `gosu redis` and the like.
pub(crate) fn unwrap<W: AsRef<str>>(words: &[W]) -> &[W] {
    let mut rest = words;
    while let Some(first) = rest.first() {
        let name = base_name(first.as_ref());
        let behind = if WRAPPERS.contains(&name) || name == "docker-entrypoint.sh" {
            let mut behind = rest.get(1..).unwrap_or_default();
            let user = matches!(name, "gosu" | "su-exec");
            while behind.first().map(AsRef::as_ref).is_some_and(|word| {
                word.starts_with('-')
                    || (name == "env" && word.contains('='))
                    || (name == "setpriv" && word.starts_with("--"))
            }) {
                behind = behind.get(1..).unwrap_or_default();
            }
            if user { behind.get(1..).unwrap_or_default() } else { behind }
        } else {
            return rest;
        };
        if behind.is_empty() {
            return behind;
        }
        rest = behind;
    }
    rest
}

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    path.bytes().rposition(|byte| byte == b'/').and_then(|slash| path.get(slash + 1..)).unwrap_or(path)
}

fn splice<'a>(words: &mut Vec<Cow<'a, str>>, word: &'a str, arrays: &Arrays<'a>, variables: &Environment) {
    let name = word.strip_prefix("${").and_then(|rest| rest.strip_suffix("[@]}").or_else(|| rest.strip_suffix("[*]}")));
    match name {
        Some(name) => words.extend(arrays.get(name).into_iter().flatten().cloned()),
        None => words.push(expand(word, variables)),
    }
}

/// Puts the values of `${NAME}` and `${NAME:-default}` in; what can't be seen stays as it is.
pub(crate) fn expand<'a>(word: &'a str, variables: &Environment) -> Cow<'a, str> {
    if !word.as_bytes().contains(&b'$') {
        return Cow::Borrowed(word);
    }
    let mut expanded = String::new();
    let mut rest = word;
    while let Some((before, behind)) = memmem::find(rest.as_bytes(), b"${").and_then(|at| rest.split_at_checked(at)) {
        let behind = behind.get(2..).unwrap_or_default();
        expanded.push_str(before);
        let Some((inside, after)) = behind.split_once('}') else {
            expanded.push_str("${");
            rest = behind;
            continue;
        };
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        if let Some(value) = variables.get(name).map(String::as_str).or(default) {
            expanded.push_str(value);
        } else {
            expanded.push_str("${");
            expanded.push_str(inside);
            expanded.push('}');
        }
        rest = after;
    }
    expanded.push_str(rest);
    Cow::Owned(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Environment {
        Environment::from([("PORT".to_owned(), "6379".to_owned())])
    }

    #[test]
    fn follows_copies_and_arrays() {
        let script = follow_script(
            "if [[ -f /mounted/a.conf ]];then\n  cp /mounted/a.conf /etc/a.conf\nfi\nARGS=(\"--port\" \"${PORT}\")\nARGS+=(\"--include\" \"/etc/a.conf\")\nexec redis-server \"${ARGS[@]}\"\n",
            &variables(),
        );
        assert_eq!(script.argv.unwrap(), ["redis-server", "--port", "6379", "--include", "/etc/a.conf"]);
        assert_eq!(script.copies["/etc/a.conf"], "/mounted/a.conf");
    }

    #[test]
    fn what_says_nothing_of_a_script_is_left_out() {
        let script = "[ -f /a ] && echo x\nexport A=b\nX=/y\n[ $A ]\ncp /a /b\necho x >> /b\n/c.sh\nWORDS=(a)\nsed -i s/a/b/ /b\nprintf y\n";
        let left: Vec<String> = parse(script).iter().map(|command| command.words.join(" ")).collect();
        assert_eq!(left, ["[ ${A} ]", "cp /a /b", "echo x", "/c.sh", "a", "sed -i s/a/b/ /b"]);
    }

    #[test]
    fn finds_a_quorum_that_a_function_is_given() {
        let script = follow_script(
            "conf_set \"sentinel monitor\" \"main \"$HOST\" \"$P\" 2\"\nexec redis-server /s.conf --sentinel",
            &variables(),
        );
        assert_eq!(script.quorum, Some((2, 1)));
    }

    #[test]
    fn edits_that_cannot_be_followed_are_told() {
        let script = follow_script(
            "sed -i s/a/b/ /etc/a.conf\necho \"maxmemory $M\" >> /etc/b.conf\necho \"port $P\" >> /etc/c.conf\necho save 1 1 >> /etc/d.conf",
            &variables(),
        );
        assert_eq!(script.edited, ["/etc/a.conf", "/etc/b.conf"]);
        assert_eq!(script.appended["/etc/d.conf"], ["save 1 1"]);
    }

    #[test]
    fn unwraps_what_only_starts_another() {
        let words: Vec<String> = ["tini", "--", "gosu", "redis", "redis-server", "x.conf"].map(str::to_owned).into();
        assert_eq!(unwrap(&words), ["redis-server", "x.conf"]);
    }
}
