//! The text of one document into objects, with Lists taken apart.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};

use super::diagnostic::Diagnostic;
use super::misread::find_duplicates;
use super::part::{Part, says_nothing};
use super::path::Path;
use super::span::{Position, Span};
use super::syntax_error::SyntaxError;
use super::tree::{MAX_DEPTH, TWICE, Tree};

/// What aliases may add to what a text itself holds.
const MAX_ALIASED_NODES: usize = 100_000;
const MAX_ALIASED_BYTES: usize = 16 << 20;

/// One value of a document: its root, or an item of a List in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// Where it stands in the document: `items[3]` in a List.
    pub(crate) path: Path,
    pub(crate) value: Value,
}

/// What was read of a document.
#[derive(Debug, Default)]
pub(crate) struct ReadPart {
    /// What it holds. Where a key stands twice, the last value counts.
    pub(crate) items: Vec<Item>,
    /// Why it can't be read as it is.
    pub(crate) errors: Vec<Diagnostic>,
}

/// Reads one document of a file.
pub(crate) fn read_part(file: &Arc<str>, bytes: &[u8], part: Part) -> ReadPart {
    let bytes = part.slice(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if says_nothing(text) => return ReadPart::default(),
        Ok(text) => text,
        Err(error) => return ReadPart::failed(not_utf8(bytes, error.valid_up_to()).into_diagnostic(file, part)),
    };
    match parse_values::<false>(text, file) {
        Ok(values) => ReadPart { items: unpack_all(values), errors: Vec::new() },
        Err(error) if error.message.contains(TWICE) => {
            let duplicates = find_duplicates(text).into_iter();
            let mut errors: Vec<Diagnostic> = duplicates.map(|found| found.placed_in(file, part)).collect();
            match parse_values::<true>(text, file) {
                Ok(values) if !errors.is_empty() => ReadPart { items: unpack_all(values), errors },
                Ok(_) => ReadPart::failed(error.into_diagnostic(file, part)),
                Err(later) => {
                    errors.push(later.into_diagnostic(file, part));
                    ReadPart { items: Vec::new(), errors }
                }
            }
        }
        Err(error) => ReadPart::failed(error.into_diagnostic(file, part)),
    }
}

impl ReadPart {
    fn failed(error: Diagnostic) -> Self {
        Self { items: Vec::new(), errors: vec![error] }
    }
}

fn not_utf8(bytes: &[u8], valid: usize) -> SyntaxError {
    let good = String::from_utf8_lossy(bytes.get(..valid).unwrap_or_default());
    let span = Span::at(Position::START.after(&good));
    SyntaxError { span: Some(span), message: "not UTF-8".to_owned(), help: Some("save it as UTF-8 text".to_owned()) }
}

fn parse_values<const LENIENT: bool>(text: &str, file: &str) -> Result<Vec<Value>, SyntaxError> {
    if !text.trim_start().starts_with(['{', '[']) {
        return parse_yaml::<LENIENT>(text);
    }
    let values: Result<Vec<Tree<LENIENT>>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    match values {
        Ok(values) => Ok(values.into_iter().map(|Tree(value)| value).collect()),
        Err(error) if file.ends_with(".json") => Err(SyntaxError::of_json(text, &error)),
        Err(_) => parse_yaml::<LENIENT>(text), // `{a: b}` is YAML.
    }
}

fn parse_yaml<const LENIENT: bool>(text: &str) -> Result<Vec<Value>, SyntaxError>
where
    Tree<LENIENT>: DeserializeOwned,
{
    match serde_saphyr::from_multiple_with_options::<Tree<LENIENT>>(text, options(text)) {
        Ok(values) => Ok(values.into_iter().map(|Tree(value)| value).collect()),
        Err(error) => Err(SyntaxError::of_yaml(text, &error)),
    }
}

/// What a text holds can't be more than its bytes; only aliases make more of it.
fn options(text: &str) -> serde_saphyr::Options {
    let mut budget = serde_saphyr::budget::Budget::default();
    budget.max_depth = MAX_DEPTH;
    budget.max_events = text.len().saturating_mul(2).saturating_add(MAX_ALIASED_NODES);
    budget.max_nodes = text.len().saturating_add(MAX_ALIASED_NODES);
    budget.max_total_scalar_bytes = text.len().saturating_add(MAX_ALIASED_BYTES);
    budget.max_total_comment_bytes = text.len();
    budget.max_documents = usize::MAX;
    let mut aliases = serde_saphyr::options::AliasLimits::default();
    aliases.max_total_replayed_events = MAX_ALIASED_NODES;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.alias_limits = aliases;
    // Keys are compared by `Tree`, which needs no second list of them; merges do.
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    if !text.contains("<<") {
        options.merge_keys = MergeKeyPolicy::AsOrdinary;
    }
    options.legacy_octal_numbers = true;
    options.emit_comments = false;
    options.with_snippet = false;
    options
}

/// The values of a document, without Lists and without those that are nothing.
fn unpack_all(values: Vec<Value>) -> Vec<Item> {
    let mut items = Vec::new();
    for value in values.into_iter().filter(|value| !value.is_null()) {
        unpack(value, Path::default(), &mut items);
    }
    items
}

/// A value, or the items of a List, also of one in a List, as `kubectl get -o yaml` prints several objects.
fn unpack(mut value: Value, path: Path, items: &mut Vec<Item>) {
    let (listed, path) = match listed(&mut value) {
        Some(listed) => (listed, path.key("items")),
        None => match value {
            Value::Array(listed) => (listed, path),
            value => return items.push(Item { path, value }),
        },
    };
    for (index, item) in listed.into_iter().enumerate() {
        unpack(item, path.index(index), items);
    }
}

/// The items of a List. Those of a `PodList`, as the API server sends it, carry no kind of their own: they get it.
fn listed(value: &mut Value) -> Option<Vec<Value>> {
    let word = |key: &str| value.get(key).and_then(Value::as_str).filter(|word| !word.is_empty());
    let (version, kind) = (word("apiVersion")?.to_owned(), word("kind")?.strip_suffix("List")?.to_owned());
    let Some(Value::Array(mut items)) = value.get_mut("items").filter(|items| items.is_array()).map(Value::take) else {
        return None;
    };
    for item in items.iter_mut().filter_map(Value::as_object_mut).filter(|_| !kind.is_empty()) {
        if !item.contains_key("kind") && !item.contains_key("apiVersion") {
            item.insert("apiVersion".to_owned(), version.as_str().into());
            item.insert("kind".to_owned(), kind.as_str().into());
        }
    }
    Some(items)
}
