use std::fs;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::kubernetes::{Kind, Lookup, ObjectRef, Place, Pointer, Seen};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn names(manifests: &Manifests) -> Vec<String> {
    manifests.documents.iter().map(|document| document.name.name.clone()).collect()
}

/// What is told of a text, and where.
#[track_caller]
fn wrong(text: &str, expected: &[&str]) {
    let manifests = Manifests::parse("a.yaml", text);
    let told: Vec<String> = manifests.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}");
        assert!(!told.contains('\n'), "{told}");
    }
}

#[test]
fn reads_documents_and_lists_of_all_shapes() {
    let text = format!(
        "# Source: chart\n---\n{CONFIG_MAP}---\n# nothing\n---\n---\napiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: b}}}}\n- apiVersion: v1\n  kind: List\n  items: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}}}]\n...\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: d}}}}\n--- {{apiVersion: v1, kind: PodList, items: [{{metadata: {{name: e}}}}]}}\n--- # values\nreplicas: 3\n"
    );
    let manifests = Manifests::parse("a.yaml", &text);
    assert_eq!(manifests.diagnostics, []);
    assert_eq!(names(&manifests), ["a", "b", "c", "d", "e"]);
    assert_eq!(manifests.objects, 5);
    assert_eq!(manifests.documents[4].value()["kind"], "Pod");
    let lines: Vec<usize> = manifests.documents.iter().map(|document| document.line).collect();
    assert_eq!(lines, [3, 10, 10, 18, 19]);
}

#[test]
fn reads_json_and_several_of_them() {
    let one = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "\u{1F600}\t"}});
    let manifests = Manifests::parse("a.json", &format!("{one}\n{one:#}"));
    assert_eq!(manifests.diagnostics, []);
    assert_eq!(names(&manifests), ["a", "a"]);
    assert_eq!(**manifests.documents[0].value(), one);
}

#[test]
fn numbers_are_those_of_an_api_server() {
    let text = format!("{CONFIG_MAP}data: {{a: 0755, b: 1000.0, c: 1.5, d: 1e3, e: '007', f: 0o17}}\n");
    let manifests = Manifests::parse("a.yaml", &text);
    assert_eq!(
        manifests.documents[0].value()["data"],
        json!({"a": 493, "b": 1000, "c": 1.5, "d": 1000, "e": "007", "f": 15})
    );
    let manifests = Manifests::parse("a.json", r#"{"apiVersion": "v1", "kind": "X", "spec": 1000.0}"#);
    assert_eq!(manifests.documents[0].value()["spec"], json!(1000));
}

#[test]
fn merges_give_way_to_what_stands_beside_them() {
    let text = format!("{CONFIG_MAP}data: &data {{a: b, c: d}}\nbinaryData: {{<<: *data, c: e}}\n");
    let manifests = Manifests::parse("a.yaml", &text);
    assert_eq!(manifests.diagnostics, []);
    assert_eq!(manifests.documents[0].value()["binaryData"], json!({"a": "b", "c": "e"}));
}

#[test]
fn a_bad_document_takes_no_other_with_it() {
    let text = format!("{CONFIG_MAP}---\napiVersion: v1\nkind: [\n---\n{CONFIG_MAP}");
    wrong(&text, &["a.yaml:"]);
    assert_eq!(names(&Manifests::parse("a.yaml", &text)), ["a", "a"]);
}

#[test]
fn diagnostics_say_where_and_what() {
    wrong("a: 1\na: 2\n", &["a.yaml:2:1: key `a` is duplicated in this mapping"]);
    wrong(r#"{"a": 1, "a": 2}"#, &["a.yaml:1:10: key `a` is duplicated in this mapping"]);
    let json = |text: &str| Manifests::parse("a.json", text).diagnostics[0].to_string();
    assert_eq!(json("{\"a\": 1,\n \"a\": 2}"), "a.json:2:2: key `a` is duplicated in this mapping; first on line 1");
    assert_eq!(json("{\"a\": 1,\n \"b\" 2}"), "a.json:2:6: not JSON: expected `:`");
    wrong("x: 1\nname: {{ .Values.name }}\n", &["a.yaml:2:7: a template, not a manifest"]);
    wrong("{{- if .Values.x }}\na: 1\n{{- end }}\n", &["a.yaml:1:1: a template"]);
    wrong("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", &["a.yaml:2:1: a merge conflict"]);
    wrong("kind: ConfigMap\nmetadata: {name: a}\n", &["a.yaml:1:1: an object with `kind` and without `apiVersion`"]);
    wrong(
        "\n---\napiVersion: v1\nmetadata: {name: a}\n",
        &["a.yaml:3:1: an object with `apiVersion` and without `kind`"],
    );
    wrong("a: 'x\n---\nb: 1\n", &["a.yaml:1:"]);
    let long = "k".repeat(100_000);
    let manifests = Manifests::parse("a.yaml", &format!("{long}: 1\n{long}: 2\n"));
    assert!(manifests.diagnostics.iter().all(|one| one.message.len() < 300), "{:?}", manifests.diagnostics);
    wrong("a:\n\tb: 1\n", &["a.yaml:2:"]);
}

#[test]
fn not_utf8_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, [CONFIG_MAP.as_bytes(), b"---\nx: \xFF\n---\n", CONFIG_MAP.as_bytes()].concat()).unwrap();
    let manifests = Manifests::read(std::slice::from_ref(&file));
    assert_eq!(names(&manifests), ["a", "a"]);
    assert_eq!(
        manifests.diagnostics[0].to_string(),
        format!("{}:5:4: not UTF-8; save it as UTF-8 text", file.display())
    );
}

