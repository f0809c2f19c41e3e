//! Where reports for people are written: a stream and its width.

use std::io::{self, Write};

use anstyle::Style;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 110;
/// Below this, wrapping makes nothing more readable.
const NARROWEST: usize = 40;

/// Somewhere to write.
pub struct Page<'a> {
    pub(crate) out: &'a mut dyn Write,
    /// That of the terminal, in columns; nothing where there is none: then no line is broken.
    pub(crate) width: Option<usize>,
}

impl<'a> Page<'a> {
    /// A page of this width; without one, no line is broken.
    pub fn new(out: &'a mut dyn Write, width: Option<usize>) -> Self {
        Self { out, width }
    }

    /// Writes a text under an indentation, broken at the width of the terminal.
    pub(crate) fn wrapped(&mut self, text: &str, indent: usize) -> io::Result<()> {
        let blank = " ".repeat(indent);
        let text = printable(text);
        match self.width {
            Some(width) => writeln!(self.out, "{}", fill(&text, width, &blank)),
            None => writeln!(self.out, "{blank}{text}"),
        }
    }
}

/// Breaks a text into lines that all begin with `blank`.
pub(crate) fn fill(text: &str, width: usize, blank: &str) -> String {
    let options = textwrap::Options::new(width.clamp(NARROWEST, WIDEST)).initial_indent(blank).subsequent_indent(blank);
    let options = options.break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Without what would tell a terminal to do something: names in manifests may hold anything, escape sequences included.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A number with its noun.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
