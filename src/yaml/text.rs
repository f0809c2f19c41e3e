//! Where a place inside a text stands in the file, however the text is written.

use serde_saphyr::granit_parser::ScalarStyle;

use super::span::Position;

/// Where a text goes on after `before`, the part of it that is read already. It is written from `start` on.
///
/// A block of text and a text over several lines keep their letters, though not the blanks between them: letters are
/// counted.
pub(crate) fn position_in_text(text: &str, start: Position, style: ScalarStyle, before: &str) -> Option<Position> {
    let quote = match style {
        ScalarStyle::SingleQuoted => Some('\''),
        ScalarStyle::DoubleQuoted => Some('"'),
        _ => None,
    };
    let written = text.get(start.byte..)?;
    let mut letters = written.char_indices().skip(usize::from(quote.is_some())).peekable();
    let mut due = before.chars().filter(|letter| !letter.is_whitespace()).count();
    while let Some((at, letter)) = letters.next() {
        let letter = match (quote, letter) {
            (Some('"'), '\\') => unescaped(letters.next()?.1),
            // A quote twice is one of the text.
            (Some('\''), '\'') if letters.next_if(|(_, next)| *next == '\'').is_some() => '\'',
            (Some(quote), letter) if letter == quote => return Some(start.after(written.get(..at)?)),
            (_, letter) => letter,
        };
        if letter.is_whitespace() {
            continue;
        }
        if due == 0 {
            return Some(start.after(written.get(..at)?));
        }
        due -= 1;
    }
    None
}

/// The letter behind a backslash: of those that stand for blanks, a blank.
fn unescaped(letter: char) -> char {
    if matches!(letter, 'n' | 't' | 'r') { ' ' } else { letter }
}
