//! The events of a document with their places, as the parser gives them. JSON is YAML here.

use serde_saphyr::granit_parser::{Event, Marker, Options, Parser, Span as Place};

use super::span::Position;

/// An event, and the piece of text that it stands for.
pub(crate) type Placed<'a> = (Event<'a>, Place);

/// The events of one document, one after the other. Whatever can't be read ends them.
pub(crate) struct Events<'a> {
    events: Box<dyn Iterator<Item = Placed<'a>> + 'a>,
    /// Where the last event that is written ends, in bytes.
    end: usize,
}

impl<'a> Events<'a> {
    /// The events of a text; nothing is read yet.
    pub(crate) fn of(text: &'a str) -> Self {
        let mut options = Options::default();
        options.emit_comments = false;
        let parser = Parser::new_from_str_with_options(text, options);
        Self { events: Box::new(parser.map_while(Result::ok)), end: 0 }
    }

    /// The first node.
    pub(crate) fn first(&mut self) -> Option<Placed<'a>> {
        loop {
            let placed = self.read()?;
            if !matches!(placed.0, Event::StreamStart | Event::DocumentStart(..)) {
                return Some(placed);
            }
        }
    }

    /// The next event.
    pub(crate) fn read(&mut self) -> Option<Placed<'a>> {
        let placed = self.events.next()?;
        if let Some(range) = placed.1.byte_range().filter(|range| !range.is_empty()) {
            self.end = range.end;
        }
        Some(placed)
    }

    /// Where what was read last ends, in bytes.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Passes over the rest of a mapping or sequence that has started.
    pub(crate) fn skip(&mut self) -> Option<()> {
        let mut depth = 1;
        while depth > 0 {
            match self.read()?.0 {
                Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => depth -= 1,
                _ => {}
            }
        }
        Some(())
    }
}

/// Where an event starts in its text.
pub(crate) fn position(marker: Marker) -> Position {
    Position {
        line: marker.line().max(1),
        column: marker.col() + 1,
        byte: marker.byte_offset().unwrap_or_else(|| marker.index()),
    }
}
