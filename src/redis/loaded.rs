//! What a server is started with, and what it makes of it: directives with their origins, problems, what was not seen.

use std::borrow::Cow;
use std::sync::Arc;

use super::memory::Bytes;
use super::server::Server;
use super::versions::usual_kind;
use super::word::Word;

/// What a server is started with.
pub struct Start<'a> {
    /// Which server it is.
    pub server: &'a Server,
    /// The program's name: `redis-sentinel` makes a Sentinel of it.
    pub argv0: &'a str,
    /// The arguments behind it.
    pub args: &'a [Vec<u8>],
    /// The working directory, absolute.
    pub working_dir: &'a str,
    /// Standard input, where it is known.
    pub stdin: Option<&'a [u8]>,
    /// The files that it can open.
    pub files: &'a dyn Files,
}

/// The files of a server, by absolute path.
pub trait Files {
    /// What is at a path.
    fn read(&self, path: &str) -> FileSeen;

    /// The entries of a folder, for patterns in `include`; `None` where they can't be seen.
    fn list(&self, folder: &str) -> Option<Vec<String>>;
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSeen {
    /// A file with this content.
    Text(Vec<u8>),
    /// Certainly nothing.
    Missing,
    /// A folder: it reads as empty.
    Folder,
    /// It can't be seen; the text says what it would take.
    Unknown(String),
}

/// What redis-server makes of it.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Server or Sentinel.
    pub mode: Mode,
    /// The directives in the order in which they take effect.
    pub applied: Vec<Applied>,
    /// What it refuses, in order: it ends at the first.
    pub problems: Vec<Problem>,
    /// What could not be read.
    pub unseen: Vec<Unseen>,
    /// The files that were read, in the order in which they were opened.
    pub files: Vec<String>,
    /// The working directory, where a `dir` sets it.
    pub directory: Option<String>,
    /// Whether it prints something and ends, as with `--version`.
    pub exits: bool,
}

/// Server or Sentinel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// A server.
    #[default]
    Server,
    /// A Sentinel.
    Sentinel,
}

/// One directive that takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The name, in lower case, aliases resolved.
    pub name: Cow<'static, str>,
    /// The words behind the name.
    pub words: Vec<Word>,
    /// Where it stands.
    pub origin: Origin,
}

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file.
    File {
        /// Its absolute path.
        path: Arc<str>,
        /// From 1.
        line: u32,
    },
    /// On standard input.
    Stdin {
        /// From 1.
        line: u32,
    },
    /// In the arguments.
    Args {
        /// The argument that holds the option's name, from 0, the program not counted.
        index: usize,
    },
}

/// Something that redis-server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// When it ends.
    pub stage: Stage,
    /// Why.
    pub kind: ProblemKind,
    /// Where; nothing for what no single line causes.
    pub origin: Option<Origin>,
    /// The line number that the server prints: standard input and arguments count on from the file's lines.
    pub line: Option<u32>,
    /// The column of the value, from 1.
    pub column: Option<u32>,
    /// The directive.
    pub directive: Option<String>,
    /// In our words; never a secret value.
    pub message: String,
    /// Whether every version refuses it that the server may be.
    pub certain: bool,
    /// Whether the line holds a placeholder that something fills in later: `${X}`, `{{ }}`, `%X%`, `__X__`.
    pub placeholder: bool,
}

/// When a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The grammar or a value was refused.
    Config,
    /// A configuration file could not be read.
    Open,
    /// The configuration was read, then it gave up.
    Start,
    /// A signal ended it.
    Crash,
}

/// Why a server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Quotes without their end.
    Quoting,
    /// A name that the server does not know.
    UnknownDirective,
    /// Too few or too many words.
    Arity,
    /// A value that the directive does not take.
    Value,
    /// A file that is not there, or includes that never end.
    File,
    /// Directives that exclude each other.
    Conflict,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The path, or a pattern.
    pub path: String,
    /// What it would take.
    pub why: String,
    /// The `include` that names it; nothing for the main file and standard input, which are read before the options.
    pub origin: Option<Origin>,
    /// How many directives took effect before it.
    pub applied: usize,
}

