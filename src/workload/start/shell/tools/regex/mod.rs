//! Regular expressions of `sed`, `grep`, `expr`, `awk` and `[[ =~ ]]`.
//!
//! Matches are searched with the `regex` crate. POSIX takes the longest of the leftmost matches and the crate the one
//! that it tries first: those are the same where single characters only are repeated ([`Node::is_simple`]); else the end
//! of a match is computed ([`reach`]), and a group counts only where it can't be anywhere else.
//! Outside ASCII a match counts only if it is the same by bytes (the C locale) and by characters.

mod node;
mod parse;
mod reach;

use std::sync::OnceLock;

use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of};
use node::Node;
pub(crate) use node::Span;
use reach::{Direction, Reach, Runs};

/// The biggest automaton that is built, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// How a regular expression is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `\(`, `\{`, with `\+`, `\?` and `\|` as in GNU and musl.
    Basic,
    Extended,
}

/// A regular expression that all tools read alike.
#[derive(Debug, Clone)]
pub(crate) struct Regex {
    node: Node,
    groups: usize,
    is_simple: bool,
    hangs_on_locale: bool,
    by_bytes: regex::bytes::Regex,
    /// Whether it may match something else by characters than by bytes.
    has_wildcard: bool,
    /// The same by characters, made when a text is not ASCII.
    by_characters: OnceLock<Option<regex::bytes::Regex>>,
}

/// A match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) span: Span,
    /// By their number less one; nothing where it is not certain what a group matched. One that took no part is empty.
    pub(crate) groups: Vec<Option<Span>>,
}

/// What a search finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    At(Match),
    Nowhere,
    Unknown,
}

impl Regex {
    /// Reads an expression; none where the tools may read it differently.
    pub(crate) fn new(expression: &str, syntax: Syntax) -> Option<Self> {
        Self::build(expression, syntax, false)
    }

    /// As [`Self::new`], for any case of ASCII letters.
    pub(crate) fn ignoring_case(expression: &str, syntax: Syntax) -> Option<Self> {
        Self::build(expression, syntax, true)
    }

    /// Bytes that searching from here to the end of a match costs: where its end has to be computed, the whole text.
    pub(crate) fn cost(&self, text: &str, from: usize, found: &Match) -> usize {
        if self.is_simple { found.span.1.saturating_sub(from) + 1 } else { text.len() + 1 }
    }

    /// Whether some part of it matches at the start of a text only.
    pub(crate) fn holds_start(&self) -> bool {
        self.node.holds_start()
    }

