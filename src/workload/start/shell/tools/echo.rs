//! `echo`: dash reads backslashes and knows `-n` alone; busybox and bash know `-e` and `-E` too and read backslashes
//! behind `-e` only.

use std::sync::Arc;

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::{Piece, Shape, Text};
use crate::workload::start::shell::tools::escape::{Escape, Place, read_escape};
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of};
use crate::workload::start::shell::tools::unseen::{bounded, needs_of, unseen};

/// What `echo` prints with these words behind its name.
pub(crate) fn echo(words: &[Text], dialect: Dialect) -> Text {
    let needs = needs_of(words, "which `echo` the shell has");
    let Some(options) = Options::read(words, dialect) else { return unseen(Shape::Any, &needs) };
    let mut output = if options.may_be_words { unseen(Shape::Line, &needs) } else { Text::default() };
    let mut joined = Text::default();
    for (index, word) in words.iter().skip(options.count).enumerate() {
        joined.push_str(if index == 0 { "" } else { " " });
        joined.push(word);
    }
    if let Some(place) = options.place(dialect) {
        if push_read(&mut output, &joined, (place, dialect), &needs) {
            return bounded(output, &needs);
        }
    } else {
        output.push(&joined);
    }
    match options.newline {
        Some(true) => output.push_str("\n"),
        Some(false) => {}
        None => output.push(&unseen(Shape::Any, &needs)),
    }
    bounded(output, &needs)
}

/// What the words before the first that is certainly no option say.
#[derive(Debug, Default)]
struct Options {
    count: usize,
    /// Whether some shell prints them.
    may_be_words: bool,
    /// Whether a line break follows.
    newline: Option<bool>,
    reads_backslashes: bool,
}

impl Options {
    /// None where it is not certain which words are options.
    fn read(words: &[Text], dialect: Dialect) -> Option<Self> {
        let mut options = Self { newline: Some(true), ..Self::default() };
        for word in words {
            let Some(known) = word.known() else {
                if may_be_option(word) {
                    return None;
                }
                break;
            };
            let Some(letters) = option_letters(known) else { break };
            if letters.contains('E') {
                return None;
            }
            let is_alike = dialect == Dialect::Bash || (known == "-n" && options.count == 0);
            options.may_be_words |= !is_alike;
            options.reads_backslashes |= letters.contains('e');
            if letters.contains('n') {
                options.newline = if is_alike || options.newline == Some(false) { Some(false) } else { None };
            }
            options.count += 1;
        }
        Some(options)
    }

    /// How backslashes are read; nothing where no shell reads them.
    fn place(&self, dialect: Dialect) -> Option<Place> {
        match (self.reads_backslashes, dialect) {
            (true, _) => Some(Place::Echo),
            (false, Dialect::Posix) => Some(Place::EchoOfDash),
            (false, Dialect::Bash) => None,
        }
    }
}

/// The letters of `-n`, `-e`, `-E` and of several in one word.
fn option_letters(word: &str) -> Option<&str> {
    let letters = word.strip_prefix('-')?;
    (!letters.is_empty() && letters.chars().all(|letter| "neE".contains(letter))).then_some(letters)
}

/// Whether a word that holds unknown pieces may be an option.
fn may_be_option(word: &Text) -> bool {
    let mut is_first = true;
    for piece in word.pieces() {
        if let Piece::Known(known) = piece {
            let letters = if is_first { known.strip_prefix('-') } else { Some(known.as_str()) };
            if !letters.is_some_and(|letters| {
                letters.chars().all(|letter| "neE".contains(letter) || !is_first && letter == '-')
            }) {
                return false;
            }
        }
        is_first = false;
    }
    word.may_begin_with('-')
}

