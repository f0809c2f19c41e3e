//! From a place in an object to the span in its file. The text is read again, and only where somebody asks: one pass over
//! a document finds all places that are wanted in it, so that no span is kept for what is right.

use std::collections::BTreeMap;

use serde_saphyr::granit_parser::{Event, ScalarStyle};

use super::events::{Events, Placed, position};
use super::part::Part;
use super::path::{Path, Segment};
use super::span::{Position, Span};
use super::text::position_in_text;

/// A place whose span is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The keys and indices from the root of the document.
    pub(crate) keys: Vec<String>,
    /// Where in the text that stands there.
    pub(crate) inside: Inside,
}

/// A place inside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    /// The whole of it.
    Whole,
    /// A line of it, from 1, and maybe a column, from 1: found in a literal block (`|`), which keeps its lines.
    Line(usize, Option<usize>),
    /// So many characters from its start.
    Character(usize),
}

impl Wanted {
    /// A place in an object that stands at `above` in its document.
    pub(crate) fn new(above: &Path, path: &Path) -> Self {
        let mut keys = above.keys();
        keys.extend(path.keys());
        let inside = match path.segments().last() {
            Some(Segment::Character(characters)) => Inside::Character(*characters),
            _ => Inside::Whole,
        };
        Self { keys, inside }
    }
}

/// The spans of places in one document of a file, in the order of the question. A place that is not written has the span of
/// the nearest thing around it.
pub(crate) fn find_spans(bytes: &[u8], part: Part, wanted: &[Wanted]) -> Vec<Span> {
    let text = std::str::from_utf8(part.slice(bytes)).unwrap_or_default();
    let mut root = Node::default();
    for place in wanted {
        let mut node = &mut root;
        for key in &place.keys {
            node = node.below.entry(key.clone()).or_default();
        }
        node.keeps_text |= matches!(place.inside, Inside::Character(_));
    }
    search(text, &mut root);
    wanted.iter().map(|place| root.span_of(text, place).moved_to(part.position())).collect()
}

/// The places that are wanted, as a tree of keys.
#[derive(Default)]
struct Node {
    found: Option<Found>,
    /// Whether `Found` has to keep the text.
    keeps_text: bool,
    below: BTreeMap<String, Node>,
}

/// Where something is written.
struct Found {
    /// Where it is shown: a scalar itself, all else with its key.
    start: Position,
    /// In bytes.
    end: usize,
    /// Of a scalar: where its text starts, and how it is written.
    scalar: Option<(Position, ScalarStyle)>,
    /// The text of a scalar, where a place in it is wanted.
    text: Option<String>,
}

impl Node {
    fn span_of(&self, text: &str, wanted: &Wanted) -> Span {
        let Some(mut nearest) = self.found.as_ref() else { return Span::at(Position::START) };
        let mut node = self;
        for key in &wanted.keys {
            let below = node.below.get(key).and_then(|below| Some((below, below.found.as_ref()?)));
            // What is around a place is no text that the place could lie in.
            let Some((below, found)) = below else { return nearest.span(text) };
            (node, nearest) = (below, found);
        }
        nearest.span_inside(text, wanted.inside).unwrap_or_else(|| nearest.span(text))
    }
}

impl Found {
    fn span(&self, text: &str) -> Span {
        let written = text.get(self.start.byte..self.end).unwrap_or_default().trim_end();
        Span { start: self.start, end: self.start.after(written) }
    }

    fn span_inside(&self, text: &str, inside: Inside) -> Option<Span> {
        let (start, style) = self.scalar?;
        match inside {
            Inside::Whole => None,
            Inside::Line(line, column) => {
                let is_block = style == ScalarStyle::Literal && start.byte < self.end;
                let (first, indent) = if is_block { block_start(text, start.line)? } else { return None };
                Some(Span::of_line(text, first + line - 1, indent + column.unwrap_or(1)))
            }
            Inside::Character(characters) => {
                let before: String = self.text.as_ref()?.chars().take(characters).collect();
                let at = position_in_text(text, start, style, &before)?;
                Some(Span::of_line(text, at.line, at.column))
            }
        }
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

/// Finds what is wanted in a text. Whatever can't be read ends the search; what was found by then stays.
fn search(text: &str, root: &mut Node) {
    let mut events = Events::of(text);
    if let Some(first) = events.first() {
        let start = position(first.1.start);
        let _ = read_node(&mut events, &first, start, Some(root));
    }
}

/// Reads the node that starts with an event; `None` at the end of what can be read.
fn read_node(events: &mut Events, (event, place): &Placed, start: Position, wanted: Option<&mut Node>) -> Option<()> {
    let is_collection = matches!(event, Event::MappingStart(..) | Event::SequenceStart(..));
    let Some(wanted) = wanted else { return if is_collection { events.skip() } else { Some(()) } };
    let mut found = Found { start, end: events.end().max(start.byte), scalar: None, text: None };
    if let Event::Scalar(text, style, ..) = event {
        // An empty block has no line to be found in.
        found.scalar = (!text.is_empty()).then(|| (position(place.start), *style));
        found.text = wanted.keeps_text.then(|| text.clone().into_owned());
    }
    wanted.found = Some(found);
    match event {
        Event::MappingStart(..) if !wanted.below.is_empty() => read_mapping(events, wanted)?,
        Event::SequenceStart(..) if !wanted.below.is_empty() => read_sequence(events, wanted)?,
        _ if is_collection => events.skip()?,
        _ => {}
    }
    if let Some(found) = &mut wanted.found {
        found.end = events.end();
    }
    Some(())
}

fn read_mapping(events: &mut Events, wanted: &mut Node) -> Option<()> {
    loop {
        let (key, key_place) = events.read()?;
        let below = match &key {
            Event::MappingEnd => return Some(()),
            Event::Scalar(key, ..) => wanted.below.get_mut(key.as_ref()),
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                events.skip()?;
                None
            }
            _ => None,
        };
        let value = events.read()?;
        // A scalar is best shown itself; all else begins with its key.
        let is_block = matches!(&value.0, Event::Scalar(_, ScalarStyle::Literal, ..));
        let on_one_line = matches!(value.0, Event::Scalar(..)) && value.1.start.line() == key_place.start.line();
        let start = position(if on_one_line && !is_block { value.1.start } else { key_place.start });
        read_node(events, &value, start, below)?;
    }
}

fn read_sequence(events: &mut Events, wanted: &mut Node) -> Option<()> {
    for index in 0_usize.. {
        let item = events.read()?;
        if matches!(item.0, Event::SequenceEnd) {
            return Some(());
        }
        let start = position(item.1.start);
        read_node(events, &item, start, wanted.below.get_mut(&index.to_string()))?;
    }
    Some(())
}
