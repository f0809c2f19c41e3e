//! What is wrong with a workload: one rule a file, each with its documentation, parameters, check, fix and tests.
//!
//! To add a rule: write its file in the folder of its group, add `mod x;` there and one line to [`ENTRIES`].
//! Rules see the model and nothing else; they don't know policies, doors or the network.

mod context;
mod directive;
mod finding;
pub(crate) mod maxmemory;
mod memory;
mod network;
mod notice;
mod probes;
mod registry;
mod storage;
#[cfg(test)]
mod testing;
mod topology;

pub use self::context::{Context, Derivation, Life, OwnedValue, Ratio};
pub use self::directive::DirectiveValue;
pub use self::finding::{Applicability, Derived, Edit, Finding, Fix, Related, RuleId, Severity};
pub use self::maxmemory::headroom::{Demand, Writes};
pub use self::network::governing_service_not_headless::{HEADLESS_ANNOTATION, asked_headless};
pub use self::notice::{
    EXCEPTION_EXPIRED, EXCEPTION_EXPIRING, EXCEPTION_UNUSED, IGNORE_UNUSED, NOTICES, Notice, UNKNOWN_FACT, notice,
};
pub(crate) use self::registry::since;
pub use self::registry::{Check, Described, Entry, ParamError, Rule, RuleInfo, Stage};

/// All rules, by group. The order is that of every table we print.
pub const ENTRIES: &[Entry] = &[
    Entry::of::<memory::memory_limit_missing::MemoryLimitMissing>(),
    Entry::of::<memory::memory_request_missing::MemoryRequestMissing>(),
    Entry::of::<memory::memory_request_below_limit::MemoryRequestBelowLimit>(),
    Entry::of::<memory::maxmemory_missing::MaxmemoryMissing>(),
    Entry::of::<memory::maxmemory_above_ratio::MaxmemoryAboveRatio>(),
    Entry::of::<memory::maxmemory_fixed_while_limit_changes::MaxmemoryFixedWhileLimitChanges>(),
    Entry::of::<memory::config_not_accepted::ConfigNotAccepted>(),
    Entry::of::<probes::probe_timeout_short::ProbeTimeoutShort>(),
    Entry::of::<probes::probe_delay_short::ProbeDelayShort>(),
    Entry::of::<network::governing_service_missing::GoverningServiceMissing>(),
    Entry::of::<network::governing_service_not_headless::GoverningServiceNotHeadless>(),
    Entry::of::<topology::too_few_sentinels::TooFewSentinels>(),
    Entry::of::<topology::quorum_not_majority::QuorumNotMajority>(),
    Entry::of::<topology::deployment_shares_claim::DeploymentSharesClaim>(),
    Entry::of::<storage::storage_ephemeral::StorageEphemeral>(),
    Entry::of::<storage::dir_off_volume::DirOffVolume>(),
    Entry::of::<storage::volume_too_small::VolumeTooSmall>(),
];

/// What is known of all rules.
#[must_use]
pub fn all() -> Vec<RuleInfo> {
    ENTRIES.iter().map(|entry| *entry.info).collect()
}

/// The rule of this id.
#[must_use]
pub fn entry(id: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.info.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules::testing::Fixture;

    const SECTIONS: [&str; 7] =
        ["What it checks", "Why it matters", "Fails", "Fixed", "Parameters", "Fix safety", "Sources"];

    fn example<'a>(page: &'a str, section: &str) -> &'a str {
        let rest =
            page.split_once(&format!("## {section}\n ```yaml\n")).unwrap_or_else(|| panic!("no {section} in {page}"));
        rest.1.split_once("\n ```").unwrap().0
    }

    /// Doc comments carry one blank before each line.
    fn text(example: &str) -> String {
        example.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn ids_are_unique_and_in_kebab_case() {
        let ids: BTreeSet<&str> = ENTRIES.iter().map(|entry| entry.info.id).collect();
        assert_eq!(ids.len(), ENTRIES.len());
        let kebab = |id: &&str| {
            id.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        };
        assert_eq!(ids.iter().find(|id| !kebab(id)), None);
    }

    #[test]
    fn pages_have_all_sections_in_order() {
        for entry in ENTRIES {
            let found: Vec<&str> = entry.info.page.lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
            assert_eq!(found, SECTIONS, "{}", entry.info.id);
        }
    }

    #[test]
    fn every_file_is_registered() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
        let groups = ["memory", "probes", "network", "topology", "storage"];
        let files = groups.iter().flat_map(|group| std::fs::read_dir(folder.join(group)).unwrap());
        let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().replace('_', "-"));
        let names: BTreeSet<String> = names.filter(|name| name != "mod").collect();
        let ids: BTreeSet<String> = ENTRIES.iter().map(|entry| entry.info.id.to_owned()).collect();
        assert_eq!(names, ids);
    }

    #[test]
    fn failing_examples_fail_and_fixed_ones_are_silent() {
        for entry in ENTRIES {
            let rule = entry.build(None).unwrap();
            let fails = Fixture::new(&text(example(entry.info.page, "Fails"))).findings(&*rule);
            assert_eq!(fails.len(), 1, "{} fails: {fails:#?}", entry.info.id);
            let fixed = Fixture::new(&text(example(entry.info.page, "Fixed"))).findings(&*rule);
            assert!(fixed.is_empty(), "{} fixed: {fixed:#?}", entry.info.id);
        }
    }

    #[test]
    fn unknown_parameters_are_refused() {
        for entry in ENTRIES {
            let error = entry.build(Some(&serde_json::json!({"nonsense": 1}))).unwrap_err().to_string();
            assert!(error.contains("nonsense"), "{}: {error}", entry.info.id);
        }
    }
}
