//! `plimsoll why`: the last decision on a workload, read off its mark.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use super::failure::Failure;
use super::output::print_report;
use crate::kubernetes::{Inventory, Kind, Lookup, ObjectRef, Seen};
use crate::manifests::{Document, Manifests};
use crate::report::{Format, MarkedWorkload, Marks};
use crate::workload::Workload;

/// The exit code where there is nothing to speak of.
const NOTHING: u8 = 3;

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The workload, such as `sts/redis-node` (then --file says where it is), or `-` for all on standard input.
    #[arg(value_name = "KIND/NAME")]
    target: String,
    /// A file or folder with the workload as it is stored, and the objects around it, or `-`; may be repeated.
    #[arg(short, long, value_name = "PATH")]
    file: Vec<PathBuf>,
    /// The namespace of the workload, where the name alone does not tell.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// How the answer is printed.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    output: Format,
}

impl Why {
    /// Prints what the marks of the workloads say.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let paths = self.paths()?;
        let target = if self.target == "-" { None } else { Some(WorkloadName::parse(&self.target)?) };
        let objects = GivenObjects::read(&paths);
        let mut marks = Marks { workloads: Vec::new() };
        for object in &objects.0 {
            if !self.is_meant(target.as_ref(), &ObjectRef::of(object)) {
                continue;
            }
            if let Some(workload) = Workload::read(object, &objects) {
                marks.workloads.push(MarkedWorkload::read(&workload, object));
            }
        }
        if marks.workloads.is_empty() {
            let named = if target.is_some() { " of that name" } else { "" };
            let _ = writeln!(io::stderr().lock(), "plimsoll: no Redis workload{named} was given");
            return Ok(ExitCode::from(NOTHING));
        }
        print_report(self.output, &marks)?;
        let has_unreadable = marks.workloads.iter().any(|workload| workload.is_unreadable);
        Ok(if has_unreadable { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Where the objects are.
    fn paths(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut paths = self.file.clone();
        if self.target == "-" {
            paths.push(PathBuf::from("-"));
        }
        if paths.is_empty() {
            let what = "give the object: `kubectl get sts NAME -o yaml | plimsoll why -`, or -f FILE";
            return Err(Failure::Usage(what.to_owned()));
        }
        Ok(paths)
    }

    fn is_meant(&self, target: Option<&WorkloadName>, object: &ObjectRef) -> bool {
        target.is_none_or(|target| target.kind == object.kind && target.name == object.name)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == object.namespace)
    }
}

/// A workload as it is named on the command line: `sts/redis-node`.
struct WorkloadName {
    kind: &'static str,
    name: String,
}

impl WorkloadName {
    fn parse(text: &str) -> Result<Self, Failure> {
        let parts = text.split_once('/').and_then(|(kind, name)| Some((Kind::named(kind)?, name)));
        let Some((kind, name)) = parts else {
            let what = "does not name a workload; write sts/NAME, deploy/NAME, ds/NAME or pod/NAME";
            return Err(Failure::Usage(format!("`{text}` {what}")));
        };
        Ok(Self { kind: kind.name, name: name.to_owned() })
    }
}

/// The objects that were given; whatever else there is can't be seen.
struct GivenObjects(Vec<Arc<Value>>);

impl GivenObjects {
    /// Reads them, and says on standard error what could not be read.
    fn read(paths: &[PathBuf]) -> Self {
        let manifests = Manifests::read(paths);
        for diagnostic in &manifests.diagnostics {
            let _ = writeln!(io::stderr().lock(), "plimsoll: {diagnostic}");
        }
        Self(manifests.documents.into_iter().map(Document::into_value).collect())
    }
}

impl Inventory for GivenObjects {
    fn look(&self, lookup: &Lookup) -> Seen<&[Arc<Value>]> {
        let found = match lookup {
            Lookup::Object(name) => self.0.iter().find(|object| ObjectRef::of(object) == *name),
            _ => None,
        };
        match found {
            Some(found) => Seen::Found(std::slice::from_ref(found)),
            None => Seen::Unknown("the objects around it".to_owned()),
        }
    }
}
