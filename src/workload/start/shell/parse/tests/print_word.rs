//! Writes words as shell text, in one way of the many.

use super::print::Printer;
use crate::workload::start::shell::syntax::{Index, Operation, Parameter, Part, ReplacePlace, Word};

/// Where a word stands, which decides how its quoted characters are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Bare,
    /// The pattern of a parameter inside quotes.
    Pattern,
    Double,
    /// The word of a parameter inside quotes.
    DoubleWord,
    Inner,
    Here,
    HereWord,
    Arithmetic,
}

impl Place {
    fn of_word(self) -> Self {
        match self {
            Self::Bare | Self::Pattern => self,
            Self::Here | Self::HereWord => Self::HereWord,
            _ => Self::DoubleWord,
        }
    }

    fn of_pattern(self) -> Self {
        if self == Self::Bare { Self::Bare } else { Self::Pattern }
    }
}

impl Printer {
    pub(super) fn word(&mut self, word: &Word, place: Place) {
        for part in &word.parts {
            self.part(part, place);
        }
    }

    fn part(&mut self, part: &Part, place: Place) {
        match part {
            Part::Bare(text) => self.push(text),
            Part::Quoted(text) => self.quoted(text, place),
            Part::AnsiQuoted(text) => {
                let escaped: String = text.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
                self.push(&format!("$'{escaped}'"));
            }
            Part::DoubleQuoted(parts) => {
                let inner =
                    if matches!(place, Place::DoubleWord | Place::HereWord) { Place::Inner } else { Place::Double };
                self.push("\"");
                for part in parts {
                    self.part(part, inner);
                }
                self.push("\"");
            }
            Part::Parameter(parameter) => self.parameter(parameter, place),
            Part::Substitution(list) => self.substitution("$(", list),
            Part::Process(list) => self.substitution("<(", list),
            Part::Arithmetic(expression) => {
                self.push("$((");
                self.word(expression, Place::Arithmetic);
                self.push("))");
            }
        }
    }

    fn quoted(&mut self, text: &str, place: Place) {
        match place {
            Place::Bare | Place::Pattern => {
                let mut text = text;
                if let (true, Some(first)) = (self.ends_in_dollar(), text.chars().next()) {
                    self.push(&format!("\\{first}"));
                    text = &text[first.len_utf8()..];
                }
                self.push(&format!("'{}'", text.replace('\'', r"'\''")));
            }
            Place::DoubleWord | Place::HereWord => {
                self.push("\"");
                self.escaped(text, "$`\\\"");
                self.push("\"");
            }
            Place::Double | Place::Inner => self.escaped(text, "$`\\\""),
            Place::Here | Place::Arithmetic => self.escaped(text, "$`\\"),
        }
    }

    fn escaped(&mut self, text: &str, special: &str) {
        for character in text.chars() {
            if special.contains(character) {
                self.push("\\");
            }
            self.push(character.encode_utf8(&mut [0; 4]));
        }
    }

    fn parameter(&mut self, parameter: &Parameter, place: Place) {
        let is_special = !parameter.name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
        if is_special && parameter.operation == Operation::Value {
            // Bash splits `${*}$` in another way than `$*$`.
            return self.push(&format!("${}", parameter.name));
        }
        self.push("${");
        match parameter.operation {
            Operation::Length => self.push("#"),
            Operation::Indirect | Operation::Keys | Operation::Names => self.push("!"),
            _ => {}
        }
        self.push(&parameter.name);
        match &parameter.index {
            None => {}
            Some(Index::Each) => self.push("[@]"),
            Some(Index::Joined) => self.push("[*]"),
            Some(Index::At(index)) => self.brackets(index),
        }
        self.operation(&parameter.operation, place);
        self.push("}");
    }

    pub(super) fn brackets(&mut self, index: &Word) {
        self.push("[");
        self.word(index, Place::Bare);
        self.push("]");
    }

    fn operation(&mut self, operation: &Operation, place: Place) {
        let mut with_word = |operator: String, word: &Word, place: Place| {
            self.push(&operator);
            self.word(word, place);
        };
        let colon = |with_colon: bool| if with_colon { ":" } else { "" };
        match operation {
            Operation::Value | Operation::Length | Operation::Indirect | Operation::Keys => {}
            Operation::Names => self.push("*"),
            Operation::Default { with_colon, word } => {
                with_word(format!("{}-", colon(*with_colon)), word, place.of_word());
            }
            Operation::Assign { with_colon, word } => {
                with_word(format!("{}=", colon(*with_colon)), word, place.of_word());
            }
            Operation::Require { with_colon, word } => {
                with_word(format!("{}?", colon(*with_colon)), word, place.of_word());
            }
            Operation::Alternative { with_colon, word } => {
                with_word(format!("{}+", colon(*with_colon)), word, place.of_word());
            }
            Operation::RemovePrefix { is_longest, pattern } => {
                with_word("#".repeat(1 + usize::from(*is_longest)), pattern, place.of_pattern());
            }
            Operation::RemoveSuffix { is_longest, pattern } => {
                with_word("%".repeat(1 + usize::from(*is_longest)), pattern, place.of_pattern());
            }
            Operation::Replace { place: ReplacePlace::First, pattern, .. } if pattern.parts.is_empty() => {
                self.push("/");
            }
            Operation::Replace { place: replaced, pattern, with } => {
                let operator = match replaced {
                    ReplacePlace::First => "/",
                    ReplacePlace::All => "//",
                    ReplacePlace::Start => "/#",
                    ReplacePlace::End => "/%",
                };
                with_word(operator.to_owned(), pattern, place.of_pattern());
                with_word("/".to_owned(), with, place.of_pattern());
            }
            Operation::Substring { offset, length } => {
                with_word(":".to_owned(), offset, Place::Arithmetic);
                if let Some(length) = length {
                    with_word(":".to_owned(), length, Place::Arithmetic);
                }
            }
            Operation::Case { is_upper, is_all } => {
                self.push(&if *is_upper { "^" } else { "," }.repeat(1 + usize::from(*is_all)));
            }
            Operation::Other => self.push("@other"),
        }
    }
}
