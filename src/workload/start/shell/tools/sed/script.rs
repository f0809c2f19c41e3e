//! Reads the script of `sed`. What GNU's and busybox's read differently, or what is not modelled, is not read.

use super::command::{Address, Command, Function, Lines};
use super::substitute::{Part, Substitution};
use crate::workload::start::shell::text::{Shape, Text, Unknown};
use crate::workload::start::shell::tools::regex::{Regex, Syntax};
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of, text_of};

/// The longest script that is read, in symbols, and the deepest nesting of groups.
const MAX_LENGTH: usize = 1 << 15;
const MAX_DEPTH: usize = 8;

/// The commands of a script, and whether an unknown piece of it may make it a mistake.
pub(super) fn read(script: &Text, is_extended: bool) -> Option<(Vec<Command>, bool)> {
    let symbols = symbols_of(script);
    if symbols.len() > MAX_LENGTH || script.known_start().starts_with("#n") {
        return None;
    }
    let syntax = if is_extended { Syntax::Extended } else { Syntax::Basic };
    let mut reader = Reader { rest: &symbols, syntax, depth: 0, count: 0, may_fail: false };
    let commands = reader.commands()?;
    reader.rest.is_empty().then_some((commands, reader.may_fail))
}

struct Reader<'s> {
    rest: &'s [Symbol],
    syntax: Syntax,
    depth: usize,
    count: usize,
    may_fail: bool,
}

