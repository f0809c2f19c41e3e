//! What a rule says: findings and their fixes. A fix lives only inside a finding and says how far it may be trusted.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::kubernetes::{ObjectRef, Place, Pointer};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Costs you when something else breaks.
    Low,
    /// An outage under load, failover or repair.
    Medium,
    /// An outage or data loss is a matter of time.
    High,
}

impl Severity {
    /// All, least severe first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Low, Self::Medium, Self::High];

    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The id of a rule: one of ours, or `custom/<policy>/<name>` for a rule that a policy brings along. It reads as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RuleId(Cow<'static, str>);

impl RuleId {
    const CUSTOM: &'static str = "custom/";

    /// The id of a custom rule.
    #[must_use]
    pub fn custom(policy: &str, name: &str) -> Self {
        Self(Cow::Owned(format!("{}{policy}/{name}", Self::CUSTOM)))
    }

    /// Whether a policy brought the rule along: then `explain` knows nothing of it.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.0.starts_with(Self::CUSTOM)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for RuleId {
    fn from(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }
}

impl Deref for RuleId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl PartialEq<str> for RuleId {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for RuleId {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl PartialEq<RuleId> for String {
    fn eq(&self, other: &RuleId) -> bool {
        *self.as_str() == *other.0
    }
}

/// Something wrong with a workload, or something that a rule could not see.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule's id, or that of a [`Notice`](super::Notice).
    pub rule: RuleId,
    /// At most the severity of the rule's metadata.
    pub severity: Severity,
    /// What is wrong, on one line, without free text from other objects than the workload's own.
    pub message: String,
    /// The workload it is about.
    pub workload: ObjectRef,
    /// The container, volume or directive: part of the finding's identity, never an index or a value.
    pub subject: String,
    /// Where.
    pub at: Place,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// What would fix it.
    pub fix: Option<Fix>,
    /// How far from what is allowed, relative to it: 0.5 = half again too much or too little; 0 where nothing is measured.
    pub gap: f64,
    /// For [`UNKNOWN_FACT`](super::UNKNOWN_FACT): what it would take to see it.
    pub needs: Option<String>,
}

/// What makes two findings the same one over time, before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The rule's id, or that of a [`Notice`](super::Notice).
    pub rule: RuleId,
    /// The workload that it is about.
    pub workload: ObjectRef,
    /// The container, volume or directive; never an index or a value.
    pub subject: String,
}

impl Finding {
    /// A finding without a fix and without other places.
    #[must_use]
    pub fn new(identity: Identity, severity: Severity, at: Place, message: String) -> Self {
        let Identity { rule, workload, subject } = identity;
        Self { rule, severity, message, workload, subject, at, related: Vec::new(), fix: None, gap: 0.0, needs: None }
    }

    /// What makes two findings the same one over time: first 32 hex digits of SHA-256 over rule, group/kind,
    /// namespace, name and subject, joined by NUL.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let kind = format!("{}/{}", self.workload.group(), self.workload.kind);
        let parts = [self.rule.as_str(), &kind, &self.workload.namespace, &self.workload.name, &self.subject];
        let digest = Sha256::digest(parts.join("\0").as_bytes());
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether two findings are the same one, before and after a change.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.rule == other.rule && self.workload == other.workload && self.subject == other.subject
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, place: Place, label: &str) -> Self {
        self.related.push(Related { place, label: label.to_owned() });
        self
    }

    /// Sets the fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Sets the severity, where it is lower than the rule's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets what it would take to see it.
    #[must_use]
    pub fn needs(mut self, needs: String) -> Self {
        self.needs = Some(needs);
        self
    }

    /// Sets how far from allowed.
    #[must_use]
    pub fn gap(mut self, gap: f64) -> Self {
        self.gap = gap;
        self
    }
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// The place.
    pub place: Place,
    /// What is there, such as `the limit`.
    pub label: String,
}

/// How far a fix may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// The webhook may apply it: it never changes what the user chose beyond the rule's purpose, never endangers a
    /// running data set.
    Safe,
    /// It may evict data, restart, or cost money: only on the user's word.
    Unsafe,
    /// A human must choose.
    Display,
}

/// What would fix a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// What it does, in the imperative: `raise the request to the limit`.
    pub description: String,
    /// What a human does instead, where the policy leaves the delivery of directives to them and that is put in other
    /// words.
    pub by_hand: Option<String>,
    /// Whether it replaces a value that the user wrote. Else it only adds.
    pub replaces: bool,
    /// The changes, in order.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix that the webhook may apply.
    #[must_use]
    pub fn safe(description: &str) -> Self {
        Self::new(Applicability::Safe, description)
    }

    /// A fix that needs the user's word.
    #[must_use]
    pub fn unsafe_(description: &str) -> Self {
        Self::new(Applicability::Unsafe, description)
    }

    /// A fix among which a human must choose.
    #[must_use]
    pub fn display(description: &str) -> Self {
        Self::new(Applicability::Display, description)
    }

    /// A fix of the given trust.
    #[must_use]
    pub fn new(applicability: Applicability, description: &str) -> Self {
        Self { applicability, description: description.to_owned(), by_hand: None, replaces: false, edits: Vec::new() }
    }

    /// Describes it in the rule's own words.
    #[must_use]
    pub fn described(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self.by_hand = None;
        self
    }

    /// Trusts it no further than Unsafe.
    #[must_use]
    pub fn at_most_unsafe(mut self) -> Self {
        if self.applicability == Applicability::Safe {
            self.applicability = Applicability::Unsafe;
        }
        self
    }

    /// Puts a value at a place of the finding's workload; what stood there is the user's.
    #[must_use]
    pub fn replace(mut self, at: Pointer, value: impl Into<Value>) -> Self {
        self.replaces = true;
        self.edits.push(Edit::Set { object: None, at, value: value.into() });
        self
    }

    /// Puts a value at a place of the finding's workload where nothing stands; parents are made as needed.
    #[must_use]
    pub fn add(mut self, at: Pointer, value: impl Into<Value>) -> Self {
        self.edits.push(Edit::Set { object: None, at, value: value.into() });
        self
    }

    /// Any other change.
    #[must_use]
    pub fn edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// Says that it replaces a value of the user's.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replaces = true;
        self
    }
}

/// One change that a fix makes; `patch` turns it into RFC 6902.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A value at a place.
    Set {
        /// The object, where it is not the finding's workload.
        object: Option<ObjectRef>,
        /// The place.
        at: Pointer,
        /// The value.
        value: Value,
    },
    /// A directive for a server container, by the container's [`crate::workload::Delivery`].
    Directive {
        /// The container's name.
        container: String,
        /// The directive's name.
        name: String,
        /// Its value, as redis.conf has it.
        value: String,
        /// For the mark, how the value was derived.
        derived: Option<Derived>,
    },
}

/// How the value of a directive was derived from a memory limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The limit, as written.
    pub limit: String,
    /// By which derivation, as the mark names it: `ratio:0.75`.
    pub by: String,
}
