//! Which shell runs a script.

/// Which shell runs a script. `sh` is dash, busybox or bash, by the image: what they do not agree on is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `sh`, `dash`, `ash`: only what all of them do alike is known.
    Posix,
    /// `bash`.
    Bash,
}
