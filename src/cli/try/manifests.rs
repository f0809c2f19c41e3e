//! The user's manifests: in order, each with its verdict, and in numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::terminal::Page;
use super::{Broken, Tally, farewell, introduce, verdict};
use crate::kubernetes::{ObjectRef, Snapshot};
use crate::manifests::{self, Document, Manifests};
use crate::policy::Policies;
use crate::sandbox::{Cluster, Outcome, helm_order};
use crate::workload::Workload;
use crate::yaml::Diagnostic;

/// More objects than this that nothing happens to are counted instead of listed.
const QUIET: usize = 12;

/// An object's file and what became of it.
type Told = (Arc<str>, Outcome);

/// Tries them. False where there was nothing to read.
pub(crate) async fn tell(
    page: &mut Page<'_>,
    policies: Policies,
    by: &str,
    manifests: Manifests,
) -> Result<bool, Broken> {
    for mistake in &manifests.diagnostics {
        page.mistake(&mistake.to_string())?;
    }
    let objects = objects(manifests.documents);
    if objects.is_empty() {
        page.text("Nothing to try: no Kubernetes object could be read.")?;
        return Ok(false);
    }
    let namespaces: BTreeMap<_, _> =
        objects.iter().filter_map(|(_, object)| manifests::namespace_labels(object)).collect();
    for mistake in waiting(&policies.clone().with_namespaces(namespaces.clone()), &objects) {
        page.mistake(&mistake.to_string())?;
    }
    let mut cluster = Cluster::start(policies, namespaces).await?;
    introduce(page, &cluster)?;
    page.heading(&format!("Your manifests, in the order that Helm uses ({by})"))?;
    let (mut tally, mut told, mut aside) = (Tally::default(), Vec::new(), BTreeMap::new());
    for (file, object) in objects {
        let name = ObjectRef::of(&object);
        if cluster.asks_about(&name) {
            told.push((file, tally.apply(&mut cluster, &object).await?));
        } else {
            *aside.entry(name.kind).or_insert(0) += 1;
            cluster.keep(object);
        }
    }
    verdicts(page, &told)?;
    left_aside(page, &aside)?;
    page.text(&Counts::of(&told).to_string())?;
    page.heading("How to go on")?;
    farewell(page, &tally)?;
    Ok(true)
}

/// What policies would have to know of namespaces.
fn waiting(policies: &Policies, objects: &[(Arc<str>, Value)]) -> Vec<Diagnostic> {
    let nothing = Snapshot::new();
    let read = |(file, object): &'_ (Arc<str>, Value)| Some((Arc::clone(file), Workload::read(object, &nothing)?));
    let workloads: Vec<_> = objects.iter().filter_map(|one| Some((read(one)?, &one.1))).collect();
    manifests::find_missing_labels(
        policies,
        workloads.iter().map(|((file, workload), object)| (file, workload, *object)),
    )
}

/// The Kubernetes objects among the documents, in Helm's order.
fn objects(documents: Vec<Document>) -> Vec<(Arc<str>, Value)> {
    let is_text =
        |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let is_object = |value: &Value| ["/apiVersion", "/kind", "/metadata/name"].iter().all(|at| is_text(value, at));
    let placed = |document: Document| {
        let file = Arc::clone(&document.file);
        let mut value = Arc::unwrap_or_clone(document.into_value());
        helm_order::place(&mut value);
        (file, value)
    };
    let mut objects: Vec<(Arc<str>, Value)> =
        documents.into_iter().filter(|document| is_object(document.value())).map(placed).collect();
    objects.sort_by_key(|(_, object)| helm_order::rank(&ObjectRef::of(object).kind));
    objects
}

/// All verdicts in order. The objects that nothing happens to, and those that are not sent, are only counted where they
/// are many.
fn verdicts(page: &mut Page<'_>, told: &[Told]) -> Result<(), Broken> {
    let count = |is_so: fn(&Outcome) -> bool| told.iter().filter(|(_, outcome)| is_so(outcome)).count();
    let (quiet, away) = (count(verdict::is_quiet), count(verdict::is_kept_away));
    let is_shown = |outcome: &Outcome| {
        (quiet <= QUIET || !verdict::is_quiet(outcome)) && (away <= QUIET || !verdict::is_kept_away(outcome))
    };
    for (file, outcome) in told.iter().filter(|(_, outcome)| is_shown(outcome)) {
        verdict::whole(page, file, outcome)?;
    }
    if quiet > QUIET {
        page.text(&format!("{quiet} objects pass as they are."))?;
    }
    if away > QUIET {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for why in told.iter().filter_map(|(_, outcome)| outcome.kept_away.as_deref()) {
            *reasons.entry(why).or_default() += 1;
        }
        let reasons = reasons.iter().map(|(why, count)| format!("{count} since {why}"));
        page.text(&format!("{away} objects are not sent: {}.", reasons.collect::<Vec<_>>().join(", ")))?;
    }
    Ok(())
}

/// What was only kept, so that the webhook can look it up.
fn left_aside(page: &mut Page<'_>, aside: &BTreeMap<String, usize>) -> Result<(), Broken> {
    if aside.is_empty() {
        return Ok(());
    }
    let kinds: Vec<String> = aside.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let secrets = if aside.contains_key("Secret") { " Secrets are not even kept." } else { "" };
    Ok(page.text(&format!("Not sent, since the webhook is not called for them: {}.{secrets}", kinds.join(", ")))?)
}

/// How the objects fared, in numbers.
struct Counts {
    reviewed: usize,
    changed: usize,
    warned: usize,
    refused: usize,
}

impl Counts {
    fn of(told: &[Told]) -> Self {
        let count = |is_so: &dyn Fn(&Outcome) -> bool| told.iter().filter(|(_, outcome)| is_so(outcome)).count();
        Self {
            reviewed: count(&|outcome| outcome.kept_away.is_none()),
            changed: count(&|outcome| outcome.denial.is_none() && outcome.received != outcome.patched),
            warned: count(&|outcome| !outcome.warnings.is_empty()),
            refused: count(&|outcome| outcome.denial.is_some()),
        }
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
