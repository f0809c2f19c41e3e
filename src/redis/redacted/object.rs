//! Objects without anything that looks like a password.

use serde_json::Value;

use super::words::{HIDDEN, NAME_PARTS, OPTIONS_IN_LINE, names_secret, takes_secret};

/// Holds the whole manifest, passwords included, on one line.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object without its secrets. Its shape stays.
pub(super) fn redact_value(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let named = map.get("name").and_then(Value::as_str).is_some_and(names_secret);
            let member = |(key, value): (&String, &Value)| {
                let hidden = names_secret(key) || key == LAST_APPLIED || (named && key == "value");
                let value = if hidden && !holds_more(value) { HIDDEN.into() } else { redact_value(value) };
                (key.clone(), value)
            };
            Value::Object(map.iter().map(member).collect())
        }
        Value::Array(list) => redact_words(list),
        Value::String(text) if text.contains("PRIVATE KEY") => HIDDEN.into(),
        Value::String(text) => Value::String(text.split('\n').map(redact_line).collect::<Vec<_>>().join("\n")),
        other => other.clone(),
    }
}

fn holds_more(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Null)
}

/// The elements of a list. After an option that takes a password, the next word, even if it looks like an option, and all
/// up to the next option are hidden.
fn redact_words(list: &[Value]) -> Value {
    let (mut next, mut rest) = (false, false);
    let mut word = |value: &Value| {
        let Value::String(text) = value else { return redact_value(value) };
        if std::mem::take(&mut next) || (rest && !text.starts_with('-')) {
            return HIDDEN.into();
        }
        rest = text.starts_with('-') && takes_secret(text);
        next = rest && !text.contains([' ', '=']);
        redact_value(value)
    };
    Value::Array(list.iter().map(&mut word).collect())
}

/// One line of a text: everything after the word that tells of a password is hidden, and what a URL holds before its
/// host. JSON may hold the password before the word: it is hidden whole.
fn redact_line(text: &str) -> String {
    let lower = text.to_ascii_lowercase(); // As long as the text, whatever it holds.
    if lower.trim_start().starts_with(['{', '[']) && names_secret(text) {
        return HIDDEN.to_owned();
    }
    // A name may go on after its telling part, as REDIS_PASSWORD_FILE does.
    let name_end = |at: usize| {
        let rest = lower.get(at..).unwrap_or_default();
        at + rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len())
    };
    let told = NAME_PARTS.iter().filter_map(|hint| lower.find(hint).map(|at| name_end(at + hint.len())));
    let options = OPTIONS_IN_LINE.iter().filter_map(|option| lower.find(option).map(|at| at + option.len()));
    let indent = lower.len() - lower.trim_start().len();
    let user = lower.trim_start().starts_with("user ").then(|| indent + "user".len());
    let end = told.chain(options).chain(user).min();
    match end.and_then(|end| text.split_at_checked(end)) {
        Some((shown, rest)) if !rest.trim().is_empty() => format!("{} {HIDDEN}", redact_url(shown.trim_end())),
        _ => redact_url(text),
    }
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
