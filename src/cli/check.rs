//! `plimsoll check`: what is wrong with manifests that nobody has applied yet.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Failure;
use super::args::policies::PolicyArgs;
use super::output::print_report;
use crate::engine::Judged;
use crate::kubernetes::{ObjectRef, Place, Pointer};
use crate::manifests::{Input, Manifests, Understood, places, spots, tell, tell_waiting};
use crate::policy::{self, Policies};
use crate::report::{Format, Found, Report, Reported};
use crate::rules::Severity;

/// Nothing readable, or no workload where one is required.
const NOTHING: u8 = 3;
/// A path that was named is not there, and nothing else is wrong: a typing mistake must not look like a clean bill.
const ABSENT: u8 = 2;
/// Something could not be seen under `--strict`.
const UNSEEN: u8 = 1;

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    input: Input,
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
        let around = self.input.read()?;
        let policies = policies.with_namespaces(around.namespaces());
        let workloads: Vec<Understood> = around.workloads().collect();
        tell(&workloads.iter().flat_map(Understood::unknown_rules).collect::<Vec<_>>());
        tell_waiting(&policies, &workloads);
        let mut report = report(around.objects, workloads, &policies);
        report.unreadable = around.mistakes.len();
        report.exceptions = exceptions(&policies, &report, self.policies.files());
        print_report(self.output, &report)?;
        Ok(ExitCode::from(self.code(&report, around.absent)))
    }

    fn code(&self, report: &Report, absent: bool) -> u8 {
        if self.no_exit_codes {
            return 0;
        }
        if self.strict && (report.unknown() > 0 || report.unreadable > 0) {
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

/// Judges all workloads, then finds all places at once.
fn report(objects: usize, workloads: Vec<Understood>, policies: &Policies) -> Report {
    let judged: Vec<_> = workloads.into_iter().map(|understood| (understood.judge(policies), understood)).collect();
    let roots: Vec<Place> = judged.iter().map(|(_, understood)| root(understood)).collect();
    let mut wanted: Vec<(&Understood, &Place)> = Vec::new();
    for ((judged, understood), root) in judged.iter().zip(&roots) {
        wanted.push((understood, root));
        wanted.extend(judged.iter().map(|judged| (understood, &judged.finding.at)));
    }
    let mut spots = spots(&wanted).into_iter();
    let mut next = || spots.next().flatten();
    let mut places: Vec<_> = Vec::new();
    for (judged, _) in &judged {
        places.push((next(), judged.iter().map(|_| next()).collect::<Vec<_>>()));
    }
    let workloads = judged.into_iter().zip(places).map(|((judged, understood), (spot, spots))| Reported {
        findings: judged.into_iter().zip(spots).map(|(judged, spot)| Found { judged, spot }).collect(),
        workload: understood.workload,
        spot,
    });
    Report { objects, workloads: workloads.collect(), ..Report::default() }
}

/// What has become of the exceptions, each with its place in the files that hold them.
fn exceptions(policies: &Policies, report: &Report, files: &[PathBuf]) -> Vec<Found> {
    let workloads = report.workloads.iter().map(|reported| &reported.workload.object);
    let judged = policy::exception_findings(policies, workloads, report.all().map(|found| &found.judged));
    if judged.is_empty() {
        return Vec::new();
    }
    let documents = Manifests::read(files).documents;
    let found = |judged: Judged| {
        let place = &judged.finding.at;
        let document = documents.iter().find(|document| ObjectRef::of(&document.value) == place.object);
        let spot = document.and_then(|document| places::find(&[(document, place)]).pop());
        Found { judged, spot }
    };
    judged.into_iter().map(found).collect()
}

fn root(understood: &Understood) -> Place {
    understood.workload.place(Pointer::root())
}
