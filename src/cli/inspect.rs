//! `plimsoll inspect`: what was understood of manifests, with the origin of every value.

use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::output::print_report;
use crate::kubernetes::{Place, Pointer};
use crate::manifests::{Around, Input, Understood, spots};
use crate::report::{Format, Model};

/// Nothing readable.
const NOTHING: u8 = 3;

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    input: Input,
    /// How models are printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Inspect {
    /// Prints the model of each Redis workload.
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let around = self.input.read()?;
        let models = models(&around);
        print_report(self.output, models.as_slice())?;
        Ok(if around.objects == 0 { ExitCode::from(NOTHING) } else { ExitCode::SUCCESS })
    }
}

fn models(around: &Around) -> Vec<Model> {
    let all: Vec<(Understood, Vec<Place>)> = around
        .workloads()
        .map(|understood| {
            let root = understood.workload.place(Pointer::root());
            let places = Model::places(&understood.workload).into_iter().cloned();
            let places = std::iter::once(root).chain(places).collect();
            (understood, places)
        })
        .collect();
    let wanted: Vec<(&Understood, &Place)> =
        all.iter().flat_map(|(understood, places)| places.iter().map(move |place| (understood, place))).collect();
    let mut spots = spots(&wanted).into_iter();
    let mut model = |(understood, places): (Understood, Vec<Place>)| {
        let mut found = places.into_iter().filter_map(|place| Some((place, spots.next()??))).collect::<Vec<_>>();
        let root = understood.workload.place(Pointer::root());
        let spot = found.iter().position(|(place, _)| *place == root).map(|index| found.swap_remove(index).1);
        Model { workload: understood.workload, spot, origins: found.into_iter().collect() }
    };
    let mut models = Vec::new();
    for one in all {
        models.push(model(one));
    }
    models
}
