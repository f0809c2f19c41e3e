//! Small files that are kept as texts, such as policies: their objects, and the spans of what is wrong with them.

use std::sync::Arc;

use serde_json::Value;

use super::diagnostic::Diagnostic;
use super::locate::{Wanted, find_spans};
use super::misread::find_tags;
use super::parse::read_part;
use super::part::{Part, split_parts};
use super::path::Path;

/// One object of a file.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) value: Value,
    /// What YAML takes in another way than its author meant it.
    pub(crate) misread: Vec<Diagnostic>,
    file: Arc<str>,
    text: Arc<str>,
    part: Part,
    /// Where it stands in its document.
    above: Path,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    /// Its objects, Lists taken apart. Documents that say nothing are left out.
    pub(crate) objects: Vec<Document>,
    /// Why documents of it can't be read.
    pub(crate) errors: Vec<Diagnostic>,
}

/// Reads all documents of a file; `file` is its name in diagnostics.
pub(crate) fn read_documents(file: &str, text: &str) -> Documents {
    let (file, text): (Arc<str>, Arc<str>) = (Arc::from(file), Arc::from(text));
    let mut documents = Documents::default();
    for part in split_parts(text.as_bytes()) {
        let read = read_part(&file, text.as_bytes(), part);
        if read.items.is_empty() {
            documents.errors.extend(read.errors);
            continue;
        }
        let tags = find_tags(text.get(part.start..part.end).unwrap_or_default());
        let meant: Vec<(Path, String)> =
            tags.iter().filter_map(|tag| Some((tag.path.clone(), tag.meant.clone()?))).collect();
        let mut misread = read.errors;
        misread.extend(tags.into_iter().map(|tag| tag.placed_in(&file, part)));
        for item in read.items {
            let (file, text, above) = (Arc::clone(&file), Arc::clone(&text), item.path);
            let misread = misread.iter().filter_map(|diagnostic| diagnostic.below(&above)).collect();
            let mut document = Document { value: item.value, misread, file, text, part, above };
            document.take_as_meant(&meant);
            documents.objects.push(document);
        }
    }
    documents
}

impl Document {
    /// Puts the texts that were meant where YAML left them out.
    fn take_as_meant(&mut self, meant: &[(Path, String)]) {
        for (path, text) in meant {
            let Some(path) = path.below(&self.above) else { continue };
            if let Some(value) = path.find_mut(&mut self.value) {
                *value = text.as_str().into();
            }
        }
    }

    /// Diagnostics with the file and their spans, in the order of the file.
    pub(crate) fn with_spans(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let wanted: Vec<Wanted> = diagnostics.iter().map(|one| Wanted::new(&self.above, &one.path)).collect();
        let spans = find_spans(self.text.as_bytes(), self.part, &wanted);
        for (diagnostic, span) in diagnostics.iter_mut().zip(spans) {
            if diagnostic.span.is_none() {
                (diagnostic.file, diagnostic.span) = (Some(Arc::clone(&self.file)), Some(span));
            }
        }
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.map(|span| span.start.line));
        diagnostics
    }
}

