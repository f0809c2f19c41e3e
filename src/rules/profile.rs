//! What the shipped profiles do about a rule's findings. `policies/*.yaml` are written from this.

use super::finding::Severity;

/// What a profile does about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileAction {
    /// `mutate`; what can't be fixed is denied.
    MutateOrDeny,
    /// `mutate`; what can't be fixed is warned of.
    MutateOrWarn,
    /// `deny`.
    Deny,
    /// `warn`.
    Warn,
    /// `audit`.
    Audit,
    /// `off`.
    Off,
}

/// The line of a rule in a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileSetting {
    /// What is done.
    pub action: ProfileAction,
    /// What is done about findings of one severity instead.
    pub severities: &'static [(Severity, ProfileAction)],
    /// The parameters, each with its value in YAML.
    pub params: &'static [(&'static str, &'static str)],
}

/// Fixed where that is safe, else denied.
pub(crate) const MUTATE_OR_DENY: ProfileSetting = ProfileSetting::new(ProfileAction::MutateOrDeny);
/// Fixed where that is safe, else warned of.
pub(crate) const MUTATE_OR_WARN: ProfileSetting = ProfileSetting::new(ProfileAction::MutateOrWarn);
/// Denied.
pub(crate) const DENY: ProfileSetting = ProfileSetting::new(ProfileAction::Deny);
/// Warned of.
pub(crate) const WARN: ProfileSetting = ProfileSetting::new(ProfileAction::Warn);
/// Reported only.
pub(crate) const AUDIT: ProfileSetting = ProfileSetting::new(ProfileAction::Audit);
/// Not checked.
pub(crate) const OFF: ProfileSetting = ProfileSetting::new(ProfileAction::Off);

impl ProfileSetting {
    const fn new(action: ProfileAction) -> Self {
        Self { action, severities: &[], params: &[] }
    }

    /// The same with other actions for findings of some severities.
    #[must_use]
    pub const fn by_severity(self, severities: &'static [(Severity, ProfileAction)]) -> Self {
        Self { severities, ..self }
    }

    /// The same with these parameters of the rule.
    #[must_use]
    pub const fn params(self, params: &'static [(&'static str, &'static str)]) -> Self {
        Self { params, ..self }
    }
}

/// The line of a rule in each profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profiles {
    /// For everybody.
    pub baseline: ProfileSetting,
    /// For data sets that must survive.
    pub production: ProfileSetting,
    /// For caches whose loss is acceptable.
    pub cache: ProfileSetting,
}

impl Profiles {
    /// The same line in all profiles.
    #[must_use]
    pub const fn all(setting: ProfileSetting) -> Self {
        Self { baseline: setting, production: setting, cache: setting }
    }

    /// Another line in `production`.
    #[must_use]
    pub const fn production(self, production: ProfileSetting) -> Self {
        Self { production, ..self }
    }

    /// Another line in `cache`.
    #[must_use]
    pub const fn cache(self, cache: ProfileSetting) -> Self {
        Self { cache, ..self }
    }
}
