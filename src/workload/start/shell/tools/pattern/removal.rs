//! `${x#p}`, `${x##p}`, `${x%p}`, `${x%%p}` and `${x/p/with}`.

use super::items::{Item, Pattern};
use super::matching::{Certainty, States};
use crate::workload::start::shell::syntax::ReplacePlace;
use crate::workload::start::shell::text::{Piece, Shape, Text};
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of, text_of};
use crate::workload::start::shell::tools::unseen::{MAX_OUTPUT, bounded, needs_of, shape_of_part, unseen};

/// Items times characters that replacing all matches may cost.
const MAX_STEPS: usize = 1 << 20;

/// At which end of a text a match is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// `#`
    Start,
    /// `%`
    Finish,
}

/// Which match is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// `#` and `%`
    Shortest,
    /// `##` and `%%`
    Longest,
}

/// How many symbols a match takes off.
enum Cut {
    At(usize),
    Nowhere,
    Unknown,
}

impl Pattern {
    /// What stays of a text when what this pattern matches at one end of it is taken off.
    pub(crate) fn remove(&self, text: &Text, end: End, length: Length) -> Text {
        let mut symbols = symbols_of(text);
        let mut items = self.items.clone();
        if end == End::Finish {
            symbols.reverse();
            items.reverse();
        }
        let cut = if self.can_read(&symbols) { cut(&items, &symbols, length) } else { Cut::Unknown };
        match cut {
            Cut::Nowhere => text.clone(),
            Cut::Unknown => unseen(shape_of_part(text), &needs_of([text], "what a pattern matches")),
            Cut::At(count) => match end {
                End::Start => text_of(symbols.iter().skip(count)),
                End::Finish => text_of(symbols.iter().skip(count).rev()),
            },
        }
    }

    /// The text with what this pattern matches replaced, as `${x/p/with}` of bash does; `with` is what the word comes to.
    pub(crate) fn replace(&self, text: &Text, place: ReplacePlace, with: &Text) -> Text {
        let needs = needs_of([text, with], "what a pattern matches");
        let replaced = match (text.known(), self.literal()) {
            // Since bash 5.2 an `&` there is what was matched.
            _ if with.may_hold('&') || with.may_hold('\\') => None,
            (_, Some(literal)) if literal.is_empty() => None,
            (Some(_), Some(literal)) => Some(replace_in_pieces(&literal, text, place, with)),
            (Some(known), _) => self.replace_in(known, place, with),
            (_, Some(literal)) if self.is_apart_from(text, place) => {
                Some(replace_in_pieces(&literal, text, place, with))
            }
            _ => None,
        };
        let shape = shape_of_part(text).max(shape_of_part(with));
        replaced.map_or_else(|| unseen(shape, &needs), |replaced| bounded(replaced, &needs))
    }

    /// Whether it is literal and matches within known pieces only: no unknown piece can hold a character of it, and none
    /// that may be empty stands where it would join or begin a match.
    fn is_apart_from(&self, text: &Text, place: ReplacePlace) -> bool {
        let is_apart = |shape: Shape| {
            let is_outside = self.items.iter().all(|item| matches!(item, Item::Char(own) if !shape.may_hold(*own)));
            let may_stand_there = matches!(place, ReplacePlace::First | ReplacePlace::All) && self.items.len() == 1;
            is_outside && (shape == Shape::Word || may_stand_there)
        };
        text.pieces().iter().all(|piece| match piece {
            Piece::Unknown(unknown) => is_apart(unknown.shape),
            Piece::Known(_) => true,
        })
    }

    fn replace_in(&self, known: &str, place: ReplacePlace, with: &Text) -> Option<Text> {
        let symbols = symbols_of(&known.into());
        if !self.is_known() || !self.can_read(&symbols) {
            return None;
        }
        match place {
            ReplacePlace::Start | ReplacePlace::End => {
                let end = if place == ReplacePlace::Start { End::Start } else { End::Finish };
                let rest = self.remove(&known.into(), end, Length::Longest);
                if rest.known()?.len() == known.len() {
                    // An empty match is one too; shells differ on it.
                    return (self.matches(&Text::default()) == Some(false)).then(|| known.into());
                }
                let (first, second) = if place == ReplacePlace::Start { (with, &rest) } else { (&rest, with) };
                let mut replaced = first.clone();
                replaced.push(second);
                Some(replaced)
            }
            ReplacePlace::First | ReplacePlace::All => self.replace_inside(&symbols, place, with),
        }
    }

    fn replace_inside(&self, symbols: &[Symbol], place: ReplacePlace, with: &Text) -> Option<Text> {
        if self.matches(&Text::default()) != Some(false) {
            return None;
        }
        let (mut steps, mut size) = (0, 0);
        let mut replaced = Text::default();
        let mut rest = symbols;
        while let Some((first, behind)) = rest.split_first() {
            let (cut, read) = cut_counted(&self.items, rest, Length::Longest);
            steps += (read + 1) * self.items.len();
            if steps > MAX_STEPS {
                return None;
            }
            match cut {
                Cut::Unknown => return None,
                Cut::Nowhere => {
                    replaced.push(&text_of([first]));
                    rest = behind;
                }
                Cut::At(count) => {
                    size += with.size();
                    if size > MAX_OUTPUT {
                        return None;
                    }
                    replaced.push(with);
                    rest = rest.get(count..)?;
                    if place == ReplacePlace::First {
                        break;
                    }
                }
            }
        }
        replaced.push(&text_of(rest));
        Some(replaced)
    }
}

