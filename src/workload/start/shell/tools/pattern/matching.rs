//! Whether a pattern matches a text.

use super::items::{Item, Pattern};
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of};

/// Items times characters that a match may cost.
const MAX_STEPS: usize = 1 << 22;

/// Which matches count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// Whatever the unknown pieces are.
    Must,
    /// For some content of the unknown pieces at least.
    May,
}

impl Pattern {
    /// Whether it matches the whole of a text; nothing where that hangs on what is unknown.
    pub(crate) fn matches(&self, text: &Text) -> Option<bool> {
        let symbols = symbols_of(text);
        if !self.can_read(&symbols) {
            return None;
        }
        if self.accepts(&symbols, Certainty::Must) {
            return Some(true);
        }
        if self.accepts(&symbols, Certainty::May) { None } else { Some(false) }
    }

    /// Whether a match costs no more than it may and does not hang on what a character is: outside ASCII that is a
    /// matter of the locale.
    pub(super) fn can_read(&self, symbols: &[Symbol]) -> bool {
        let counts = self.items.iter().any(|item| matches!(item, Item::One | Item::Class(_)));
        let is_ascii = symbols.iter().all(|symbol| match symbol {
            Symbol::Char(letter) => letter.is_ascii(),
            Symbol::Run(_) => true,
        });
        (is_ascii || !counts) && self.items.len().saturating_mul(symbols.len()) <= MAX_STEPS
    }

    fn accepts(&self, symbols: &[Symbol], certainty: Certainty) -> bool {
        let mut states = States::new(&self.items, certainty);
        for symbol in symbols {
            states.step(symbol);
        }
        states.is_accepted()
    }
}

/// Which parts of a pattern are matched: at `n` the first `n` items are.
pub(super) struct States<'p> {
    items: &'p [Item],
    certainty: Certainty,
    matched: Vec<bool>,
}

impl<'p> States<'p> {
    pub(super) fn new(items: &'p [Item], certainty: Certainty) -> Self {
        let mut matched = vec![false; items.len() + 1];
        if let Some(first) = matched.first_mut() {
            *first = true;
        }
        let mut states = Self { items, certainty, matched };
        states.skip_empty();
        states
    }

    /// Whether the whole pattern is matched.
    pub(super) fn is_accepted(&self) -> bool {
        self.matched.last().copied().unwrap_or_default()
    }

    pub(super) fn step(&mut self, symbol: &Symbol) {
        match (symbol, self.certainty) {
            (Symbol::Char(letter), _) => self.take(|item| item.takes(*letter)),
            (Symbol::Run(unknown), Certainty::May) => self.may_take_run(unknown.shape),
            (Symbol::Run(unknown), Certainty::Must) => {
                if unknown.shape == Shape::Word {
                    self.take(|item| *item == Item::One);
                }
                self.take(|_| false);
            }
        }
    }

    /// Whether nothing that follows can match any more.
    pub(super) fn is_over(&self) -> bool {
        !self.matched.contains(&true)
    }

    /// Takes one character, which the items that `takes` names take; `*` takes any.
    fn take(&mut self, takes: impl Fn(&Item) -> bool) {
        // What the items before the one at hand have matched, before this character.
        let mut before = false;
        let items = std::iter::once(None).chain(self.items.iter().map(Some));
        let stays = |item: Option<&Item>| match item {
            Some(Item::Many) => true,
            Some(item @ Item::Unseen(_)) => self.certainty == Certainty::May && takes(item),
            _ => false,
        };
        for ((state, own), last) in self.matched.iter_mut().zip(self.items.iter().map(Some).chain([None])).zip(items) {
            let moves = before && last.is_some_and(|last| !matches!(last, Item::Many | Item::Unseen(_)) && takes(last));
            before = *state;
            *state = moves || (*state && stays(own));
        }
        self.skip_empty();
    }

    /// Takes any characters of a shape, or none: a `Word` is taken for one that may be empty, which allows more.
    fn may_take_run(&mut self, shape: Shape) {
        let mut is_matched = false;
        for (state, item) in self.matched.iter_mut().zip(self.items.iter().map(Some).chain([None])) {
            *state |= is_matched;
            is_matched = *state && item.is_some_and(|item| item.may_take(shape));
        }
    }

