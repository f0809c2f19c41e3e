//! Names, reserved words and the characters that end a word.

use super::Parser;

/// The words that mean something where a command begins. `[[`, `function`, `time`, `coproc` and `select` are bash's.
const RESERVED: [&str; 22] = [
    "!", "{", "}", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if",
    "in", "select", "then", "time", "until", "while",
];

/// Whether the character ends a word that is not quoted.
pub(super) fn ends_word(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

/// Whether a name may begin with the character.
pub(super) fn begins_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

/// Whether the character may stand in a name.
pub(super) fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Whether the text is the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(is_of_name)
}

impl Parser<'_> {
    /// The name that comes next, or an empty text.
    pub(super) fn name(&mut self) -> String {
        let mut name = String::new();
        if !self.reader.peek().is_some_and(begins_name) {
            return name;
        }
        while let Some(character) = self.reader.peek().filter(|character| is_of_name(*character)) {
            name.push(character);
            self.reader.next();
        }
        name
    }

    /// The reserved word that comes next. Where no command can begin it is a plain word.
    pub(super) fn reserved(&self) -> Option<&'static str> {
        let mut word = String::new();
        for character in self.reader.ahead() {
            if ends_word(character) {
                break;
            }
            if word.len() > "function".len() {
                return None;
            }
            word.push(character);
        }
        RESERVED.into_iter().find(|reserved| *reserved == word)
    }

    /// Passes over this reserved word, if it comes next.
    pub(super) fn eat_reserved(&mut self, word: &str) -> bool {
        self.reserved() == Some(word) && self.reader.eat(word)
    }
}
