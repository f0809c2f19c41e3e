//! From a place in an object to the line and column in its file. The text is read again, and only where a finding is:
//! one pass over a document finds all the places that are wanted in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Marker, Options, Parser, ScalarStyle};

use super::{Document, Source};
use crate::kubernetes::Place;
use crate::report::Spot;

/// Where places are in their files, in the order of the question. A place that does not exist is where the nearest thing
/// around it is.
pub(crate) fn find(wanted: &[(&Document, &Place)]) -> Vec<Spot> {
    // By source and start: a file is read once, for all of its documents.
    let mut parts: BTreeMap<(*const Source, usize), Vec<usize>> = BTreeMap::new();
    for (index, (document, _)) in wanted.iter().enumerate() {
        let key = (Arc::as_ptr(&document.part.source), document.part.start);
        parts.entry(key).or_default().push(index);
    }
    let mut spots: Vec<Option<Spot>> = vec![None; wanted.len()];
    let mut source: (*const Source, Cow<[u8]>) = (std::ptr::null(), Cow::default());
    for ((of, _), indices) in parts {
        let Some((document, _)) = indices.first().and_then(|index| wanted.get(*index)) else { continue };
        if source.0 != of {
            source = (of, document.part.source.read());
        }
        let bytes = source.1.get(document.part.start..document.part.end).unwrap_or_default();
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let places: Vec<_> = indices.iter().filter_map(|index| Some((*index, *wanted.get(*index)?))).collect();
        for (index, spot) in in_part(text, &places) {
            if let Some(place) = spots.get_mut(index) {
                *place = Some(spot);
            }
        }
    }
    spots.into_iter().flatten().collect()
}

/// The places in one document, each with its number.
fn in_part(text: &str, wanted: &[(usize, (&Document, &Place))]) -> Vec<(usize, Spot)> {
    let mut root = Node::default();
    for (_, (document, place)) in wanted {
        path(document, place).fold(&mut root, |node, key| node.below.entry(key).or_default());
    }
    walk(text, &mut root);
    let spot = |(index, (document, place)): &(usize, (&Document, &Place))| {
        let found = root.nearest(path(document, place));
        let (line, column) = found.map_or((1, 1), |found| found.inner(text, place));
        (*index, Spot { file: Arc::clone(&document.file), line: document.part.line + line - 1, column })
    };
    wanted.iter().map(spot).collect()
}

impl Source {
    /// Its bytes; none where the file is gone since.
    fn read(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Held(bytes) => Cow::Borrowed(bytes),
            Self::File(path) => Cow::Owned(fs::read(path).unwrap_or_default()),
        }
    }
}

fn path<'a>(document: &'a Document, place: &'a Place) -> impl Iterator<Item = String> {
    document.at.segments().chain(place.at.segments())
}

/// The places that are wanted, as a tree of keys.
#[derive(Default)]
struct Node {
    found: Option<Found>,
    below: BTreeMap<String, Node>,
}

/// Where something is in a part: lines and columns from 1.
#[derive(Clone, Copy)]
struct Found {
    line: usize,
    column: usize,
    /// Of a literal block (`|`): a line in it.
    block: Option<usize>,
}

impl Node {
    fn nearest(&self, path: impl Iterator<Item = String>) -> Option<Found> {
        let (mut node, mut nearest) = (self, self.found);
        for key in path {
            match node.below.get(&key).filter(|below| below.found.is_some()) {
                Some(below) => (node, nearest) = (below, below.found),
                // What is around it is no block of text that the line could lie in.
                None => return nearest.map(|found| Found { block: None, ..found }),
            }
        }
        nearest
    }
}

impl Found {
    /// The line and column inside a literal block, where the place names a line there.
    fn inner(self, text: &str, place: &Place) -> (usize, usize) {
        let inside = |number: Option<u32>| number.and_then(|number| usize::try_from(number).ok());
        let start = self.block.and_then(|block| block_start(text, block));
        let (Some((first, indent)), Some(line)) = (start, inside(place.line)) else { return (self.line, self.column) };
        (first + line - 1, indent + inside(place.column).unwrap_or(1))
    }
}

