//! RFC 6902 operations, as the API server takes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kubernetes::Pointer;

/// One operation of a JSON patch. `test`, `move` and `copy` are never used: a failing `test` would be a 500 without our name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation {
    /// Adds a member, or inserts into a list.
    Add {
        /// Where.
        path: Pointer,
        /// What.
        value: Value,
    },
    /// Replaces what stands there.
    Replace {
        /// Where.
        path: Pointer,
        /// By what.
        value: Value,
    },
    /// Removes what stands there.
    Remove {
        /// Where.
        path: Pointer,
    },
}