/// Replaces characters that no unknown piece can hold.
fn replace_in_pieces(literal: &str, text: &Text, place: ReplacePlace, with: &Text) -> Text {
    let mut replaced = Text::default();
    let mut is_done = false;
    for (index, piece) in text.pieces().iter().enumerate() {
        let Piece::Known(known) = piece else {
            replaced.push_piece(piece);
            continue;
        };
        let mut rest = known.as_str();
        while let Some((before, behind)) = split_at_match(rest, literal, place) {
            let is_outermost = match place {
                ReplacePlace::Start => index == 0,
                ReplacePlace::End => index + 1 == text.pieces().len(),
                ReplacePlace::First | ReplacePlace::All => true,
            };
            if is_done || !is_outermost {
                break;
            }
            is_done = place != ReplacePlace::All;
            replaced.push_str(before);
            replaced.push(with);
            rest = behind;
        }
        replaced.push_str(rest);
    }
    replaced
}

fn split_at_match<'t>(text: &'t str, literal: &str, place: ReplacePlace) -> Option<(&'t str, &'t str)> {
    match place {
        ReplacePlace::First | ReplacePlace::All => text.split_once(literal),
        ReplacePlace::Start => text.strip_prefix(literal).map(|rest| ("", rest)),
        ReplacePlace::End => text.strip_suffix(literal).map(|rest| (rest, "")),
    }
}

/// How much of the start of these symbols a pattern matches.
fn cut(items: &[Item], symbols: &[Symbol], length: Length) -> Cut {
    cut_counted(items, symbols, length).0
}

/// As [`cut`], with the number of symbols that were read.
fn cut_counted(items: &[Item], symbols: &[Symbol], length: Length) -> (Cut, usize) {
    let mut must = States::new(items, Certainty::Must);
    let mut may = States::new(items, Certainty::May);
    let mut found = if may.is_accepted() { verdict(&must, 0) } else { Cut::Nowhere };
    for (index, symbol) in symbols.iter().enumerate() {
        if may.is_over() || (length == Length::Shortest && !matches!(found, Cut::Nowhere)) {
            return (found, index);
        }
        must.step(symbol);
        may.step(symbol);
        if !may.is_accepted() {
            continue;
        }
        // A match may end inside of what can't be seen, before its end.
        let is_inside = length == Length::Shortest && matches!(symbol, Symbol::Run(_));
        found = if is_inside { Cut::Unknown } else { verdict(&must, index + 1) };
    }
    (found, symbols.len())
}

/// Where a match that may end here is taken to end.
fn verdict(must: &States, count: usize) -> Cut {
    if must.is_accepted() { Cut::At(count) } else { Cut::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::dialect::Dialect;
    use crate::workload::start::shell::text::Unknown;
    use crate::workload::start::shell::tools::pattern::Fragment;

    fn pattern(pattern: &str) -> Pattern {
        Pattern::new(&[Fragment::bare(pattern)], Dialect::Bash)
    }

    #[track_caller]
    fn removes(text: &str, operation: &str, expected: &str) {
        let sign = operation.chars().next().unwrap();
        let own = operation.trim_start_matches(sign);
        let length = if operation.len() - own.len() == 2 { Length::Longest } else { Length::Shortest };
        let end = if sign == '#' { End::Start } else { End::Finish };
        assert_eq!(pattern(own).remove(&text.into(), end, length), expected.into(), "{text} {operation}");
    }

    #[test]
    fn removes_at_both_ends() {
        removes("/etc/redis/redis.conf", "##*/", "redis.conf");
        removes("/etc/redis/redis.conf", "#*/", "etc/redis/redis.conf");
        removes("/etc/redis/redis.conf", "%/*", "/etc/redis");
        removes("/etc/redis/redis.conf", "%%/*", "");
        removes("redis-node-0", "##*-", "0");
        removes("redis-node-0", "%-*", "redis-node");
        removes("100mb", "%[a-z]", "100m");
        removes("100mb", "%%[!0-9]*", "100");
        removes("100mb", "%x", "100mb");
    }

    #[test]
    fn removes_beside_unknown_pieces() {
        let word = |start: &str| {
            let mut text = Text::from(start);
            text.push(&Unknown::new(Shape::Word, "x").into());
            text
        };
        assert_eq!(pattern("redis-").remove(&word("redis-"), End::Start, Length::Shortest), word(""));
        assert_eq!(pattern(":*").remove(&word("host:"), End::Finish, Length::Longest), "host".into());
        assert!(pattern("*-").remove(&word("redis-"), End::Start, Length::Longest).known().is_none());
        assert_eq!(pattern("sentinel-").remove(&word("redis-"), End::Start, Length::Shortest), word("redis-"));
    }

    #[test]
    fn replaces_matches() {
        let replace = |text: &str, own: &str, place| pattern(own).replace(&text.into(), place, &"+".into());
        assert_eq!(replace("a b c", " ", ReplacePlace::All), "a+b+c".into());
        assert_eq!(replace("a b c", " ", ReplacePlace::First), "a+b c".into());
        assert_eq!(replace("a b c", "[bc]", ReplacePlace::All), "a + +".into());
        assert_eq!(replace("a b c", "a*", ReplacePlace::Start), "+".into());
        assert_eq!(replace("a b c", "c", ReplacePlace::End), "a b +".into());
        assert_eq!(replace("aaa", "b", ReplacePlace::All), "aaa".into());
    }
}
