//! What is wrong with a workload: one rule a file, each with its documentation, parameters, check, fix and tests, and with
//! all that other rooms have to know of it ([`RuleInfo`]).
//!
//! To add a rule: write its file in the folder of its group; there add `mod x;` and one line to `RULES`. Rules see the
//! model and nothing else; they don't know policies, doors or the network.

mod context;
mod directive;
mod finding;
mod gap;
mod info;
pub(crate) mod maxmemory;
mod memory;
mod network;
mod notice;
mod parameters;
mod probes;
mod profile;
mod registry;
mod storage;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod topology;

pub use self::context::{Context, Lifecycle, OwnedValue, OwnedValues};
pub use self::directive::DirectiveValue;
pub use self::finding::{Applicability, Derived, Edit, Finding, Fix, Identity, Related, RuleId, Severity};
pub use self::info::{AtResize, Door, Doors, FixSafety, RuleInfo, Stage, Strongest};
pub use self::maxmemory::derivation::Derivation;
pub use self::maxmemory::headroom::{Demand, Writes};
pub use self::maxmemory::ratio::Ratio;
pub use self::network::governing_service_not_headless::{HEADLESS_ANNOTATION, asked_headless};
pub use self::notice::{
    EXCEPTION_EXPIRED, EXCEPTION_EXPIRING, EXCEPTION_UNUSED, IGNORE_UNUSED, NOTICES, Notice, UNKNOWN_FACT, notice,
};
pub use self::profile::{ProfileAction, ProfileSetting, Profiles};
pub use self::registry::{Check, Described, Entry, ParamError, Rule};

/// The rules of each group. The order is that of every table we print.
const GROUPS: [&[Entry]; 5] = [memory::RULES, probes::RULES, network::RULES, topology::RULES, storage::RULES];

/// All rules, by group.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    GROUPS.iter().copied().flatten()
}

/// What is known of all rules.
#[must_use]
pub fn all() -> Vec<RuleInfo> {
    entries().map(|entry| *entry.info).collect()
}

/// The rule of this id.
#[must_use]
pub fn entry(id: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.info.id == id)
}

/// The rule that a maxmemory of ours obeys when it follows a limit that changed on the way to the Pod.
pub(crate) const FOLLOWS_LIMIT: &str =
    memory::maxmemory_fixed_while_limit_changes::MaxmemoryFixedWhileLimitChanges::INFO.id;