/// Appends a text whose backslashes are read. Says whether the output ends there.
pub(crate) fn push_read(output: &mut Text, text: &Text, how: (Place, Dialect), needs: &Arc<str>) -> bool {
    let (place, dialect) = how;
    let symbols = symbols_of(text);
    let mut rest = symbols.as_slice();
    let mut known = String::new();
    while let Some((symbol, behind)) = rest.split_first() {
        rest = behind;
        match symbol {
            Symbol::Run(unknown) if unknown.shape == Shape::Word => {
                output.push_str(&known);
                known.clear();
                output.push_piece(&Piece::Unknown(unknown.clone()));
            }
            Symbol::Char('\\') => {
                let (escape, count) = read_escape(behind, place, dialect);
                rest = behind.get(count..).unwrap_or_default();
                match escape {
                    Escape::Char(letter) => known.push(letter),
                    Escape::Itself => {
                        known.push('\\');
                        known.extend(behind.iter().take(count).filter_map(Symbol::letter));
                    }
                    Escape::Unsure(shape) => {
                        output.push_str(&known);
                        known.clear();
                        output.push(&unseen(shape, needs));
                    }
                    Escape::Stop => {
                        output.push_str(&known);
                        return true;
                    }
                    Escape::Lost => {
                        output.push_str(&known);
                        output.push(&unseen(Shape::Any, needs));
                        return true;
                    }
                }
            }
            Symbol::Char(letter) => known.push(*letter),
            // It may hold a backslash.
            Symbol::Run(_) => {
                output.push_str(&known);
                output.push(&unseen(Shape::Any, needs));
                return true;
            }
        }
    }
    output.push_str(&known);
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::text::Unknown;

    fn known(words: &[&str], dialect: Dialect) -> Option<String> {
        let words: Vec<Text> = words.iter().map(|word| Text::from(*word)).collect();
        echo(&words, dialect).known().map(str::to_owned)
    }

    #[test]
    fn prints_words() {
        for dialect in [Dialect::Posix, Dialect::Bash] {
            assert_eq!(known(&[], dialect).as_deref(), Some("\n"));
            assert_eq!(known(&["a", "b"], dialect).as_deref(), Some("a b\n"));
            assert_eq!(known(&["-n", "a"], dialect).as_deref(), Some("a"));
            assert_eq!(known(&["-x"], dialect).as_deref(), Some("-x\n"));
            assert_eq!(known(&["a", "-n"], dialect).as_deref(), Some("a -n\n"));
            assert_eq!(known(&["\\.\\ "], dialect).as_deref(), Some("\\.\\ \n"));
        }
    }

    #[test]
    fn leaves_open_what_shells_do_differently() {
        assert_eq!(known(&["a\\nb"], Dialect::Bash).as_deref(), Some("a\\nb\n"));
        assert_eq!(known(&["-e", "a\\nb"], Dialect::Bash).as_deref(), Some("a\nb\n"));
        assert_eq!(known(&["a\\nb"], Dialect::Posix), None);
        assert_eq!(known(&["-n", "-n"], Dialect::Posix), None);
        assert_eq!(known(&["-eE", "a\\nb"], Dialect::Bash), None);
        let output = echo(&["-e".into(), "port 1\\nsave \"\"".into()], Dialect::Posix);
        assert!(matches!(output.pieces(), [Piece::Unknown(unknown), Piece::Known(known)]
            if unknown.shape == Shape::Line && known == "port 1\nsave \"\"\n"));
    }

    #[test]
    fn keeps_unknown_pieces() {
        let of = |shape| Text::from(Unknown::new(shape, "x"));
        let mut line = of(Shape::Word);
        line.push_str("\n");
        assert_eq!(echo(&[of(Shape::Word)], Dialect::Posix), line);
        assert_eq!(echo(&[of(Shape::Line)], Dialect::Bash), Text::any("x"));
        let output = echo(&["a".into(), of(Shape::Line)], Dialect::Bash);
        assert_eq!((output.known_start(), output.known_end()), ("a ", "\n"));
        let output = echo(&["a".into(), of(Shape::Line)], Dialect::Posix);
        assert_eq!((output.known_start(), output.known_end()), ("a ", ""));
    }
}
