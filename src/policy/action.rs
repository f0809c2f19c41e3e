//! What is done about a finding, and how far a mode or a door lets that go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::Strongest;

/// What is done about a finding. The order is that of strength: a cap is a minimum.
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

impl Action {
    /// The name in policies and outputs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Mutate => "mutate",
            Self::Deny => "deny",
        }
    }
}

impl From<Strongest> for Action {
    fn from(strongest: Strongest) -> Self {
        match strongest {
            Strongest::Never => Self::Off,
            Strongest::Audit => Self::Audit,
            Strongest::Warn => Self::Warn,
            Strongest::Deny => Self::Deny,
        }
    }
}

/// How far a policy, or all of them together (`--mode`), may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything is audited, nothing is patched.
    Observe,
    /// Mutate and deny become warn, nothing is patched.
    Warn,
    /// As written.
    Enforce,
}

impl Mode {
    /// The name in policies and outputs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }

    /// The strongest action under this mode.
    #[must_use]
    pub fn cap(self) -> Action {
        match self {
            Self::Observe => Action::Audit,
            Self::Warn => Action::Warn,
            Self::Enforce => Action::Deny,
        }
    }
}
