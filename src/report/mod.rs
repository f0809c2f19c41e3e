//! What commands have to say: each report is data, and each format is a function of it (`text/`, `json/`). What was found
//! comes in; nothing here reads, judges, prints to a terminal or decides how a command ends.

mod cases;
mod format;
mod json;
mod marks;
mod page;
mod policy_check;
mod rule_table;
mod text;
mod trial;

use std::collections::HashMap;

pub use self::cases::{CaseResult, CaseResults};
pub use self::format::{Format, ToJson, ToText, write};
pub use self::json::models_schema;
pub use self::marks::{MarkedValue, MarkedWorkload, Marks};
pub use self::page::Page;
pub use self::policy_check::PolicyCheck;
pub use self::rule_table::{RulePage, RuleTable};
pub use self::text::{notice_page, page};
pub use self::trial::{Denial, Fate, ObjectChange, Part, Trial, TriedObject};

use crate::engine::Judged;
use crate::kubernetes::Place;
use crate::rules::{Severity, UNKNOWN_FACT};
use crate::workload::Workload;
use crate::yaml::Location;

/// Everything that a door found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many Kubernetes objects were read.
    pub objects: usize,
    /// How many files or documents could not be read.
    pub unreadable: usize,
    /// How many objects may run Redis and are not judged, such as the resources of operators.
    pub passed_over: usize,
    /// The Redis workloads among them.
    pub workloads: Vec<Reported>,
    /// What has become of the exceptions.
    pub exceptions: Vec<Found>,
}

/// A workload and what was found on it.
#[derive(Debug)]
pub struct Reported {
    /// The workload.
    pub workload: Workload,
    /// Where it stands, if in a file.
    pub spot: Option<Location>,
    /// Most severe first.
    pub findings: Vec<Found>,
}

/// A finding and where it stands.
#[derive(Debug)]
pub struct Found {
    /// The finding and what is done about it.
    pub judged: Judged,
    /// Where it stands, if in a file.
    pub spot: Option<Location>,
    /// Where the places that are related to it stand, in their order.
    pub related: Vec<Option<Location>>,
}

impl Found {
    /// Whether it counts for the exit code.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.judged.suppressed_by.is_none()
    }

    /// Whether it says only that something could not be seen.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.judged.finding.rule == UNKNOWN_FACT
    }
}

impl Report {
    /// All findings: those on workloads, then those on exceptions.
    pub fn all(&self) -> impl Iterator<Item = &Found> {
        self.workloads.iter().flat_map(|reported| &reported.findings).chain(&self.exceptions)
    }

    /// All findings that nobody suppressed.
    pub fn counted(&self) -> impl Iterator<Item = &Found> {
        self.all().filter(|found| found.counts())
    }

    /// The highest severity among them.
    #[must_use]
    pub fn highest(&self) -> Option<Severity> {
        self.counted().map(|found| found.judged.finding.severity).max()
    }

    /// How many of them say that something could not be seen.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.counted().filter(|found| found.is_unknown()).count()
    }

    /// How many findings are suppressed.
    #[must_use]
    pub fn suppressed(&self) -> usize {
        self.all().filter(|found| !found.counts()).count()
    }
}

/// A workload as it was understood.
#[derive(Debug)]
pub struct Model {
    /// The workload.
    pub workload: Workload,
    /// Where it stands, if in a file.
    pub spot: Option<Location>,
    /// Where the origins of its values stand.
    pub origins: HashMap<Place, Location>,
}

impl Model {
    /// Where the values of a workload come from.
    #[must_use]
    pub fn places(workload: &Workload) -> Vec<&Place> {
        let configs = workload.containers.iter().filter_map(|container| container.config.as_ref());
        let problems = configs.clone().flat_map(|config| &config.problems).map(|problem| &problem.place);
        let mut places: Vec<&Place> = problems.collect();
        places.extend(configs.flat_map(|config| {
            let maxmemory = config.maxmemory.value().map(|setting| &setting.origin);
            let policy = config.maxmemory_policy.value().map(|setting| &setting.origin);
            [maxmemory, policy].into_iter().flatten()
        }));
        places.extend(workload.containers.iter().filter_map(|container| container.memory.defaults_from.as_ref()));
        let quorum = workload.sentinels.as_ref().and_then(|sentinels| sentinels.quorum.value());
        places.extend(quorum.map(|setting| &setting.origin));
        places
    }
}
