//! The built-in release in three acts: as it is, where data must survive, and fixed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::tally::Tally;
use super::verdict;
use super::words::{introduce, say_farewell};
use crate::kubernetes::ObjectRef;
use crate::manifests::Manifests;
use crate::policy::Policies;
use crate::report::{Fate, ObjectChange, Part, Trial, TriedObject};
use crate::sandbox::{AppliedObject, Cluster, SandboxError, helm_order};

const RELEASE: &str = include_str!("release.yaml");
/// The file that kubectl would name.
const FILE: &str = "release.yaml";

/// Tries all three. The policies are for the first.
pub(crate) async fn try_release(trial: &mut Trial, policies: Policies, by: &str) -> Result<(), SandboxError> {
    let (release, mut tally) = (read_release(), Tally::default());
    let mut cluster = Cluster::start(policies, BTreeMap::new()).await?;
    introduce(trial, &cluster);
    trial.heading(format!("1. A release that looks reasonable ({by})"));
    trial.text(
        "Two Redis with a Sentinel beside each, in the order that Helm applies them. A Warning is what kubectl and helm \
         print; the diff is what the webhook changes before the object is stored.",
    );
    let first = apply_all(&mut cluster, &mut tally, &release).await?;
    for applied in &first {
        trial.object(verdict::describe(FILE, applied));
    }

    trial.heading("2. The same release where data must survive (profile production)");
    trial.text("What the webhook can't fix safely, this profile refuses. kubectl prints:");
    let mut cluster = Cluster::start(production()?, BTreeMap::new()).await?;
    let second = apply_all(&mut cluster, &mut tally, &release).await?;
    for applied in &second {
        trial.object(verdict::describe_news(FILE, applied, &first));
    }

    try_fixed_release(trial, &mut tally, &release, &first).await?;
    trial.heading("How to go on");
    trial.hint("plimsoll try PATH...", "yours: files, folders, helm template … | plimsoll try -");
    say_farewell(trial, &tally);
    Ok(())
}

/// The third act.
async fn try_fixed_release(
    trial: &mut Trial,
    tally: &mut Tally,
    release: &[Value],
    earlier: &[AppliedObject],
) -> Result<(), SandboxError> {
    trial.heading("3. Two lines changed, as the refusal says (profile production)");
    let fixed = fix_release(release);
    for (before, after) in release.iter().zip(&fixed) {
        if let Some(change) = ObjectChange::between(before, after) {
            trial.object(describe_edit(&ObjectRef::of(after), change));
        }
    }
    let mut cluster = Cluster::start(production()?, BTreeMap::new()).await?;
    for when in ["Applied:", "Applied once more, as the next `helm upgrade` does:"] {
        trial.parts.push(Part::Gap);
        trial.text(when);
        let applied = apply_all(&mut cluster, tally, &fixed).await?;
        for applied in &applied {
            trial.object(verdict::describe_news(FILE, applied, earlier));
        }
    }
    Ok(())
}

/// What a person changes in an object.
fn describe_edit(object: &ObjectRef, change: ObjectChange) -> TriedObject {
    TriedObject {
        name: helm_order::kubectl_name(object),
        fate: Fate::Stored,
        result: "in your manifest:".to_owned(),
        notes: Vec::new(),
        warnings: Vec::new(),
        remark: None,
        denial: None,
        change: Some(change),
    }
}

fn production() -> Result<Policies, SandboxError> {
    Policies::profile("production").map_err(|_| SandboxError::NotLoaded("the profile production"))
}

/// Its objects, in order.
fn read_release() -> Vec<Value> {
    let manifests = Manifests::parse(FILE, RELEASE);
    let mut objects: Vec<Value> =
        manifests.documents.into_iter().map(|document| Arc::unwrap_or_clone(document.into_value())).collect();
    objects.sort_by_key(|object| helm_order::rank(&ObjectRef::of(object).kind));
    objects
}

/// What a person does about the refusal: a third Sentinel, and names for the Pods.
fn fix_release(release: &[Value]) -> Vec<Value> {
    let mut fixed = release.to_vec();
    for object in &mut fixed {
        let (field, value) = match object.get("kind").and_then(Value::as_str) {
            Some("Service") => ("clusterIP", Value::from("None")),
            Some("StatefulSet") => ("replicas", Value::from(3)),
            _ => continue,
        };
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert(field.to_owned(), value);
        }
    }
    fixed
}

async fn apply_all(
    cluster: &mut Cluster,
    tally: &mut Tally,
    objects: &[Value],
) -> Result<Vec<AppliedObject>, SandboxError> {
    let mut all = Vec::new();
    for object in objects {
        if cluster.asks_about(&ObjectRef::of(object)) {
            all.push(tally.apply(cluster, object).await?);
        } else {
            cluster.keep(object.clone());
        }
    }
    Ok(all)
}
