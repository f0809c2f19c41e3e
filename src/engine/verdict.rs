//! A request to the API server, as the engine sees it, and the engine's answer. No HTTP, no envelope: a door decodes
//! the one and encodes the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use json_patch::PatchOperation;
use serde::Serialize;
use serde_json::Value;

use crate::kubernetes::ObjectRef;
use crate::rules::Finding;

use crate::policy::Action;

/// What is asked of the API server.
#[derive(Debug, Clone)]
pub struct Request {
    /// Create or update; a DELETE never gets here.
    pub operation: Operation,
    /// `scale`, `resize`, …; nothing for the object itself.
    pub subresource: Option<String>,
    /// The name of the object itself, from the review's fields (a Scale's own kind is `autoscaling/v1 Scale`; this
    /// names the StatefulSet: the review's `requestKind`/`resource` and `name`).
    pub target: ObjectRef,
    /// The object as received.
    pub object: Arc<Value>,
    /// The stored object before an update.
    pub old: Option<Arc<Value>>,
    /// Who asks, such as `system:serviceaccount:kube-system:statefulset-controller`.
    pub user: String,
}

/// Create or update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// CREATE.
    Create,
    /// UPDATE, a patch of a subresource included.
    Update,
}

/// Which of the two webhooks asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// May patch, never denies.
    Mutate,
    /// May deny, never patches.
    Validate,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// The text of a denial: one line a finding. `None` allows.
    pub denial: Option<String>,
    /// What to change; empty for nothing.
    pub patch: Vec<PatchOperation>,
    /// One a finding, most severe first, each on one line of at most 256 characters, 4,096 in all.
    pub warnings: Vec<String>,
    /// Keys without prefix or slash.
    pub audit_annotations: BTreeMap<String, String>,
    /// Everything found, with what is done about it.
    pub judged: Vec<Judged>,
    /// Set where fixes did not converge within the rounds allowed: nothing was patched.
    pub unsettled: bool,
}

/// A finding and what the policy does about it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The finding.
    pub finding: Finding,
    /// What is done about it at this door, after the door's cap and the ratchet.
    pub action: Action,
    /// What keeps it out of the exit code and the denials, such as an ignore annotation; nothing where it counts.
    pub suppressed_by: Option<String>,
    /// The fix as patches per object, ready to print.
    pub patches: Vec<ObjectPatch>,
    /// Why admission does not apply a fix that is safe; nothing where it does, and where nobody is told.
    pub unapplied: Option<String>,
}

impl Judged {
    /// A finding without patches.
    pub(crate) fn new(finding: Finding, action: Action, suppressed_by: Option<String>) -> Self {
        Self { finding, action, suppressed_by, patches: Vec::new(), unapplied: None }
    }
}

/// A patch for one object.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectPatch {
    /// The object.
    pub object: ObjectRef,
    /// RFC 6902.
    pub patch: Vec<PatchOperation>,
}
