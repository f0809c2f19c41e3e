//! `plimsoll check`: what is wrong with manifests that nobody has applied yet.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::args::diagnostics::print_diagnostics;
use super::args::manifests::ManifestArgs;
use super::args::policies::PolicyArgs;
use super::failure::Failure;
use super::output::print_report;
use crate::engine::{self, Judged};
use crate::kubernetes::{Place, Pointer};
use crate::manifests::{
    ManifestWorkload, Manifests, find_labels_to_give, find_misplaced, judge_workloads, locate_in_manifests,
    locate_places,
};
use crate::policy::Policies;
use crate::report::{self, Format, Report, Reported};
use crate::rules::{Finding, Severity};
use crate::yaml::{Diagnostic, Location};

/// Nothing readable, or no workload where one is required.
const NOTHING: u8 = 3;
/// A path that was named is not there, and nothing else is wrong: a typo must not look like a clean bill.
const ABSENT: u8 = 2;
/// Something could not be seen under `--strict`.
const UNSEEN: u8 = 1;

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    input: ManifestArgs,
    #[command(flatten)]
    policies: PolicyArgs,
    /// How findings are printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
    /// The lowest severity that makes the exit code 11 (info), 12 (low), 13 (medium) or 14 (high).
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Level::Low)]
    threshold: Level,
    /// Exit with 1 where anything could not be read or seen.
    #[arg(long)]
    strict: bool,
    /// Exit with 3 where there is no Redis workload.
    #[arg(long)]
    require_workloads: bool,
    /// Exit with 0 whatever was found.
    #[arg(long)]
    no_exit_codes: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Info,
    Low,
    Medium,
    High,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
        }
    }
}

impl Check {
    /// Checks, prints, and says by the exit code how bad it is.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let policies = self.policies.load()?;
        let manifests = self.input.read()?;
        let policies = policies.with_namespaces(manifests.namespaces());
        let workloads = manifests.workloads();
        let unknown: Vec<Diagnostic> = workloads.iter().flat_map(ManifestWorkload::unknown_rules).collect();
        print_diagnostics(&unknown);
        print_diagnostics(&find_misplaced(&workloads));
        print_diagnostics(&find_labels_to_give(&policies, &workloads));
        let mut report = report(manifests.objects, workloads, &policies);
        report.unreadable = manifests.diagnostics.len();
        report.passed_over = manifests.unjudged.iter().filter(|unjudged| unjudged.is_passed_over()).count();
        report.exceptions = exceptions(&policies, &report, self.policies.files());
        print_report(self.output, &report)?;
        Ok(ExitCode::from(self.code(&report, manifests.absent)))
    }

    fn code(&self, report: &Report, absent: bool) -> u8 {
        if self.no_exit_codes {
            return 0;
        }
        if self.strict && (report.unknown() > 0 || report.unreadable > 0 || report.passed_over > 0) {
            return UNSEEN;
        }
        if report.objects == 0 || (self.require_workloads && report.workloads.is_empty()) {
            return NOTHING;
        }
        match report.highest().filter(|severity| *severity >= self.threshold.severity()) {
            None if absent => ABSENT,
            None => 0,
            Some(Severity::Info) => 11,
            Some(Severity::Low) => 12,
            Some(Severity::Medium) => 13,
            Some(Severity::High) => 14,
        }
    }
}

/// A workload and what was found on it.
struct Found<'a> {
    workload: ManifestWorkload<'a>,
    root: Place,
    judged: Vec<Judged>,
}

/// Judges all workloads, then finds all places at once.
fn report(objects: usize, workloads: Vec<ManifestWorkload>, policies: &Policies) -> Report {
    let judged = judge_workloads(policies, &workloads);
    let mut found = Vec::with_capacity(workloads.len());
    for (workload, judged) in workloads.into_iter().zip(judged) {
        let root = workload.workload.place(Pointer::root());
        found.push(Found { workload, root, judged });
    }
    let mut wanted: Vec<(&ManifestWorkload, &Place)> = Vec::new();
    for Found { workload, root, judged } in &found {
        wanted.push((workload, root));
        for place in judged.iter().flat_map(|judged| places(&judged.finding)) {
            wanted.push((workload, place));
        }
    }
    let mut locations = locate_in_manifests(&wanted).into_iter();
    let mut reported = Vec::with_capacity(found.len());
    for Found { workload, judged, .. } in found {
        let spot = locations.next().flatten();
        let findings = judged.into_iter().map(|judged| with_locations(judged, &mut locations)).collect();
        reported.push(Reported { workload: workload.workload, spot, findings });
    }
    Report { objects, workloads: reported, ..Report::default() }
}

/// The places of a finding: its own, then the related ones.
fn places(finding: &Finding) -> impl Iterator<Item = &Place> {
    std::iter::once(&finding.at).chain(finding.related.iter().map(|related| &related.place))
}

/// A finding with the locations of its places, which are the next of all.
fn with_locations(judged: Judged, locations: &mut impl Iterator<Item = Option<Location>>) -> report::Found {
    let spot = locations.next().flatten();
    let mut related = Vec::new();
    for _ in &judged.finding.related {
        related.push(locations.next().flatten());
    }
    report::Found { judged, spot, related }
}

/// What has become of the exceptions, each with its place in the files that hold them.
fn exceptions(policies: &Policies, report: &Report, files: &[PathBuf]) -> Vec<report::Found> {
    let workloads = report.workloads.iter().map(|reported| &reported.workload.object);
    let judged = engine::exception_findings(policies, workloads, report.all().map(|found| &found.judged));
    if judged.is_empty() {
        return Vec::new();
    }
    let documents = Manifests::read(files).documents;
    let mut found = Vec::with_capacity(judged.len());
    for judged in judged {
        let located = places(&judged.finding).map(|place| {
            let document = documents.iter().find(|document| document.name == place.object)?;
            locate_places(&[(document, place)]).pop()
        });
        let located: Vec<Option<Location>> = located.collect();
        found.push(with_locations(judged, &mut located.into_iter()));
    }
    found
}
