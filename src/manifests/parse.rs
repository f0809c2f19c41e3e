//! A text into objects, document by document.

use std::sync::Arc;

use serde_json::Value;

use super::tree::Tree;
use super::{Document, Manifests, Mistake, Part, Source};
use crate::kubernetes::Pointer;

/// No real object nests deeper, and a stack is finite.
const DEPTH: usize = 100;
/// A message that quotes more than this helps nobody.
const LONGEST: usize = 200;
/// What aliases may add to what a text itself holds.
const ALIASED_NODES: usize = 100_000;
const ALIASED_BYTES: usize = 16 << 20;

/// All objects of a text.
pub(crate) fn text(file: &str, source: Source, bytes: &[u8], keep: fn(&Value) -> bool) -> Manifests {
    let mut reader = Reader { file: Arc::from(file), source: Arc::new(source), keep, read: Manifests::default() };
    let bom = usize::from(bytes.starts_with(b"\xEF\xBB\xBF")) * 3;
    for part in parts(bytes, bom) {
        reader.part(bytes, &part);
    }
    reader.read
}

/// A piece of a text: where it starts and ends, and the line of its start.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
    line: usize,
}

/// A text, cut before each `---` line and after each `...` line. Such a line ends a document wherever it stands, also in
/// a block of text, so no parser is needed to find them.
fn parts(bytes: &[u8], from: usize) -> Vec<Span> {
    let marks = |line: &[u8], mark: &[u8]| {
        line.strip_prefix(mark).is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
    };
    let mut parts = Vec::new();
    let mut part = Span { start: from, end: from, line: 1 };
    let mut at = from;
    for (index, line) in bytes.get(from..).unwrap_or_default().split_inclusive(|byte| *byte == b'\n').enumerate() {
        let next = at + line.len();
        if marks(line, b"---") {
            parts.push(std::mem::replace(&mut part, Span { start: at, end: next, line: index + 1 }));
        } else if marks(line, b"...") {
            parts.push(std::mem::replace(&mut part, Span { start: next, end: next, line: index + 2 }));
        } else {
            part.end = next;
        }
        at = next;
    }
    parts.push(part);
    parts
}

struct Reader {
    file: Arc<str>,
    source: Arc<Source>,
    keep: fn(&Value) -> bool,
    read: Manifests,
}

/// A mistake in a part: line and column from its start.
struct Wrong {
    line: Option<usize>,
    column: Option<usize>,
    what: String,
}

impl Reader {
    fn part(&mut self, bytes: &[u8], span: &Span) {
        let bytes = bytes.get(span.start..span.end).unwrap_or_default();
        let values = match std::str::from_utf8(bytes) {
            Ok(text) if is_empty(text) => return,
            Ok(text) => values(text, &self.file),
            Err(error) => Err(not_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default())),
        };
        match values {
            Ok(values) => {
                let (start, end, line) = (span.start, span.end, span.line);
                let part = Arc::new(Part { source: Arc::clone(&self.source), start, end, line });
                let first = line + first_line(bytes);
                for Tree(value) in values {
                    self.flatten(value, &Pointer::root(), &part, first);
                }
            }
            Err(wrong) => {
                let line = wrong.line.map(|line| span.line + line - 1);
                self.mistake(line, wrong.column, wrong.what);
            }
        }
    }

    fn mistake(&mut self, line: Option<usize>, column: Option<usize>, what: String) {
        let what = if what.len() > LONGEST { what.chars().take(LONGEST).chain(['…']).collect() } else { what };
        self.read.mistakes.push(Mistake { file: Arc::clone(&self.file), line, column, what });
    }

    /// Lists, and lists in Lists, into their objects. What is no Kubernetes object is somebody else's: chart values,
    /// for example.
    fn flatten(&mut self, value: Value, at: &Pointer, part: &Arc<Part>, line: usize) {
        let mut object = match value {
            Value::Array(items) => return self.items(items, at, part, line),
            Value::Object(object) => object,
            _ => return,
        };
        let word =
            |key: &str| object.get(key).and_then(Value::as_str).filter(|word| !word.is_empty()).map(str::to_owned);
        match (word("apiVersion"), word("kind")) {
            (Some(version), Some(kind)) => {
                let items = kind.ends_with("List").then(|| object.get_mut("items").map(Value::take));
                if let Some(Some(Value::Array(mut items))) = items {
                    typed(&mut items, &version, kind.strip_suffix("List").unwrap_or_default());
                    return self.items(items, &at.key("items"), part, line);
                }
                self.object(Value::Object(object), at, part, line);
            }
            (None, None) => {}
            (version, _) if object.get("metadata").is_some_and(Value::is_object) => {
                let (has, misses) = if version.is_some() { ("apiVersion", "kind") } else { ("kind", "apiVersion") };
                self.mistake(Some(line), None, format!("an object with `{has}` and without `{misses}`"));
            }
            _ => {}
        }
    }

    fn items(&mut self, items: Vec<Value>, at: &Pointer, part: &Arc<Part>, line: usize) {
        for (index, item) in items.into_iter().enumerate() {
            self.flatten(item, &at.key(index), part, line);
        }
    }

    fn object(&mut self, value: Value, at: &Pointer, part: &Arc<Part>, line: usize) {
        self.read.objects += 1;
        if (self.keep)(&value) {
            let (file, part, at) = (Arc::clone(&self.file), Arc::clone(part), at.clone());
            self.read.documents.push(Document { file, line, value: Arc::new(value), part, at });
        }
    }
}

