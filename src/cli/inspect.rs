//! `plimsoll inspect`: what was understood of manifests, with the origin of every value.

use std::process::ExitCode;

use clap::Args;

use super::args::diagnostics::print_diagnostics;
use super::args::manifests::ManifestArgs;
use super::failure::Failure;
use super::output::print_report;
use crate::kubernetes::{Place, Pointer};
use crate::manifests::{ManifestSet, ManifestWorkload, find_misplaced, locate_in_manifests};
use crate::report::{Format, Model};

/// Nothing readable.
const NOTHING: u8 = 3;

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    input: ManifestArgs,
    /// How models are printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Inspect {
    /// Prints the model of each Redis workload.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let manifests = self.input.read()?;
        let models = models(&manifests);
        print_report(self.output, models.as_slice())?;
        Ok(if manifests.objects == 0 { ExitCode::from(NOTHING) } else { ExitCode::SUCCESS })
    }
}

fn models(manifests: &ManifestSet) -> Vec<Model> {
    let mut places = Vec::new();
    let workloads = manifests.workloads();
    print_diagnostics(&find_misplaced(&workloads));
    for one in workloads {
        let mut of_one = vec![one.workload.place(Pointer::root())];
        of_one.extend(Model::places(&one.workload).into_iter().cloned());
        places.push((one, of_one));
    }
    let mut wanted: Vec<(&ManifestWorkload, &Place)> = Vec::new();
    for (workload, of_one) in &places {
        wanted.extend(of_one.iter().map(|place| (workload, place)));
    }
    let mut locations = locate_in_manifests(&wanted).into_iter();
    let mut models = Vec::with_capacity(places.len());
    for (workload, of_one) in places {
        let mut located = of_one.into_iter().map(|place| (place, locations.next().flatten()));
        let spot = located.next().and_then(|(_, location)| location);
        let origins = located.filter_map(|(place, location)| Some((place, location?))).collect();
        models.push(Model { workload: workload.workload, spot, origins });
    }
    models
}