#[test]
fn a_trailing_tab_is_no_part_of_a_value() {
    let manifests = Manifests::parse("a.yaml", "apiVersion: v1\t\nkind: ConfigMap\nmetadata: {name: a}\n");
    assert_eq!(manifests.diagnostics, []);
    assert_eq!(manifests.documents[0].name, ObjectRef::new("v1", "ConfigMap", "", "a"));
}

#[test]
fn byte_order_marks_and_line_ends_of_windows_are_read() {
    let text = format!("\u{FEFF}{CONFIG_MAP}---\n{CONFIG_MAP}").replace('\n', "\r\n");
    let manifests = Manifests::parse("a.yaml", &text);
    assert_eq!((names(&manifests), manifests.diagnostics), (vec!["a".to_owned(), "a".to_owned()], vec![]));
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
    let told: Vec<String> = manifests.diagnostics.iter().map(ToString::to_string).collect();
    let dangling = format!("{}: there is no such file or folder", folder.path().join("z.yaml").display());
    assert_eq!(told, [dangling, "absent.yaml: there is no such file or folder".to_owned()]);
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
        assert_eq!(Manifests::parse("a.json", &deep).diagnostics.len(), 1);
    }
}

/// Where a pointer and, inside it, a line and column are found.
#[track_caller]
fn at(text: &str, document: usize, pointer: &str, inner: Option<(u32, Option<u32>)>, expected: (usize, usize)) {
    let manifests = Manifests::parse("a.yaml", text);
    assert_eq!(manifests.diagnostics, []);
    let document = &manifests.documents[document];
    let mut place = Place::new(document.name.clone(), Pointer::new(pointer));
    place.line = inner.map(|(line, _)| line);
    place.column = inner.and_then(|(_, column)| column);
    let located = locate_places(&[(document, &place)]);
    assert_eq!((located[0].span.start.line, located[0].span.start.column), expected, "{pointer}");
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
    let place = Place::new(manifests.documents[1].name.clone(), Pointer::new("/metadata/name"));
    let located = locate_places(&[(&manifests.documents[1], &place)]);
    assert_eq!((located[0].span.start.line, Path::new(located[0].file.as_ref())), (4, file.as_path()));
}

#[test]
fn objects_that_nobody_names_are_read_again_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let workload = |name: &str, image: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {name}}}\nspec:\n  serviceName: peers\n  template:\n    spec:\n      containers:\n      - {{name: {name}, image: {image}}}\n"
        )
    };
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: peers}\nspec: {clusterIP: None}\n";
    for (file, text) in
        [("a.yaml", workload("redis", "redis:7")), ("b.yaml", workload("web", "nginx")), ("c.yaml", service.to_owned())]
    {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let set = ManifestSet::read(&[folder.path().to_owned()], Some("shop"));
    let workloads = set.workloads();
    assert_eq!(workloads.len(), 1);
    let look = |kind, version, name| {
        let name = ObjectRef::new(version, kind, "shop", name);
        workloads[0].inventory().look(&Lookup::Object(name)).found().map(|found| (*found[0]).clone())
    };
    let service = look("Service", "v1", "peers").unwrap();
    assert_eq!((&service["spec"]["clusterIP"], &service["metadata"]["namespace"]), (&json!("None"), &json!("shop")));
    assert_eq!(look("Service", "v1", "others"), None);
    let all = Lookup::All(Kind::find("apps", "StatefulSet").unwrap(), "shop".to_owned());
    assert_eq!(workloads[0].inventory().look(&all).found().map(<[_]>::len), Some(2));
    // What is gone since then is absent.
    fs::remove_file(folder.path().join("b.yaml")).unwrap();
    let set = ManifestSet::read(&[folder.path().to_owned()], Some("shop"));
    fs::remove_file(folder.path().join("c.yaml")).unwrap();
    let workloads = set.workloads();
    let service = Lookup::Object(ObjectRef::new("v1", "Service", "shop", "peers"));
    assert_eq!(workloads[0].inventory().look(&service), Seen::Absent);
}
