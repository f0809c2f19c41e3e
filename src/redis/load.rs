//! How a server reads its command line and files: every directive in order with its origin, and what it refuses.
//!
//! A server ends at the first problem; we go on behind it, so that all of them can be told.

use std::borrow::Cow;

use super::accept::{Accepted, Asked};
use super::acl::Users;
use super::args::{Arguments, Reading, readings};
use super::commands::Commands;
use super::glob::glob;
use super::kind::Kind;
use super::line::{Quotes, split_line, split_line_as};
use super::loaded::{Applied, FileSeen, Files, Loaded, Mode, Origin, Problem, ProblemKind, Stage, Start, Unseen};
use super::redacted::is_secret_directive;
use super::refused::{Line, Refused};
use super::sentinel;
use super::server::Knowledge;
use super::text::{Part, Text};
use super::versions::{Directive, ModuleNames, Release};
use super::word::Word;

/// Reads a start as its server does. Never fails: what it would die of is in [`Loaded::problems`].
#[must_use]
pub fn load(start: &Start) -> Loaded {
    let mut loaded =
        readings(start.args, start.server.releases).into_iter().map(|reading| load_reading(start, &reading));
    let newest = loaded.next().unwrap_or_default();
    let older: Vec<Loaded> = loaded.collect();
    agreed(newest, &older, start.server.knowledge)
}

/// What is certain where releases read the command line in different ways: what keeps all of them from starting.
fn agreed(mut newest: Loaded, older: &[Loaded], knowledge: Knowledge) -> Loaded {
    let is_refused = |loaded: &Loaded| loaded.problems.iter().any(|problem| problem.certain);
    let all_refuse = is_refused(&newest) && older.iter().all(is_refused);
    for problem in &mut newest.problems {
        problem.certain &= all_refuse && knowledge != Knowledge::Outside;
    }
    newest
}

fn load_reading(start: &Start, reading: &Reading) -> Loaded {
    let taken = &reading.arguments;
    let sentinel = start.argv0.contains("redis-sentinel")
        || start.argv0.contains("valkey-sentinel")
        || start.argv0.contains("keydb-sentinel")
        || start.args.iter().any(|argument| argument == b"--sentinel");
    let mut loader = Loader {
        files: start.files,
        asked: Asked { server: start.server, among: reading.releases, is_sentinel: sentinel },
        directory: start.working_dir.to_owned(),
        loaded: Loaded {
            mode: if sentinel { Mode::Sentinel } else { Mode::Server },
            exits: taken.exits,
            ..Loaded::default()
        },
        users: Users::default(),
        commands: Commands::default(),
        by_name: Vec::new(),
        budget: BUDGET,
        depth: 0,
    };
    if !taken.exits {
        loader.main(taken, start.stdin);
    }
    loader.loaded
}

/// All text together; includes that multiply beyond it are not followed.
const BUDGET: usize = 64 << 20;
/// Includes this deep are a cycle: a real server dies of its stack long after.
const DEPTH: usize = 64;

struct Loader<'a> {
    files: &'a dyn Files,
    asked: Asked<'a>,
    directory: String,
    loaded: Loaded,
    users: Users,
    commands: Commands,
    /// Host names that a Sentinel monitors: fatal unless some line, in any order, has them resolved.
    by_name: Vec<Problem>,
    budget: usize,
    depth: usize,
}

