//! Directives of ours as the last lines of a ConfigMap's key (`delivery: configmap`): put in, recognised, taken out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::directive::Directive;
use super::tail::{Form, Tail};
use crate::kubernetes::Pointer;
use crate::patch::edit::{self, TreeError};
use crate::patch::ownership::mark::{Entry, Key, Mark};
use crate::rules::{Derived, OwnedValue};

/// How the mark of a ConfigMap names the path.
const PATH: &str = "configmap";

/// A directive of ours in a ConfigMap.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The key of `data` that it ends.
    pub key: String,
    /// The directive.
    pub name: String,
    /// Its value.
    pub value: String,
    /// For a value that was derived, from which limit and how.
    pub derived: Option<Derived>,
}

impl Line {
    /// What the rules need to know of it, given the server that reads it.
    #[must_use]
    pub fn owned_by(&self, container: &str) -> OwnedValue {
        self.entry().owned_value(&Key::directive(container, &self.name))
    }

    fn of_entry(key: &Key, entry: &Entry) -> Option<Self> {
        let value = entry.set.as_str()?.to_owned();
        let derived = entry.limit.clone().zip(entry.derive.clone());
        let derived = derived.map(|(limit, by)| Derived { limit, by });
        Some(Self { key: key.container.clone(), name: key.path.clone(), value, derived })
    }

    fn entry(&self) -> Entry {
        Entry::delivered(PATH.to_owned(), &self.value, self.derived.as_ref())
    }

    fn directive(&self) -> Directive<'_> {
        Directive { name: &self.name, value: &self.value }
    }
}

/// The lines that a ConfigMap's mark names.
fn marked_lines(config_map: &Value) -> Vec<Line> {
    let mut marked = Vec::new();
    for (key, entry) in Mark::of(config_map).entries {
        if entry.via.as_deref() == Some(PATH) {
            marked.extend(Line::of_entry(&key, &entry));
        }
    }
    marked
}

/// The lines of ours that a ConfigMap's keys end in, by its mark.
#[must_use]
pub fn lines(config_map: &Value) -> Vec<Line> {
    let marked = marked_lines(config_map);
    let mut lines = marked.clone();
    lines.retain(|line| stands(config_map, line, &marked));
    lines
}

fn stands(config_map: &Value, line: &Line, marked: &[Line]) -> bool {
    text(config_map, &line.key).is_some_and(|text| tail(text, &line.key, marked).holds(line.directive()))
}

/// Takes our lines out, and the mark.
pub fn take_out_lines(config_map: &mut Value) {
    let (marked, lines) = (marked_lines(config_map), lines(config_map));
    for key in keys(&lines) {
        let Some(text) = text(config_map, key) else { continue };
        let mut tail = tail(text, key, &marked);
        for line in lines.iter().filter(|line| line.key == key) {
            tail.remove(&line.name);
        }
        let kept = tail.text();
        // The key was just read.
        let _ = edit::set(config_map, &at(key), Value::from(kept));
    }
    Mark::default().write(config_map);
}

/// Puts our lines of `stored` back into a ConfigMap without them, verbatim, where their keys are otherwise the same.
pub fn keep_lines(config_map: &mut Value, stored: &Value) {
    let mut bare = stored.clone();
    take_out_lines(&mut bare);
    let lines = lines(stored);
    let carried = Mark::of(stored);
    // The line end before ours may be ours too.
    let trimmed = |object: &Value, key: &str| text(object, key).map(|text| text.trim_end_matches('\n').to_owned());
    let mut mark = Mark::default();
    for key in keys(&lines) {
        let Some(text) = text(stored, key).filter(|_| trimmed(&bare, key) == trimmed(config_map, key)) else {
            continue;
        };
        if edit::set(config_map, &at(key), Value::from(text)).is_err() {
            continue;
        }
        for line in lines.iter().filter(|line| line.key == key) {
            let place = Key::directive(key, &line.name);
            let entry = carried.entries.get(&place).cloned().unwrap_or_else(|| line.entry());
            mark.entries.insert(place, entry);
        }
    }
    mark.write(config_map);
}

