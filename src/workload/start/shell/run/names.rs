//! Programs by their names.

use crate::workload::start::shell::text::{Shape, Text};

/// Programs that change no file and start nothing, whatever their words.
pub(super) const HARMLESS: [&str; 39] = [
    "chmod",
    "chown",
    "chgrp",
    "date",
    "du",
    "df",
    "env",
    "false",
    "free",
    "getent",
    "getconf",
    "hostname",
    "host",
    "id",
    "ip",
    "ls",
    "netstat",
    "nc",
    "nproc",
    "nslookup",
    "dig",
    "ping",
    "printenv",
    "ps",
    "pgrep",
    "sleep",
    "ss",
    "stat",
    "stty",
    "sync",
    "sysctl",
    "true",
    "tty",
    "uname",
    "uptime",
    "whoami",
    "md5sum",
    "sha1sum",
    "sha256sum",
];

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

/// What is certain of the one line that a command prints; nothing for one that may print more.
pub(super) fn shape_of_line(name: &str, arguments: &[Text]) -> Option<Shape> {
    let option = match arguments {
        [] => "",
        [option] => option.known()?,
        _ => return None,
    };
    match (name, option) {
        ("hostname", "" | "-s") | ("nproc", "" | "--all") | ("whoami", "") | ("uname", "" | "-s" | "-m" | "-n") => {
            Some(Shape::Word)
        }
        // It prints nothing where the name is not found.
        ("hostname", "-f" | "--fqdn") | ("uname", "-r") => Some(Shape::Field),
        ("hostname", "-i" | "-I") | ("uname", "-a") => Some(Shape::Line),
        _ => None,
    }
}
