//! What a start script does, as far as it matters to Redis: which files it copies where, and how it starts the server.

use std::collections::BTreeMap;

use super::shell::{self, Command};

/// What a script does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// The command line that it starts Redis with, the program first.
    pub(super) argv: Option<Vec<String>>,
    /// Files that it makes from others: target -> source.
    pub(super) copies: BTreeMap<String, String>,
    /// What it appends to files, line by line, where that is plain text.
    pub(super) appended: BTreeMap<String, Vec<String>>,
    /// Files that it changes in ways that can't be followed.
    pub(super) edited: Vec<String>,
    /// Other scripts that it runs.
    pub(super) runs: Vec<String>,
    /// A `sentinel monitor` line that it writes: the quorum and the line of the script.
    pub(super) quorum: Option<(u64, u32)>,
    /// Whether it changes its working directory.
    pub(super) moves: bool,
}

const WRAPPERS: [&str; 9] = ["exec", "tini", "dumb-init", "gosu", "setpriv", "env", "nohup", "su-exec", "command"];

/// Follows a script. `variables` are the values of the container's environment that can be seen.
pub(super) fn follow(text: &str, variables: &BTreeMap<String, String>) -> Script {
    let mut script = Script::default();
    let mut arrays: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for command in shell::commands(text).iter() {
        if let Some((name, append)) = &command.array {
            let words = command.words.iter().map(|word| expand(word, variables)).collect::<Vec<_>>();
            let array = arrays.entry(name.clone()).or_default();
            if !append {
                array.clear();
            }
            array.extend(words);
            continue;
        }
        script.command(command, &arrays, variables);
    }
    script
}

impl Script {
    fn command(
        &mut self,
        command: &Command,
        arrays: &BTreeMap<String, Vec<String>>,
        variables: &BTreeMap<String, String>,
    ) {
        let words: Vec<String> = command.words.iter().flat_map(|word| splice(word, arrays, variables)).collect();
        let words = unwrap(&words);
        self.note_quorum(words, command.line);
        let Some(program) = words.first() else { return };
        match base_name(program) {
            "redis-server" | "valkey-server" | "keydb-server" | "redis-sentinel" | "valkey-sentinel"
            | "keydb-sentinel" => {
                self.argv = Some(words.to_vec());
            }
            "cp" | "mv" => self.copy(words),
            "cd" | "pushd" => self.moves = true,
            "cat" if words.len() == 2 && !command.writes.is_empty() => {
                for (target, append) in &command.writes {
                    if *append {
                        self.edited.push(target.clone());
                    } else {
                        self.copies.insert(target.clone(), words.get(1).cloned().unwrap_or_default());
                    }
                }
            }
            "echo" | "printf" => {
                for (target, append) in &command.writes {
                    let text = words.iter().skip(1).filter(|word| !word.starts_with('-')).cloned().collect::<Vec<_>>();
                    self.append(target, *append, &text.join(" "));
                }
            }
            "sed" => {
                if words.iter().any(|word| word.starts_with("-i") || word == "--in-place") {
                    self.edited.extend(words.last().cloned());
                }
            }
            _ => {
                self.edited.extend(command.writes.iter().map(|(target, _)| target.clone()));
                let path = if matches!(base_name(program), "sh" | "bash" | "." | "source") {
                    words.get(1)
                } else {
                    Some(program)
                };
                self.runs.extend(path.filter(|path| path.starts_with('/')).cloned());
                // An entrypoint that is given another script: `entrypoint.sh run.sh`.
                self.runs.extend(
                    words.iter().skip(1).filter(|word| word.starts_with('/') && word.ends_with(".sh")).cloned(),
                );
            }
        }
    }

    fn copy(&mut self, words: &[String]) {
        let paths: Vec<&String> = words.iter().skip(1).filter(|word| !word.starts_with('-')).collect();
        let [source, target] = paths.as_slice() else {
            self.edited.extend(paths.last().map(|path| (*path).clone()));
            return;
        };
        let target = if target.ends_with('/') { format!("{target}{}", base_name(source)) } else { (*target).clone() };
        // `mv` after edits: what was true of the old name is true of the new one.
        let origin = self.copies.get(*source).cloned().unwrap_or_else(|| (*source).clone());
        if self.edited.contains(source) {
            self.edited.push(target.clone());
        }
        if let Some(lines) = self.appended.get(*source).cloned() {
            self.appended.insert(target.clone(), lines);
        }
        // A first copy wins where several branches make the same file from different sources.
        self.copies.entry(target).or_insert(origin);
    }

    fn append(&mut self, target: &str, append: bool, text: &str) {
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

    fn note_quorum(&mut self, words: &[String], line: u32) {
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
pub(super) fn unwrap(words: &[String]) -> &[String] {
    let mut rest = words;
    while let Some(first) = rest.first() {
        let name = base_name(first);
        let behind = if WRAPPERS.contains(&name) || name == "docker-entrypoint.sh" {
            let mut behind = rest.get(1..).unwrap_or_default();
            let user = matches!(name, "gosu" | "su-exec");
            while behind.first().is_some_and(|word| {
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
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn splice(word: &str, arrays: &BTreeMap<String, Vec<String>>, variables: &BTreeMap<String, String>) -> Vec<String> {
    let name = word.strip_prefix("${").and_then(|rest| rest.strip_suffix("[@]}").or_else(|| rest.strip_suffix("[*]}")));
    match name {
        Some(name) => arrays.get(name).cloned().unwrap_or_default(),
        None => vec![expand(word, variables)],
    }
}

/// Puts the values of `${NAME}` and `${NAME:-default}` in; what can't be seen stays as it is.
pub(super) fn expand(word: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once("${") {
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
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> BTreeMap<String, String> {
        BTreeMap::from([("PORT".to_owned(), "6379".to_owned())])
    }

    #[test]
    fn follows_copies_and_arrays() {
        let script = follow(
            "if [[ -f /mounted/a.conf ]];then\n  cp /mounted/a.conf /etc/a.conf\nfi\nARGS=(\"--port\" \"${PORT}\")\nARGS+=(\"--include\" \"/etc/a.conf\")\nexec redis-server \"${ARGS[@]}\"\n",
            &variables(),
        );
        assert_eq!(script.argv.unwrap(), ["redis-server", "--port", "6379", "--include", "/etc/a.conf"]);
        assert_eq!(script.copies["/etc/a.conf"], "/mounted/a.conf");
    }

    #[test]
    fn finds_a_quorum_that_a_function_is_given() {
        let script = follow(
            "conf_set \"sentinel monitor\" \"main \"$HOST\" \"$P\" 2\"\nexec redis-server /s.conf --sentinel",
            &variables(),
        );
        assert_eq!(script.quorum, Some((2, 1)));
    }

    #[test]
    fn edits_that_cannot_be_followed_are_told() {
        let script = follow(
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
