//! Programs by their names.

/// Programs that change no file and start nothing, whatever their words.
pub(super) const HARMLESS: [&str; 36] = [
    "chmod", "chown", "chgrp", "date", "du", "df", "env", "false", "free", "getent", "getconf", "hostname", "host",
    "id", "ip", "ls", "netstat", "nc", "nproc", "nslookup", "dig", "ping", "printenv", "ps", "pgrep", "sleep", "ss",
    "stat", "stty", "sync", "sysctl", "true", "tty", "uname", "uptime", "whoami",
];

/// Of these the output is one word.
const WORD_OUTPUT: [&str; 4] = ["hostname", "nproc", "whoami", "uname"];

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a program of this name is a server or a Sentinel.
pub(crate) fn is_server(name: &str) -> bool {
    matches!(
        name,
        "redis-server" | "valkey-server" | "keydb-server" | "redis-sentinel" | "valkey-sentinel" | "keydb-sentinel"
    )
}

/// Whether a text speaks of a server.
pub(crate) fn mentions_server(text: &str) -> bool {
    ["redis-server", "valkey-server", "keydb-server", "redis-sentinel", "valkey-sentinel", "keydb-sentinel"]
        .iter()
        .any(|name| text.contains(name))
}

pub(super) fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name)
}

pub(super) fn prints_word(name: &str) -> bool {
    WORD_OUTPUT.contains(&name)
}
