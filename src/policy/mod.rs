//! What to do about a finding: profiles, actions, the door table, the ratchet, the verdict.
//!
//! [`Policies`] holds what was loaded; [`references`] says what a request needs looked up; [`decide`] answers it;
//! [`judge`] is the same for manifests that nobody is applying. Pure: what is not in the inventory is unknown.

mod action;
mod around;
mod config_map;
mod custom;
mod doors;
mod evaluate;
mod judge;
mod load;
mod message;
mod mutate;
mod schema;
mod validate;
mod verdict;

pub use action::{Action, Mode};
pub use around::references;
pub use custom::Condition;
pub use judge::judge;
pub use load::{PROFILE_NAMES, Policy, PolicyError};
pub use schema::{Delivery, OnError, Replaces};
pub use verdict::{Hook, Judged, ObjectPatch, Operation, Request, Verdict};

use crate::workload::Inventory;

/// The policies in force.
#[derive(Debug, Clone)]
pub struct Policies {
    /// Highest priority first.
    ranked: Vec<Policy>,
    /// For namespaces that none of them matches.
    fallback: Policy,
    mode: Mode,
}

impl Policies {
    /// A shipped profile: `baseline`, `production` or `cache`.
    ///
    /// # Errors
    /// When there is no profile of that name; the text lists them.
    pub fn profile(name: &str) -> Result<Self, PolicyError> {
        Ok(Self { ranked: Vec::new(), fallback: load::profile(name)?, mode: Mode::Enforce })
    }

    /// Policies from files: each is a name to quote and its text (YAML, several documents allowed). Where none matches,
    /// `baseline` holds.
    ///
    /// # Errors
    /// At the first mistake, with file and line; also where two policies have the same priority.
    pub fn parse(files: &[(String, String)]) -> Result<Self, PolicyError> {
        let mut policies: Vec<Policy> = Vec::new();
        for (file, text) in files {
            for policy in load::parse(file, text)? {
                if let Some(other) = policies.iter().find(|other| other.priority == policy.priority) {
                    let what = format!(
                        "policies {} and {} both have priority {}; the highest matching one wins whole, so give each its own",
                        other.name, policy.name, policy.priority
                    );
                    return Err(PolicyError { file: file.clone(), line: None, what });
                }
                policies.push(policy);
            }
        }
        policies.sort_by_key(|policy| std::cmp::Reverse(policy.priority));
        Ok(Self { ranked: policies, fallback: load::profile("baseline")?, mode: Mode::Enforce })
    }

    /// Every mistake in the policies of a file, where [`Policies::parse`] stops at the first.
    #[must_use]
    pub fn mistakes(file: &str, text: &str) -> Vec<PolicyError> {
        load::mistakes(file, text)
    }

    /// Caps all policies.
    #[must_use]
    pub fn capped(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The policy of a namespace.
    #[must_use]
    pub fn of(&self, namespace: &str) -> &Policy {
        let matches =
            |policy: &&Policy| policy.namespaces.is_empty() || policy.namespaces.iter().any(|name| name == namespace);
        self.ranked.iter().find(matches).unwrap_or(&self.fallback)
    }

    /// What happens to a request of a namespace when its review fails by a fault of ours.
    #[must_use]
    pub fn on_error(&self, namespace: &str) -> OnError {
        self.of(namespace).on_error
    }

    /// How far a policy may go under the cap of all.
    fn mode(&self, policy: &Policy) -> Mode {
        self.mode.min(policy.mode)
    }
}

/// Answers one request. Never denies at [`Hook::Mutate`], never patches at [`Hook::Validate`].
#[must_use]
pub fn decide(policies: &Policies, hook: Hook, request: &Request, inventory: &dyn Inventory) -> Verdict {
    if doors::is_being_deleted(request) {
        return Verdict::default();
    }
    match hook {
        Hook::Mutate => mutate::mutate(policies, request, inventory),
        Hook::Validate => validate::validate(policies, request, inventory),
    }
}
