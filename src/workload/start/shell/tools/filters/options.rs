//! Options of commands, as `getopt` reads them: letters in any order before and between operands.

use crate::workload::start::shell::text::Text;

/// Options and operands.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Letters with their values, in order.
    pub(super) letters: Vec<(char, Text)>,
    /// Which of the arguments are operands.
    pub(super) operands: Vec<usize>,
}

/// Where the value of an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueIs {
    /// In the word that is read, or there is none.
    Read,
    NextWord,
}

impl Options {
    /// Reads arguments; none where one may be an option that is not among these. Those of `with_value` take one. `number`
    /// is the letter that `-5` stands for.
    pub(super) fn read(arguments: &[Text], flags: &str, with_value: &str, number: Option<char>) -> Option<Self> {
        let mut options = Self::default();
        let mut index = 0;
        while let Some(word) = arguments.get(index) {
            index += 1;
            if !word.may_begin_with('-') || word.known() == Some("-") {
                options.operands.push(index - 1);
                continue;
            }
            if word.known() == Some("--") {
                options.operands.extend(index..arguments.len());
                break;
            }
            let start = word.known_start();
            if start.starts_with("--") {
                return None;
            }
            let digits = start.strip_prefix('-')?;
            if let Some(letter) = number.filter(|_| is_number(digits) && word.known().is_some()) {
                options.letters.push((letter, digits.into()));
                continue;
            }
            if options.read_letters(word, flags, with_value)? == ValueIs::NextWord {
                let (_, value) = options.letters.last_mut()?;
                *value = arguments.get(index)?.clone();
                index += 1;
            }
        }
        Some(options)
    }

    /// Reads the letters of one word, and says where the value of the last is.
    fn read_letters(&mut self, word: &Text, flags: &str, with_value: &str) -> Option<ValueIs> {
        let letters = word.known_start().strip_prefix('-')?;
        for (index, letter) in letters.char_indices() {
            if with_value.contains(letter) {
                let mut value = Text::from(letters.get(index + letter.len_utf8()..)?);
                word.pieces().iter().skip(1).for_each(|piece| value.push_piece(piece));
                let place = if value.is_empty() { ValueIs::NextWord } else { ValueIs::Read };
                self.letters.push((letter, value));
                return Some(place);
            }
            if !flags.contains(letter) {
                return None;
            }
            self.letters.push((letter, Text::default()));
        }
        // What follows in the word are options too.
        word.known().map(|_| ValueIs::Read)
    }

    /// Whether this letter is given.
    pub(super) fn has(&self, letter: char) -> bool {
        self.letters.iter().any(|(own, _)| *own == letter)
    }

    /// The value of this letter, the last where it is given more than once.
    pub(super) fn value(&self, letter: char) -> Option<&Text> {
        self.letters.iter().rev().find(|(own, _)| *own == letter).map(|(_, value)| value)
    }

    /// Whether only letters of these are given.
    pub(super) fn has_only(&self, letters: &str) -> bool {
        self.letters.iter().all(|(own, _)| letters.contains(*own))
    }
}

/// Whether a text is a number without a sign.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