impl Diagnostic {
    /// The same as seen from an object that stands at `above`; nothing where it lies elsewhere.
    fn below(&self, above: &Path) -> Option<Self> {
        let path = self.path.below(above)?;
        Some(Self { path, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only object of a text.
    fn only(text: &str) -> Document {
        let mut documents = read_documents("x.yaml", text);
        assert_eq!(documents.errors, []);
        assert_eq!(documents.objects.len(), 1);
        documents.objects.remove(0)
    }

    /// Where a path is written, as `line:column-line:column`.
    fn span(document: &Document, path: &Path) -> String {
        let placed = document.with_spans(vec![Diagnostic::new(path.clone(), "")]);
        let span = placed[0].span.unwrap();
        format!("{}:{}-{}:{}", span.start.line, span.start.column, span.end.line, span.end.column)
    }

    #[test]
    fn finds_the_span_of_every_key_and_item() {
        let text = "a: 1\nb:\n  c: [x,\n    z]\n  d: {e: null, f: true}\n---\n---\ng: 0.5\n";
        let documents = read_documents("x.yaml", text).objects;
        assert_eq!(documents.len(), 2);
        let first = &documents[0];
        assert_eq!(first.value, serde_json::json!({"a": 1, "b": {"c": ["x", "z"], "d": {"e": null, "f": true}}}));
        let b = Path::root("b");
        assert_eq!(span(first, &b), "2:1-5:24");
        assert_eq!(span(first, &b.key("c")), "3:3-4:7");
        assert_eq!(span(first, &b.key("c").index(1)), "4:5-4:6");
        assert_eq!(span(first, &b.key("d").key("f")), "5:19-5:23");
        assert_eq!(span(first, &b.key("d").key("absent")), "5:3-5:24", "the nearest place above");
        assert_eq!(span(&documents[1], &Path::root("g")), "8:4-8:7");
        let placed = documents[1].with_spans(vec![Diagnostic::new(Path::root("g"), "")]);
        let span = placed[0].span.unwrap();
        assert_eq!(text.get(span.start.byte..span.end.byte), Some("0.5"));
    }

    /// What can't be read, or is read in another way, as it is printed.
    #[track_caller]
    fn told(text: &str, expected: &[&str]) {
        let documents = read_documents("x.yaml", text);
        let misread = documents.objects.iter().flat_map(|object| &object.misread);
        let told: Vec<String> = documents.errors.iter().chain(misread).map(ToString::to_string).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_key_that_stands_twice_is_told_with_both_lines() {
        told(
            "k: v\n---\nb: {x: 1, x: 2}\n",
            &["x.yaml:3:11: b.x: key `x` is duplicated in this mapping; first on line 3"],
        );
        let broken = read_documents("x.yaml", "b: {c: 1, c: 2}\nd: *nope\n").errors;
        let places = broken.iter().map(|error| error.span.unwrap().start);
        assert_eq!(places.map(|start| (start.line, start.column)).collect::<Vec<_>>(), [(1, 11), (2, 4)], "{broken:?}");
        told("a: 1\nb: {c: 1}\na: 2\n", &["x.yaml:3:1: a: key `a` is duplicated in this mapping; first on line 1"]);
        told(
            "a: 1\nb: {c: 1, c: 2, c: 3}\na: 2\n",
            &[
                "x.yaml:2:11: b.c: key `c` is duplicated in this mapping; first on line 2",
                "x.yaml:2:17: b.c: key `c` is duplicated in this mapping; first on line 2",
                "x.yaml:3:1: a: key `a` is duplicated in this mapping; first on line 1",
            ],
        );
        assert_eq!(read_documents("x.yaml", "a: 1\na: 2\n").objects[0].value["a"], 2);
    }

    #[test]
    fn what_yaml_reads_as_a_tag_is_told_and_kept() {
        for (text, column, meant) in [
            ("a:\n- expression: !has(x.y) # none\n", 15, "!has(x.y)"),
            ("a:\n- expression: !x.y == 3\n", 15, "!x.y == 3"),
            ("a:\n- {expression: !x.y, name: b}\n", 16, "!x.y"),
        ] {
            let expected = format!(
                "x.yaml:2:{column}: a[0].expression: YAML reads what starts with `!` as a tag and leaves it out; put \
                 the expression in quotes, or write it as a block behind `|`"
            );
            told(text, &[&expected]);
            assert_eq!(only(text).value["a"][0]["expression"], meant);
        }
        told("a: \"!x\"\nb: !!str 3\nc: '!x: y'\n", &[]); // Quoted texts and tags of YAML's own.
    }

    /// The position of `mark` in the text of `b.a`.
    #[track_caller]
    fn found_at(text: &str, expected: &str) {
        let document = only(text);
        let value = document.value["b"]["a"].as_str().unwrap();
        let before = value.split("mark").next().unwrap().chars().count();
        let found = span(&document, &Path::root("b").key("a").character(before));
        assert_eq!(found.split('-').next(), Some(expected), "{text}");
    }

    #[test]
    fn a_place_in_a_text_has_its_position_in_the_file() {
        found_at("b:\n  a: |\n    one\n\n    two mark\n", "5:9");
        found_at("b:\n  a: |\n    one\n    mark\n", "4:5");
        found_at("b:\n  a: >-\n    one\n    two mark\n  c: 1\n", "4:9");
        found_at("b:\n  a: one\n    two\n    mark\n", "4:5");
        found_at("b:\n  a: \"one\\n two\\n \\\"mark\"\n  c: 1\n", "2:21");
        found_at("b:\n  a: 'it''s\n    mark'\n", "3:5");
        found_at("b: {c: 1, a: mark}\n", "1:14");
    }

    #[test]
    fn lists_are_taken_apart() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- kind: A\n- kind: B\n  spec: {c: !d}\n";
        let objects = read_documents("x.yaml", text).objects;
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[1].value["kind"], "B");
        assert_eq!(span(&objects[1], &Path::root("spec").key("c")).split(':').next(), Some("6"));
        assert_eq!(objects[1].misread[0].path.to_string(), "spec.c");
        assert!(objects[0].misread.is_empty());
        let typed = only("apiVersion: g/v1\nkind: AList\nitems: [{spec: 1}]\n");
        assert_eq!(typed.value, serde_json::json!({"spec": 1, "kind": "A", "apiVersion": "g/v1"}));
    }

    #[test]
    fn what_yaml_does_not_take_is_told_in_the_words_of_its_author() {
        let told = |text: &str| read_documents("x.yaml", text).errors[0].to_string();
        let quote = "put the expression in quotes, or write it as a block behind `|`";
        assert!(told("a:\n- expression: x ? y : z\n").ends_with(quote));
        assert!(told("a:\n- expression: 'a' + x\n").ends_with(quote), "{}", told("a:\n- expression: 'a' + x\n"));
        assert!(told("a:\n- messageExpression: \"a\" + x\n").ends_with(quote));
        assert!(told("a:\n- expression: ['a'].exists(x, true)\n").ends_with(quote));
        assert!(told("message: note: it breaks\n").contains("put the text of `message` in quotes"));
        assert!(told("a: 1\n b: 2\n").contains("`b` can't stand here"));
        assert!(told("a: 1\n b: 2\n").starts_with("x.yaml:2:"));
        assert!(told("a:\n\tb: 2\n").contains("not with tabs"));
        assert!(told("a: .nan\n").contains("no numbers that a field can take"));
        assert!(told("a: 1\nb: {{ .Values.b }}\n").starts_with("x.yaml:2:4: a template, not a manifest; render it"));
        for text in ["a: .nan\n", "a:\n\tb: 2\n", "a: [1\n", "a: *b\n", "a: 1\n b: 2\n"] {
            assert!(!told(text).contains(" at line "), "the line is told once: {}", told(text));
        }
    }

    #[test]
    fn a_bad_document_hides_no_other() {
        let documents = read_documents("x.yaml", "a: [\n---\nb: 1\n");
        assert_eq!((documents.errors.len(), documents.objects.len()), (1, 1));
    }
}
