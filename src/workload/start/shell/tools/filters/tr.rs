//! `tr`, for sets of ASCII characters.

use std::sync::Arc;

use super::options::Options;
use crate::workload::start::shell::text::{Piece, Shape, Text, Unknown};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::pattern::named_ranges;

pub(super) fn run(arguments: &[Text], input: &Text, needs: &Arc<str>) -> Option<Filtered> {
    // Options stand before the sets.
    let count =
        arguments.iter().take_while(|word| word.known_start().starts_with('-') && word.known() != Some("-")).count();
    let (words, sets) = arguments.split_at_checked(count)?;
    let options = Options::read(words, "cCds", "", None)?;
    let is_complement = options.has('c') || options.has('C');
    let (one, two) = (sets.first()?.known()?, sets.get(1).map(Text::known));
    let first = read_set(one)?;
    let second = match two {
        Some(two) => {
            let second = read_set(two?)?;
            // A class stands for letters in an order that is not certain.
            let are_cases = matches!((one, two?), ("[:lower:]", "[:upper:]") | ("[:upper:]", "[:lower:]"));
            let has_class = two?.contains("[:") || (one.contains("[:") && second.len() > 1);
            Some(Some(second).filter(|_| are_cases || !has_class)?)
        }
        None => None,
    };
    let table = match (second, options.has('d'), options.has('s')) {
        (None, true, false) => Table::deleting(&first, is_complement),
        (None, false, true) => Table::squeezing(&first, is_complement),
        (Some(second), false, squeezes) if !is_complement => Table::mapping(&first, &second, squeezes)?,
        _ => return None,
    };
    (sets.len() <= 2).then(|| Filtered::success(table.apply(input, needs)))
}

/// What becomes of each character.
struct Table {
    /// By the code of an ASCII character; nothing where it is deleted.
    ascii: Vec<Option<char>>,
    deletes_others: bool,
    /// Of which characters several in a row become one.
    squeezed: Vec<bool>,
    squeezes_others: bool,
}

impl Table {
    fn identity() -> Self {
        let ascii = ('\0'..='\u{7f}').map(Some).collect();
        Self { ascii, deletes_others: false, squeezed: vec![false; 128], squeezes_others: false }
    }

    fn deleting(set: &[char], is_complement: bool) -> Self {
        let mut table = Self::identity();
        table.deletes_others = is_complement;
        for place in &mut table.ascii {
            *place = place.filter(|letter| set.contains(letter) == is_complement);
        }
        table
    }

    fn squeezing(set: &[char], is_complement: bool) -> Self {
        let mut table = Self::identity();
        table.squeezes_others = is_complement;
        table.squeezed = ('\0'..='\u{7f}').map(|letter| set.contains(&letter) != is_complement).collect();
        table
    }

    fn mapping(first: &[char], second: &[char], squeezes: bool) -> Option<Self> {
        let mut table = Self::identity();
        let last = *second.last()?;
        for (index, letter) in first.iter().enumerate() {
            let image = second.get(index).copied().unwrap_or(last);
            *table.ascii.get_mut(usize::try_from(u32::from(*letter)).ok()?)? = Some(image);
        }
        if squeezes {
            table.squeezed = ('\0'..='\u{7f}').map(|letter| second.contains(&letter)).collect();
        }
        Some(table)
    }

    fn image(&self, letter: char) -> Option<char> {
        match usize::try_from(u32::from(letter)).ok().and_then(|code| self.ascii.get(code)) {
            Some(image) => *image,
            None if self.deletes_others => None,
            None => Some(letter),
        }
    }

    fn squeezes(&self, letter: char) -> bool {
        let code = usize::try_from(u32::from(letter)).ok();
        code.and_then(|code| self.squeezed.get(code)).copied().unwrap_or(self.squeezes_others)
    }

    fn apply(&self, input: &Text, needs: &Arc<str>) -> Text {
        let mut output = Text::default();
        let mut last = None;
        for piece in input.pieces() {
            match piece {
                Piece::Known(known) => {
                    let mut changed = String::with_capacity(known.len());
                    for letter in known.chars() {
                        // Bytes of one character may be alike.
                        if !letter.is_ascii() && self.squeezes_others {
                            return Text::any(Arc::clone(needs));
                        }
                        let Some(image) = self.image(letter) else { continue };
                        if last == Some(image) && self.squeezes(image) {
                            continue;
                        }
                        last = Some(image);
                        changed.push(image);
                    }
                    output.push_str(&changed);
                }
                Piece::Unknown(unknown) => {
                    let changed = self.apply_unseen(unknown);
                    let Some(changed) = changed else { return Text::any(Arc::clone(needs)) };
                    output.push_piece(&Piece::Unknown(changed));
                    last = None;
                }
            }
        }
        output
    }

