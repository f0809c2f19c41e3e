use std::fs;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::kubernetes::{ObjectRef, Place};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn names(manifests: &Manifests) -> Vec<String> {
    manifests.documents.iter().map(|document| ObjectRef::of(&document.value).name).collect()
}

/// One document is read, and the others are mistakes at these places.
#[track_caller]
fn wrong(text: &str, expected: &[&str]) {
    let manifests = Manifests::parse("a.yaml", text);
    let mistakes: Vec<String> = manifests.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
    for (mistake, expected) in mistakes.iter().zip(expected) {
        assert!(mistake.starts_with(expected), "{mistake}");
        assert!(!mistake.contains('\n'), "{mistake}");
    }
}

#[test]
fn reads_documents_and_lists_of_all_shapes() {
    let text = format!(
        "# Source: chart\n---\n{CONFIG_MAP}---\n# nothing\n---\n---\napiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: b}}}}\n- apiVersion: v1\n  kind: List\n  items: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}}}]\n...\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: d}}}}\n--- {{apiVersion: v1, kind: PodList, items: [{{metadata: {{name: e}}}}]}}\n--- # values\nreplicas: 3\n"
    );
    let manifests = Manifests::parse("a.yaml", &text);
    assert_eq!(manifests.mistakes, []);
    assert_eq!(names(&manifests), ["a", "b", "c", "d", "e"]);
    assert_eq!(manifests.objects, 5);
    assert_eq!(manifests.documents[4].value["kind"], "Pod");
    let lines: Vec<usize> = manifests.documents.iter().map(|document| document.line).collect();
    assert_eq!(lines, [3, 10, 10, 18, 19]);
}

#[test]
fn reads_json_and_several_of_them() {
    let one = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "\u{1F600}\t"}});
    let manifests = Manifests::parse("a.json", &format!("{one}\n{one:#}"));
    assert_eq!(manifests.mistakes, []);
    assert_eq!(names(&manifests), ["a", "a"]);
    assert_eq!(*manifests.documents[0].value, one);
}

#[test]
fn numbers_are_those_of_an_api_server() {
    let text = format!("{CONFIG_MAP}data: {{a: 0755, b: 1000.0, c: 1.5, d: 1e3, e: '007', f: 0o17}}\n");
    let manifests = Manifests::parse("a.yaml", &text);
    assert_eq!(
        manifests.documents[0].value["data"],
        json!({"a": 493, "b": 1000, "c": 1.5, "d": 1000, "e": "007", "f": 15})
    );
    let manifests = Manifests::parse("a.json", r#"{"apiVersion": "v1", "kind": "X", "spec": 1000.0}"#);
    assert_eq!(manifests.documents[0].value["spec"], json!(1000));
}

#[test]
fn a_bad_document_takes_no_other_with_it() {
    let text = format!("{CONFIG_MAP}---\napiVersion: v1\nkind: [\n---\n{CONFIG_MAP}");
    wrong(&text, &["a.yaml:"]);
    assert_eq!(names(&Manifests::parse("a.yaml", &text)), ["a", "a"]);
}

#[test]
fn mistakes_say_where_and_what() {
    wrong("a: 1\na: 2\n", &["a.yaml:2:1: key `a` stands twice in one mapping"]);
    wrong(r#"{"a": 1, "a": 2}"#, &["a.yaml:1:10: key `a` stands twice in one mapping"]);
    let json = Manifests::parse("a.json", "{\"a\": 1,\n \"a\": 2}");
    assert_eq!(json.mistakes[0].to_string(), "a.json:2:4: not JSON: key `a` stands twice in one mapping");
    wrong("x: 1\nname: {{ .Values.name }}\n", &["a.yaml:2:7: a template, not a manifest"]);
    wrong("{{- if .Values.x }}\na: 1\n{{- end }}\n", &["a.yaml:1:1: a template"]);
    wrong("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", &["a.yaml:2:1: a merge conflict"]);
    wrong("kind: ConfigMap\nmetadata: {name: a}\n", &["a.yaml:1: an object with `kind` and without `apiVersion`"]);
    wrong(
        "\n---\napiVersion: v1\nmetadata: {name: a}\n",
        &["a.yaml:3: an object with `apiVersion` and without `kind`"],
    );
    wrong("a: 'x\n---\nb: 1\n", &["a.yaml:1:"]);
    let long = "k".repeat(100_000);
    let manifests = Manifests::parse("a.yaml", &format!("{long}: 1\n{long}: 2\n"));
    assert!(manifests.mistakes.iter().all(|mistake| mistake.what.len() < 300), "{:?}", manifests.mistakes);
    wrong("a:\n\tb: 1\n", &["a.yaml:2:"]);
}

#[test]
fn not_utf8_is_a_mistake_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, [CONFIG_MAP.as_bytes(), b"---\nx: \xFF\n---\n", CONFIG_MAP.as_bytes()].concat()).unwrap();
    let manifests = Manifests::read(std::slice::from_ref(&file));
    assert_eq!(names(&manifests), ["a", "a"]);
    assert_eq!(manifests.mistakes[0].to_string(), format!("{}:5:4: not UTF-8; save it as UTF-8 text", file.display()));
}

