//! A maxmemory of ours as the last line of a ConfigMap's key (`delivery: configmap`): put in, recognised, taken out.

use serde_json::Value;

use crate::kubernetes::Pointer;
use crate::patch::edit::{self, TreeError};
use crate::patch::ownership::mark::{Entry, Key, MAXMEMORY, Mark};
use crate::rules::maxmemory::size;

/// How the mark of a ConfigMap names the way.
const VIA: &str = "configmap";

/// A maxmemory of ours in a ConfigMap.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The key of `data` that it ends.
    pub key: String,
    /// In bytes: whole MiB.
    pub maxmemory: u64,
    /// The limit that it was derived from, as written.
    pub limit: String,
    /// How it was derived: `ratio:0.75`.
    pub derive: String,
}

/// The keys of a ConfigMap that end in a line of ours, by its mark: key, maxmemory and limit, both in bytes.
#[must_use]
pub fn lines(config_map: &Value) -> Vec<(String, u64, u64)> {
    let line = |(key, entry): (Key, Entry)| {
        let stands = text(config_map, &key.container)?.ends_with(&line_of(entry.set.as_str()?));
        let (maxmemory, limit) = entry.maxmemory_bytes().zip(entry.limit_bytes())?;
        (stands && key.path == MAXMEMORY && entry.via.as_deref() == Some(VIA)).then_some((
            key.container,
            maxmemory,
            limit,
        ))
    };
    Mark::of(config_map).entries.into_iter().filter_map(line).collect()
}

/// Takes our lines out, and the mark.
pub fn take_out_lines(config_map: &mut Value) {
    for (key, maxmemory, _) in lines(config_map) {
        let kept = text(config_map, &key).and_then(|text| text.strip_suffix(&line_of(&size::directive(maxmemory))));
        if let Some(kept) = kept.map(str::to_owned) {
            // The key was just read.
            let _ = edit::set(config_map, &at(&key), Value::from(kept));
        }
    }
    Mark::default().write(config_map);
}

/// Puts our lines of `stored` back into a ConfigMap without them, verbatim, where their keys are otherwise the same.
pub fn keep_lines(config_map: &mut Value, stored: &Value) {
    let mut bare = stored.clone();
    take_out_lines(&mut bare);
    // The line end before ours may be ours too.
    let trimmed = |object: &Value, key: &str| text(object, key).map(|text| text.trim_end_matches('\n').to_owned());
    let mut mark = Mark::default();
    for (key, _, _) in lines(stored) {
        let place = Key::maxmemory(&key);
        let (Some(entry), Some(text)) = (Mark::of(stored).entries.remove(&place), text(stored, &place.container))
        else {
            continue;
        };
        let same = trimmed(&bare, &place.container) == trimmed(config_map, &place.container);
        if same && edit::set(config_map, &at(&place.container), Value::from(text)).is_ok() {
            mark.entries.insert(place, entry);
        }
    }
    mark.write(config_map);
}

/// Ends a key with our line, and marks it.
///
/// # Errors
/// When the ConfigMap has no such key.
pub fn put_line(config_map: &mut Value, line: &Line) -> Result<(), TreeError> {
    let set = size::directive(line.maxmemory);
    let before = text(config_map, &line.key).unwrap_or_default();
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let text = format!("{before}{gap}{}", line_of(&set));
    edit::set(config_map, &at(&line.key), Value::from(text))?;
    let mut mark = Mark::of(config_map);
    let entry = Entry {
        via: Some(VIA.to_owned()),
        set: Value::from(set),
        was: None,
        limit: Some(line.limit.clone()),
        derive: Some(line.derive.clone()),
    };
    mark.entries.insert(Key::maxmemory(&line.key), entry);
    mark.write(config_map);
    Ok(())
}

fn line_of(set: &str) -> String {
    format!("maxmemory {set}\n")
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

    #[test]
    fn goes_in_and_out() {
        let users = json!({"metadata": {"name": "conf"}, "data": {"redis.conf": "appendonly no\n"}});
        let mut config_map = users.clone();
        let line = |mebibytes: u64| Line {
            key: "redis.conf".into(),
            maxmemory: mebibytes << 20,
            limit: "1Gi".into(),
            derive: "ratio:0.75".into(),
        };
        put_line(&mut config_map, &line(768)).unwrap();
        assert_eq!(config_map["data"]["redis.conf"], "appendonly no\nmaxmemory 768mb\n");
        assert_eq!(lines(&config_map), [("redis.conf".to_owned(), 768 << 20, 1 << 30)]);
        take_out_lines(&mut config_map);
        assert_eq!(config_map["data"], users["data"]);
        assert!(lines(&config_map).is_empty());
    }

    #[test]
    fn a_line_that_the_user_has_changed_is_the_users() {
        let mark = r#"{"v":1,"redis.conf/maxmemory":{"via":"configmap","set":"768mb","limit":"1Gi"}}"#;
        let object = json!({"metadata": {"annotations": {"plimsoll.dev/applied": mark}}, "data": {"redis.conf": "maxmemory 700mb\n"}});
        assert!(lines(&object).is_empty());
    }
}
