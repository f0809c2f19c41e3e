//! Backslashes as `echo` and `printf` read them.

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::Shape;
use crate::workload::start::shell::tools::symbols::Symbol;

/// Where a backslash stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the words of `echo -e`, which all shells read.
    Echo,
    /// In the words of `echo` without `-e`, which dash alone reads.
    EchoOfDash,
    /// In the format of `printf`.
    Format,
    /// In what `%b` of `printf` prints.
    Argument,
}

/// What a backslash and what follows it come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// This character.
    Char(char),
    /// What is written.
    Itself,
    /// Nothing, and the output ends here.
    Stop,
    /// Shells differ on it: something of this shape.
    Unsure(Shape),
    /// Nothing is certain from here on.
    Lost,
}

/// Reads what follows a backslash, and says how many symbols of it belong to it.
pub(crate) fn read_escape(behind: &[Symbol], place: Place, dialect: Dialect) -> (Escape, usize) {
    let letter = match behind.first() {
        Some(Symbol::Char(letter)) => *letter,
        Some(Symbol::Run(_)) => return (Escape::Lost, 0),
        None => return (Escape::Itself, 0),
    };
    if place == Place::EchoOfDash {
        return read_of_dash(letter, behind);
    }
    if let Some(plain) = plain_escape(letter) {
        return (Escape::Char(plain), 1);
    }
    match letter {
        'c' if place != Place::Format => (Escape::Stop, 1),
        'c' if dialect == Dialect::Bash => (Escape::Itself, 1),
        'c' => (Escape::Lost, 1),
        '0' if place != Place::Format => read_digits(behind, 1, 3, 8),
        '0'..='7' if place == Place::Echo && dialect == Dialect::Bash => (Escape::Itself, 1),
        '0'..='7' if place == Place::Echo => unsure(read_digits(behind, 0, 3, 8)),
        '0'..='7' => read_digits(behind, 0, 3, 8),
        'e' if dialect == Dialect::Bash => (Escape::Char('\u{1b}'), 1),
        'x' if dialect == Dialect::Bash => read_digits(behind, 1, 2, 16),
        'x' => unsure(read_digits(behind, 1, 2, 16)),
        'u' => unsure(read_digits(behind, 1, 4, 16)),
        'U' => unsure(read_digits(behind, 1, 8, 16)),
        'e' | 'E' => (Escape::Unsure(Shape::Any), 1),
        '"' | '\'' | '?' if place == Place::Format && dialect == Dialect::Bash => (Escape::Char(letter), 1),
        '"' | '\'' | '?' if place == Place::Format => (Escape::Unsure(Shape::Line), 1),
        // What begins there is a conversion.
        '%' if place == Place::Format => (Escape::Itself, 0),
        _ => (Escape::Itself, 1),
    }
}

/// What dash alone reads: where it reads anything, the shells differ.
fn read_of_dash(letter: char, behind: &[Symbol]) -> (Escape, usize) {
    match letter {
        'c' => (Escape::Lost, 1),
        'n' => (Escape::Unsure(Shape::Any), 1),
        '0' => unsure(read_digits(behind, 1, 3, 8)),
        '1'..='7' => unsure(read_digits(behind, 0, 3, 8)),
        'e' | 'E' => (Escape::Unsure(Shape::Line), 1),
        'x' | 'u' | 'U' => unsure(read_digits(behind, 1, 8, 16)),
        _ if plain_escape(letter).is_some() => (Escape::Unsure(Shape::Line), 1),
        _ => (Escape::Itself, 1),
    }
}

/// The escapes that all shells read everywhere.
fn plain_escape(letter: char) -> Option<char> {
    Some(match letter {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        _ => return None,
    })
}

/// Reads digits behind the first `skipped` symbols.
fn read_digits(behind: &[Symbol], skipped: usize, most: usize, base: u32) -> (Escape, usize) {
    let mut code = 0_u32;
    let mut count = 0;
    for symbol in behind.iter().skip(skipped).take(most) {
        let digit = match symbol {
            Symbol::Char(letter) => letter.to_digit(base),
            Symbol::Run(_) => return (Escape::Lost, skipped + count),
        };
        let Some(digit) = digit else { break };
        code = code.saturating_mul(base).saturating_add(digit);
        count += 1;
    }
    let is_number = count > 0 || base == 8;
    match char::from_u32(code) {
        // A text holds no NUL, and bytes outside ASCII may be no characters.
        _ if is_number && code == 0 => (Escape::Lost, skipped + count),
        Some(letter) if is_number && letter.is_ascii() => (Escape::Char(letter), skipped + count),
        _ => (Escape::Unsure(Shape::Any), skipped + count),
    }
}

fn unsure((escape, count): (Escape, usize)) -> (Escape, usize) {
    match escape {
        Escape::Lost => (Escape::Lost, count),
        _ => (Escape::Unsure(Shape::Any), count),
    }
}
