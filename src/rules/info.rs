//! What is known of a rule besides its check. Other rooms ask this and never name a rule: what holds for one rule alone
//! is written in its own file.

use std::fmt;

use super::finding::Severity;
use super::profile::{AUDIT, Profiles};

/// What is known of a rule. `rule!` fills in the summary and the page, and what a rule does not write from
/// [`RuleInfo::DEFAULT`].
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// The id, in kebab-case; it names what is wrong.
    pub id: &'static str,
    /// The folder that the rule lies in: `memory`, `probes`, `network`, `topology` or `storage`.
    pub group: &'static str,
    /// The highest severity of its findings.
    pub severity: Severity,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// The whole page in Markdown.
    pub page: &'static str,
    /// How far its fix may be trusted.
    pub fix: FixSafety,
    /// What the shipped profiles do about its findings.
    pub profiles: Profiles,
    /// When its fix is applied; nothing where there is none to apply.
    pub stage: Option<Stage>,
    /// The directive that its fix adds where the configuration has none. A policy may have it written into the mounted
    /// ConfigMap, or leave it to a human.
    pub adds_directive: Option<&'static str>,
    /// The directive with which a finding matters at once: a workload that is given it by a fix is warned of the finding too,
    /// where the policy would only audit that.
    pub told_with: Option<&'static str>,
    /// The kind of the object that its fix changes, where that is not the workload: then it is fixed when that object is
    /// created, not when the workload is.
    pub fixes_kind: Option<&'static str>,
    /// Where it is checked.
    pub doors: Doors,
    /// The strongest action when only the number of replicas changes.
    pub at_scale: Strongest,
    /// The strongest action when the resources of a Pod change in place.
    pub at_resize: AtResize,
    /// The strongest action when a ConfigMap changes and the finding points into it.
    pub at_config_map: Strongest,
    /// The kinds that have to be looked up for it, beyond the workload, its ConfigMaps and its LimitRanges.
    pub needs: &'static [&'static str],
    /// The version of Plimsoll that brought it, major and minor: a policy for an older `ruleset` only audits it.
    pub since: (u16, u16),
}

impl RuleInfo {
    /// A rule of the first version that a human must fix: checked at every door, where a workload is created or changed.
    pub const DEFAULT: Self = Self {
        id: "",
        group: "",
        severity: Severity::Info,
        summary: "",
        page: "",
        fix: FixSafety::Display,
        profiles: Profiles::all(AUDIT),
        stage: None,
        adds_directive: None,
        told_with: None,
        fixes_kind: None,
        doors: Doors::ALL,
        at_scale: Strongest::Audit,
        at_resize: AtResize { high: Strongest::Audit, lower: Strongest::Audit },
        at_config_map: Strongest::Warn,
        needs: &[],
        since: (0, 1),
    };
}

/// The order in which fixes are applied; after each stage everything is evaluated again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Memory limits.
    Limit,
    /// Memory requests.
    Request,
    /// maxmemory and its policy.
    Maxmemory,
    /// Probes.
    Probes,
    /// Services.
    Network,
    /// Numbers of replicas.
    Topology,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 6] =
        [Self::Limit, Self::Request, Self::Maxmemory, Self::Probes, Self::Network, Self::Topology];
}

/// How far the fix of a rule may be trusted. Each finding says it again of its own fix, which may be trusted less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixSafety {
    /// The webhook may apply it.
    Safe,
    /// The webhook may apply it when the workload is created, or where the value is ours.
    SafeOnCreate,
    /// Only on the user's word.
    Unsafe,
    /// A human must choose.
    Display,
}

impl FixSafety {
    /// The letter in tables.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Safe => "S",
            Self::SafeOnCreate => "S¹",
            Self::Unsafe => "U",
            Self::Display => "D",
        }
    }

    /// Whether the webhook may ever apply it, so that a policy can write `mutate`.
    #[must_use]
    pub fn is_ever_safe(self) -> bool {
        matches!(self, Self::Safe | Self::SafeOnCreate)
    }
}

/// Where something is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A request that the API server asks about.
    Admission,
    /// Manifests that nobody is applying.
    Files,
    /// Objects as a cluster has stored them.
    Cluster,
}

/// How far a policy may go. The order is that of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strongest {
    /// Not checked at all.
    Never,
    /// Reported only.
    Audit,
    /// A warning.
    Warn,
    /// A denial.
    Deny,
}

/// The doors at which a rule is checked. It displays as `AFC`; in lower case where a door never denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doors {
    /// The strongest action at admission.
    pub admission: Strongest,
    /// Whether it is checked on files.
    pub files: bool,
    /// Whether it is checked on what a cluster has.
    pub cluster: bool,
}

impl Doors {
    /// Everywhere.
    pub const ALL: Self = Self { admission: Strongest::Deny, files: true, cluster: true };
    /// Everywhere, at admission without a denial.
    pub const WARN_AT_ADMISSION: Self = Self { admission: Strongest::Warn, ..Self::ALL };
    /// On requests alone, since it compares with what was there before.
    pub const ADMISSION: Self = Self { admission: Strongest::Deny, files: false, cluster: false };
    /// Never on requests: nothing is looked up for it there.
    pub const FILES_AND_CLUSTER: Self = Self { admission: Strongest::Never, ..Self::ALL };

    /// Whether it is checked at this door.
    #[must_use]
    pub fn include(self, door: Door) -> bool {
        match door {
            Door::Admission => self.admission > Strongest::Never,
            Door::Files => self.files,
            Door::Cluster => self.cluster,
        }
    }
}

impl fmt::Display for Doors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admission = match self.admission {
            Strongest::Never => "",
            Strongest::Audit | Strongest::Warn => "a",
            Strongest::Deny => "A",
        };
        let files = if self.files { "F" } else { "" };
        let cluster = if self.cluster { "C" } else { "" };
        write!(formatter, "{admission}{files}{cluster}")
    }
}

/// The strongest actions when the resources of a Pod change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtResize {
    /// For findings of severity high.
    pub high: Strongest,
    /// For all others.
    pub lower: Strongest,
}

impl AtResize {
    /// The strongest action for a finding of this severity.
    #[must_use]
    pub fn strongest(self, severity: Severity) -> Strongest {
        if severity == Severity::High { self.high } else { self.lower }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_are_letters_and_a_rule_for_files_is_none_for_requests() {
        let all = [Doors::ALL, Doors::WARN_AT_ADMISSION, Doors::ADMISSION, Doors::FILES_AND_CLUSTER];
        assert_eq!(all.map(|doors| doors.to_string()), ["AFC", "aFC", "A", "FC"]);
        assert_eq!(all.map(|doors| doors.include(Door::Admission)), [true, true, true, false]);
        assert_eq!(all.map(|doors| doors.include(Door::Files)), [true, true, false, true]);
    }
}