/// The first line of a literal block and its indentation. The parser names its first line that is not blank: above it
/// come blank ones, which count, and the line with the `|`.
fn block_start(text: &str, block: usize) -> Option<(usize, usize)> {
    let lines: Vec<&str> = text.lines().take(block).collect();
    let (first, above) = lines.split_last()?;
    let blank = above.iter().rev().take_while(|line| line.trim().is_empty()).count();
    Some((block - blank, first.chars().take_while(|letter| *letter == ' ').count()))
}

type Events<'a> = dyn Iterator<Item = (Event<'a>, Marker)> + 'a;

/// Finds what is wanted in a document. Whatever can't be read ends the search; what was found by then stays.
fn walk(text: &str, root: &mut Node) {
    let mut options = Options::default();
    options.emit_comments = false;
    let parser = Parser::new_from_str_with_options(text, options);
    let mut events = parser.map_while(Result::ok).map(|(event, span)| (event, span.start));
    let start = events.find(|(event, _)| !matches!(event, Event::StreamStart | Event::DocumentStart(..)));
    if let Some((event, marker)) = start {
        let _ = node(&mut events, &event, Found::at(marker), Some(root));
    }
}

impl Found {
    fn at(marker: Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1, block: None }
    }
}

/// Reads the node that starts with `event`; `None` at the end of what can be read.
fn node(events: &mut Events, event: &Event, at: Found, mut wanted: Option<&mut Node>) -> Option<()> {
    if let Some(wanted) = wanted.as_deref_mut() {
        wanted.found = Some(at);
    }
    let wanted = wanted.filter(|wanted| !wanted.below.is_empty());
    match (event, wanted) {
        (Event::MappingStart(..), Some(wanted)) => mapping(events, wanted),
        (Event::SequenceStart(..), Some(wanted)) => sequence(events, wanted),
        (Event::MappingStart(..) | Event::SequenceStart(..), None) => skip(events),
        _ => Some(()),
    }
}

fn mapping(events: &mut Events, wanted: &mut Node) -> Option<()> {
    loop {
        let (key, marker) = events.next()?;
        let below = match &key {
            Event::MappingEnd => return Some(()),
            Event::Scalar(key, ..) => wanted.below.get_mut(key.as_ref()),
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                skip(events)?;
                None
            }
            _ => None,
        };
        let (value, value_marker) = events.next()?;
        // A scalar is best shown itself; all else begins with its key.
        let on_one_line = matches!(value, Event::Scalar(..)) && value_marker.line() == marker.line();
        let mut at = Found::at(if on_one_line { value_marker } else { marker });
        if is_block(&value) {
            at = Found { block: Some(value_marker.line()), ..Found::at(marker) };
        }
        node(events, &value, at, below)?;
    }
}

fn sequence(events: &mut Events, wanted: &mut Node) -> Option<()> {
    for index in 0_usize.. {
        let (item, marker) = events.next()?;
        if matches!(item, Event::SequenceEnd) {
            return Some(());
        }
        let mut at = Found::at(marker);
        if is_block(&item) {
            at.block = Some(marker.line());
        }
        node(events, &item, at, wanted.below.get_mut(&index.to_string()))?;
    }
    Some(())
}

/// Whether this is a literal block with something in it.
fn is_block(event: &Event) -> bool {
    matches!(event, Event::Scalar(text, ScalarStyle::Literal, ..) if !text.is_empty())
}

/// Passes over the rest of a mapping or sequence.
fn skip(events: &mut Events) -> Option<()> {
    let mut depth = 1;
    while depth > 0 {
        match events.next()?.0 {
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => depth -= 1,
            _ => {}
        }
    }
    Some(())
}