#[test]
fn a_trailing_tab_is_no_part_of_a_value() {
    let manifests = Manifests::parse("a.yaml", "apiVersion: v1\t\nkind: ConfigMap\nmetadata: {name: a}\n");
    assert_eq!(manifests.mistakes, []);
    assert_eq!(ObjectRef::of(&manifests.documents[0].value), ObjectRef::new("v1", "ConfigMap", "", "a"));
}

#[test]
fn byte_order_marks_and_line_ends_of_windows_are_read() {
    let text = format!("\u{FEFF}{CONFIG_MAP}---\n{CONFIG_MAP}").replace('\n', "\r\n");
    let manifests = Manifests::parse("a.yaml", &text);
    assert_eq!((names(&manifests), manifests.mistakes), (vec!["a".to_owned(), "a".to_owned()], vec![]));
}

#[test]
fn folders_are_walked_in_order_without_hidden_ones_and_loops() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, name: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("apiVersion: v1\nkind: X\nmetadata: {{name: {name}}}\n")).unwrap();
    };
    write("b/c.yml", "c");
    write("a.yaml", "a");
    write("d.json", "d");
    write(".git/x.yaml", "hidden");
    write("b/.y.yaml", "hidden");
    write("README.md", "text");
    std::os::unix::fs::symlink(folder.path(), folder.path().join("b/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("z.yaml")).unwrap();
    let manifests = Manifests::read(&[folder.path().to_owned(), folder.path().join("a.yaml"), "absent.yaml".into()]);
    assert_eq!(names(&manifests), ["a", "c", "d"]);
    let mistakes: Vec<String> = manifests.mistakes.iter().map(ToString::to_string).collect();
    let dangling = format!("{}: there is no such file or folder", folder.path().join("z.yaml").display());
    assert_eq!(mistakes, [dangling, "absent.yaml: there is no such file or folder".to_owned()]);
}

#[test]
fn many_documents_and_large_lists_are_no_bombs() {
    let documents = format!("---\n{CONFIG_MAP}").repeat(5000);
    assert_eq!(Manifests::parse("a.yaml", &documents).documents.len(), 5000);
    let item = "- apiVersion: v1\n  kind: Pod\n  metadata: {name: x, labels: {a: b, c: d}}\n  spec:\n    containers:\n    - {name: a, image: b, args: [c, d, e, f, g, h]}\n";
    // More nodes than the parser's own budget has.
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}", item.repeat(12_000));
    assert_eq!(Manifests::parse("a.yaml", &list).documents.len(), 12_000);
}