    /// How many groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    fn build(expression: &str, syntax: Syntax, ignores_case: bool) -> Option<Self> {
        let (mut node, groups) = parse::parse(expression, syntax)?;
        if ignores_case {
            node.ignore_case();
        }
        let by_bytes = compile(&format!("(?-u){}", node.to_pattern()))?;
        let (is_simple, hangs_on_locale) = (node.is_simple(), node.hangs_on_locale());
        let has_wildcard = node.has_wildcard();
        let by_characters = OnceLock::new();
        Some(Self { node, groups, is_simple, hangs_on_locale, by_bytes, has_wildcard, by_characters })
    }

    /// Whether it matches anywhere in a text; nothing where that hangs on what is unknown.
    pub(crate) fn is_match(&self, text: &Text) -> Option<bool> {
        if let Some(known) = text.known() {
            if self.hangs_on_locale && !known.is_ascii() {
                return None;
            }
            let by_bytes = self.by_bytes.is_match(known.as_bytes());
            if !self.differs_by_characters(known) {
                return Some(by_bytes);
            }
            let by_characters = self.by_characters()?.is_match(known.as_bytes());
            return (by_characters == by_bytes).then_some(by_bytes);
        }
        let symbols = symbols_of(text);
        if self.may_differ_by_locale(&symbols) {
            return None;
        }
        if self.reaches(&symbols, Runs::Impassable)? {
            return Some(true);
        }
        if self.reaches(&symbols, Runs::Anything)? { None } else { Some(false) }
    }

    /// Whether it may match anywhere in a text of which a part may hold line breaks.
    pub(crate) fn may_match_within(&self, text: &Text) -> bool {
        let node = self.node.without_anchors();
        let symbols = symbols_of(text);
        if self.may_differ_by_locale(&symbols) {
            return true;
        }
        Reach::new(&symbols, Direction::Forward, Runs::Anything)
            .ends_anywhere(&node)
            .is_none_or(|ends| ends.iter().any(|end| *end))
    }

    /// The first match that begins at this byte or behind it.
    pub(crate) fn find_at(&self, text: &str, from: usize) -> Found {
        if self.hangs_on_locale && !text.is_ascii() {
            return Found::Unknown;
        }
        let found = self.spans(&self.by_bytes, text, from);
        if self.differs_by_characters(text) {
            let Some(regex) = self.by_characters() else { return Found::Unknown };
            if self.spans(regex, text, from) != found {
                return Found::Unknown;
            }
        }
        let Some(found) = found else { return Found::Nowhere };
        let Some(Some(span)) = found.first().copied() else { return Found::Unknown };
        if self.is_simple {
            let groups = found.iter().skip(1).map(|group| Some(group.unwrap_or((span.0, span.0)))).collect();
            return Found::At(Match { span, groups });
        }
        self.longest(text, span.0).map_or(Found::Unknown, Found::At)
    }

    /// The longest match that begins here.
    fn longest(&self, text: &str, start: usize) -> Option<Match> {
        if !text.is_ascii() {
            return None;
        }
        let symbols: Vec<Symbol> = text.chars().map(Symbol::Char).collect();
        let ends = Reach::new(&symbols, Direction::Forward, Runs::Impassable).ends_of(&self.node, start)?;
        let end = ends.iter().rposition(|end| *end)?;
        let mut groups = vec![None; self.groups];
        for (number, group) in reach::certain_groups(&self.node, &symbols, (start, end))? {
            if let Some(place) = number.checked_sub(1).and_then(|index| groups.get_mut(index)) {
                *place = Some(group);
            }
        }
        Some(Match { span: (start, end), groups })
    }

    /// Where the first match and its groups are; searching for a match alone is quicker.
    fn spans(&self, regex: &regex::bytes::Regex, text: &str, from: usize) -> Option<Vec<Option<Span>>> {
        if self.groups == 0 {
            return regex.find_at(text.as_bytes(), from).map(|found| vec![Some((found.start(), found.end()))]);
        }
        regex.captures_at(text.as_bytes(), from).map(|found| spans_of(&found))
    }

    /// Whether it may match something else in a text by characters than by bytes.
    fn differs_by_characters(&self, text: &str) -> bool {
        self.has_wildcard && !text.is_ascii()
    }

    /// The same by characters; nothing where that is too big.
    fn by_characters(&self) -> Option<&regex::bytes::Regex> {
        self.by_characters.get_or_init(|| compile(&self.node.to_pattern())).as_ref()
    }

    /// Whether what it matches of these may be another thing by bytes than by characters.
    fn may_differ_by_locale(&self, symbols: &[Symbol]) -> bool {
        let is_ascii = |symbol: &Symbol| symbol.letter().is_none_or(|letter| letter.is_ascii());
        (self.hangs_on_locale || self.has_wildcard) && !symbols.iter().all(is_ascii)
    }

    fn reaches(&self, symbols: &[Symbol], runs: Runs) -> Option<bool> {
        let ends = Reach::new(symbols, Direction::Forward, runs).ends_anywhere(&self.node)?;
        Some(ends.iter().any(|end| *end))
    }
}

fn compile(pattern: &str) -> Option<regex::bytes::Regex> {
    regex::bytes::RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).build().ok()
}