/// How the data set is written to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persistence {
    /// The append-only file.
    pub aof: bool,
    /// Snapshots.
    pub rdb: bool,
}

impl Loaded {
    /// The directive of this name that wins.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&Applied> {
        self.applied.iter().rev().find(|applied| applied.name == name)
    }

    /// All directives of this name, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Applied> {
        self.applied.iter().filter(move |applied| applied.name == name)
    }

    /// Whether nothing that could not be read says otherwise: the directive has one value, and is written behind all of it. An
    /// option on the command line wins over any file.
    #[must_use]
    pub fn is_certain(&self, name: &str) -> bool {
        let is_single = usual_kind(name).is_some_and(|kind| !kind.is_multi());
        let Some(index) = self.applied.iter().rposition(|applied| applied.name == name).filter(|_| is_single) else {
            return false;
        };
        let is_option = self.applied.get(index).is_some_and(|last| matches!(last.origin, Origin::Args { .. }));
        self.unseen.iter().all(|unseen| match unseen.origin {
            Some(_) => index >= unseen.applied,
            None => is_option,
        })
    }

    /// The maxmemory that takes effect, 0 included; `None` where nobody sets one.
    #[must_use]
    pub fn maxmemory(&self) -> Option<(Bytes, &Origin)> {
        let applied = self.last("maxmemory")?;
        Some((Bytes::parse(applied.words.first()?.bytes()).ok()?, &applied.origin))
    }

    /// The maxmemory-policy that takes effect.
    #[must_use]
    pub fn maxmemory_policy(&self) -> Option<(String, &Origin)> {
        let applied = self.last("maxmemory-policy")?;
        Some((applied.words.first()?.text()?.to_ascii_lowercase(), &applied.origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::load;

    /// A folder in which `/seen.conf` can be read, and nothing else.
    struct Folder(&'static str);

    impl Files for Folder {
        fn read(&self, path: &str) -> FileSeen {
            if path == "/seen.conf" {
                FileSeen::Text(self.0.as_bytes().to_vec())
            } else {
                FileSeen::Unknown(format!("the file {path}"))
            }
        }

        fn list(&self, _: &str) -> Option<Vec<String>> {
            None
        }
    }

    fn loaded(text: &'static str, args: &[&str]) -> Loaded {
        let args: Vec<Vec<u8>> = args.iter().map(|word| word.as_bytes().to_vec()).collect();
        let (server, files) = (Server::unknown(), Folder(text));
        load(&Start {
            server: &server,
            argv0: "redis-server",
            args: &args,
            working_dir: "/data",
            stdin: None,
            files: &files,
        })
    }

    #[test]
    fn what_stands_behind_all_that_is_unseen_is_certain() {
        let options = ["/unseen.conf", "--maxmemory", "1gb", "--save", "60 1"];
        assert!(loaded("", &options).is_certain("maxmemory"));
        assert!(!loaded("", &options).is_certain("save"), "save points add up");
        assert!(!loaded("", &options).is_certain("hz"), "nobody writes it where we see it");
        let file = "maxmemory 1gb\ninclude /unseen.conf\nhz 10\n";
        assert!(!loaded(file, &["/seen.conf"]).is_certain("maxmemory"));
        assert!(loaded(file, &["/seen.conf"]).is_certain("hz"));
        assert!(!loaded(file, &["/seen.conf", "-"]).is_certain("hz"), "standard input comes behind the file");
        assert!(loaded(file, &["/seen.conf", "--maxmemory", "2gb", "-"]).is_certain("maxmemory"));
        assert!(!loaded("", &["--maxmemory", "1gb", "--include", "/unseen.conf"]).is_certain("maxmemory"));
    }

    #[test]
    fn what_follows_an_equals_sign_is_never_told() {
        let loaded = loaded("", &["--requirepass=hunter2", "--maxmemory=1gb"]);
        let problem = loaded.problems.first().unwrap();
        assert!(problem.certain && problem.message.starts_with("requirepass: no `=`"), "{}", problem.message);
        assert!(!format!("{:?}", loaded.problems).contains("hunter2"));
    }
}
