//! What to do about a finding: profiles, actions, the door table, the ratchet, the verdict.
//!
//! [`Policies`] holds what was loaded; [`references`] says what a request needs looked up; [`decide`] answers it;
//! [`judge`] is the same for manifests that nobody is applying.

mod verdict;

pub use verdict::{Hook, Judged, ObjectPatch, Operation, Request, Verdict};

use serde::{Deserialize, Serialize};

use crate::inventory::{Inventory, Reference};
use crate::workload::Workload;

/// What is done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing, and it is not reported.
    Off,
    /// Reported only.
    Audit,
    /// A warning to the user.
    Warn,
    /// Patched where a Safe fix exists; what then still falls short follows `otherwise`.
    Mutate,
    /// Refused.
    Deny,
}

/// How far all policies may go together: `--mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything is audited, nothing is patched.
    Observe,
    /// Mutate and deny become warn, nothing is patched.
    Warn,
    /// As written.
    Enforce,
}

/// The policies in force.
#[derive(Debug, Clone)]
pub struct Policies {
    _private: (),
}

/// Why policies could not be loaded: file, place, what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(pub String);

impl Policies {
    /// A shipped profile: `baseline`, `production` or `cache`.
    ///
    /// # Errors
    /// When there is no profile of that name; the text lists them.
    pub fn profile(name: &str) -> Result<Self, PolicyError> {
        match name {
            "baseline" | "production" | "cache" => Ok(Self { _private: () }),
            _ => Err(PolicyError(format!("there is no profile `{name}`; write baseline, production or cache"))),
        }
    }

    /// Policies from files: each is a name to quote and its text (YAML, several documents allowed).
    ///
    /// # Errors
    /// At the first mistake, with file, line and column.
    pub fn parse(files: &[(String, String)]) -> Result<Self, PolicyError> {
        let _ = files;
        Ok(Self { _private: () })
    }

    /// Caps all policies.
    #[must_use]
    pub fn capped(self, mode: Mode) -> Self {
        let _ = mode;
        self
    }
}

/// What a request needs looked up, given what `inventory` already holds. A door fetches and asks again, three times at
/// most; an empty list means that this request has nothing to do with Redis or everything is at hand.
#[must_use]
pub fn references(request: &Request, inventory: &dyn Inventory) -> Vec<Reference> {
    let _ = (request, inventory);
    Vec::new()
}

/// Answers one request.
#[must_use]
pub fn decide(policies: &Policies, hook: Hook, request: &Request, inventory: &dyn Inventory) -> Verdict {
    let _ = (policies, hook, request, inventory);
    Verdict::default()
}

/// Judges a workload that nobody is applying (files, a cluster's objects), as its CREATE would be.
#[must_use]
pub fn judge(
    policies: &Policies,
    workload: &Workload,
    object: &serde_json::Value,
    inventory: &dyn Inventory,
) -> Vec<Judged> {
    let _ = (policies, workload, object, inventory);
    Vec::new()
}
