//! YAML files as JSON trees that remember their lines.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Options, Spanned};

use super::diagnostic::{Mistake, Path, PolicyError, Segment};

/// One document of a file, or an item of a List in one.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) value: Value,
    /// What YAML takes in another way than its author meant it.
    pub(crate) mistakes: Vec<Mistake>,
    /// Where it stands in its document.
    above: Path,
    sheet: Arc<Sheet>,
}

/// What is written of a document: its text, and where its fields and items stand.
#[derive(Debug)]
struct Sheet {
    text: Arc<str>,
    root: Value,
    places: BTreeMap<Path, Written>,
}

/// A line and a column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    line: usize,
    column: usize,
}

impl Document {
    /// The line of a place, or of the nearest one above it that is written; of a place in a text, the line in that text.
    pub(crate) fn line(&self, at: &Path) -> Option<usize> {
        let (field, characters) = at.under(&self.above).in_text();
        let inner = characters.and_then(|characters| self.sheet.line_in_text(&field, characters));
        let mut at = field;
        while inner.is_none() {
            if let Some(written) = self.sheet.places.get(&at) {
                return Some(written.line);
            }
            if at.segments().is_empty() {
                return None;
            }
            at = at.parent();
        }
        inner
    }

    /// The document itself, or where it is a List the items of it, as `kubectl get -o yaml` prints several objects.
    pub(crate) fn objects(mut self) -> Vec<Self> {
        let kind = self.value.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List"));
        let Some(kind) = kind.map(str::to_owned) else { return vec![self] };
        let version = self.value.get("apiVersion").cloned();
        let Some(Value::Array(items)) = self.value.get_mut("items").map(Value::take) else { return vec![self] };
        let mistakes = std::mem::take(&mut self.mistakes);
        let item = |(index, mut value): (usize, Value)| {
            let above = Path::root("items").index(index);
            // Items of a RedisPolicyList, as the API server sends it, carry no kind of their own.
            if let (Some(fields), false) = (value.as_object_mut(), kind.is_empty()) {
                for (key, word) in [("kind", Some(Value::from(kind.as_str()))), ("apiVersion", version.clone())] {
                    if let (Some(word), false) = (word, fields.contains_key(key)) {
                        fields.insert(key.to_owned(), word);
                    }
                }
            }
            let own = mistakes.iter().filter(|mistake| mistake.at.segments().starts_with(above.segments()));
            let own = own.map(|mistake| Mistake { at: mistake.at.from(&above), what: mistake.what.clone() }).collect();
            Self { value, mistakes: own, above, sheet: Arc::clone(&self.sheet) }
        };
        items.into_iter().enumerate().map(item).collect()
    }
}

impl Sheet {
    fn line_in_text(&self, field: &Path, characters: usize) -> Option<usize> {
        let value = field.segments().iter().try_fold(&self.root, |value, segment| match segment {
            Segment::Key(key) => value.get(key),
            Segment::Index(index) => value.get(index),
            Segment::Character(_) => None,
        });
        let before: String = value?.as_str()?.chars().take(characters).collect();
        let key = self.places.get(field)?;
        super::text::line(&self.text, key.line, key.column, &before)
    }
}

/// The documents of a file; empty ones are left out.
pub(crate) fn read(file: &str, text: &str) -> Result<Vec<Document>, PolicyError> {
    let mut options = Options::default();
    // Told by us, with both lines.
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    options.with_snippet = false;
    let nodes: Vec<Spanned<Node>> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
        let (line, what) = super::syntax_error::explain(text, line, &error.without_snippet().to_string());
        PolicyError::new(file, line, what)
    })?;
    let text: Arc<str> = Arc::from(text);
    let document = |node: Spanned<Node>| {
        let mut reading = Reading { text: &text, places: BTreeMap::new(), mistakes: Vec::new() };
        reading.note(&Path::default(), &node);
        let value = reading.value(node.value, &Path::default());
        let Reading { places, mistakes, .. } = reading;
        let sheet = Arc::new(Sheet { text: Arc::clone(&text), root: value.clone(), places });
        (!value.is_null()).then_some(Document { value, mistakes, above: Path::default(), sheet })
    };
    Ok(nodes.into_iter().filter_map(document).collect())
}