fn spans_of(captures: &regex::bytes::Captures) -> Vec<Option<Span>> {
    captures.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::text::{Shape, Unknown};

    #[track_caller]
    fn finds(expression: &str, syntax: Syntax, text: &str, expected: Option<Span>) {
        let regex = Regex::new(expression, syntax).unwrap();
        let found = match regex.find_at(text, 0) {
            Found::At(found) => Some(found.span),
            Found::Nowhere => None,
            Found::Unknown => panic!("{expression} {text}"),
        };
        assert_eq!(found, expected, "{expression} {text}");
    }

    #[test]
    fn finds_the_longest_of_the_leftmost_matches() {
        finds("a*", Syntax::Basic, "baa", Some((0, 0)));
        finds("\\(a\\)b", Syntax::Basic, "xab", Some((1, 3)));
        finds("^# *save", Syntax::Basic, "#  save 5", Some((0, 7)));
        finds("a|ab", Syntax::Extended, "ab", Some((0, 2)));
        finds("(ab?)?(bc)?", Syntax::Extended, "abc", Some((0, 3)));
        finds("a*(ab)?", Syntax::Extended, "aab", Some((0, 3)));
        finds("[[:digit:]]{2,3}$", Syntax::Extended, "12345", Some((2, 5)));
        finds("a\\{2\\}", Syntax::Basic, "aaa", Some((0, 2)));
        finds("*a", Syntax::Basic, "*a", Some((0, 2)));
        finds("a^b$c", Syntax::Basic, "a^b$c", Some((0, 5)));
        finds("[^]]", Syntax::Basic, "]x", Some((1, 2)));
        finds("x", Syntax::Basic, "abc", None);
    }

    #[test]
    fn reads_nothing_that_tools_read_differently() {
        for expression in ["\\(a\\)\\1", "\\bword", "a\\d", "[a", "\\(a", "[[.a.]]", "a\\{3,1\\}", "é*"] {
            assert!(Regex::new(expression, Syntax::Basic).is_none(), "{expression}");
        }
        for expression in ["*a", "a||b", "()", "a**", "(a", "a)", "a{x"] {
            assert!(Regex::new(expression, Syntax::Extended).is_none(), "{expression}");
        }
    }

    #[test]
    fn knows_groups_that_can_be_nowhere_else() {
        let regex = Regex::new("^(# *)?(maxmemory) (.*)$", Syntax::Extended).unwrap();
        let Found::At(found) = regex.find_at("# maxmemory 1gb", 0) else { panic!() };
        assert_eq!(found.groups[1..], [Some((2, 11)), Some((12, 15))]);
        let regex = Regex::new("(a|ab)(c|bcd)", Syntax::Extended).unwrap();
        let Found::At(found) = regex.find_at("abcd", 0) else { panic!() };
        assert_eq!((found.span, found.groups), ((0, 4), vec![Some((0, 1)), Some((1, 4))]));
        let regex = Regex::new("(a|ab)(b?)", Syntax::Extended).unwrap();
        let Found::At(found) = regex.find_at("ab", 0) else { panic!() };
        assert_eq!(found.groups, [None, None]);
    }

    #[test]
    fn is_certain_of_texts_that_hold_unknown_pieces() {
        let mut text = Text::from("requirepass ");
        text.push(&Unknown::new(Shape::Word, "x").into());
        let is_match = |expression| Regex::new(expression, Syntax::Extended).unwrap().is_match(&text);
        assert_eq!(is_match("^maxmemory "), Some(false));
        assert_eq!(is_match("^requirepass "), Some(true));
        assert_eq!(is_match("^requirepass .*$"), Some(true));
        assert_eq!(is_match("^requirepass .+$"), Some(true));
        assert_eq!(is_match("requirepass a"), None);
        assert_eq!(is_match("%[A-Z]+%"), Some(false));
        assert_eq!(is_match("pass$"), None);
    }

    #[test]
    fn counts_outside_ascii_only_what_no_locale_changes() {
        let regex = Regex::new("^#.*$", Syntax::Basic).unwrap();
        assert_eq!(regex.is_match(&"# für".into()), Some(true));
        let regex = Regex::new("^.$", Syntax::Basic).unwrap();
        assert_eq!(regex.is_match(&"ü".into()), None);
        let regex = Regex::new("[[:alpha:]]", Syntax::Basic).unwrap();
        assert_eq!(regex.is_match(&"ü".into()), None);
        assert_eq!(Regex::new("ü", Syntax::Basic).unwrap().is_match(&"für".into()), Some(true));
    }
}