/// Ends a key with our line, and marks it. Lines of ours that the key ends in already stay, in the order of their names.
///
/// # Errors
/// When the ConfigMap has no such key.
pub fn put_line(config_map: &mut Value, line: &Line) -> Result<(), TreeError> {
    let standing = lines(config_map);
    let mut before = text(config_map, &line.key).unwrap_or_default().to_owned();
    if !before.is_empty() && !before.ends_with('\n') {
        before.push('\n');
    }
    let mut tail = tail(&before, &line.key, &standing);
    tail.insert(line.directive());
    edit::set(config_map, &at(&line.key), Value::from(tail.text()))?;
    let mut mark = Mark::of(config_map);
    mark.entries.insert(Key::directive(&line.key, &line.name), line.entry());
    mark.write(config_map);
    Ok(())
}

/// The keys that hold these lines.
fn keys(lines: &[Line]) -> BTreeSet<&str> {
    lines.iter().map(|line| line.key.as_str()).collect()
}

/// The text of a key, cut before those of these lines that it ends in.
fn tail<'t>(text: &'t str, key: &str, lines: &[Line]) -> Tail<'t> {
    let ours: Vec<Directive> = lines.iter().filter(|line| line.key == key).map(Line::directive).collect();
    Tail::read(Form::Lines, text, &ours)
}

fn at(key: &str) -> Pointer {
    Pointer::new("/data").key(key)
}

fn text<'a>(config_map: &'a Value, key: &str) -> Option<&'a str> {
    at(key).find(config_map)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(name: &str, value: &str) -> Line {
        Line { key: "redis.conf".into(), name: name.into(), value: value.into(), derived: None }
    }

    fn maxmemory(value: &str) -> Line {
        let derived = Some(Derived { limit: "1Gi".into(), by: "ratio:0.75".into() });
        Line { derived, ..line("maxmemory", value) }
    }

    fn users() -> Value {
        json!({"metadata": {"name": "conf"}, "data": {"redis.conf": "appendonly no\n"}})
    }

    #[test]
    fn goes_in_and_out() {
        let mut config_map = users();
        put_line(&mut config_map, &maxmemory("768mb")).unwrap();
        assert_eq!(config_map["data"]["redis.conf"], "appendonly no\nmaxmemory 768mb\n");
        assert_eq!(lines(&config_map), [maxmemory("768mb")]);
        assert_eq!(maxmemory("768mb").owned_by("redis").maxmemory, Some((768 << 20, 1 << 30)));
        take_out_lines(&mut config_map);
        assert_eq!(config_map["data"], users()["data"]);
        assert!(lines(&config_map).is_empty());
    }

    #[test]
    fn two_lines_go_in_and_out() {
        let both = "appendonly no\nmaxmemory 768mb\nmaxmemory-policy allkeys-lru\n";
        let [maxmemory, policy] = [maxmemory("768mb"), line("maxmemory-policy", "allkeys-lru")];
        for order in [[&maxmemory, &policy], [&policy, &maxmemory]] {
            let mut stored = users();
            for line in order {
                put_line(&mut stored, line).unwrap();
            }
            assert_eq!(stored["data"]["redis.conf"], both);
            assert_eq!(lines(&stored), [maxmemory.clone(), policy.clone()]);
            let mut again = users();
            keep_lines(&mut again, &stored);
            assert_eq!(again, stored);
            put_line(&mut again, &Line { value: "384mb".into(), ..maxmemory.clone() }).unwrap();
            assert_eq!(again["data"]["redis.conf"], both.replace("768mb", "384mb"));
            take_out_lines(&mut stored);
            assert_eq!(stored["data"], users()["data"]);
        }
    }

    #[test]
    fn one_line_stays_ours_where_the_user_has_changed_the_other() {
        let mut config_map = users();
        put_line(&mut config_map, &maxmemory("768mb")).unwrap();
        put_line(&mut config_map, &line("maxmemory-policy", "allkeys-lru")).unwrap();
        let text = "appendonly no\nmaxmemory 768mb\nmaxmemory-policy noeviction\n";
        config_map["data"]["redis.conf"] = json!(text);
        assert_eq!(lines(&config_map), [maxmemory("768mb")]);
        take_out_lines(&mut config_map);
        assert_eq!(config_map["data"]["redis.conf"], "appendonly no\nmaxmemory-policy noeviction\n");
    }

    #[test]
    fn a_line_that_the_user_has_changed_is_the_users() {
        let mark = r#"{"v":1,"redis.conf/maxmemory":{"via":"configmap","set":"768mb","limit":"1Gi"}}"#;
        let object = json!({"metadata": {"annotations": {"plimsoll.dev/applied": mark}}, "data": {"redis.conf": "maxmemory 700mb\n"}});
        assert!(lines(&object).is_empty());
    }
}