impl Loader<'_> {
    fn main(&mut self, taken: &Arguments, stdin: Option<&[u8]>) {
        let mut text = Text::default();
        if let Some(file) = &taken.file {
            self.append_file(&mut text, &String::from_utf8_lossy(file), None);
        }
        if taken.stdin {
            match stdin {
                Some(stdin) => text.push(Part::Stdin, stdin),
                None => self.unseen("-", "what stands on standard input", None),
            }
        }
        text.push_options(&taken.options, taken.began.clone());
        self.text(&text);
        if self.loaded.mode == Mode::Sentinel && taken.file.is_none() {
            self.problem(
                Stage::Start,
                ProblemKind::File,
                None,
                "a Sentinel needs a configuration file that it can write",
            );
        }
        self.unresolved();
        self.doubt_names();
        super::start::check(&mut self.loaded, self.files);
    }

    /// Appends a file, or all that a pattern matches.
    fn append_file(&mut self, text: &mut Text, name: &str, origin: Option<&Origin>) {
        let path = self.absolute(name);
        if name.is_empty() && origin.is_some() {
            self.problem(Stage::Open, ProblemKind::File, origin.cloned(), "an include names no file");
        } else if name.contains(['*', '?', '[']) && self.asked.among.any(|release| release.globs) {
            for path in self.matching(&path, origin) {
                self.append_path(text, &path, origin);
            }
        } else {
            self.append_path(text, &path, origin);
        }
    }

    fn append_path(&mut self, text: &mut Text, path: &str, origin: Option<&Origin>) {
        self.loaded.files.push(path.to_owned());
        match self.files.read(path) {
            FileSeen::Text(content) if content.len() <= self.budget => {
                self.budget -= content.len();
                text.push(Part::File(path.into()), &content);
            }
            FileSeen::Text(_) => self.unseen(path, "includes that stay below 64 MiB in all", origin),
            FileSeen::Folder => text.push(Part::File(path.into()), b""),
            FileSeen::Missing => {
                let message = format!("can't open {path}: there is no such file");
                self.problem(Stage::Open, ProblemKind::File, origin.cloned(), &message);
            }
            FileSeen::Unknown(why) => self.unseen(path, &why, origin),
        }
    }

    fn unseen(&mut self, path: &str, why: &str, origin: Option<&Origin>) {
        let applied = self.loaded.applied.len();
        let origin = origin.cloned();
        self.loaded.unseen.push(Unseen { path: path.to_owned(), why: why.to_owned(), origin, applied });
    }

    /// The files that a pattern matches, sorted by bytes.
    fn matching(&mut self, path: &str, origin: Option<&Origin>) -> Vec<String> {
        let mut found = vec![String::new()];
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if !part.contains(['*', '?', '[']) {
                for folder in &mut found {
                    *folder = format!("{folder}/{part}");
                }
                continue;
            }
            let mut next = Vec::new();
            for folder in found {
                match self.files.list(&folder) {
                    Some(names) => {
                        let fitting = names.iter().filter(|name| fits(part, name));
                        next.extend(fitting.map(|name| format!("{folder}/{name}")));
                    }
                    None => self.unseen(path, &format!("the files of {folder}"), origin),
                }
            }
            found = next;
        }
        found.retain(|path| self.files.read(path) != FileSeen::Missing);
        found.sort();
        found
    }

    fn absolute(&self, name: &str) -> String {
        if name.starts_with('/') { name.to_owned() } else { format!("{}/{name}", self.directory.trim_end_matches('/')) }
    }

    fn text(&mut self, text: &Text) {
        for (number, line, origin) in text.lines() {
            if !line.is_empty() && line.first() != Some(&b'#') {
                self.line(&Line::new(number, line, &origin));
            }
        }
        let follows = self.first_word("replicaof").is_some_and(|host| host != b"no");
        if self.first_word("cluster-enabled").is_some_and(|value| value == b"yes") && follows {
            let message = "replicaof is not allowed where cluster-enabled is yes";
            self.problem(Stage::Config, ProblemKind::Conflict, None, message);
        }
    }

    /// The first word behind the last directive of a name, in lower case.
    fn first_word(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.loaded.last(name)?.words.first()?.bytes().to_ascii_lowercase())
    }

    fn line(&mut self, line: &Line) {
        let Some(mut words) = self.split(line) else { return };
        if words.is_empty() {
            return;
        }
        let name = String::from_utf8_lossy(&words.remove(0)).to_ascii_lowercase();
        if let Err(refused) = self.directive(line, &name, words) {
            // What follows a `=` may be a password.
            let shown: String = name.chars().take_while(|letter| *letter != '=').take(64).collect();
            let message = format!("{shown}: {}", refused.message);
            self.loaded.problems.push(line.refuse(Some(&shown), Refused { message, ..refused }));
        }
    }

    /// The words of a line; nothing where all refuse it.
    fn split(&mut self, line: &Line) -> Option<Vec<Vec<u8>>> {
        if let Ok(words) = split_line(line.text) {
            return Some(words);
        }
        let message = "a line with unbalanced quotes: a closing quote must be followed by a blank or the line's end";
        let refused = Refused { kind: ProblemKind::Quoting, message: message.to_owned(), certain: true };
        let is_open = |release: &Release| release.quotes == Quotes::Open;
        let words = self.asked.among.any(is_open).then(|| split_line_as(line.text, Quotes::Open).ok()).flatten();
        let some_refuse = self.asked.among.any(|release| !is_open(release));
        if words.is_none() || (some_refuse && self.asked.server.knowledge == Knowledge::Version) {
            self.loaded.problems.push(line.refuse(None, Refused { certain: words.is_none(), ..refused }));
        }
        words
    }

    fn directive(&mut self, line: &Line, name: &str, words: Vec<Vec<u8>>) -> Result<(), Refused> {
        let origin = line.origin;
        match (name, words.as_slice()) {
            ("sentinel", []) => Ok(()),
            ("include", [file]) => {
                self.include(&String::from_utf8_lossy(file), line);
                Ok(())
            }
            ("rename-command", [_, _]) => self.rename(words, origin),
            ("user", [_, ..]) => {
                self.users.user(&words).map_err(Refused::doubtful)?;
                self.apply(Cow::Owned(name.to_owned()), words, origin);
                Ok(())
            }
            ("loadmodule", [_, ..]) => {
                self.apply(Cow::Owned(name.to_owned()), words, origin);
                Ok(())
            }
            ("sentinel", _) => self.sentinel(words, line),
            ("include" | "rename-command" | "user" | "loadmodule", _) => {
                Err(Refused::arity("wrong number of arguments"))
            }
            _ => self.ask(name, words, origin),
        }
    }

    /// Asks the releases that the server may be; a refusal may stand beside what one of them takes.
    fn ask(&mut self, name: &str, words: Vec<Vec<u8>>, origin: &Origin) -> Result<(), Refused> {
        let answer = self.asked.ask(name, words);
        match answer.accepted {
            Some(Accepted::Own(directive, words)) => self.take(directive, words, origin)?,
            Some(Accepted::OfModule(words)) => self.apply(Cow::Owned(name.to_owned()), words, origin),
            Some(Accepted::Nothing) | None => {}
        }
        answer.refused.map_or(Ok(()), Err)
    }

    fn take(&mut self, directive: &'static Directive, words: Vec<Vec<u8>>, origin: &Origin) -> Result<(), Refused> {
        let words = match directive.kind {
            Kind::Ignored => return Ok(()),
            // Anything but a pair saves nothing, and what stood before is gone all the same.
            Kind::LaxSave if words.len() > 2 => Vec::new(),
            _ => words,
        };
        if directive.name == "dir" {
            let folder = self.absolute(&String::from_utf8_lossy(words.first().map_or(&[], Vec::as_slice)));
            if matches!(self.files.read(&folder), FileSeen::Missing | FileSeen::Text(_)) {
                return Err(Refused {
                    kind: ProblemKind::File,
                    message: "there is no such folder".to_owned(),
                    certain: false,
                });
            }
            self.loaded.directory = Some(folder.clone());
            self.directory = folder;
        }
        self.apply(Cow::Borrowed(directive.name), words, origin);
        Ok(())
    }

    /// A module that is loaded may know names that its server does not, from Redis 8.0 on.
    fn doubt_names(&mut self) {
        let may_know = self.asked.among.any(|release| release.modules == ModuleNames::Any);
        if !may_know || self.loaded.last("loadmodule").is_none() {
            return;
        }
        for problem in &mut self.loaded.problems {
            problem.certain &= problem.kind != ProblemKind::UnknownDirective;
        }
    }

    fn include(&mut self, file: &str, line: &Line) {
        let origin = line.origin;
        if line.has_placeholder {
            self.unseen(file, "the final text of this include", Some(origin));
            return;
        }
        if self.depth >= DEPTH {
            let message = "includes without end: redis-server crashes";
            if !self.loaded.problems.iter().any(|problem| problem.stage == Stage::Crash) {
                self.problem(Stage::Crash, ProblemKind::File, Some(origin.clone()), message);
            }
            return;
        }
        let mut text = Text::default();
        self.append_file(&mut text, file, Some(origin));
        self.depth += 1;
        self.text(&text);
        self.depth -= 1;
    }

    fn rename(&mut self, words: Vec<Vec<u8>>, origin: &Origin) -> Result<(), Refused> {
        let [command, to] = words.as_slice() else { return Err(Refused::arity("wrong number of arguments")) };
        if command.contains(&b'|') {
            let message = "rename-command of a subcommand crashes redis-server 7.0";
            self.problem(Stage::Crash, ProblemKind::Value, Some(origin.clone()), message);
            return Ok(());
        }
        self.commands.rename(command, to)?;
        self.apply(Cow::Borrowed("rename-command"), words, origin);
        Ok(())
    }

    /// Tells the host names that nothing resolves.
    fn unresolved(&mut self) {
        let pending = std::mem::take(&mut self.by_name);
        if !sentinel::resolves(&self.loaded) {
            self.loaded.problems.extend(pending);
        }
    }

    fn sentinel(&mut self, words: Vec<Vec<u8>>, line: &Line) -> Result<(), Refused> {
        if self.loaded.mode == Mode::Server {
            let message = "a sentinel directive, while the server is no Sentinel".to_owned();
            return Err(Refused { certain: true, ..Refused::value(message) });
        }
        sentinel::check(&words, &self.loaded).map_err(Refused::doubtful)?;
        if sentinel::needs_resolving(&words) {
            self.by_name.push(Problem {
                stage: Stage::Config,
                kind: ProblemKind::Value,
                origin: Some(line.origin.clone()),
                line: Some(line.number),
                column: None,
                directive: Some("sentinel".to_owned()),
                message: "sentinel: a host name needs `sentinel resolve-hostnames yes`".to_owned(),
                certain: false,
                placeholder: false,
            });
        }
        self.apply(Cow::Borrowed("sentinel"), words, line.origin);
        Ok(())
    }

    fn apply(&mut self, name: Cow<'static, str>, words: Vec<Vec<u8>>, origin: &Origin) {
        let first = || words.first().map(|word| String::from_utf8_lossy(word).to_ascii_lowercase());
        let secret = is_secret_directive(&name)
            || (name == "sentinel" && first().is_some_and(|first| is_secret_directive(&first)));
        let words = words.into_iter().map(|word| Word::new(word, secret)).collect();
        self.loaded.applied.push(Applied { name, words, origin: origin.clone() });
    }

    fn problem(&mut self, stage: Stage, kind: ProblemKind, origin: Option<Origin>, message: &str) {
        self.loaded.problems.push(Problem {
            stage,
            kind,
            origin,
            line: None,
            column: None,
            directive: None,
            message: message.to_owned(),
            certain: stage != Stage::Start,
            placeholder: false,
        });
    }
}

/// Whether a file's name fits a part of a pattern; a hidden one only fits behind a dot.
fn fits(part: &str, name: &str) -> bool {
    glob(part.as_bytes(), name.as_bytes()) && (!name.starts_with('.') || part.starts_with('.'))
}
