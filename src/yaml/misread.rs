//! What YAML takes in another way than its author meant it: a key that stands twice, and a text behind `!`, which is a tag.

use std::collections::HashMap;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Span as Place, StructureStyle};

use super::diagnostic::Diagnostic;
use super::events::{Events, Placed, position};
use super::part::Part;
use super::path::Path;
use super::span::Span;
use super::syntax_error::{quote, shortened};
use super::tree::{MAX_DEPTH, TWICE};

/// Something that is misread. Its span counts from the start of the document.
#[derive(Debug)]
pub(crate) struct Misread {
    pub(crate) path: Path,
    span: Span,
    message: String,
    help: Option<String>,
    /// The line of the text, from 1, on which a key that stands twice stands first.
    first: Option<usize>,
    /// The text that was meant, where YAML leaves it out.
    pub(crate) meant: Option<String>,
}

impl Misread {
    /// The diagnostic of it in a file.
    pub(crate) fn placed_in(self, file: &Arc<str>, part: Part) -> Diagnostic {
        let mut message = self.message;
        if let Some(first) = self.first {
            message = format!("{message}; first on line {}", part.line - 1 + first);
        }
        let mut diagnostic = Diagnostic::new(self.path, message);
        diagnostic.help = self.help;
        diagnostic.with_location(file, self.span.moved_to(part.position()))
    }
}

/// The keys of a document that stand twice in one mapping, each where it stands again.
pub(crate) fn find_duplicates(text: &str) -> Vec<Misread> {
    search(text).into_iter().filter(|found| found.meant.is_none()).collect()
}

/// The values of a document that YAML takes for tags.
pub(crate) fn find_tags(text: &str) -> Vec<Misread> {
    search(text).into_iter().filter(|found| found.meant.is_some()).collect()
}

fn search(text: &str) -> Vec<Misread> {
    let mut search = Search { text, events: Events::of(text), found: Vec::new() };
    if let Some((event, _)) = search.events.first() {
        let _ = search.node(&event, &Path::default(), 0);
    }
    search.found
}

struct Search<'a> {
    text: &'a str,
    events: Events<'a>,
    found: Vec<Misread>,
}

impl Search<'_> {
    /// Reads the rest of a node; `None` at the end of what can be read.
    fn node(&mut self, event: &Event, path: &Path, depth: usize) -> Option<()> {
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) if depth == MAX_DEPTH => self.events.skip(),
            Event::MappingStart(style, ..) => self.mapping(*style, path, depth + 1),
            Event::SequenceStart(..) => self.sequence(path, depth + 1),
            _ => Some(()),
        }
    }

    fn mapping(&mut self, style: StructureStyle, path: &Path, depth: usize) -> Option<()> {
        let mut lines: HashMap<String, usize> = HashMap::new();
        loop {
            let (key, place) = self.events.read()?;
            let path = match key {
                Event::MappingEnd => return Some(()),
                Event::Scalar(key, ..) => {
                    let path = path.key(&key);
                    self.duplicate(&key, &path, &place, &mut lines);
                    path
                }
                Event::MappingStart(..) | Event::SequenceStart(..) => {
                    self.events.skip()?;
                    path.clone()
                }
                _ => path.clone(),
            };
            let value = self.events.read()?;
            self.tag(&value, style, &path, &place);
            self.node(&value.0, &path, depth)?;
        }
    }

    fn sequence(&mut self, path: &Path, depth: usize) -> Option<()> {
        for index in 0_usize.. {
            let (item, _) = self.events.read()?;
            if matches!(item, Event::SequenceEnd) {
                return Some(());
            }
            self.node(&item, &path.index(index), depth)?;
        }
        Some(())
    }

    fn duplicate(&mut self, key: &str, path: &Path, place: &Place, lines: &mut HashMap<String, usize>) {
        let start = position(place.start);
        let Some(first) = lines.insert(key.to_owned(), start.line) else { return };
        lines.insert(key.to_owned(), first);
        // Several merges are no error.
        if key == "<<" {
            return;
        }
        let written = self.text.get(start.byte..self.events.end()).unwrap_or_default();
        self.found.push(Misread {
            path: path.clone(),
            span: Span { start, end: start.after(written) },
            message: format!("key `{}` {TWICE}", shortened(key.to_owned())),
            help: None,
            first: Some(first),
            meant: None,
        });
    }

    fn tag(&mut self, (_, value): &Placed, style: StructureStyle, path: &Path, key: &Place) {
        let Some(start) = value.tag_start.map(position) else { return };
        let written = self.text.get(start.byte..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        if !written.starts_with('!') || written.starts_with("!!") {
            return;
        }
        let is_flow = style == StructureStyle::Flow;
        let meant = if is_flow { written.split([',', '}']).next().unwrap_or_default() } else { written };
        let meant = meant.split(" #").next().unwrap_or_default().trim();
        let key = key.slice(self.text).unwrap_or_default();
        self.found.push(Misread {
            path: path.clone(),
            span: Span { start, end: start.after(meant) },
            message: "YAML reads what starts with `!` as a tag and leaves it out".to_owned(),
            help: Some(quote(key)),
            first: None,
            meant: Some(meant.to_owned()),
        });
    }
}