impl Reader<'_> {
    /// Commands up to the end or to the `}` of the group that they are in.
    fn commands(&mut self) -> Option<Vec<Command>> {
        let mut commands = Vec::new();
        loop {
            self.skip(&[' ', '\t', '\n', ';']);
            match self.peek() {
                None if self.rest.is_empty() => return Some(commands),
                Some('}') => return Some(commands),
                Some('#') => {
                    self.line()?;
                }
                _ => commands.push(self.command()?),
            }
        }
    }

    fn command(&mut self) -> Option<Command> {
        let lines = self.lines()?;
        self.skip(&[' ', '\t']);
        let is_negated = self.take('!');
        self.skip(&[' ', '\t']);
        let number = self.count;
        self.count += 1;
        let is_range = matches!(lines, Lines::Range(..));
        let function = match self.next()? {
            's' => Function::Substitute(self.substitution()?),
            'd' => Function::Delete,
            'p' => Function::Print,
            'q' if !is_range => Function::Quit,
            'a' if !is_range => Function::Append(self.text()?),
            'i' if !is_range => Function::Insert(self.text()?),
            'c' if !is_range && !is_negated => Function::Change(self.text()?),
            '{' => self.group()?,
            _ => return None,
        };
        let is_text = matches!(function, Function::Append(_) | Function::Insert(_) | Function::Change(_));
        if !is_text {
            self.end_of_command()?;
        }
        Some(Command::new(lines, is_negated, function, number))
    }

    /// A command ends at a semicolon, a line break, a comment or the end of its group.
    fn end_of_command(&mut self) -> Option<()> {
        self.skip(&[' ', '\t']);
        (self.rest.is_empty() || matches!(self.peek()?, ';' | '\n' | '}' | '#')).then_some(())
    }

    fn group(&mut self) -> Option<Function> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let commands = self.commands()?;
        self.depth -= 1;
        self.take('}').then_some(Function::Group(commands))
    }

    fn lines(&mut self) -> Option<Lines> {
        let begins_address = |letter: char| matches!(letter, '$' | '/' | '\\' | '0'..='9');
        if !self.peek().is_some_and(begins_address) {
            return Some(Lines::All);
        }
        let first = self.address()?;
        if !self.take(',') {
            return Some(Lines::At(first));
        }
        self.skip(&[' ', '\t']);
        Some(Lines::Range(first, self.address()?))
    }

    fn address(&mut self) -> Option<Address> {
        match self.peek()? {
            '$' => {
                self.next()?;
                Some(Address::Last)
            }
            '0'..='9' => self.number(),
            '/' => {
                self.next()?;
                self.match_address('/')
            }
            '\\' => {
                self.next()?;
                let delimiter = self.next().filter(|letter| !matches!(letter, '\n' | '\\'))?;
                self.match_address(delimiter)
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Address> {
        let mut number = 0_usize;
        while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10)) {
            self.next()?;
            number = number.checked_mul(10)?.checked_add(usize::try_from(digit).ok()?)?;
        }
        // `0,/regex/` and `1~2` are GNU's.
        (number > 0 && self.peek() != Some('~')).then_some(Address::Number(number))
    }

    fn match_address(&mut self, delimiter: char) -> Option<Address> {
        let expression = self.expression(delimiter)?;
        let regex = if self.take('I') {
            Regex::ignoring_case(&expression, self.syntax)
        } else {
            Regex::new(&expression, self.syntax)
        };
        Some(Address::Match(regex?))
    }

    /// Reads a regular expression up to its delimiter.
    fn expression(&mut self, delimiter: char) -> Option<String> {
        let mut expression = String::new();
        let mut bracket = Bracket::default();
        loop {
            let letter = self.next()?;
            if bracket.is_inside(letter, expression.chars().next_back()) {
                // A backslash in a bracket is read in several ways.
                if letter == '\n' || letter == '\\' {
                    return None;
                }
                expression.push(letter);
                continue;
            }
            match letter {
                '\n' => return None,
                letter if letter == delimiter => return Some(expression),
                '\\' => self.push_escaped(&mut expression, delimiter)?,
                letter => expression.push(letter),
            }
        }
    }

    fn push_escaped(&mut self, expression: &mut String, delimiter: char) -> Option<()> {
        match self.next()? {
            letter if letter == delimiter => {
                if !is_literal_delimiter(letter) {
                    return None;
                }
                expression.push(letter);
            }
            'n' => expression.push('\n'),
            't' => expression.push('\t'),
            '\n' => return None,
            letter => {
                expression.push('\\');
                expression.push(letter);
            }
        }
        Some(())
    }

    fn substitution(&mut self) -> Option<Substitution> {
        let delimiter = self.next().filter(|letter| !matches!(letter, '\n' | '\\'))?;
        let expression = self.expression(delimiter)?;
        let replacement = self.replacement(delimiter)?;
        let (mut is_global, mut which, mut prints, mut ignores_case) = (false, None, false, false);
        loop {
            match self.peek() {
                Some('g') if !is_global => is_global = true,
                Some('p') if !prints => prints = true,
                Some('i' | 'I') if !ignores_case => ignores_case = true,
                Some(digit @ '1'..='9') if which.is_none() => which = Some(usize::try_from(digit.to_digit(10)?).ok()?),
                Some('0'..='9' | 'g' | 'p' | 'i' | 'I') => return None,
                _ => break,
            }
            self.next()?;
        }
        let build = if ignores_case { Regex::ignoring_case } else { Regex::new };
        let regex = build(&expression, self.syntax)?;
        let groups = regex.groups();
        let is_valid = |part: &Part| !matches!(part, Part::Group(number) if *number > groups);
        // GNU replaces from the match of that number on; empty matches are counted in several ways, and busybox counts
        // none where the expression is held to the start.
        let can_count = || !is_global && !regex.holds_start() && regex.is_match(&Text::default()) == Some(false);
        let is_counted = matches!(which, None | Some(1)) && !(is_global && which.is_some()) || can_count();
        let is_read = replacement.iter().all(is_valid) && is_counted;
        let which = which.unwrap_or(1);
        is_read.then_some(Substitution { regex, replacement, is_global, which, prints })
    }

    fn replacement(&mut self, delimiter: char) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut known = String::new();
        loop {
            let (symbol, rest) = self.rest.split_first()?;
            self.rest = rest;
            let part = match symbol {
                Symbol::Run(unknown) => Part::Unknown(self.unknown(unknown, delimiter)?),
                Symbol::Char('\n') => return None,
                Symbol::Char(letter) if *letter == delimiter => break,
                Symbol::Char('&') => Part::Whole,
                Symbol::Char('\\') => match self.next()? {
                    letter if letter == delimiter => {
                        known.push(Some(letter).filter(|letter| is_literal_delimiter(*letter))?);
                        continue;
                    }
                    '0' => Part::Whole,
                    digit @ '1'..='9' => Part::Group(usize::try_from(digit.to_digit(10)?).ok()?),
                    'n' => {
                        known.push('\n');
                        continue;
                    }
                    't' => {
                        known.push('\t');
                        continue;
                    }
                    letter => {
                        known.push(Some(letter).filter(|letter| !letter.is_alphanumeric())?);
                        continue;
                    }
                },
                Symbol::Char(letter) => {
                    known.push(*letter);
                    continue;
                }
            };
            if !known.is_empty() {
                parts.push(Part::Known(std::mem::take(&mut known)));
            }
            parts.push(part);
        }
        if !known.is_empty() {
            parts.push(Part::Known(known));
        }
        Some(parts)
    }

    /// An unknown piece of a replacement. A word holds nothing that means something there but the delimiter: what it
    /// holds behind that is a mistake, since a delimiter follows as well.
    fn unknown(&mut self, unknown: &Unknown, delimiter: char) -> Option<Unknown> {
        if unknown.shape != Shape::Word {
            return None;
        }
        self.may_fail |= unknown.shape.may_hold(delimiter);
        Some(unknown.clone())
    }

    /// The text of `a`, `i` and `c`: the rest of the line, or the next line.
    fn text(&mut self) -> Option<Text> {
        self.skip(&[' ', '\t']);
        if self.take('\\') {
            let before = self.rest;
            self.skip(&[' ', '\t']);
            if !self.take('\n') {
                self.rest = before;
            }
        }
        let text = self.line()?;
        (text.is_filled() && !text.may_hold('\\')).then_some(text)
    }

    /// The rest of the line, with its line break; an unknown piece of it may hold none.
    fn line(&mut self) -> Option<Text> {
        let end = self.rest.iter().position(|symbol| *symbol == Symbol::Char('\n')).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let line = text_of(line);
        (!line.may_hold('\n')).then_some(line)
    }

    fn peek(&self) -> Option<char> {
        self.rest.first().and_then(Symbol::letter)
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.rest = self.rest.get(1..)?;
        Some(letter)
    }

    fn take(&mut self, letter: char) -> bool {
        let is_there = self.peek() == Some(letter);
        if is_there {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        is_there
    }

    fn skip(&mut self, letters: &[char]) {
        while let Some(letter) = self.peek().filter(|letter| letters.contains(letter)) {
            self.take(letter);
        }
    }
}

/// Whether a delimiter behind a backslash stands for itself in all tools.
fn is_literal_delimiter(letter: char) -> bool {
    matches!(letter, '/' | ',' | '#' | '@' | ':' | '%' | '~' | '!' | ';' | '"' | '\'' | '_' | '=')
}

/// Whether reading is inside of `[…]`.
#[derive(Default)]
struct Bracket {
    /// How many characters were read behind the `[`, without a `^`; nothing outside.
    read: Option<usize>,
    is_named: bool,
    is_escaped: bool,
}

impl Bracket {
    /// Says whether a character is a part of a bracket. `before` is the last that was read.
    fn is_inside(&mut self, letter: char, before: Option<char>) -> bool {
        let Some(read) = self.read else {
            if letter == '[' && !self.is_escaped {
                self.read = Some(0);
                self.is_named = false;
            }
            self.is_escaped = false;
            return false;
        };
        match letter {
            '^' if read == 0 && before == Some('[') => return true,
            ':' if before == Some('[') && read > 0 => self.is_named = true,
            ']' if self.is_named => self.is_named = before != Some(':'),
            ']' if read > 0 => self.read = None,
            _ => {}
        }
        if self.read.is_some() {
            self.read = Some(read + 1);
        }
        true
    }
}
