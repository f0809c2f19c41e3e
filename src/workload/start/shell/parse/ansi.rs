//! `$'…'` of bash.

use super::{Parser, Result, SyntaxError};
use crate::workload::start::shell::syntax::Part;

impl Parser<'_> {
    /// `$'…'`, from the dollar on.
    pub(super) fn ansi_quotes(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        self.bash_only();
        let line = self.reader.line();
        self.reader.skip(2);
        let missing = || SyntaxError::wrong(line, "`$'` without a second quote");
        let mut bytes = Vec::new();
        loop {
            match self.reader.next_raw().ok_or_else(missing)? {
                '\'' => break,
                '\\' => {
                    let escaped = self.reader.next_raw().ok_or_else(missing)?;
                    self.escaped(escaped, &mut bytes)?;
                }
                plain => push(&mut bytes, plain),
            }
        }
        // Bash ends the text at a NUL.
        if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            bytes.truncate(end);
        }
        let text = String::from_utf8(bytes).map_err(|_| self.unread("`$'…'` with bytes that are no UTF-8"))?;
        parts.push(Part::AnsiQuoted(text));
        Ok(())
    }

    /// What a backslash and the character behind it stand for.
    fn escaped(&mut self, escaped: char, bytes: &mut Vec<u8>) -> Result<()> {
        let byte = match escaped {
            'a' => 7,
            'b' => 8,
            'e' | 'E' => 27,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' | '\'' | '"' | '?' => {
                push(bytes, escaped);
                return Ok(());
            }
            '0'..='7' => self.octal(escaped),
            'x' => return self.hexadecimal(bytes),
            'u' => return self.code_point(4, escaped, bytes),
            'U' => return self.code_point(8, escaped, bytes),
            'c' => return Err(self.unread("`\\c` in `$'…'`")),
            _ => {
                bytes.push(b'\\');
                push(bytes, escaped);
                return Ok(());
            }
        };
        bytes.push(byte);
        Ok(())
    }

    /// Up to three octal digits, of which the lowest eight bits count.
    fn octal(&mut self, first: char) -> u8 {
        let more = self.digits(8, 2);
        let value = u32::from_str_radix(&format!("{first}{more}"), 8).unwrap_or_default();
        value.to_le_bytes()[0]
    }

    fn hexadecimal(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        if self.reader.rest().starts_with('{') {
            return Err(self.unread("`\\x{` in `$'…'`"));
        }
        let digits = self.digits(16, 2);
        match u8::from_str_radix(&digits, 16) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(b"\\x"),
        }
        Ok(())
    }

    /// A character by its number. Bash writes it as the locale wants, so only ASCII is the same everywhere.
    fn code_point(&mut self, most: usize, escaped: char, bytes: &mut Vec<u8>) -> Result<()> {
        let digits = self.digits(16, most);
        if digits.is_empty() {
            bytes.push(b'\\');
            push(bytes, escaped);
            return Ok(());
        }
        match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
            Some(character) if character.is_ascii() => {
                push(bytes, character);
                Ok(())
            }
            _ => Err(self.unread("`\\u` in `$'…'` for a character that depends on the locale")),
        }
    }

    /// Up to so many digits.
    fn digits(&mut self, radix: u32, most: usize) -> String {
        let digits: String = self.reader.rest().chars().take(most).take_while(|next| next.is_digit(radix)).collect();
        self.reader.skip_raw(digits.len());
        digits
    }
}

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
}
