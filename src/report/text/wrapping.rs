//! Text in lines for the story of `try`.

use std::io;

use anstyle::Style;

use crate::report::page::{Page, printable};

/// The widest page, and the one where the output is no terminal.
const WIDEST: usize = 100;
/// Below this, wrapping makes nothing more readable.
const NARROWEST: usize = 60;
/// The width that the story is written for.
pub(super) fn page_width(page: &Page<'_>) -> usize {
    page.width.map_or(WIDEST, |width| width.clamp(NARROWEST, WIDEST))
}

/// Writes a text in lines of one style.
pub(super) fn write_wrapped(page: &mut Page<'_>, indent: usize, style: Style, text: &str) -> io::Result<()> {
    for line in wrap(text, indent, page_width(page)) {
        let words = line.trim_start();
        let blank = line.len() - words.len();
        writeln!(page.out, "{:blank$}{style}{words}{style:#}", "")?;
    }
    Ok(())
}

/// Sets words into lines. Further lines are moved in by two more columns.
pub(super) fn wrap(text: &str, indent: usize, width: usize) -> Vec<String> {
    let text = printable(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let (first, further) = (" ".repeat(indent), " ".repeat(if indent == 0 { 0 } else { indent + 2 }));
    let options = textwrap::Options::new(width).initial_indent(&first).subsequent_indent(&further);
    let options = options.break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&words.join(" "), options).into_iter().map(std::borrow::Cow::into_owned).collect()
}