/// Items of a `PodList` as the API server sends it carry no kind of their own.
fn typed(items: &mut [Value], version: &str, kind: &str) {
    for item in items.iter_mut().filter_map(Value::as_object_mut).filter(|_| !kind.is_empty()) {
        if !item.contains_key("kind") && !item.contains_key("apiVersion") {
            item.insert("apiVersion".to_owned(), version.into());
            item.insert("kind".to_owned(), kind.into());
        }
    }
}

/// Whether a part says nothing: blanks, comments, markers and directives.
fn is_empty(text: &str) -> bool {
    first_line(text.as_bytes()) == text.lines().count()
}

/// How many lines of a part say nothing before one does.
fn first_line(bytes: &[u8]) -> usize {
    let says_nothing = |line: &&[u8]| {
        let line = line.trim_ascii();
        line.is_empty()
            || line == b"---"
            || line.starts_with(b"#")
            || line.starts_with(b"%")
            || line.starts_with(b"--- #")
    };
    // The piece behind the last line end is no line.
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() { 0 } else { bytes.split(|byte| *byte == b'\n').take_while(says_nothing).count() }
}

fn not_utf8(good: &[u8]) -> Wrong {
    let good = String::from_utf8_lossy(good);
    let line = good.matches('\n').count() + 1;
    let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Wrong { line: Some(line), column: Some(column), what: "not UTF-8; save it as UTF-8 text".to_owned() }
}

fn values(text: &str, file: &str) -> Result<Vec<Tree>, Wrong> {
    if !text.trim_start().starts_with(['{', '[']) {
        return yaml(text);
    }
    match serde_json::Deserializer::from_str(text).into_iter::<Tree>().collect() {
        Ok(values) => Ok(values),
        Err(error) if file.ends_with(".json") => {
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default().to_owned();
            Err(Wrong {
                line: Some(error.line().max(1)),
                column: Some(error.column().max(1)),
                what: format!("not JSON: {what}"),
            })
        }
        Err(_) => yaml(text), // `{a: b}` is YAML.
    }
}

fn yaml(text: &str) -> Result<Vec<Tree>, Wrong> {
    serde_saphyr::from_multiple_with_options(text, options(text)).map_err(|error| {
        let location = error.location();
        let number = |number: u64| usize::try_from(number).ok().filter(|number| *number > 0);
        let line = location.and_then(|location| number(location.line()));
        let column = location.and_then(|location| number(location.column()));
        explain(text).unwrap_or_else(|| Wrong { line, column, what: first_words(&error.without_snippet().to_string()) })
    })
}

/// What a text holds can't be more than its bytes; only aliases make more of it.
fn options(text: &str) -> serde_saphyr::Options {
    let mut budget = serde_saphyr::budget::Budget::default();
    budget.max_depth = DEPTH;
    budget.max_events = text.len().saturating_mul(2).saturating_add(ALIASED_NODES);
    budget.max_nodes = text.len().saturating_add(ALIASED_NODES);
    budget.max_total_scalar_bytes = text.len().saturating_add(ALIASED_BYTES);
    budget.max_total_comment_bytes = text.len();
    budget.max_documents = usize::MAX;
    let mut aliases = serde_saphyr::options::AliasLimits::default();
    aliases.max_total_replayed_events = ALIASED_NODES;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.alias_limits = aliases;
    options.legacy_octal_numbers = true;
    options.emit_comments = false;
    options.with_snippet = false;
    options
}

/// The usual reasons for a text to be no YAML, in the user's words.
fn explain(text: &str) -> Option<Wrong> {
    let place = |found: fn(&str) -> Option<usize>| {
        text.lines().enumerate().find_map(|(index, line)| Some((index + 1, found(line)? + 1)))
    };
    if let Some((line, column)) = place(|line| line.starts_with("<<<<<<< ").then_some(0)) {
        let what = "a merge conflict that nobody has resolved".to_owned();
        return Some(Wrong { line: Some(line), column: Some(column), what });
    }
    let (line, column) = place(|line| line.find("{{").map(|at| line.get(..at).unwrap_or_default().chars().count()))?;
    let what = "a template, not a manifest; render it first: `helm template … | plimsoll check -`".to_owned();
    Some(Wrong { line: Some(line), column: Some(column), what })
}

/// The first line of a parser's message, without the place that is said elsewhere and the advice to programmers.
fn first_words(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match line.strip_prefix("duplicate mapping key: ") {
        Some(rest) => format!("key `{}` stands twice in one mapping", rest.split(", set ").next().unwrap_or_default()),
        None => line.to_owned(),
    }
}
