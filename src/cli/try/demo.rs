//! The built-in release in three acts: as it is, where data must survive, and mended.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::terminal::{Page, Tone};
use super::{Broken, Tally, farewell, introduce, verdict};
use crate::kubernetes::ObjectRef;
use crate::manifests::Manifests;
use crate::policy::Policies;
use crate::sandbox::{Cluster, ClusterError, Outcome, helm_order};

const RELEASE: &str = include_str!("release.yaml");
/// The file that kubectl would name.
const FILE: &str = "release.yaml";

/// Tells all three. The policies are for the first.
pub(crate) async fn tell(page: &mut Page<'_>, policies: Policies, by: &str) -> Result<(), Broken> {
    let (release, mut tally) = (release(), Tally::default());
    let mut cluster = Cluster::start(policies, BTreeMap::new()).await?;
    introduce(page, &cluster)?;
    page.heading(&format!("1. A release that looks reasonable ({by})"))?;
    page.text(
        "Two Redis with a Sentinel beside each, in the order that Helm applies them. A Warning is what kubectl and helm \
         print; the diff is what the webhook changes before the object is stored.",
    )?;
    let first = apply(&mut cluster, &mut tally, &release).await?;
    first.iter().try_for_each(|outcome| verdict::whole(page, FILE, outcome))?;

    page.heading("2. The same release where data must survive (profile production)")?;
    page.text("What the webhook can't mend safely, this profile refuses. kubectl prints:")?;
    let mut cluster = Cluster::start(production()?, BTreeMap::new()).await?;
    let second = apply(&mut cluster, &mut tally, &release).await?;
    second.iter().try_for_each(|outcome| verdict::news(page, FILE, outcome, &first))?;

    third(page, &mut tally, &release, &first).await?;
    page.heading("How to go on")?;
    page.hint("plimsoll try PATH...", "yours: files, folders, helm template … | plimsoll try -")?;
    farewell(page, &tally)
}

async fn third(page: &mut Page<'_>, tally: &mut Tally, release: &[Value], told: &[Outcome]) -> Result<(), Broken> {
    page.heading("3. Two lines changed, as the refusal says (profile production)")?;
    let mended = mended(release);
    for (before, after) in release.iter().zip(&mended).filter(|(before, after)| before != after) {
        page.object(&helm_order::kubectl_name(&ObjectRef::of(after)), Tone::Good, "in your manifest:")?;
        page.diff(before, after)?;
    }
    let mut cluster = Cluster::start(production()?, BTreeMap::new()).await?;
    for when in ["Applied:", "Applied once more, as the next `helm upgrade` does:"] {
        page.gap()?;
        page.text(when)?;
        let outcomes = apply(&mut cluster, tally, &mended).await?;
        outcomes.iter().try_for_each(|outcome| verdict::news(page, FILE, outcome, told))?;
    }
    Ok(())
}

fn production() -> Result<Policies, Broken> {
    Policies::profile("production").map_err(|_| Broken::Cluster(ClusterError::Ours("the profile production")))
}

/// Its objects, in order.
fn release() -> Vec<Value> {
    let manifests = Manifests::parse(FILE, RELEASE);
    let mut objects: Vec<Value> =
        manifests.documents.into_iter().map(|document| Arc::unwrap_or_clone(document.into_value())).collect();
    objects.sort_by_key(|object| helm_order::rank(&ObjectRef::of(object).kind));
    objects
}

/// What a person does about the refusal: a third Sentinel, and names for the Pods.
fn mended(release: &[Value]) -> Vec<Value> {
    let mut mended = release.to_vec();
    for object in &mut mended {
        let (field, value) = match object.get("kind").and_then(Value::as_str) {
            Some("Service") => ("clusterIP", Value::from("None")),
            Some("StatefulSet") => ("replicas", Value::from(3)),
            _ => continue,
        };
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert(field.to_owned(), value);
        }
    }
    mended
}

async fn apply(cluster: &mut Cluster, tally: &mut Tally, objects: &[Value]) -> Result<Vec<Outcome>, Broken> {
    let mut outcomes = Vec::new();
    for object in objects {
        if cluster.asks_about(&ObjectRef::of(object)) {
            outcomes.push(tally.apply(cluster, object).await?);
        } else {
            cluster.keep(object.clone());
        }
    }
    Ok(outcomes)
}