    /// Counts what may match nothing at all as matched.
    fn skip_empty(&mut self) {
        let mut is_matched = false;
        for (state, item) in self.matched.iter_mut().zip(self.items.iter().map(Some).chain([None])) {
            *state |= is_matched;
            is_matched = *state
                && match item {
                    Some(Item::Many) => true,
                    Some(Item::Unseen(_)) => self.certainty == Certainty::May,
                    _ => false,
                };
        }
    }
}

impl Item {
    /// Whether it takes this character.
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Char(own) => *own == letter,
            Self::One | Self::Many => true,
            Self::Class(class) => class.holds(letter),
            Self::Unseen(shape) => shape.may_hold(letter),
        }
    }

    /// Whether it may take some character of this shape.
    fn may_take(&self, shape: Shape) -> bool {
        match self {
            Self::Char(own) => shape.may_hold(*own),
            Self::Class(class) => shape != Shape::Word || (' '..='~').any(|it| shape.may_hold(it) && class.holds(it)),
            Self::One | Self::Many | Self::Unseen(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::dialect::Dialect;
    use crate::workload::start::shell::text::Unknown;
    use crate::workload::start::shell::tools::pattern::Fragment;

    #[track_caller]
    fn matches(pattern: &str, text: &str, expected: Option<bool>) {
        let pattern = Pattern::new(&[Fragment::bare(pattern)], Dialect::Bash);
        assert_eq!(pattern.matches(&text.into()), expected, "{pattern:?} {text:?}");
    }

    #[test]
    fn matches_as_the_shell_does() {
        matches("", "", Some(true));
        matches("*", "", Some(true));
        matches("a*c", "abbc", Some(true));
        matches("a*c", "abbd", Some(false));
        matches("?", "", Some(false));
        matches("[a-c]x", "bx", Some(true));
        matches("[!a-c]x", "bx", Some(false));
        matches("[^a-c]x", "dx", Some(true));
        matches("[[:digit:]]*", "6379", Some(true));
        matches("[a-]", "-", Some(true));
        matches("[a", "[a", None);
        matches("?(a)", "a", None);
        matches("?", "é", None);
        matches("é*", "éa", Some(true));
    }

    #[test]
    fn takes_quoted_characters_for_themselves() {
        let pattern = Pattern::new(&[Fragment::quoted("*"), Fragment::bare("?")], Dialect::Posix);
        assert_eq!(pattern.matches(&"*a".into()), Some(true));
        assert_eq!(pattern.matches(&"aa".into()), Some(false));
    }

    #[test]
    fn is_certain_of_texts_that_hold_unknown_pieces() {
        let mut text = Text::from("redis-");
        text.push(&Unknown::new(Shape::Word, "x").into());
        let matches = |pattern: &str| Pattern::new(&[Fragment::bare(pattern)], Dialect::Posix).matches(&text);
        assert_eq!(matches("redis-*"), Some(true));
        assert_eq!(matches("redis-?*"), Some(true));
        assert_eq!(matches("redis-??*"), None);
        assert_eq!(matches("redis-0"), None);
        assert_eq!(matches("sentinel*"), Some(false));
        assert_eq!(matches("*,*"), Some(false));
        assert_eq!(matches("*[[:space:]]*"), Some(false));
    }

    #[test]
    fn is_certain_of_patterns_that_hold_unknown_pieces() {
        let unknown = |shape| Text::from(Unknown::new(shape, "x"));
        let word = Pattern::new(&[Fragment::bare("a"), Fragment::expanded(unknown(Shape::Word))], Dialect::Posix);
        assert_eq!(word.matches(&"b".into()), Some(false));
        assert_eq!(word.matches(&"ab".into()), None);
        let any = Pattern::new(&[Fragment::bare("a"), Fragment::expanded(unknown(Shape::Any))], Dialect::Posix);
        assert_eq!(any.matches(&"b".into()), None);
    }
}
