//! `${…}`.

use super::compound::Opening;
use super::dollar::is_special;
use super::name::begins_name;
use super::quotes::Quoting;
use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::{Index, Operation, Parameter, Part, ReplacePlace, Word};

impl Parser<'_> {
    /// `${…}`, from the dollar on.
    pub(super) fn braces(&mut self, quoting: Quoting) -> Result<Parameter> {
        let opening = Opening { word: "${", line: self.reader.line() };
        self.reader.eat("${");
        let parameter = self.in_braces(opening, quoting)?;
        self.reader.next();
        Ok(parameter)
    }

    fn in_braces(&mut self, opening: Opening, quoting: Quoting) -> Result<Parameter> {
        let is_length = self.reader.peek() == Some('#') && self.is_length();
        if is_length {
            self.reader.next();
        }
        let is_indirect = self.reader.peek() == Some('!') && self.is_indirect();
        if is_indirect {
            self.bash_only();
            self.reader.next();
        }
        let name = self.parameter_name();
        let index = if self.reader.peek() == Some('[') && name.starts_with(begins_name) {
            self.bash_only();
            self.reader.next();
            Some(self.parameter_index()?)
        } else {
            None
        };
        if name.is_empty() {
            return Err(self.no_operation(opening));
        }
        let operation = if is_length {
            if matches!(name.as_str(), "@" | "*") {
                self.bash_only();
            }
            Operation::Length
        } else if is_indirect {
            self.indirect(index.as_ref())
        } else {
            let is_list = matches!(name.as_str(), "@" | "*");
            self.operation(opening, quoting, is_list)?
        };
        let operation = if self.reader.peek() == Some('}') { operation } else { Operation::Other };
        if operation == Operation::Other {
            self.bash_only();
            self.word_in_braces(opening, quoting.of_word(), None)?;
        }
        Ok(Parameter { name, index, operation })
    }

    /// Whether the `#` behind the brace asks for a length. Otherwise it is the parameter `#`.
    fn is_length(&self) -> bool {
        match self.reader.look(1) {
            Some(next) if begins_name(next) || next.is_ascii_digit() => true,
            Some(next) => is_special(next) && self.reader.look(2) == Some('}'),
            None => false,
        }
    }

    /// Whether the `!` behind the brace stands before a name. Otherwise it is the parameter `!`.
    fn is_indirect(&self) -> bool {
        match self.reader.look(1) {
            Some(next) if begins_name(next) || next.is_ascii_digit() => true,
            Some(next) => matches!(next, '@' | '*' | '#' | '?') && self.reader.look(2) == Some('}'),
            None => false,
        }
    }

    /// A name, a number, a special parameter, or an empty text.
    fn parameter_name(&mut self) -> String {
        let mut name = self.name();
        if !name.is_empty() {
            return name;
        }
        while let Some(digit) = self.reader.peek().filter(char::is_ascii_digit) {
            name.push(digit);
            self.reader.next();
        }
        if name.is_empty()
            && let Some(special) = self.reader.peek().filter(|next| is_special(*next))
        {
            name.push(special);
            self.reader.next();
        }
        name
    }

    fn parameter_index(&mut self) -> Result<Index> {
        for (text, index) in [("@]", Index::Each), ("*]", Index::Joined)] {
            if self.reader.eat(text) {
                return Ok(index);
            }
        }
        // Bash reads an index only when it gets there, and looks for the brace alone before.
        let index = self.index().map_err(|error| SyntaxError { is_certain: false, ..error })?;
        if index.parts.iter().any(|part| matches!(part, Part::Bare(text) if text.contains('}'))) {
            return Err(self.unread("`}` in the index of an array"));
        }
        Ok(Index::At(index))
    }

    /// The index of an array, from behind the bracket on, with the bracket that closes it.
    pub(super) fn index(&mut self) -> Result<Word> {
        let line = self.reader.line();
        self.nested(|parser| {
            let mut parts = Vec::new();
            let mut open = 0_usize;
            loop {
                match parser.reader.peek() {
                    None => return Err(SyntaxError::unread(line, "`[` of an index without `]`")),
                    Some('[') => open += 1,
                    Some(']') if open == 0 => break,
                    Some(']') => open -= 1,
                    Some(_) => {}
                }
                parser.piece(Quoting::Bare, &mut parts)?;
            }
            parser.reader.next();
            Ok(Word { parts })
        })
    }

    /// What stands behind `${!NAME`.
    fn indirect(&mut self, index: Option<&Index>) -> Operation {
        match index {
            Some(Index::Each | Index::Joined) => Operation::Keys,
            None if self.reader.is_at("*}") || self.reader.is_at("@}") => {
                self.reader.next();
                Operation::Names
            }
            Some(Index::At(_)) | None => Operation::Indirect,
        }
    }

    /// What stands behind the name.
    fn operation(&mut self, opening: Opening, quoting: Quoting, is_list: bool) -> Result<Operation> {
        let with_colon = self.reader.peek() == Some(':');
        let operator = self.reader.look(usize::from(with_colon));
        if matches!(operator, Some('-' | '=' | '?' | '+')) {
            self.reader.skip(1 + usize::from(with_colon));
            let word = self.word_in_braces(opening, quoting.of_word(), None)?;
            return Ok(match operator {
                Some('-') => Operation::Default { with_colon, word },
                Some('=') => Operation::Assign { with_colon, word },
                Some('?') => Operation::Require { with_colon, word },
                _ => Operation::Alternative { with_colon, word },
            });
        }
        match self.reader.peek() {
            Some('}') => Ok(Operation::Value),
            Some(':') => self.substring(opening),
            Some(operator @ ('#' | '%')) => {
                if is_list {
                    self.bash_only();
                }
                self.reader.next();
                let is_longest = self.reader.peek() == Some(operator);
                self.reader.skip(usize::from(is_longest));
                let pattern = self.word_in_braces(opening, quoting.of_pattern(), None)?;
                Ok(if operator == '#' {
                    Operation::RemovePrefix { is_longest, pattern }
                } else {
                    Operation::RemoveSuffix { is_longest, pattern }
                })
            }
            Some('/') => self.replacement(opening, quoting),
            Some(operator @ ('^' | ',')) => {
                self.bash_only();
                self.reader.next();
                let is_all = self.reader.peek() == Some(operator);
                self.reader.skip(usize::from(is_all));
                Ok(Operation::Case { is_upper: operator == '^', is_all })
            }
            Some('@') => Ok(Operation::Other),
            _ => Err(self.no_operation(opening)),
        }
    }

    /// Bash finds out only when it gets there, if there is a brace.
    fn no_operation(&self, opening: Opening) -> SyntaxError {
        if self.reader.rest().contains('}') {
            return self.unread("`${` without a name, or without an operator behind the name");
        }
        SyntaxError::wrong(opening.line, "`${` without `}`")
    }

    /// `${NAME:offset:length}` of bash.
    fn substring(&mut self, opening: Opening) -> Result<Operation> {
        self.bash_only();
        self.reader.next();
        let offset = self.slice(opening)?;
        let length = if self.reader.eat(":") { Some(self.slice(opening)?) } else { None };
        Ok(Operation::Substring { offset, length })
    }

    /// `${NAME/pattern/with}` of bash.
    fn replacement(&mut self, opening: Opening, quoting: Quoting) -> Result<Operation> {
        self.bash_only();
        self.reader.next();
        let place = match self.reader.peek() {
            Some('/') => ReplacePlace::All,
            Some('#') => ReplacePlace::Start,
            Some('%') => ReplacePlace::End,
            _ => ReplacePlace::First,
        };
        self.reader.skip(usize::from(place != ReplacePlace::First));
        let pattern = self.word_in_braces(opening, quoting.of_pattern(), Some('/'))?;
        let with = if self.reader.eat("/") {
            self.word_in_braces(opening, quoting.of_pattern(), None)?
        } else {
            Word::default()
        };
        Ok(Operation::Replace { place, pattern, with })
    }

    /// A word up to the brace that ends the parameter, or up to another character; both stay.
    fn word_in_braces(&mut self, opening: Opening, quoting: Quoting, stop: Option<char>) -> Result<Word> {
        let start = self.reader.at();
        let word = self.paired_word(opening, quoting, stop)?;
        if quoting == Quoting::HerePattern && self.reader.since(start).contains(['(', '`']) {
            self.differs("a substitution in a pattern in a here-document, at which bash fails")?;
        }
        Ok(word)
    }

    fn paired_word(&mut self, opening: Opening, quoting: Quoting, stop: Option<char>) -> Result<Word> {
        let mut parts = Vec::new();
        let mut is_paired = true;
        loop {
            let next = self.reader.peek();
            if !is_paired && matches!(next, Some('}' | '"')) {
                self.differs("a single quote inside double quotes that bash pairs and other shells don't")?;
            }
            match next {
                None => return Err(SyntaxError::wrong(opening.line, "`${` without `}`")),
                Some('}') => return Ok(Word { parts }),
                Some(next) if Some(next) == stop => return Ok(Word { parts }),
                Some('<' | '>') if quoting.is_bare() && self.is_at_word() => self.process(&mut parts)?,
                Some(next) => {
                    let start = self.reader.at();
                    // Bash may take what is wrong here for a part of the text between two single quotes.
                    let result = self.piece(quoting, &mut parts);
                    result.map_err(|error| SyntaxError { is_certain: error.is_certain && is_paired, ..error })?;
                    if next == '\'' && !quoting.is_bare() {
                        is_paired = !is_paired;
                    } else if !is_paired && self.reader.since(start).contains('\'') {
                        self.differs("single quotes inside double quotes that bash pairs in another way")?;
                    }
                }
            }
        }
    }
}