#[test]
fn bombs_are_refused() {
    let level = |level: u32| {
        let below = vec![format!("*a{}", level.saturating_sub(1)); 10].join(", ");
        format!("a{level}: &a{level} [{}]\n", if level == 0 { "x, x, x, x, x, x, x, x, x, x" } else { &below })
    };
    let text: String = (0..12).map(level).collect();
    wrong(&text, &["a.yaml:"]);
    // One large text, many times.
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 3000].join(", "));
    wrong(&text, &["a.yaml:"]);
    for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        wrong(&deep, &["a.yaml:"]);
        assert_eq!(Manifests::parse("a.json", &deep).mistakes.len(), 1);
    }
}

/// Where a pointer and, inside it, a line and column are found.
#[track_caller]
fn at(text: &str, document: usize, pointer: &str, inner: Option<(u32, Option<u32>)>, expected: (usize, usize)) {
    let manifests = Manifests::parse("a.yaml", text);
    assert_eq!(manifests.mistakes, []);
    let document = &manifests.documents[document];
    let mut place = Place::new(ObjectRef::of(&document.value), Pointer::new(pointer));
    place.line = inner.map(|(line, _)| line);
    place.column = inner.and_then(|(_, column)| column);
    let spots = places::find(&[(document, &place)]);
    assert_eq!((spots[0].line, spots[0].column), expected, "{pointer}");
}

const PLACES: &str = "\
# first
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: a
  data:
    plain: one
    redis.conf: |-

      # a comment
      maxmemory 1gb

        indented
    folded: >
      one
      two
    \"quoted\": \"a\\nb\"
    empty: |
    last/one: |
      x
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b},
   data: &data {k: v}}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: c}
  data: *data
  binaryData:
  - |
    in a list
    second
  - c: [a, b]
    d: e
";

#[test]
fn places_are_those_an_editor_shows() {
    let at = |document, pointer, inner, expected| at(PLACES, document, pointer, inner, expected);
    at(0, "", None, (6, 3));
    at(0, "/kind", None, (7, 9));
    at(0, "/metadata", None, (8, 3));
    at(0, "/metadata/name", None, (9, 11));
    at(0, "/data/redis.conf", None, (12, 5));
    at(0, "/data/redis.conf", Some((1, None)), (13, 7));
    at(0, "/data/redis.conf", Some((3, Some(11))), (15, 17));
    at(0, "/data/redis.conf", Some((5, Some(3))), (17, 9));
    at(0, "/data/folded", Some((1, None)), (18, 5));
    at(0, "/data/quoted", Some((2, None)), (21, 15));
    at(0, "/data/empty", Some((1, None)), (22, 5));
    at(0, "/data/last~1one", Some((1, None)), (24, 7));
    at(1, "/data/k", None, (26, 20));
    at(2, "/binaryData/0", Some((2, Some(3))), (34, 7));
    at(2, "/binaryData/1/d", None, (36, 8));
}

#[test]
fn what_is_not_there_is_where_its_parent_is() {
    at(PLACES, 0, "/metadata/labels/app", None, (8, 3));
    at(PLACES, 0, "/spec/x/y", None, (6, 3));
    at(PLACES, 2, "/data/k", None, (30, 3));
    at(PLACES, 0, "/data/redis.conf/deeper", Some((2, None)), (12, 5));
}

#[test]
fn places_in_later_documents_and_files_that_are_gone() {
    let text = format!("{CONFIG_MAP}---\n\n{CONFIG_MAP}");
    at(&text, 1, "/metadata/name", None, (8, 18));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, &text).unwrap();
    let manifests = Manifests::read(std::slice::from_ref(&file));
    fs::remove_file(&file).unwrap();
    let place = Place::new(ObjectRef::of(&manifests.documents[1].value), Pointer::new("/metadata/name"));
    let spots = places::find(&[(&manifests.documents[1], &place)]);
    assert_eq!((spots[0].line, Path::new(spots[0].file.as_ref())), (4, file.as_path()));
}
