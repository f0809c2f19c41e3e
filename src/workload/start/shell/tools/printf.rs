//! `printf`.

use std::sync::Arc;

use crate::workload::start::shell::dialect::Dialect;
use crate::workload::start::shell::text::{Piece, Shape, Text};
use crate::workload::start::shell::tools::echo::push_read;
use crate::workload::start::shell::tools::escape::{Escape, Place, read_escape};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::symbols::{Symbol, symbols_of};
use crate::workload::start::shell::tools::unseen::{MAX_OUTPUT, bounded, needs_of, unseen};

/// The widest field and the highest precision that are laid out.
const MAX_WIDTH: usize = 4096;

/// What `printf` prints with these words behind its name. With `-v` of bash: unknown.
pub(crate) fn printf(words: &[Text], dialect: Dialect) -> Filtered {
    let needs = needs_of(words, "what `printf` prints");
    let words = match words {
        [first, rest @ ..] if first.known() == Some("--") => rest,
        [first, ..] if first.may_begin_with('-') => return Filtered::unknown(&needs),
        _ => words,
    };
    let Some((format, arguments)) = words.split_first() else { return Filtered::failure() };
    let symbols = symbols_of(format);
    let mut printer =
        Printer { arguments, dialect, needs, output: Text::default(), status: Some(true), is_over: false };
    loop {
        let before = printer.arguments.len();
        printer.print_once(&symbols);
        if printer.is_over || printer.arguments.is_empty() || printer.arguments.len() == before {
            break;
        }
        if printer.output.size() > MAX_OUTPUT {
            return Filtered::unknown(&printer.needs);
        }
    }
    Filtered { output: bounded(printer.output, &printer.needs), status: printer.status }
}

struct Printer<'w> {
    arguments: &'w [Text],
    dialect: Dialect,
    needs: Arc<str>,
    output: Text,
    status: Option<bool>,
    /// Whether nothing more is printed, or nothing that is certain.
    is_over: bool,
}

impl<'w> Printer<'w> {
    fn print_once(&mut self, format: &[Symbol]) {
        let mut rest = format;
        while let Some((symbol, behind)) = rest.split_first() {
            if self.is_over {
                return;
            }
            rest = match symbol {
                Symbol::Char('%') => self.print_conversion(behind),
                Symbol::Char('\\') => self.print_escape(behind),
                Symbol::Char(_) => self.print_plain(rest),
                Symbol::Run(unknown) if unknown.shape == Shape::Word => {
                    self.output.push_piece(&Piece::Unknown(unknown.clone()));
                    behind
                }
                // It may hold a conversion.
                Symbol::Run(_) => self.lose(),
            };
        }
    }

