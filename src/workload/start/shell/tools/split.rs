//! Field splitting: what an expansion without quotes falls into.

use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};
use crate::workload::start::shell::tools::pattern::Fragment;

/// One field of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) text: Text,
    /// Whether it may be a pattern for names of files: a part without quotes may hold `*`, `?`, `[` or, out of an
    /// expansion, a backslash.
    pub(crate) may_be_pattern: bool,
}

/// The fields of a word with this IFS; none where their number hangs on what is unknown, or on the shell.
pub(crate) fn split(fragments: &[Fragment], ifs: &str) -> Option<Vec<Field>> {
    let delimits = |letter: char| !letter.is_ascii_whitespace();
    let expanded = fragments.iter().filter(|fragment| fragment.is_expanded && !fragment.is_quoted).count();
    // Shells differ on a delimiter where one expansion follows another.
    if !ifs.is_ascii() || (ifs.contains(delimits) && expanded > 1) {
        return None;
    }
    let mut splitter = Splitter { ifs, fields: Vec::new(), current: None, is_behind_blank: false };
    for fragment in fragments {
        if fragment.is_quoted || !fragment.is_expanded {
            splitter.push_whole(fragment);
        } else {
            splitter.push_expanded(&fragment.text)?;
        }
    }
    splitter.end_field()?;
    Some(splitter.fields)
}

struct Splitter<'i> {
    ifs: &'i str,
    fields: Vec<Field>,
    current: Option<Begun>,
    /// Whether a field was just ended by blanks, which take a delimiter behind them along.
    is_behind_blank: bool,
}

/// A field that is being read.
#[derive(Default)]
struct Begun {
    text: Text,
    may_be_pattern: bool,
    /// Whether it is a field even if it is empty.
    is_quoted: bool,
}

impl Splitter<'_> {
    fn push_whole(&mut self, fragment: &Fragment) {
        if fragment.text.is_empty() && !fragment.is_quoted {
            return;
        }
        self.is_behind_blank = false;
        let current = self.current.get_or_insert_default();
        current.is_quoted |= fragment.is_quoted;
        current.may_be_pattern |= !fragment.is_quoted && "*?[".chars().any(|letter| fragment.text.may_hold(letter));
        current.text.push(&fragment.text);
    }

    fn push_expanded(&mut self, text: &Text) -> Option<()> {
        self.is_behind_blank = false;
        for piece in text.pieces() {
            match piece {
                Piece::Known(known) => self.push_known(known)?,
                Piece::Unknown(unknown) => self.push_unknown(unknown)?,
            }
        }
        Some(())
    }

    fn push_known(&mut self, known: &str) -> Option<()> {
        let mut rest = known;
        while let Some(letter) = rest.chars().next() {
            let end = rest.find(|letter| self.ifs.contains(letter)).unwrap_or(rest.len());
            let (part, behind) = rest.split_at(end);
            if part.is_empty() {
                self.push_delimiter(letter)?;
                rest = behind.strip_prefix(letter)?;
                continue;
            }
            self.is_behind_blank = false;
            let current = self.current.get_or_insert_default();
            current.text.push_str(part);
            current.may_be_pattern |= part.contains(['*', '?', '[', '\\']);
            rest = behind;
        }
        Some(())
    }

    fn push_delimiter(&mut self, letter: char) -> Option<()> {
        let is_blank = letter.is_ascii_whitespace();
        if self.current.is_some() {
            self.end_field()?;
            self.is_behind_blank = is_blank;
        } else if !is_blank {
            if !self.is_behind_blank {
                self.fields.push(Field { text: Text::default(), may_be_pattern: false });
            }
            self.is_behind_blank = false;
        }
        Some(())
    }

    fn push_unknown(&mut self, unknown: &Unknown) -> Option<()> {
        if self.ifs.chars().any(|letter| unknown.shape.may_hold(letter)) {
            return None;
        }
        self.is_behind_blank = false;
        let current = self.current.get_or_insert_default();
        current.may_be_pattern |= unknown.shape != Shape::Word;
        current.text.push_piece(&Piece::Unknown(unknown.clone()));
        Some(())
    }

    /// Ends the field that is being read; none where it is not certain that it is one.
    fn end_field(&mut self) -> Option<()> {
        let Some(Begun { text, may_be_pattern, is_quoted }) = self.current.take() else { return Some(()) };
        if !is_quoted && !text.is_filled() {
            return None;
        }
        self.fields.push(Field { text, may_be_pattern });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLANKS: &str = " \t\n";

    #[track_caller]
    fn splits(fragments: &[Fragment], ifs: &str, expected: &[&str]) {
        let fields: Vec<Text> = split(fragments, ifs).unwrap().into_iter().map(|field| field.text).collect();
        assert_eq!(fields, expected.iter().map(|field| Text::from(*field)).collect::<Vec<_>>());
    }

    #[test]
    fn splits_at_blanks() {
        splits(&[Fragment::expanded(" a  b\n")], BLANKS, &["a", "b"]);
        splits(&[Fragment::expanded("")], BLANKS, &[]);
        splits(&[Fragment::expanded(""), Fragment::quoted("")], BLANKS, &[""]);
        splits(&[Fragment::bare("x"), Fragment::expanded(" a "), Fragment::bare("y")], BLANKS, &["x", "a", "y"]);
        splits(&[Fragment::quoted("a b"), Fragment::expanded("c d")], BLANKS, &["a bc", "d"]);
        splits(&[Fragment::expanded("a b")], "", &["a b"]);
    }

    #[test]
    fn splits_at_delimiters() {
        splits(&[Fragment::expanded("a,,b,")], ",", &["a", "", "b"]);
        splits(&[Fragment::expanded(",a")], ",", &["", "a"]);
        splits(&[Fragment::expanded(" a , b ")], ", ", &["a", "b"]);
        splits(&[Fragment::expanded("a, ,b")], ", ", &["a", "", "b"]);
    }

    #[test]
    fn keeps_unknown_words_whole() {
        let unknown = |shape| Text::from(Unknown::new(shape, "x"));
        let fields = split(&[Fragment::expanded(unknown(Shape::Word))], BLANKS).unwrap();
        assert_eq!(fields, [Field { text: unknown(Shape::Word), may_be_pattern: false }]);
        assert_eq!(split(&[Fragment::expanded(unknown(Shape::Word))], ":"), None);
        assert_eq!(split(&[Fragment::expanded(unknown(Shape::Line))], BLANKS), None);
        assert_eq!(split(&[Fragment::expanded(unknown(Shape::Field))], BLANKS), None);
        let option = [Fragment::bare("-p"), Fragment::expanded(unknown(Shape::Field))];
        assert!(split(&option, BLANKS).unwrap()[0].may_be_pattern);
        assert_eq!(split(&[Fragment::quoted(unknown(Shape::Any))], BLANKS).unwrap().len(), 1);
    }
}
