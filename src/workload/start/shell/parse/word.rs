//! Words.

use super::name::{ends_word, is_of_name};
use super::parts::push_bare;
use super::quotes::Quoting;
use super::{Parser, Result};
use crate::workload::start::shell::syntax::{Part, Word};

/// What a word may hold beside what every word may.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// Patterns with parentheses: `@(a|b)`.
    Pattern,
    /// Parentheses and `|` of a regular expression.
    Expression,
}

impl Parser<'_> {
    /// Whether a word comes next.
    pub(super) fn is_at_word(&mut self) -> bool {
        self.reader.peek().is_some_and(|next| !ends_word(next)) || self.is_at_process()
    }

    /// Whether `<(` or `>(` of bash comes next.
    fn is_at_process(&self) -> bool {
        self.reader.is_at("<(") || self.reader.is_at(">(")
    }

    /// The word that comes next; empty where none does.
    pub(super) fn word(&mut self) -> Result<Word> {
        self.styled_word(Style::Plain)
    }

    /// The word that must come next.
    pub(super) fn needed_word(&mut self) -> Result<Word> {
        if self.is_at_word() { self.word() } else { Err(self.unexpected()) }
    }

    /// A word of which a command gets the fields.
    pub(super) fn split_word(&mut self) -> Result<Word> {
        let start = self.reader.at();
        let word = self.word()?;
        self.check_fields(&word, start)?;
        Ok(word)
    }

    /// Notes where bash makes other fields of a word than other shells: it expands braces, and does not split a word that
    /// holds a plain dollar.
    pub(super) fn check_fields(&mut self, word: &Word, start: usize) -> Result<()> {
        if has_braces(word) {
            self.bash_only();
            if adds_letters(self.reader.since(start)) {
                self.differs("`$NAME` in a word with braces, to which bash may add letters")?;
            }
        }
        let has_expansion = word.parts.iter().any(|part| matches!(part, Part::Parameter(_) | Part::Substitution(_)));
        if has_expansion && word.parts.iter().any(|part| matches!(part, Part::Bare(text) if text.contains('$'))) {
            self.differs("a plain dollar in a word with expansions, which bash does not split then")?;
        }
        Ok(())
    }

    pub(super) fn styled_word(&mut self, style: Style) -> Result<Word> {
        let mut parts = Vec::new();
        self.rest_of_word(style, &mut parts)?;
        Ok(Word { parts })
    }

    /// A word of which something in brackets has been read.
    pub(super) fn word_behind_brackets(&mut self, before: &str, index: Word) -> Result<Word> {
        let mut parts = vec![Part::Bare(before.to_owned())];
        for part in index.parts {
            super::parts::push(&mut parts, part);
        }
        push_bare(&mut parts, ']');
        self.rest_of_word(Style::Plain, &mut parts)?;
        Ok(Word { parts })
    }

    fn rest_of_word(&mut self, style: Style, parts: &mut Vec<Part>) -> Result<()> {
        let has_patterns = style == Style::Pattern || self.has_extended_patterns;
        while let Some(next) = self.reader.peek() {
            match next {
                '(' if style == Style::Expression => self.in_parentheses(parts)?,
                '|' if style == Style::Expression => {
                    push_bare(parts, next);
                    self.reader.next();
                }
                '?' | '*' | '+' | '@' | '!' if has_patterns && self.reader.look(1) == Some('(') => {
                    self.bash_only();
                    push_bare(parts, next);
                    self.reader.next();
                    self.in_parentheses(parts)?;
                }
                '<' | '>' if self.is_at_process() => self.process(parts)?,
                next if ends_word(next) => break,
                _ => self.piece(Quoting::Bare, parts)?,
            }
        }
        Ok(())
    }

    /// Parentheses of a pattern or a regular expression, in which nothing ends a word.
    fn in_parentheses(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        let line = self.reader.line();
        self.nested(|parser| {
            push_bare(parts, '(');
            parser.reader.eat("(");
            loop {
                match parser.reader.peek() {
                    None => return Err(super::SyntaxError::wrong(line, "`(` of a pattern without `)`")),
                    Some(')') => break,
                    Some('(') => parser.in_parentheses(parts)?,
                    Some(_) => parser.piece(Quoting::Bare, parts)?,
                }
            }
            push_bare(parts, ')');
            parser.reader.next();
            Ok(())
        })
    }

    /// `<(…)` and `>(…)` of bash.
    pub(super) fn process(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        self.bash_only();
        self.reader.next();
        let list = self.substituted_list()?;
        parts.push(Part::Process(list));
        Ok(())
    }
}

/// Whether bash would make several words of braces in the word. It may say so of some where bash doesn't.
pub(super) fn has_braces(word: &Word) -> bool {
    let mut is_open = false;
    let mut is_list = false;
    for part in &word.parts {
        let Part::Bare(text) = part else {
            continue;
        };
        let mut before = None;
        for character in text.chars() {
            match character {
                '{' => is_open = true,
                ',' => is_list |= is_open,
                '.' => is_list |= is_open && before == Some('.'),
                '}' if is_list => return true,
                _ => {}
            }
            before = Some(character);
        }
    }
    false
}

/// Whether an alternative in braces could come right behind a `$NAME`, since bash expands braces first: `$x{a,b}` is
/// `$xa $xb`.
fn adds_letters(written: &str) -> bool {
    let is_name_behind_brace = written.split('}').skip(1).any(|behind| behind.starts_with(is_of_name));
    written.split('$').skip(1).any(|behind| {
        let behind_name = behind.trim_start_matches(is_of_name);
        let has_name = behind_name.len() < behind.len();
        has_name && (behind_name.starts_with('{') || is_name_behind_brace && behind_name.starts_with([',', '}']))
    })
}
