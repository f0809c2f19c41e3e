//! Manifests as users have them: files, folders and standard input, in YAML and JSON, with Lists taken apart.
//!
//! Bad input is no error of ours: what can't be read becomes a diagnostic, and the rest goes on. A file is read document by
//! document, so that a bad one takes no other with it. Neither texts nor spans are kept: [`locate_places`] reads those
//! files again that a finding lies in.

mod document;
mod files;
mod labels;
mod locate;
mod misplaced;
mod nearest;
mod parallel;
mod read;
mod set;
mod unjudged;
mod workload;

pub(crate) use self::document::Document;
pub(crate) use self::labels::{find_missing_labels, namespace_labels, with_name_label};
pub(crate) use self::locate::locate_places;
pub(crate) use self::misplaced::find_misplaced;
pub(crate) use self::read::{Manifests, STDIN};
pub(crate) use self::set::ManifestSet;
pub(crate) use self::unjudged::name_unjudged;
pub(crate) use self::workload::{ManifestWorkload, find_labels_to_give, judge_workloads, locate_in_manifests};

#[cfg(test)]
mod tests;