    /// What becomes of characters that can't be seen; none where it hangs on what stands beside them.
    fn apply_unseen(&self, unknown: &Unknown) -> Option<Unknown> {
        let holds = |letter: &char| unknown.shape.may_hold(*letter);
        let letters = || ('\u{1}'..='\u{7f}').filter(holds);
        let beyond = unknown.shape != Shape::Word;
        if letters().any(|letter| self.squeezes(letter))
            || letters().filter_map(|it| self.image(it)).any(|it| self.squeezes(it))
            || (beyond && self.squeezes_others)
        {
            return None;
        }
        let is_unchanged =
            letters().all(|letter| self.image(letter) == Some(letter)) && !(beyond && self.deletes_others);
        if is_unchanged {
            return Some(unknown.clone());
        }
        let images: Option<String> = letters().map(|letter| self.image(letter)).collect();
        let is_word = |images: &String| {
            let begins = |letter: char| unknown.shape.may_begin_with(letter) && self.image(letter) == Some('-');
            images.chars().all(|image| Shape::Word.may_hold(image)) && !letters().any(begins)
        };
        let shape = if unknown.shape == Shape::Word && images.is_some_and(|images| is_word(&images)) {
            Shape::Word
        } else if letters().any(|letter| self.image(letter) == Some('\n')) {
            Shape::Any
        } else if letters().any(|letter| self.image(letter).is_some_and(char::is_whitespace))
            || unknown.shape > Shape::Line
        {
            Shape::Line
        } else {
            unknown.shape.max(Shape::Field)
        };
        Some(Unknown::new(shape, Arc::clone(&unknown.needs)))
    }
}

/// The characters of a set, in order; none where it holds more than ASCII, ranges, classes and plain escapes.
fn read_set(set: &str) -> Option<Vec<char>> {
    let mut letters = Vec::new();
    let mut rest = set;
    while !rest.is_empty() {
        if let Some(named) = rest.strip_prefix("[:") {
            let (name, behind) = named.split_once(":]")?;
            let ranges = named_ranges(name)?;
            letters.extend(ranges.iter().flat_map(|(first, last)| *first..=*last));
            rest = behind;
            continue;
        }
        if rest.starts_with("[=") || (rest.starts_with('[') && rest.contains('*')) {
            return None;
        }
        let first = read_letter(&mut rest)?;
        let range = rest.strip_prefix('-').filter(|behind| !behind.is_empty());
        let last = match range {
            Some(behind) => {
                rest = behind;
                read_letter(&mut rest)?
            }
            None => first,
        };
        if first > last {
            return None;
        }
        letters.extend(first..=last);
    }
    (!letters.is_empty()).then_some(letters)
}

fn read_letter(rest: &mut &str) -> Option<char> {
    let mut letters = rest.chars();
    let mut letter = letters.next().filter(char::is_ascii)?;
    if letter == '\\' {
        letter = match letters.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'a' => '\u{7}',
            'b' => '\u{8}',
            '\\' => '\\',
            '0'..='3' => return read_octal(rest),
            _ => return None,
        };
    }
    *rest = letters.as_str();
    Some(letter)
}

/// Reads `\012`.
fn read_octal(rest: &mut &str) -> Option<char> {
    let digits = rest.get(1..4)?;
    let code = u32::from_str_radix(digits, 8).ok()?;
    *rest = rest.get(4..)?;
    char::from_u32(code).filter(char::is_ascii)
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;
    use super::*;

    #[test]
    fn maps_and_deletes() {
        prints(&["tr", "a-z", "A-Z"], "abc\n", "ABC\n", Some(true));
        prints(&["tr", "[:upper:]", "[:lower:]"], "ABC\n", "abc\n", Some(true));
        prints(&["tr", "-d", "\\n\\r"], "a\r\nb\n", "ab", Some(true));
        prints(&["tr", ",", "\\n"], "a,b", "a\nb", Some(true));
        prints(&["tr", "-s", " "], "a   b", "a b", Some(true));
        prints(&["tr", "-cd", "[:alnum:]"], "a-é1\n", "a1", Some(true));
        prints(&["tr", "abc", "x"], "abcd", "xxxd", Some(true));
        prints(&["tr", "\\012", "_"], "a\n", "a_", Some(true));
        prints(&["tr", "z-a", "x"], "a", "<Any>", None);
        prints(&["tr", "-c", "a", "b"], "a", "<Any>", None);
    }

    #[test]
    fn is_certain_of_the_shape_of_unknown_pieces() {
        let of = |shape| Text::from(Unknown::new(shape, "x"));
        prints(&["tr", ",", " "], of(Shape::Word), "<Word>", Some(true));
        prints(&["tr", "A-Z", "a-z"], of(Shape::Word), "<Word>", Some(true));
        prints(&["tr", "_", "-"], of(Shape::Word), "<Field>", Some(true));
        prints(&["tr", "-d", "\\n"], of(Shape::Any), "<Line>", Some(true));
        prints(&["tr", "-d", ":"], of(Shape::Word), "<Field>", Some(true));
        prints(&["tr", "-s", " "], of(Shape::Line), "<Any>", Some(true));
    }
}
