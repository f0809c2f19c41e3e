//! Redirections.

use super::name::{begins_name, is_of_name};
use super::{Parser, Result};
use crate::workload::start::shell::syntax::{Part, Redirect, RedirectKind, Word};

/// An operator, what it does, and whether it is for input. Longer ones come first.
type Operator = (&'static str, fn(Word) -> RedirectKind, bool);

const OPERATORS: [Operator; 7] = [
    ("<>", RedirectKind::ReadWrite, true),
    ("<&", RedirectKind::Duplicate, true),
    ("<", RedirectKind::Read, true),
    (">>", RedirectKind::Append, false),
    (">|", RedirectKind::Write, false),
    (">&", RedirectKind::Duplicate, false),
    (">", RedirectKind::Write, false),
];

/// What stands before the operator of a redirection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// So many digits.
    Digits(usize),
    /// `{NAME}` of bash, of so many characters.
    Variable(usize),
}

impl Parser<'_> {
    /// The redirection that comes next, if one does.
    pub(super) fn redirect(&mut self) -> Result<Option<Redirect>> {
        if self.reader.is_at("&>") {
            return self.redirect_both().map(Some);
        }
        let Some(before) = self.before_operator() else {
            return Ok(None);
        };
        let descriptor = match before {
            Before::Nothing => None,
            Before::Digits(count) => {
                let digits: String = self.reader.ahead().take(count).collect();
                // A number that is none to bash is a word.
                let Some(number) = digits.parse::<u32>().ok().filter(|number| i32::try_from(*number).is_ok()) else {
                    self.bash_only();
                    return Ok(None);
                };
                if count > 1 {
                    self.bash_only();
                }
                self.reader.skip(count);
                Some(number)
            }
            Before::Variable(count) => {
                self.differs("a redirection that sets a variable")?;
                self.reader.skip(count);
                None
            }
        };
        let kind = self.redirect_kind(before)?;
        let descriptor = match (&kind, descriptor) {
            ((RedirectKind::Duplicate(_), is_input), None) => Some(u32::from(!*is_input)),
            (_, descriptor) => descriptor,
        };
        Ok(Some(Redirect { descriptor, kind: kind.0 }))
    }

    /// What stands before the operator, where one comes next. `<(` and `>(` of bash are words.
    fn before_operator(&self) -> Option<Before> {
        let mut ahead = self.reader.ahead();
        let mut count = 0;
        let mut next = ahead.next();
        let mut before = Before::Nothing;
        if next == Some('{') {
            count = 1;
            next = ahead.next();
            let is_name = next.is_some_and(begins_name);
            while next.is_some_and(is_of_name) {
                count += 1;
                next = ahead.next();
            }
            if !is_name || next != Some('}') {
                return None;
            }
            before = Before::Variable(count + 1);
            next = ahead.next();
        } else {
            while next.is_some_and(|next| next.is_ascii_digit()) {
                count += 1;
                before = Before::Digits(count);
                next = ahead.next();
            }
        }
        let is_operator = matches!(next, Some('<' | '>')) && ahead.next() != Some('(');
        is_operator.then_some(before)
    }

    /// The operator and its word, and whether it is for input.
    fn redirect_kind(&mut self, before: Before) -> Result<(RedirectKind, bool)> {
        if self.reader.is_at("<<<") {
            self.bash_only();
            self.reader.skip(3);
            return Ok((RedirectKind::HereString(self.target()?), true));
        }
        if self.reader.eat("<<-") {
            return Ok((self.here(true)?, true));
        }
        if self.reader.eat("<<") {
            return Ok((self.here(false)?, true));
        }
        for (operator, kind, is_input) in OPERATORS {
            if !self.reader.eat(operator) {
                continue;
            }
            let word = if operator.ends_with('&') { self.copied()? } else { self.target()? };
            if operator == ">&" && before == Before::Nothing && names_file(&word) {
                self.bash_only();
                return Ok((RedirectKind::WriteBoth(word), false));
            }
            if operator.ends_with('&') && !is_plain_descriptor(&word) {
                self.bash_only();
            }
            return Ok((kind(word), is_input));
        }
        Err(self.unexpected())
    }

    /// The word behind `<&` and `>&`. In `2>&1>file` only bash doesn't take the `1` for the next redirection's.
    fn copied(&mut self) -> Result<Word> {
        self.blanks();
        if matches!(self.before_operator(), Some(Before::Digits(_) | Before::Variable(_))) {
            self.bash_only();
        }
        self.needed_word()
    }

    /// `&>` and `&>>` of bash.
    fn redirect_both(&mut self) -> Result<Redirect> {
        self.bash_only();
        self.reader.eat("&>");
        let kind = if self.reader.eat(">") {
            RedirectKind::AppendBoth(self.target()?)
        } else {
            RedirectKind::WriteBoth(self.target()?)
        };
        Ok(Redirect { descriptor: None, kind })
    }

    /// The word behind an operator.
    fn target(&mut self) -> Result<Word> {
        self.blanks();
        if matches!(self.before_operator(), Some(Before::Digits(_) | Before::Variable(_))) {
            return Err(self.unexpected());
        }
        let start = self.reader.at();
        let word = self.needed_word()?;
        self.check_fields(&word, start)?;
        Ok(word)
    }
}

/// Whether the word behind `>&` is certainly no descriptor.
fn names_file(word: &Word) -> bool {
    let has_expansions = word.parts.iter().any(|part| !matches!(part, Part::Bare(_) | Part::Quoted(_)));
    let is_descriptor = word.bare().is_some_and(|text| {
        let number = text.strip_suffix('-').unwrap_or(text);
        text == "-" || !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit())
    });
    !has_expansions && !is_descriptor
}

/// Whether all shells take the word for the same descriptor, or leave it to its expansions.
fn is_plain_descriptor(word: &Word) -> bool {
    match word.bare() {
        Some(text) => text == "-" || text.len() == 1 && text.starts_with(|digit: char| digit.is_ascii_digit()),
        None => matches!(word.parts.as_slice(), [Part::Parameter(_) | Part::DoubleQuoted(_)]),
    }
}
