//! `[…]` in a pattern: a set of characters.

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::Shape;

/// A character of a pattern, or several that can't be seen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Letter {
    /// Means what it means in a pattern.
    Bare(char),
    /// Stands for itself.
    Quoted(char),
    Unseen(Shape),
}

/// A set of characters, or all but these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    is_negated: bool,
    /// First and last character of each range.
    ranges: Vec<(char, char)>,
}

impl Class {
    /// Whether this character is one of the set.
    pub(super) fn holds(&self, letter: char) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter)) != self.is_negated
    }
}

/// First and last character of each range.
type Ranges = &'static [(char, char)];

/// The ASCII characters of a named set, as in the C locale.
pub(crate) fn named_ranges(name: &str) -> Option<Ranges> {
    Some(match name {
        "alpha" => &[('a', 'z'), ('A', 'Z')],
        "digit" => &[('0', '9')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "print" => &[(' ', '~')],
        "graph" => &[('!', '~')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "xdigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
        _ => return None,
    })
}

/// Reads what stands behind `[` and gives what is behind the `]`; none where the shells may read it otherwise.
pub(super) fn read(letters: &[Letter], dialect: Dialect) -> Option<(Class, &[Letter])> {
    let (is_negated, mut letters) = match letters {
        [Letter::Bare('!'), rest @ ..] => (true, rest),
        [Letter::Bare('^'), rest @ ..] if dialect == Dialect::Bash => (true, rest),
        [Letter::Bare('^'), ..] => return None,
        _ => (false, letters),
    };
    let mut ranges = Vec::new();
    loop {
        match letters {
            [Letter::Bare(']'), rest @ ..] if !ranges.is_empty() => return Some((Class { is_negated, ranges }, rest)),
            [Letter::Bare('['), Letter::Bare(':'), rest @ ..] => {
                let (named, behind) = read_name(rest)?;
                ranges.extend_from_slice(named);
                letters = behind;
            }
            _ => {
                let (range, behind) = read_range(letters, ranges.is_empty())?;
                ranges.push(range);
                letters = behind;
            }
        }
    }
}

/// Reads `alpha:]`.
fn read_name(mut letters: &[Letter]) -> Option<(Ranges, &[Letter])> {
    let mut name = String::new();
    while let [Letter::Bare(letter @ 'a'..='z'), rest @ ..] = letters {
        name.push(*letter);
        letters = rest;
    }
    let [Letter::Bare(':'), Letter::Bare(']'), rest @ ..] = letters else { return None };
    Some((named_ranges(&name)?, rest))
}

/// Reads a character or a range.
fn read_range(letters: &[Letter], is_first: bool) -> Option<((char, char), &[Letter])> {
    let (first, rest) = letters.split_first()?;
    let first = member(*first, is_first)?;
    match rest {
        [Letter::Bare('-'), Letter::Bare(']'), ..] => Some(((first, first), rest)),
        [Letter::Bare('-'), last, behind @ ..] => {
            let last = member(*last, false)?;
            (first <= last && first != '-').then_some(((first, last), behind))
        }
        _ => Some(((first, first), rest)),
    }
}

/// A character of a set: plain ones, and those that mean something only where they stand for themselves.
fn member(letter: Letter, is_first: bool) -> Option<char> {
    let (Letter::Bare(letter) | Letter::Quoted(letter)) = letter else { return None };
    let is_plain = match letter {
        ']' => false,
        '-' => true,
        '\\' | '[' | '!' | '^' => !is_first && letter != '\\' && letter != '[',
        _ => letter.is_ascii(),
    };
    is_plain.then_some(letter)
}