/// A YAML node of any shape with the places of what is in it.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Mapping(Vec<(Spanned<String>, Node)>),
}

/// What is gathered while nodes become values.
struct Reading<'a> {
    text: &'a str,
    places: BTreeMap<Path, Written>,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn note<T>(&mut self, at: &Path, spanned: &Spanned<T>) -> Option<Written> {
        let number = |number: u64| usize::try_from(number).ok().filter(|number| *number > 0);
        let place = &spanned.referenced;
        let written = Written { line: number(place.line())?, column: number(place.column())? };
        self.places.insert(at.clone(), written);
        Some(written)
    }

    fn value(&mut self, node: Node, at: &Path) -> Value {
        match node {
            Node::Scalar(value) => value,
            Node::List(items) => {
                let item = |(index, item): (usize, Spanned<Node>)| {
                    let at = at.index(index);
                    self.note(&at, &item);
                    self.value(item.value, &at)
                };
                Value::Array(items.into_iter().enumerate().map(item).collect())
            }
            Node::Mapping(fields) => {
                let mut mapping = Map::new();
                for (key, node) in fields {
                    let at = at.key(&key.value);
                    let first = self.places.get(&at).copied();
                    let written = self.note(&at, &key);
                    if let Some(first) = first {
                        let what = format!("`{}` stands twice in one mapping; first on line {}", key.value, first.line);
                        self.mistakes.push(Mistake { at: at.clone(), what });
                    }
                    let value = self.value(node, &at);
                    let value = written.and_then(|written| self.tagged(&key.value, written, &at)).unwrap_or(value);
                    mapping.insert(key.value, value);
                }
                Value::Object(mapping)
            }
        }
    }

    /// What follows a `!`, which YAML reads as a tag and leaves out: the text that was meant.
    fn tagged(&mut self, key: &str, written: Written, at: &Path) -> Option<Value> {
        let meant = super::text::tagged(self.text, written.line, written.column)?;
        let what =
            format!("YAML reads what starts with `!` as a tag and leaves it out; {}", super::syntax_error::quote(key));
        self.mistakes.push(Mistake { at: at.clone(), what });
        Some(meant.into())
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    /// Beyond 64 bits no number is exact, nor right for any field of ours.
    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string().parse().map_or(Value::Null, Value::Number)))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string().parse::<Number>().map_or(Value::Null, Value::Number)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node, A::Error> {
        let mut mapping = Vec::new();
        while let Some(field) = fields.next_entry()? {
            mapping.push(field);
        }
        Ok(Node::Mapping(mapping))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_line_of_every_key_and_item() {
        let text = "a: 1\nb:\n  c: [x,\n    z]\n  d: {e: null, f: true}\n---\n---\ng: 0.5\n";
        let documents = read("x.yaml", text).unwrap();
        assert_eq!(documents.len(), 2);
        let first = &documents[0];
        assert_eq!(first.value, serde_json::json!({"a": 1, "b": {"c": ["x", "z"], "d": {"e": null, "f": true}}}));
        let b = Path::root("b");
        assert_eq!(first.line(&b), Some(2));
        assert_eq!(first.line(&b.key("c").index(1)), Some(4));
        assert_eq!(first.line(&b.key("d").key("f")), Some(5));
        assert_eq!(first.line(&b.key("d").key("absent")), Some(5), "the nearest place above");
        assert_eq!(documents[1].line(&Path::root("g")), Some(8));
    }

    #[test]
    fn what_is_no_yaml_has_its_line() {
        let error = read("x.yaml", "a: 1\n b: 2\n").unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("x.yaml", Some(2)), "{error}");
    }

    /// What YAML took in another way, as it is told.
    fn misread(text: &str) -> Vec<String> {
        let document = read("x.yaml", text).unwrap().remove(0);
        let told = |mistake: &Mistake| format!("{}: {mistake}", document.line(&mistake.at).unwrap());
        document.mistakes.iter().map(told).collect()
    }

    #[test]
    fn a_key_that_stands_twice_is_told_with_both_lines() {
        assert_eq!(
            misread("a: 1\nb: {c: 1}\na: 2\n"),
            ["3: a: `a` stands twice in one mapping; first on line 1"],
            "in one mapping only"
        );
    }

    #[test]
    fn what_yaml_reads_as_a_tag_is_told_and_kept() {
        let told = "YAML reads what starts with `!` as a tag and leaves it out";
        for (text, meant) in [
            ("a:\n- expression: !has(x.y) # none\n", "!has(x.y)"),
            ("a:\n- expression: !x.y == 3\n", "!x.y == 3"),
            ("a:\n- {expression: !x.y, name: b}\n", "!x.y"),
        ] {
            assert_eq!(
                misread(text),
                [format!(
                    "2: a[0].expression: {told}; put the expression in quotes, or write it as a block behind `|`"
                )]
            );
            assert_eq!(read("x.yaml", text).unwrap()[0].value["a"][0]["expression"], meant);
        }
        assert!(misread("a: \"!x\"\nb: !!str 3\nc: '!x: y'\n").is_empty(), "quoted texts and tags of YAML's own");
    }

    /// The line of `mark` in the text of `a`.
    #[track_caller]
    fn found_on(text: &str, line: usize) {
        let document = read("x.yaml", text).unwrap().remove(0);
        let value = document.value["b"]["a"].as_str().unwrap();
        let before = value.split("mark").next().unwrap().chars().count();
        let at = Path::root("b").key("a").character(before);
        assert_eq!(document.line(&at), Some(line), "{text}");
    }

    #[test]
    fn a_place_in_a_text_has_the_line_of_the_file() {
        found_on("b:\n  a: |\n    one\n\n    two mark\n", 5);
        found_on("b:\n  a: |\n    one\n    mark\n", 4);
        found_on("b:\n  a: >-\n    one\n    two mark\n  c: 1\n", 4);
        found_on("b:\n  a: one\n    two\n    mark\n", 4);
        found_on("b:\n  a: \"one\\n two\\n \\\"mark\"\n  c: 1\n", 2);
        found_on("b:\n  a: 'it''s\n    mark'\n", 3);
        found_on("b: {c: 1, a: mark}\n", 1);
    }

    #[test]
    fn lists_are_taken_apart() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- kind: A\n- kind: B\n  spec: {c: !d}\n";
        let objects = read("x.yaml", text).unwrap().remove(0).objects();
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[1].value["kind"], "B");
        assert_eq!(objects[1].line(&Path::root("spec").key("c")), Some(6));
        assert_eq!(objects[1].mistakes[0].at.to_string(), "spec.c");
        assert!(objects[0].mistakes.is_empty());
        let typed = read("x.yaml", "apiVersion: g/v1\nkind: AList\nitems: [{spec: 1}]\n").unwrap().remove(0).objects();
        assert_eq!(typed[0].value, serde_json::json!({"spec": 1, "kind": "A", "apiVersion": "g/v1"}));
    }

    #[test]
    fn what_yaml_does_not_take_is_told_in_the_words_of_its_author() {
        let told = |text: &str| read("x.yaml", text).unwrap_err().to_string();
        let quote = "put the expression in quotes, or write it as a block behind `|`";
        assert!(told("a:\n- expression: x ? y : z\n").ends_with(quote));
        assert!(told("a:\n- expression: 'a' + x\n").ends_with(quote), "{}", told("a:\n- expression: 'a' + x\n"));
        assert!(told("a:\n- messageExpression: \"a\" + x\n").ends_with(quote));
        assert!(told("a:\n- expression: ['a'].exists(x, true)\n").ends_with(quote));
        assert!(told("message: note: it breaks\n").contains("put the text of `message` in quotes"));
        assert!(told("a: 1\n b: 2\n").contains("`b` can't stand here"));
        assert!(told("a:\n\tb: 2\n").contains("not with tabs"));
        assert!(told("a: .nan\n").contains("no numbers that a field can take"));
        assert_eq!(
            told("a: 1\nb: {{ .Values.b }}\n"),
            "x.yaml:2: this looks like a template that was not rendered; render it first, as `helm template` does"
        );
        for text in ["a: .nan\n", "a:\n\tb: 2\n", "a: [1\n", "a: *b\n", "a: 1\n b: 2\n"] {
            assert!(!told(text).contains(" at line "), "the line is told once: {}", told(text));
        }
    }
}
