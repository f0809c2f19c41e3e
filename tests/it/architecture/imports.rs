//! Which file imports which: paths followed through the faces of rooms to the file that defines the name.

use std::collections::{BTreeMap, BTreeSet};

use super::source::SourceFile;

/// The files that each file imports, itself left out. What a `mod.rs` only offers to others (`pub use`) is no import.
pub(crate) fn imports(files: &BTreeMap<String, SourceFile>) -> BTreeMap<&str, BTreeSet<String>> {
    let mut imports = BTreeMap::new();
    for (module, file) in files {
        let mut imported = BTreeSet::new();
        let is_face = file.path.ends_with("mod.rs");
        for used in file.uses.iter().filter(|used| !(is_face && used.is_offered)) {
            let path = used.path.strip_suffix(&["*".to_owned()]).unwrap_or(&used.path);
            imported.extend(absolute(path, module, files).and_then(|path| defining_file(&path, files, 0)));
        }
        for path in inline_paths(&file.code) {
            imported.extend(absolute(&path, module, files).and_then(|path| defining_file(&path, files, 0)));
        }
        imported.remove(module);
        imports.insert(module.as_str(), imported);
    }
    imports
}

/// A circle of imports, file after file; nothing where there is none.
pub(crate) fn circle(imports: &BTreeMap<&str, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    imports.keys().find_map(|start| follow(start, imports, &mut Vec::new(), &mut done))
}

fn follow(
    file: &str,
    imports: &BTreeMap<&str, BTreeSet<String>>,
    way: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(start) = way.iter().position(|before| before == file) {
        return Some(way.split_off(start));
    }
    if done.contains(file) {
        return None;
    }
    way.push(file.to_owned());
    for imported in imports.get(file).into_iter().flatten() {
        if let Some(circle) = follow(imported, imports, way, done) {
            return Some(circle);
        }
    }
    way.pop();
    done.insert(file.to_owned());
    None
}

/// A path from the root of the crate; nothing for paths into other crates.
fn absolute(path: &[String], module: &str, files: &BTreeMap<String, SourceFile>) -> Option<Vec<String>> {
    let first = path.first()?;
    let mut base: Vec<String> = module.split("::").map(str::to_owned).collect();
    let mut rest = path;
    if first == "crate" {
        return path.get(1..).map(<[String]>::to_vec);
    }
    if first != "super" && first != "self" {
        return files.contains_key(&format!("{module}::{first}")).then(|| [base, path.to_vec()].concat());
    }
    while let Some((word, more)) = rest.split_first().filter(|(word, _)| *word == "super" || *word == "self") {
        if word == "super" {
            base.pop();
        }
        rest = more;
    }
    Some([base, rest.to_vec()].concat())
}

/// The file that a path leads to, or that defines what it names.
fn defining_file(path: &[String], files: &BTreeMap<String, SourceFile>, hops: u8) -> Option<String> {
    let mut module = String::new();
    for (index, name) in path.iter().enumerate() {
        let below = if module.is_empty() { name.clone() } else { format!("{module}::{name}") };
        if files.contains_key(&below) {
            module = below;
            continue;
        }
        let file = files.get(&module)?;
        if file.defines.contains(name) {
            return Some(module);
        }
        if hops > 8 {
            return None;
        }
        let rest = path.get(index + 1..).unwrap_or_default();
        for used in &file.uses {
            let target = if used.name == *name {
                [&used.path, rest].concat()
            } else if used.name == "*" {
                [used.path.get(..used.path.len() - 1).unwrap_or_default(), std::slice::from_ref(name), rest].concat()
            } else {
                continue;
            };
            let found = absolute(&target, &module, files).and_then(|path| defining_file(&path, files, hops + 1));
            if found.is_some() {
                return found;
            }
        }
        return None;
    }
    Some(module)
}

/// Paths that the code names in full, such as `crate::rules::all()`.
fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code.get(..at).and_then(|before| before.chars().next_back());
            if before.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '$')) {
                continue;
            }
            let rest = code.get(at..).unwrap_or_default();
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'));
            let path = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            // The head of a tree such as `super::{a, b}`, whose leaves count.
            if path.ends_with("::") {
                continue;
            }
            found.push(path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect());
        }
    }
    found
}
