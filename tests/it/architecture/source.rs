//! The files of `src/` as a reader sees them: code without comments, texts and tests, and the paths that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One file of the crate.
pub(crate) struct SourceFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The code without comments, texts and tests.
    pub(crate) code: String,
    /// What it defines at its top level.
    pub(crate) defines: BTreeSet<String>,
    /// What it brings into scope by `use`: the paths as they are written, with whether they are offered to others.
    pub(crate) uses: Vec<Use>,
}

/// One name behind a `use`.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) path: Vec<String>,
    /// The name in this file; `*` for all.
    pub(crate) name: String,
    /// Whether it is a `pub use`, by which a room's face offers what its files define.
    pub(crate) is_offered: bool,
}

/// All files by module path (`workload::start::script`), but for those that only tests compile.
pub(crate) fn read_all() -> BTreeMap<String, SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    for path in rust_files(&root) {
        let inside = path.strip_prefix(&root).unwrap().with_extension("");
        let mut parts: Vec<String> =
            inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        parts.pop_if(|last| last == "mod");
        let module = parts.join("::");
        if path.ancestors().any(is_test_only) || ["lib", "main"].contains(&&*module) {
            continue;
        }
        let code = code_of(&fs::read_to_string(&path).unwrap());
        let (defines, uses) = (definitions(&code), uses(&code));
        files.insert(module, SourceFile { path, code, defines, uses });
    }
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// Whether the module above declares a file or folder for tests alone.
fn is_test_only(path: &Path) -> bool {
    let Some(name) = path.file_stem() else { return false };
    let name = name.to_string_lossy();
    let above = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    above.contains(&format!("#[cfg(test)]\nmod {name};"))
        || above.contains(&format!("#[cfg(test)]\npub(crate) mod {name};"))
}

/// The text up to its tests, with comments and the insides of quotes blanked.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let taken = match letter {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => quoted(rest),
            'r' if rest.starts_with("r#\"") => rest.find("\"#").map_or(rest.len(), |end| end + 2),
            '\'' if rest.starts_with("'\"'") => 3,
            _ => {
                code.push(letter);
                letter.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    code
}

/// The length of a quoted text, its quotes included.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The names of items that stand outside all braces.
fn definitions(code: &str) -> BTreeSet<String> {
    const WORDS: [&str; 8] = ["struct", "enum", "fn", "const", "static", "type", "trait", "macro_rules!"];
    let mut names = BTreeSet::new();
    let (mut depth, mut is_item) = (0_u32, false);
    for word in words(code) {
        match word {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if is_item && word != "fn" => {
                names.insert(word.to_owned());
                is_item = false;
            }
            _ => is_item = WORDS.contains(&word),
        }
    }
    names
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split_inclusive(['{', '}', '(', '<', ':', ';', '=', ',', ' ', '\n'])
        .flat_map(|piece| {
            let word = piece.trim_end_matches(['{', '}', '(', '<', ':', ';', '=', ',', ' ', '\n']);
            [word, piece.get(word.len()..).unwrap_or_default().trim()]
        })
        .filter(|word| !word.is_empty())
}

fn uses(code: &str) -> Vec<Use> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = code.get(from..).and_then(|rest| rest.find("use ")).map(|at| from + at) {
        from = at + 4;
        let line = code.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default().trim();
        if !(line.is_empty() || line.starts_with("pub")) {
            continue;
        }
        let Some(tree) = code.get(from..).and_then(|rest| rest.split(';').next()) else { continue };
        for (path, name) in leaves(tree, &[]) {
            found.push(Use { path, name, is_offered: line.starts_with("pub") });
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::{self, d as e}}`, each with the name that it gets.
fn leaves(tree: &str, before: &[String]) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    for branch in split_outside_braces(tree) {
        if let Some((head, inner)) = branch.split_once('{') {
            let mut path = before.to_vec();
            path.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
            found.extend(leaves(inner.trim_end().trim_end_matches('}'), &path));
            continue;
        }
        let (written, alias) = branch.split_once(" as ").map_or((branch, None), |(path, alias)| (path, Some(alias)));
        let mut path = before.to_vec();
        path.extend(written.split("::").map(|part| part.trim().trim_start_matches("r#").to_owned()));
        path.pop_if(|last| last == "self" && !before.is_empty());
        let name = alias.map_or_else(|| path.last().cloned().unwrap_or_default(), |alias| alias.trim().to_owned());
        found.push((path, name));
    }
    found
}

fn split_outside_braces(tree: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (at, letter) in tree.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(tree.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(tree.get(start..).unwrap_or_default().trim());
    parts.retain(|part| !part.is_empty());
    parts
}
