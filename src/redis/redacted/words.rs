//! The words that tell of a password: names of directives, variables and keys, options of commands.

/// Stands where a password would.
pub(crate) const HIDDEN: &str = "(redacted)";

/// What a name or a line speaks of when a password stands near. In lower case.
pub(super) const NAME_PARTS: [&str; 14] = [
    "requirepass",
    "masterauth",
    "masteruser",
    "auth-pass",
    "auth-user",
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "-pass",
    "_pass",
    "_auth",
    "_pwd",
];

/// Options that a password follows in a list of words, whatever else their names tell.
const OPTIONS: [&str; 6] = ["-a", "-u", "--pass", "--user", "--sentinel", "--tls-key-file-pass"];
/// The same in a line of a shell.
pub(super) const OPTIONS_IN_LINE: [&str; 3] = [" -a ", " -u ", "--user "];

/// What a password follows in a probe's command, as a word of its own or in a line of a shell.
pub(super) const PROBE_OPTIONS: [&str; 7] = ["-a", "--pass", "--user", "-u", "AUTH", "auth", "--password"];
/// What a password follows in a probe's command without a blank.
pub(super) const PROBE_ASSIGNMENTS: [&str; 4] = ["AUTH=", "PASSWORD=", "PASS=", "://"];

/// Fields of a container whose values may be passwords.
const FIELDS: [&str; 3] = ["command", "args", "env"];

/// Whether a name speaks of a password.
pub(super) fn names_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    NAME_PARTS.iter().any(|part| name.contains(part))
}

/// Whether a password follows an option.
pub(super) fn takes_secret(option: &str) -> bool {
    OPTIONS.contains(&option) || names_secret(option)
}

/// Whether the value at a path in a container, such as `args.0`, may be a password.
#[must_use]
pub fn may_hold_secret(path: &str) -> bool {
    path.split('.').any(|field| FIELDS.contains(&field))
}

/// Whether the values of a directive may not be shown: passwords and what holds one.
pub(crate) fn is_secret_directive(name: &str) -> bool {
    // All of them hold one of these, and nearly no other name does.
    if !name.as_bytes().windows(4).any(|part| matches!(part, b"pass" | b"auth" | b"user")) {
        return false;
    }
    matches!(
        name,
        "requirepass" | "masterauth" | "masteruser" | "user" | "tls-key-file-pass" | "tls-client-key-file-pass"
    ) || name.contains("auth-pass")
        || name.contains("auth-user")
        || name.contains("sentinel-pass")
        || name.contains("sentinel-user")
        || name.contains("passw")
}
