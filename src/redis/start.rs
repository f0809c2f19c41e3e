//! What only a start shows: configurations that are read to the end, and then the server gives up.

use super::acl;
use super::loaded::{Applied, FileSeen, Files, Loaded, Mode, Problem, ProblemKind, Stage};

/// Adds what keeps the server from starting.
pub(crate) fn check(loaded: &mut Loaded, files: &dyn Files) {
    let found: Vec<Problem> = if loaded.mode == Mode::Server {
        [nowhere(loaded), comment_in_bind(loaded), tls(loaded), modules(loaded, files), users(loaded, files)]
            .into_iter()
            .flatten()
            .collect()
    } else {
        Vec::new()
    };
    loaded.problems.extend(found);
}

fn problem(applied: Option<&Applied>, message: String) -> Problem {
    Problem {
        stage: Stage::Start,
        kind: ProblemKind::Conflict,
        origin: applied.map(|applied| applied.origin.clone()),
        line: None,
        column: None,
        directive: applied.map(|applied| applied.name.to_string()),
        message,
        certain: false,
        placeholder: false,
    }
}

fn first<'a>(loaded: &'a Loaded, name: &str) -> &'a [u8] {
    loaded.last(name).and_then(|applied| applied.words.first()).map_or(&[], |word| word.bytes())
}

fn nowhere(loaded: &Loaded) -> Option<Problem> {
    let tls = !matches!(first(loaded, "tls-port"), b"" | b"0");
    let none = first(loaded, "port") == b"0" && !tls && first(loaded, "unixsocket").is_empty();
    none.then(|| problem(loaded.last("port"), "port: 0, and it listens nowhere else".to_owned()))
}

/// `bind 127.0.0.1 # local` takes `#` for an address, and so is an address that begins with a dash behind the first.
fn comment_in_bind(loaded: &Loaded) -> Option<Problem> {
    let bind = loaded.last("bind")?;
    let wrong =
        bind.words.iter().find(|word| word.bytes().first() == Some(&b'#') || word.bytes().starts_with(b"--"))?;
    Some(problem(Some(bind), format!("bind: `{wrong}` is no address; a comment needs a line of its own")))
}

fn tls(loaded: &Loaded) -> Option<Problem> {
    let on = !matches!(first(loaded, "tls-port"), b"" | b"0");
    let none = on && first(loaded, "tls-cert-file").is_empty();
    none.then(|| problem(loaded.last("tls-port"), "tls-port: it needs a tls-cert-file".to_owned()))
}

fn modules(loaded: &Loaded, files: &dyn Files) -> Option<Problem> {
    if let Some(dotted) = loaded.applied.iter().find(|applied| applied.name.contains('.'))
        && loaded.last("loadmodule").is_none()
    {
        return Some(problem(Some(dotted), format!("{}: no module is loaded that could know it", dotted.name)));
    }
    let mut loading = loaded.applied.iter().filter(|applied| applied.name == "loadmodule");
    let applied = loading.find(|applied| names_missing_file(applied, files))?;
    Some(problem(Some(applied), "loadmodule: there is no such file".to_owned()))
}

fn names_missing_file(applied: &Applied, files: &dyn Files) -> bool {
    let path = applied.words.first().and_then(|word| word.text()).unwrap_or_default();
    path.starts_with('/') && files.read(path) == FileSeen::Missing
}

fn users(loaded: &Loaded, files: &dyn Files) -> Option<Problem> {
    let declared: Vec<&Applied> = loaded.all("user").collect();
    for applied in &declared {
        let words: Vec<&[u8]> = applied.words.iter().map(super::word::Word::bytes).collect();
        if words.first().is_some_and(|name| name.iter().any(u8::is_ascii_whitespace)) {
            return Some(problem(Some(applied), "user: a name has no blanks".to_owned()));
        }
        if words.iter().skip(1).any(|rule| acl::is_unknown_category(rule)) {
            return Some(problem(Some(applied), "user: a category that redis-server 7.0 does not have".to_owned()));
        }
    }
    let aclfile = loaded.last("aclfile").filter(|_| !first(loaded, "aclfile").is_empty())?;
    if !declared.is_empty() {
        return Some(problem(Some(aclfile), "aclfile: it excludes user lines".to_owned()));
    }
    let path = aclfile.words.first()?.text()?;
    match files.read(path) {
        FileSeen::Text(text) => {
            let message = acl::check_file(&text).err()?;
            Some(problem(Some(aclfile), format!("aclfile: {message}")))
        }
        FileSeen::Missing => Some(problem(Some(aclfile), "aclfile: there is no such file".to_owned())),
        FileSeen::Folder | FileSeen::Unknown(_) => None,
    }
}
