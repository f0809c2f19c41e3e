//! The tree of a regular expression.

use std::fmt::Write;

/// A range of bytes.
pub(crate) type Span = (usize, usize);

/// The most copies of a part that `{n,m}` may ask for.
pub(super) const MAX_REPEATS: usize = 64;

/// A part of a regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// One character of a set.
    Set(Set),
    /// A group, by its number.
    Group(usize, Box<Node>),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    Repeat {
        node: Box<Node>,
        least: usize,
        most: Option<usize>,
    },
    /// `^`
    Start,
    /// `$`
    End,
}

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) is_negated: bool,
    /// First and last character of each range.
    pub(super) ranges: Vec<(char, char)>,
    /// Whether what it holds outside ASCII is a matter of the locale: a class by name, or any case of a letter.
    pub(super) hangs_on_locale: bool,
}

impl Set {
    /// Just this character.
    pub(super) fn one(letter: char) -> Self {
        Self { is_negated: false, ranges: vec![(letter, letter)], hangs_on_locale: false }
    }

    /// All characters.
    pub(super) fn all() -> Self {
        Self { is_negated: true, ranges: Vec::new(), hangs_on_locale: false }
    }

    pub(super) fn holds(&self, letter: char) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter)) != self.is_negated
    }

    fn ignore_case(&mut self) {
        let mut more = Vec::new();
        for (first, last) in &self.ranges {
            for letter in ('a'..='z').chain('A'..='Z').filter(|letter| (*first..=*last).contains(letter)) {
                let other =
                    if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
                more.push((other, other));
            }
        }
        self.ranges.extend(more);
        self.hangs_on_locale = true;
    }

    fn to_pattern(&self, pattern: &mut String) {
        match self.ranges.as_slice() {
            [] => pattern.push_str("(?s:.)"),
            [(first, last)] if first == last && !first.is_ascii() => pattern.push(*first),
            ranges => {
                pattern.push_str(if self.is_negated { "[^" } else { "[" });
                for (first, last) in ranges {
                    let (first, last) = (u32::from(*first), u32::from(*last));
                    // Writing to a string never fails.
                    let _ = write!(pattern, "\\x{{{first:x}}}-\\x{{{last:x}}}");
                }
                pattern.push(']');
            }
        }
    }
}

impl Node {
    /// Each part, from the outside in.
    fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        match self {
            Self::Group(_, node) | Self::Repeat { node, .. } => node.walk(visit),
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter().for_each(|node| node.walk(visit)),
            Self::Set(_) | Self::Start | Self::End => {}
        }
    }

    /// Whether it holds a set that may match half a character by bytes.
    pub(super) fn has_wildcard(&self) -> bool {
        let mut has_wildcard = false;
        self.walk(&mut |node| has_wildcard |= matches!(node, Self::Set(set) if set.is_negated));
        has_wildcard
    }

    pub(super) fn holds_start(&self) -> bool {
        let mut holds_start = false;
        self.walk(&mut |node| holds_start |= *node == Self::Start);
        holds_start
    }

    /// Whether what it matches outside ASCII is a matter of the locale.
    pub(super) fn hangs_on_locale(&self) -> bool {
        let mut hangs = false;
        self.walk(&mut |node| hangs |= matches!(node, Self::Set(set) if set.hangs_on_locale));
        hangs
    }

    pub(super) fn ignore_case(&mut self) {
        match self {
            Self::Set(set) => set.ignore_case(),
            Self::Group(_, node) | Self::Repeat { node, .. } => node.ignore_case(),
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter_mut().for_each(Self::ignore_case),
            Self::Start | Self::End => {}
        }
    }

    /// The same that may match anywhere.
    pub(super) fn without_anchors(&self) -> Self {
        match self {
            Self::Group(number, node) => Self::Group(*number, Box::new(node.without_anchors())),
            Self::Repeat { node, least, most } => {
                Self::Repeat { node: Box::new(node.without_anchors()), least: *least, most: *most }
            }
            Self::Concat(nodes) => Self::Concat(nodes.iter().map(Self::without_anchors).collect()),
            Self::Alternate(nodes) => Self::Alternate(nodes.iter().map(Self::without_anchors).collect()),
            Self::Start | Self::End => Self::Concat(Vec::new()),
            Self::Set(set) => Self::Set(set.clone()),
        }
    }

    /// Whether the match that takes as much as it can, part by part from the left, is the longest one: so it is for a
    /// row of single characters, each repeated or not. (Where a longer match assigns a character to a later part, the two
    /// ways of reading meet at a part that both read from there on alike, or the shorter one goes on for longer.)
    pub(super) fn is_simple(&self) -> bool {
        match self {
            Self::Set(_) | Self::Start | Self::End => true,
            Self::Group(_, node) => node.is_simple(),
            Self::Concat(nodes) => nodes.iter().all(Self::is_simple),
            Self::Repeat { node, .. } => matches!(**node, Self::Set(_)),
            Self::Alternate(_) => false,
        }
    }

    /// The same as the `regex` crate writes it.
    pub(super) fn to_pattern(&self) -> String {
        let mut pattern = String::new();
        self.push_pattern(&mut pattern);
        pattern
    }

    fn push_pattern(&self, pattern: &mut String) {
        match self {
            Self::Set(set) => set.to_pattern(pattern),
            Self::Group(_, node) => {
                pattern.push('(');
                node.push_pattern(pattern);
                pattern.push(')');
            }
            Self::Concat(nodes) => nodes.iter().for_each(|node| node.push_pattern(pattern)),
            Self::Alternate(nodes) => {
                pattern.push_str("(?:");
                for (index, node) in nodes.iter().enumerate() {
                    pattern.push_str(if index == 0 { "" } else { "|" });
                    node.push_pattern(pattern);
                }
                pattern.push(')');
            }
            Self::Repeat { node, least, most } => {
                pattern.push_str("(?:");
                node.push_pattern(pattern);
                let most = most.map(|most| most.to_string()).unwrap_or_default();
                let _ = write!(pattern, "){{{least},{most}}}");
            }
            Self::Start => pattern.push_str("\\A"),
            Self::End => pattern.push_str("\\z"),
        }
    }
}
