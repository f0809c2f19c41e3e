//! From places in objects to spans in files. Texts are read again, and only those that a place lies in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Document, Source};
use super::parallel::map_in_parallel;
use crate::kubernetes::Place;
use crate::yaml::{Inside, Location, Wanted, find_spans};

/// Where places are in their files, in the order of the question. A place that does not exist is where the nearest thing
/// around it is.
pub(crate) fn locate_places(wanted: &[(&Document, &Place)]) -> Vec<Location> {
    // A file is read once, for all of its documents.
    let mut files: BTreeMap<*const Source, Vec<usize>> = BTreeMap::new();
    for (index, (document, _)) in wanted.iter().enumerate() {
        files.entry(Arc::as_ptr(&document.source)).or_default().push(index);
    }
    let files: Vec<Vec<usize>> = files.into_values().collect();
    let located = map_in_parallel(&files, |indices| locate_in_file(wanted, indices));
    let mut located: Vec<(usize, Location)> = located.into_iter().flatten().collect();
    located.sort_unstable_by_key(|(index, _)| *index);
    located.into_iter().map(|(_, location)| location).collect()
}

/// Those of the places that lie in one file, each with its index.
fn locate_in_file(wanted: &[(&Document, &Place)], indices: &[usize]) -> Vec<(usize, Location)> {
    let mut parts: BTreeMap<usize, Vec<(usize, &Document, &Place)>> = BTreeMap::new();
    for index in indices {
        if let Some((document, place)) = wanted.get(*index) {
            parts.entry(document.part.start).or_default().push((*index, document, place));
        }
    }
    let bytes = match parts.values().flatten().next() {
        Some((_, document, _)) => document.source.read(),
        None => return Vec::new(),
    };
    let mut located = Vec::with_capacity(indices.len());
    for places in parts.into_values() {
        let Some((_, first, _)) = places.first() else { continue };
        let questions: Vec<Wanted> = places.iter().map(|(_, document, place)| question(document, place)).collect();
        let spans = find_spans(&bytes, first.part, &questions);
        for ((index, document, _), span) in places.into_iter().zip(spans) {
            located.push((index, Location { file: Arc::clone(&document.file), span }));
        }
    }
    located
}

fn question(document: &Document, place: &Place) -> Wanted {
    let number = |number: u32| usize::try_from(number).ok();
    let inside = match place.line.and_then(number) {
        Some(line) => Inside::Line(line, place.column.and_then(number)),
        None => Inside::Whole,
    };
    let mut keys = document.path.keys();
    keys.extend(place.at.segments());
    Wanted { keys, inside }
}
