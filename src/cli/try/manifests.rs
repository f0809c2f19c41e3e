//! The user's manifests: in order, each with its verdict, and in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::tally::Tally;
use super::verdict;
use super::words::{introduce, say_farewell};
use crate::kubernetes::{ObjectRef, Snapshot};
use crate::manifests::{self, Document, Manifests};
use crate::policy::Policies;
use crate::report::Trial;
use crate::sandbox::{AppliedObject, Cluster, SandboxError, helm_order};
use crate::workload::Workload;
use crate::yaml::Diagnostic;

/// More objects than this that nothing happens to are counted instead of listed.
const QUIET: usize = 12;

/// An object's file and what became of it.
type Tried = (Arc<str>, AppliedObject);

/// Tries them. False where there was nothing to read.
pub(crate) async fn try_manifests(
    trial: &mut Trial,
    policies: Policies,
    by: &str,
    manifests: Manifests,
) -> Result<bool, SandboxError> {
    for diagnostic in &manifests.diagnostics {
        trial.problem(diagnostic.to_string());
    }
    for diagnostic in manifests::name_unjudged(&manifests.unjudged) {
        trial.problem(diagnostic.to_string());
    }
    let objects = sort_objects(manifests.documents);
    if objects.is_empty() {
        trial.text("Nothing to try: no Kubernetes object could be read.");
        return Ok(false);
    }
    let namespaces: BTreeMap<_, _> =
        objects.iter().filter_map(|(_, object)| manifests::namespace_labels(object)).collect();
    for diagnostic in find_missing_labels(&policies.clone().with_namespaces(namespaces.clone()), &objects) {
        trial.problem(diagnostic.to_string());
    }
    let mut cluster = Cluster::start(policies, namespaces).await?;
    introduce(trial, &cluster);
    trial.heading(format!("Your manifests, in the order that Helm uses ({by})"));
    let (mut tally, mut tried, mut aside) = (Tally::default(), Vec::new(), BTreeMap::new());
    for (file, object) in objects {
        let name = ObjectRef::of(&object);
        if cluster.asks_about(&name) {
            tried.push((file, tally.apply(&mut cluster, &object).await?));
        } else {
            *aside.entry(name.kind).or_insert(0) += 1;
            cluster.keep(object);
        }
    }
    add_verdicts(trial, &tried);
    add_left_aside(trial, &aside);
    trial.text(Counts::count(&tried).to_string());
    trial.heading("How to go on");
    say_farewell(trial, &tally);
    Ok(true)
}

/// What policies would have to know of namespaces.
fn find_missing_labels(policies: &Policies, objects: &[(Arc<str>, Value)]) -> Vec<Diagnostic> {
    let nothing = Snapshot::new();
    let mut workloads = Vec::new();
    for (file, object) in objects {
        workloads.extend(Workload::read(object, &nothing).map(|workload| (file, workload, object)));
    }
    let read_from = workloads.iter().map(|(file, workload, object)| (*file, workload, *object));
    manifests::find_missing_labels(policies, read_from)
}

/// The Kubernetes objects among the documents, in Helm's order.
fn sort_objects(documents: Vec<Document>) -> Vec<(Arc<str>, Value)> {
    let mut objects = Vec::new();
    for document in documents {
        if is_object(document.value()) {
            let file = Arc::clone(&document.file);
            let mut value = Arc::unwrap_or_clone(document.into_value());
            helm_order::set_default_namespace(&mut value);
            objects.push((file, value));
        }
    }
    objects.sort_by_key(|(_, object)| helm_order::rank(&ObjectRef::of(object).kind));
    objects
}

fn is_object(value: &Value) -> bool {
    let mut texts =
        ["/apiVersion", "/kind", "/metadata/name"].iter().map(|at| value.pointer(at).and_then(Value::as_str));
    texts.all(|text| text.is_some_and(|text| !text.is_empty()))
}

/// All verdicts in order. The objects that nothing happens to, and those that are not sent, are only counted where they
/// are many.
fn add_verdicts(trial: &mut Trial, tried: &[Tried]) {
    let quiet = tried.iter().filter(|(_, applied)| verdict::passes_unchanged(applied)).count();
    let away: Vec<&str> = tried.iter().filter_map(|(_, applied)| applied.kept_away.as_deref()).collect();
    for (file, applied) in tried {
        let is_counted = (quiet > QUIET && verdict::passes_unchanged(applied))
            || (away.len() > QUIET && applied.kept_away.is_some());
        if !is_counted {
            trial.object(verdict::describe(file, applied));
        }
    }
    if quiet > QUIET {
        trial.text(format!("{quiet} objects pass as they are."));
    }
    if away.len() > QUIET {
        trial.text(format!("{} objects are not sent: {}.", away.len(), count_reasons(&away).join(", ")));
    }
}

fn count_reasons(reasons: &[&str]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    counts.iter().map(|(reason, count)| format!("{count} since {reason}")).collect()
}

/// What was only kept, so that the webhook can look it up.
fn add_left_aside(trial: &mut Trial, aside: &BTreeMap<String, usize>) {
    if aside.is_empty() {
        return;
    }
    let kinds: Vec<String> = aside.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let secrets = if aside.contains_key("Secret") { " Secrets are not even kept." } else { "" };
    trial.text(format!("Not sent, since the webhook is not called for them: {}.{secrets}", kinds.join(", ")));
}

/// How the objects fared, in numbers.
#[derive(Default)]
struct Counts {
    reviewed: usize,
    changed: usize,
    warned: usize,
    refused: usize,
}

impl Counts {
    fn count(tried: &[Tried]) -> Self {
        let mut counts = Self::default();
        for (_, applied) in tried {
            let is_refused = applied.refusal.is_some();
            counts.reviewed += usize::from(applied.kept_away.is_none());
            counts.changed += usize::from(!is_refused && applied.received != applied.patched);
            counts.warned += usize::from(!applied.warnings.is_empty());
            counts.refused += usize::from(is_refused);
        }
        counts
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reviewed, changed, warned, refused } = self;
        let objects = if *reviewed == 1 { "object" } else { "objects" };
        write!(
            formatter,
            "{reviewed} {objects} reviewed: {changed} changed, {warned} with warnings, {refused} refused."
        )
    }
}