    /// Prints the characters up to the next that means something.
    fn print_plain<'s>(&mut self, format: &'s [Symbol]) -> &'s [Symbol] {
        let is_plain = |symbol: &Symbol| matches!(symbol, Symbol::Char(letter) if !matches!(letter, '%' | '\\'));
        let end = format.iter().position(|symbol| !is_plain(symbol)).unwrap_or(format.len());
        let (plain, behind) = format.split_at(end);
        let plain: String = plain.iter().filter_map(Symbol::letter).collect();
        self.output.push_str(&plain);
        behind
    }

    fn print_escape<'s>(&mut self, behind: &'s [Symbol]) -> &'s [Symbol] {
        let (escape, count) = read_escape(behind, Place::Format, self.dialect);
        match escape {
            Escape::Char(letter) => self.output.push_str(letter.encode_utf8(&mut [0; 4])),
            Escape::Itself => {
                let own: String = behind.iter().take(count).filter_map(Symbol::letter).collect();
                self.output.push_str("\\");
                self.output.push_str(&own);
            }
            Escape::Unsure(shape) => {
                self.status = None;
                self.output.push(&unseen(shape, &self.needs));
            }
            Escape::Stop | Escape::Lost => return self.lose(),
        }
        behind.get(count..).unwrap_or_default()
    }

    fn print_conversion<'s>(&mut self, behind: &'s [Symbol]) -> &'s [Symbol] {
        if let [Symbol::Char('%'), rest @ ..] = behind {
            self.output.push_str("%");
            return rest;
        }
        let Some((conversion, rest)) = Conversion::read(behind) else { return self.lose() };
        let (argument, more) = match self.arguments.split_first() {
            Some((argument, more)) => (Some(argument), more),
            None => (None, self.arguments),
        };
        self.arguments = more;
        match conversion.letter {
            's' => self.print_string(&conversion, argument),
            'c' => self.print_first(&conversion, argument),
            'b' => self.print_escaped(&conversion, argument),
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.print_number(&conversion, argument),
            _ => return self.lose(),
        }
        rest
    }

    fn print_string(&mut self, conversion: &Conversion, argument: Option<&'w Text>) {
        let empty = Text::default();
        let text = argument.unwrap_or(&empty);
        if conversion.is_plain() {
            self.output.push(text);
            return;
        }
        match text.known().filter(|known| known.is_ascii()) {
            Some(known) => {
                let known = known.get(..conversion.precision.unwrap_or(known.len())).unwrap_or(known);
                self.output.push_str(&conversion.pad(known, ' '));
            }
            None => self.output.push(&unseen(text.shape().max(Shape::Line), &self.needs)),
        }
    }

    fn print_first(&mut self, conversion: &Conversion, argument: Option<&Text>) {
        match argument.and_then(|argument| argument.known_start().chars().next()) {
            Some(letter) if letter.is_ascii() && conversion.is_plain() => {
                self.output.push_str(letter.encode_utf8(&mut [0; 4]));
            }
            _ => self.output.push(&unseen(Shape::Any, &self.needs)),
        }
    }

    fn print_escaped(&mut self, conversion: &Conversion, argument: Option<&Text>) {
        let empty = Text::default();
        let text = argument.unwrap_or(&empty);
        if !conversion.is_plain() {
            self.lose();
            return;
        }
        let mut read = Text::default();
        self.is_over = push_read(&mut read, text, (Place::Argument, self.dialect), &self.needs);
        // An escape may be a mistake.
        self.status = self.status.filter(|_| read.known().is_some());
        self.output.push(&read);
    }

    fn print_number(&mut self, conversion: &Conversion, argument: Option<&Text>) {
        let number = match argument.map(Text::known) {
            None => {
                // Busybox says that it is a mistake.
                self.status = self.status.filter(|_| self.dialect == Dialect::Bash);
                Some(0)
            }
            Some(known) => known.and_then(whole_number),
        };
        let printed = number.and_then(|number| conversion.number(number));
        if let Some(printed) = printed {
            self.output.push_str(&printed);
            return;
        }
        self.status = None;
        self.output.push(&unseen(Shape::Line, &self.needs));
    }

    /// Gives up on what follows.
    fn lose<'s>(&mut self) -> &'s [Symbol] {
        self.output.push(&unseen(Shape::Any, &self.needs));
        self.status = None;
        self.is_over = true;
        &[]
    }
}

/// A number as all shells read it: decimal, octal behind `0`, hexadecimal behind `0x`.
fn whole_number(word: &str) -> Option<i64> {
    let (is_negative, digits) = word.strip_prefix('-').map_or((false, word), |digits| (true, digits));
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (digits.get(2..)?, 16),
        [b'0', _, ..] => (digits.get(1..)?, 8),
        _ => (digits, 10),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let number = i64::from_str_radix(digits, base).ok()?;
    Some(if is_negative { -number } else { number })
}

/// `%-5.2d`
struct Conversion {
    is_left: bool,
    is_zero_padded: bool,
    /// What stands before a number that is not negative.
    sign: &'static str,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl Conversion {
    /// Reads what follows `%`; none where it is no conversion that is understood.
    fn read(symbols: &[Symbol]) -> Option<(Self, &[Symbol])> {
        let mut conversion =
            Self { is_left: false, is_zero_padded: false, sign: "", width: 0, precision: None, letter: ' ' };
        let mut rest = symbols;
        loop {
            match rest.first()?.letter()? {
                '-' => conversion.is_left = true,
                '0' => conversion.is_zero_padded = true,
                '+' => conversion.sign = "+",
                ' ' if conversion.sign.is_empty() => conversion.sign = " ",
                _ => break,
            }
            rest = rest.get(1..)?;
        }
        (conversion.width, rest) = read_width(rest)?;
        if let [Symbol::Char('.'), behind @ ..] = rest {
            let (precision, behind) = read_width(behind)?;
            conversion.precision = Some(precision);
            rest = behind;
        }
        conversion.letter = rest.first()?.letter()?;
        Some((conversion, rest.get(1..)?))
    }

    fn is_plain(&self) -> bool {
        self.width == 0 && self.precision.is_none() && !self.is_zero_padded && self.sign.is_empty()
    }

