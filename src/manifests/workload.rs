//! A workload among its manifests.

use std::sync::Arc;

use serde_json::Value;

use super::document::Document;
use super::labels::find_missing_labels;
use super::locate::locate_places;
use super::nearest::NearestFirst;
use super::parallel::map_in_parallel;
use super::set::ManifestSet;
use crate::engine::{self, IGNORE, Judged};
use crate::kubernetes::{Inventory, Place};
use crate::policy::Policies;
use crate::workload::Workload;
use crate::yaml::{Diagnostic, Location};

/// A Redis workload among its manifests.
pub(crate) struct ManifestWorkload<'a> {
    pub(crate) workload: Workload,
    document: &'a Document,
    inventory: NearestFirst<'a>,
}

impl ManifestSet {
    /// The Redis workloads, in the order of the files. Children of a workload that is given too are left to it.
    pub(crate) fn workloads(&self) -> Vec<ManifestWorkload<'_>> {
        let candidates: Vec<&Document> = self.candidates().collect();
        let read = map_in_parallel(&candidates, |document| ManifestWorkload::read(self, document));
        let mut workloads: Vec<ManifestWorkload> = read.into_iter().flatten().collect();
        join_sentinels(&mut workloads);
        workloads
    }
}

/// Tells workloads whose servers the Sentinels of another workload watch.
fn join_sentinels(workloads: &mut [ManifestWorkload]) {
    let mut watched = Vec::new();
    for sentinels in workloads.iter() {
        let hosts = sentinels.workload.sentinels.iter().flat_map(|sentinels| &sentinels.hosts);
        for host in hosts {
            let server = workloads.iter().position(|server| server.is_watched_by(sentinels, host));
            watched.extend(server.map(|server| (server, sentinels.workload.object.clone())));
        }
    }
    for (server, sentinels) in watched {
        if let Some(server) = workloads.get_mut(server) {
            server.workload.watch_by(&sentinels);
        }
    }
}

/// Judges workloads, each as [`ManifestWorkload::judge`] does.
pub(crate) fn judge_workloads(policies: &Policies, workloads: &[ManifestWorkload]) -> Vec<Vec<Judged>> {
    map_in_parallel(workloads, |workload| workload.judge(policies))
}

impl<'a> ManifestWorkload<'a> {
    fn read(set: &'a ManifestSet, document: &'a Document) -> Option<Self> {
        let inventory = NearestFirst::new(set, document);
        let workload = Workload::read(document.value(), &inventory).filter(|_| !inventory.has_owner())?;
        Some(Self { workload, document, inventory })
    }

    /// Whether a host that Sentinels watch is one of its servers, as these see the manifests.
    fn is_watched_by(&self, sentinels: &Self, host: &str) -> bool {
        let own = &self.workload.object;
        *own != sentinels.workload.object
            && self.workload.servers().next().is_some()
            && self.workload.answers_to(self.object(), host, &sentinels.document.name.namespace, &sentinels.inventory)
            && sentinels.inventory.find(own).is_some_and(|nearest| std::ptr::eq(nearest, self.document))
    }

    /// The object as it is written.
    pub(crate) fn object(&self) -> &Arc<Value> {
        self.document.value()
    }

    /// The other manifests, as it sees them.
    pub(crate) fn inventory(&self) -> &dyn Inventory {
        &self.inventory
    }

    /// Everything found on it, with what its annotation suppresses marked.
    pub(crate) fn judge(&self, policies: &Policies) -> Vec<Judged> {
        let mut judged = engine::judge(policies, &self.workload, self.object(), &self.inventory);
        engine::suppress(&mut judged, &self.workload, self.object());
        judged
    }

    /// The words in its annotation that are no rule's id.
    pub(crate) fn unknown_rules(&self) -> impl Iterator<Item = Diagnostic> {
        engine::unknown_words(self.object()).map(|word| {
            let message = format!("{}: annotation {IGNORE} names `{word}`, which is no rule", self.workload.object);
            self.document.diagnostic(message)
        })
    }
}

/// Says which policies ask for labels of a namespace that is not among the manifests: then another one has judged.
pub(crate) fn find_labels_to_give(policies: &Policies, workloads: &[ManifestWorkload]) -> Vec<Diagnostic> {
    let read_from = workloads.iter().map(|one| (&one.document.file, &one.workload, &**one.object()));
    find_missing_labels(policies, read_from)
}

/// Where places are in their files; nothing where a place's object is not among the manifests.
pub(crate) fn locate_in_manifests(wanted: &[(&ManifestWorkload, &Place)]) -> Vec<Option<Location>> {
    let mut documents = Vec::with_capacity(wanted.len());
    for (workload, place) in wanted {
        documents.push(workload.inventory.find(&place.object).map(|document| (document, *place)));
    }
    let known: Vec<(&Document, &Place)> = documents.iter().flatten().copied().collect();
    let mut located = locate_places(&known).into_iter();
    documents.iter().map(|document| document.as_ref().and_then(|_| located.next())).collect()
}
