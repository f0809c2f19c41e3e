//! From fixes to RFC 6902 patches: staged, minimal, idempotent.