    fn number(&self, number: i64) -> Option<String> {
        let digits = match self.letter {
            'd' | 'i' => number.unsigned_abs().to_string(),
            'u' => number.cast_unsigned().to_string(),
            'o' => format!("{number:o}"),
            'x' => format!("{number:x}"),
            _ => format!("{number:X}"),
        };
        let is_signed = matches!(self.letter, 'd' | 'i');
        if (!is_signed && !self.sign.is_empty()) || (self.precision == Some(0) && number == 0) {
            return None;
        }
        let sign = if !is_signed {
            ""
        } else if number < 0 {
            "-"
        } else {
            self.sign
        };
        let mut least = self.precision.unwrap_or(1);
        if self.is_zero_padded && !self.is_left && self.precision.is_none() {
            least = self.width.saturating_sub(sign.len());
        }
        let digits = format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len())));
        Some(self.pad(&format!("{sign}{digits}"), ' '))
    }

    fn pad(&self, text: &str, with: char) -> String {
        let padding = with.to_string().repeat(self.width.saturating_sub(text.len()));
        if self.is_left { format!("{text}{padding}") } else { format!("{padding}{text}") }
    }
}

/// Reads a number of at most [`MAX_WIDTH`], or nothing, which is 0.
fn read_width(symbols: &[Symbol]) -> Option<(usize, &[Symbol])> {
    let mut width = 0_usize;
    let mut rest = symbols;
    while let [Symbol::Char(letter @ '0'..='9'), behind @ ..] = rest {
        width = width * 10 + usize::try_from(letter.to_digit(10)?).ok()?;
        if width > MAX_WIDTH {
            return None;
        }
        rest = behind;
    }
    Some((width, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::start::shell::text::Unknown;

    #[track_caller]
    fn prints(words: &[&str], expected: &str) {
        let words: Vec<Text> = words.iter().map(|word| Text::from(*word)).collect();
        for dialect in [Dialect::Posix, Dialect::Bash] {
            let printed = printf(&words, dialect);
            assert_eq!(printed.output.known(), Some(expected), "{words:?}");
            assert_eq!(printed.status, Some(true), "{words:?}");
        }
    }

    #[test]
    fn fills_the_format() {
        prints(&["a\\tb\\n"], "a\tb\n");
        prints(&["%s %s\\n", "maxmemory", "1gb"], "maxmemory 1gb\n");
        prints(&["%s\\n", "a", "b"], "a\nb\n");
        prints(&["%s-%s.", "a", "b", "c"], "a-b.c-.");
        prints(&["%d %i|%5d|%-5d|%05d|%+d", "1", "2", "3", "4", "5", "6"], "1 2|    3|4    |00005|+6");
        prints(&["%+05d|% d|%-+4d|%.3d", "1", "2", "3", "-4"], "+0001| 2|+3  |-004");
        prints(&["%x %o %X %u", "255", "8", "255", "7"], "ff 10 FF 7");
        prints(&["%d %d", "010", "0x1f"], "8 31");
        prints(&["%5.2s|%-3s|", "abc", "d"], "   ab|d  |");
        prints(&["%b", "a\\nb"], "a\nb");
        prints(&["%b%s", "a\\cb", "c"], "a");
        prints(&["100%%"], "100%");
        prints(&["%c", "abc"], "a");
        prints(&["\\101"], "A");
        prints(&["plain", "a"], "plain");
        prints(&["--", "%s", "a"], "a");
    }

    #[test]
    fn keeps_unknown_pieces() {
        let of = |shape| Text::from(Unknown::new(shape, "x"));
        let printed = printf(&["requirepass %s\\n".into(), of(Shape::Line)], Dialect::Posix).output;
        assert_eq!((printed.known_start(), printed.known_end()), ("requirepass ", "\n"));
        assert_eq!(printed.unknown().unwrap().shape, Shape::Line);
        let printed = printf(&["%d\\n".into(), of(Shape::Word)], Dialect::Posix);
        assert_eq!((printed.output.known_end(), printed.status), ("\n", None));
        assert_eq!(printf(&[of(Shape::Line)], Dialect::Bash).output, Text::any("x"));
        assert_eq!(printf(&["-v".into(), "x".into()], Dialect::Bash).output.known(), None);
        assert_eq!(printf(&["%q".into(), "x".into()], Dialect::Bash).output.known(), None);
    }
}
