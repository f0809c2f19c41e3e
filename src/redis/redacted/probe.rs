//! Passwords that stand in a probe's command or headers, taken out before it is shown.
//!
//! A `$NAME` is kept: it names a variable and holds nothing. Otherwise too much is taken out rather than too little: behind
//! an option that takes a password, the rest of a shell's line goes.

use serde_json::Value;

use super::words::{HIDDEN, PROBE_ASSIGNMENTS, PROBE_OPTIONS};

/// A probe as declared, without passwords.
pub(super) fn redact_probe(declared: &Value) -> Value {
    let mut shown = declared.clone();
    if let Some(command) = shown.pointer_mut("/exec/command").and_then(Value::as_array_mut) {
        redact_words(command);
    }
    for header in shown.pointer_mut("/httpGet/httpHeaders").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(value) = header.get_mut("value") {
            *value = HIDDEN.into();
        }
    }
    shown
}

fn redact_words(command: &mut [Value]) {
    let mut follows = false;
    for word in command {
        let Some(text) = word.as_str() else { continue };
        // Without a shell only `$(NAME)` is a variable.
        let shown = if follows && !text.starts_with("$(") { HIDDEN.to_owned() } else { redact_line(text) };
        follows = PROBE_OPTIONS.contains(&text);
        *word = shown.into();
    }
}

/// A word, or a line of a shell, up to where a password begins.
fn redact_line(text: &str) -> String {
    let mut starts: Vec<usize> = PROBE_OPTIONS.iter().flat_map(|option| ends_of_option(text, option)).collect();
    for assignment in PROBE_ASSIGNMENTS {
        starts.extend(text.match_indices(assignment).map(|(at, _)| at + assignment.len()));
    }
    starts.retain(|start| !text.get(*start..).is_some_and(is_variable));
    match starts.into_iter().min().and_then(|start| text.get(..start)) {
        Some(kept) if kept.ends_with(char::is_alphanumeric) => format!("{kept} {HIDDEN}"),
        Some(kept) => format!("{kept}{HIDDEN}"),
        None => text.to_owned(),
    }
}

/// Where an option ends each time that it stands in a line as a word of its own, with another word behind it.
fn ends_of_option(text: &str, option: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for (at, _) in text.match_indices(option) {
        let end = at + option.len();
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let begins_word =
            before.is_none_or(|letter| letter.is_whitespace() || matches!(letter, '"' | '\'' | '(' | ';'));
        if begins_word && text.get(end..).is_some_and(|rest| rest.starts_with(char::is_whitespace)) {
            ends.push(end);
        }
    }
    ends
}

/// Whether a text begins with a variable: `$NAME`, `"$NAME"`, `${NAME}`, `$(NAME)`.
fn is_variable(text: &str) -> bool {
    text.trim_start().trim_start_matches(['"', '\'']).starts_with('$')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn shows(command: &Value, expected: &Value) {
        assert_eq!(redact_probe(&json!({"exec": {"command": command}}))["exec"]["command"], *expected);
    }

    #[test]
    fn hides_what_follows_an_option() {
        shows(&json!(["redis-cli", "-a", "$hunter2", "ping"]), &json!(["redis-cli", "-a", HIDDEN, "ping"]));
        shows(&json!(["sh", "-c", "redis-cli -a 'hunter 2' ping"]), &json!(["sh", "-c", "redis-cli -a (redacted)"]));
        shows(&json!(["sh", "-c", "REDISCLI_AUTH=x redis-cli ping"]), &json!(["sh", "-c", "REDISCLI_AUTH=(redacted)"]));
        shows(&json!(["redis-cli", "-u", "redis://u:p@h"]), &json!(["redis-cli", "-u", HIDDEN]));
    }

    #[test]
    fn keeps_what_holds_no_password() {
        for command in [
            json!(["sh", "-c", "redis-cli -h localhost -a \"$REDIS_PASSWORD\" ping"]),
            json!(["redis-cli", "-a", "$(REDIS_PASSWORD)", "ping"]),
            json!(["/bin/bash", "-ec", "/health/ping_readiness_local.sh 1"]),
            json!(["sh", "-c", "test -a $X"]),
        ] {
            shows(&command, &command);
        }
    }

    #[test]
    fn hides_headers() {
        let shown = redact_probe(&json!({"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "Basic x"}]}}));
        assert_eq!(shown["httpGet"]["httpHeaders"][0], json!({"name": "Authorization", "value": HIDDEN}));
    }
}
