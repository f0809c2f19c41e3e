//! YAML files as JSON trees that remember their lines.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use serde_saphyr::{Options, Spanned};

use super::mistake::{Path, PolicyError};

/// One document of a file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) value: Value,
    lines: BTreeMap<Path, usize>,
}

impl Document {
    /// The line of a place, or of the nearest one above it that is written.
    pub(super) fn line(&self, at: &Path) -> Option<usize> {
        let mut at = at.clone();
        loop {
            if let Some(line) = self.lines.get(&at) {
                return Some(*line);
            }
            if at.segments().is_empty() {
                return None;
            }
            at = at.parent();
        }
    }
}

/// The documents of a file; empty ones are left out.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Document>, PolicyError> {
    let nodes: Vec<Spanned<Node>> =
        serde_saphyr::from_multiple_with_options(text, Options::default()).map_err(|error| {
            let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
            let what = error.without_snippet().to_string();
            PolicyError::new(file, line, what.lines().next().unwrap_or_default().to_owned())
        })?;
    let document = |node: Spanned<Node>| {
        let mut lines = BTreeMap::new();
        note(&mut lines, &Path::default(), &node);
        let value = node.value.into_value(&Path::default(), &mut lines);
        (!value.is_null()).then_some(Document { value, lines })
    };
    Ok(nodes.into_iter().filter_map(document).collect())
}

fn note<T>(lines: &mut BTreeMap<Path, usize>, at: &Path, spanned: &Spanned<T>) {
    if let Some(line) = usize::try_from(spanned.referenced.line()).ok().filter(|line| *line > 0) {
        lines.insert(at.clone(), line);
    }
}

/// A YAML node of any shape with the places of what is in it.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Mapping(Vec<(Spanned<String>, Node)>),
}

impl Node {
    fn into_value(self, at: &Path, lines: &mut BTreeMap<Path, usize>) -> Value {
        match self {
            Self::Scalar(value) => value,
            Self::List(items) => {
                let item = |(index, item): (usize, Spanned<Self>)| {
                    let at = at.index(index);
                    note(lines, &at, &item);
                    item.value.into_value(&at, lines)
                };
                Value::Array(items.into_iter().enumerate().map(item).collect())
            }
            Self::Mapping(fields) => {
                let field = |(key, node): (Spanned<String>, Self)| {
                    let at = at.key(&key.value);
                    note(lines, &at, &key);
                    (key.value, node.into_value(&at, lines))
                };
                Value::Object(fields.into_iter().map(field).collect::<Map<_, _>>())
            }
        }
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
        let error = read("x.yaml", "a: 1\na: 2\n").unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("x.yaml", Some(2)), "{error}");
    }
}
