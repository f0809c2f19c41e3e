//! From places in objects to spans in files. Texts are read again, and only those that a place lies in.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Document, Source};
use crate::kubernetes::Place;
use crate::yaml::{Inside, Location, Span, Wanted, find_spans};

/// Where places are in their files, in the order of the question. A place that does not exist is where the nearest thing
/// around it is.
pub(crate) fn locate_places(wanted: &[(&Document, &Place)]) -> Vec<Location> {
    // By source and start: a file is read once, for all of its documents.
    let mut parts: BTreeMap<(*const Source, usize), Vec<usize>> = BTreeMap::new();
    for (index, (document, _)) in wanted.iter().enumerate() {
        parts.entry((Arc::as_ptr(&document.source), document.part.start)).or_default().push(index);
    }
    let mut spans: BTreeMap<usize, Span> = BTreeMap::new();
    let mut source: (*const Source, Cow<[u8]>) = (std::ptr::null(), Cow::default());
    for ((of, _), indices) in parts {
        let places: Vec<&(&Document, &Place)> = indices.iter().filter_map(|index| wanted.get(*index)).collect();
        let Some((document, _)) = places.first() else { continue };
        if source.0 != of {
            source = (of, document.source.read());
        }
        let questions: Vec<Wanted> = places.iter().map(|(document, place)| question(document, place)).collect();
        spans.extend(indices.into_iter().zip(find_spans(&source.1, document.part, &questions)));
    }
    let located = wanted.iter().zip(spans.into_values());
    located.map(|((document, _), span)| Location { file: Arc::clone(&document.file), span }).collect()
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
