//! Objects without anything that looks like a password.

use serde_json::{Map, Value};

use super::words::{HIDDEN, NAME_PARTS, OPTIONS_IN_LINE, names_secret, takes_secret};

/// Holds the whole manifest, passwords included, on one line.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object without its secrets. Its shape stays.
pub(super) fn redact_value(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(redact_members(map)),
        Value::Array(list) => redact_words(list),
        Value::String(text) if text.contains("PRIVATE KEY") => HIDDEN.into(),
        Value::String(text) => Value::String(text.split('\n').map(redact_line).collect::<Vec<_>>().join("\n")),
        other => other.clone(),
    }
}

fn redact_members(map: &Map<String, Value>) -> Map<String, Value> {
    let has_telling_name = map.get("name").and_then(Value::as_str).is_some_and(names_secret);
    let mut shown = Map::new();
    for (key, value) in map {
        let is_secret = names_secret(key) || key == LAST_APPLIED || (has_telling_name && key == "value");
        let value = if is_secret && !holds_more(value) { HIDDEN.into() } else { redact_value(value) };
        shown.insert(key.clone(), value);
    }
    shown
}

fn holds_more(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Null)
}

/// The elements of a list. After an option that takes a password, the next word, even if it looks like an option, and all
/// up to the next option are hidden.
fn redact_words(list: &[Value]) -> Value {
    let (mut hides_next, mut hides_rest) = (false, false);
    let mut shown = Vec::new();
    for value in list {
        let Value::String(text) = value else {
            shown.push(redact_value(value));
            continue;
        };
        let is_option = text.starts_with('-');
        if std::mem::take(&mut hides_next) || (hides_rest && !is_option) {
            shown.push(HIDDEN.into());
            continue;
        }
        hides_rest = is_option && takes_secret(text);
        hides_next = hides_rest && !text.contains([' ', '=']);
        shown.push(redact_value(value));
    }
    Value::Array(shown)
}

/// One line of a text: everything after the word that tells of a password is hidden, and what a URL holds before its
/// host. JSON may hold the password before the word: it is hidden whole.
fn redact_line(text: &str) -> String {
    let lower = text.to_ascii_lowercase(); // As long as the text, whatever it holds.
    if lower.trim_start().starts_with(['{', '[']) && names_secret(text) {
        return HIDDEN.to_owned();
    }
    match start_of_secret(&lower).and_then(|start| text.split_at_checked(start)) {
        Some((shown, rest)) if !rest.trim().is_empty() => format!("{} {HIDDEN}", redact_url(shown.trim_end())),
        _ => redact_url(text),
    }
}

/// Where the first password of a line in lower case may begin.
fn start_of_secret(line: &str) -> Option<usize> {
    let mut starts = Vec::new();
    for part in NAME_PARTS {
        starts.extend(line.find(part).map(|at| end_of_name(line, at + part.len())));
    }
    for option in OPTIONS_IN_LINE {
        starts.extend(line.find(option).map(|at| at + option.len()));
    }
    let directive = line.trim_start();
    if directive.starts_with("user ") {
        starts.push(line.len() - directive.len() + "user".len());
    }
    starts.into_iter().min()
}

/// A name may go on after its telling part, as `REDIS_PASSWORD_FILE` does.
fn end_of_name(line: &str, at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    at + rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len())
}

fn redact_url(text: &str) -> String {
    let Some((before, rest)) = text.split_once("://") else { return text.to_owned() };
    let host = rest.find(['/', ' ', '\'', '"']).unwrap_or(rest.len());
    match rest.get(..host).and_then(|authority| authority.rfind('@')) {
        Some(at) => format!("{before}://{HIDDEN}{}", rest.get(at..).map(redact_url).unwrap_or_default()),
        None => format!("{before}://{}", redact_url(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn hides(value: &Value) {
        let shown = redact_value(value).to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains(HIDDEN), "{shown}");
    }

    #[test]
    fn passwords_are_never_shown() {
        hides(&json!({"env": [{"name": "REDIS_PASSWORD", "value": "hunter2"}]}));
        hides(&json!({"env": [{"value": "hunter2", "name": "authToken"}]}));
        hides(&json!({"args": ["--requirepass", "hunter2", "--port", "6379"]}));
        hides(&json!({"args": ["--user", "default", "on", ">hunter2"]}));
        hides(&json!({"args": ["--sentinel", "auth-pass", "cart", "hunter2"]}));
        hides(&json!({"args": ["--requirepass hunter2"]}));
        hides(&json!({"args": ["--requirepass=hunter2"]}));
        hides(&json!({"command": ["redis-cli", "-a", "hunter2", "ping"]}));
        hides(&json!({"command": ["sh", "-c", "redis-cli -a hunter2 ping"]}));
        hides(&json!({"command": ["sh", "-c", "set -e\nexec redis-server --masterauth hunter2"]}));
        hides(&json!({"redis.conf": "port 6379\nrequirepass hunter2\nmasterauth hunter2\n"}));
        hides(&json!({"redis.conf": "user default on >hunter2 ~* +@all\n"}));
        hides(&json!({"sentinel.conf": "SENTINEL AUTH-PASS cart hunter2"}));
        hides(&json!({"value": "redis://:hunter2@cart:6379/0 redis://:hunter2@cart:6379"}));
        hides(&json!({"annotations": {LAST_APPLIED: "{\"a\":\"hunter2\"}"}}));
        hides(&json!({"args": ["--requirepass", "--hunter2", "--port", "6379"]}));
        hides(&json!({"annotations": {"mine": "{\"value\":\"hunter2\",\"name\":\"REDIS_PASSWORD\"}"}}));
        hides(&json!({"tls.key": "-----BEGIN PRIVATE KEY-----\nhunter2\n"}));
        hides(&json!({"spec": {"password": "hunter2"}}));
    }

    #[test]
    fn the_rest_stays() {
        let plain = json!({
            "args": ["/etc/redis/redis.conf", "--maxmemory", "768mb"],
            "env": [{"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "cart", "key": "redis"}}}],
            "automountServiceAccountToken": false,
            "value": "https://cart:6379/0",
            "replicas": 2,
        });
        assert_eq!(redact_value(&plain), plain);
    }
}
