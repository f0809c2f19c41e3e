//! The tokens of an arithmetic expression.

use crate::workload::start::shell::dialect::Dialect;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'e> {
    Number(i64),
    Name(&'e str),
    Operator(&'static str),
}

/// Every operator, the longer before what they begin with.
const OPERATORS: [&str; 37] = [
    "<<=", ">>=", "&&", "||", "<<", ">>", "<=", ">=", "==", "!=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "++",
    "--", "**", "+", "-", "*", "/", "%", "<", ">", "=", "!", "~", "&", "|", "^", "?", ":", "(",
];
const MORE_OPERATORS: [&str; 2] = [")", ","];

/// The tokens of an expression; none where a character or a number is no part of one.
pub(super) fn read_tokens(expression: &str, dialect: Dialect) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start_matches([' ', '\t', '\n']);
    while let Some(letter) = rest.chars().next() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let token = if letter.is_ascii_digit() {
            let (token, behind) = read_number(rest, end, dialect)?;
            rest = behind;
            token
        } else if end > 0 {
            let (name, behind) = rest.split_at(end);
            rest = behind;
            Token::Name(name)
        } else {
            let operator = OPERATORS.iter().chain(&MORE_OPERATORS).find(|operator| rest.starts_with(**operator))?;
            rest = rest.strip_prefix(operator)?;
            Token::Operator(operator)
        };
        tokens.push(token);
        rest = rest.trim_start_matches([' ', '\t', '\n']);
    }
    Some(tokens)
}

fn read_number(text: &str, end: usize, dialect: Dialect) -> Option<(Token<'_>, &str)> {
    let (word, behind) = text.split_at(end);
    if let Some(digits) = behind.strip_prefix('#') {
        let end = digits.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(digits.len());
        let (digits, behind) = digits.split_at(end);
        let base = word.parse().ok().filter(|base| (2..=36).contains(base) && !word.starts_with('0'))?;
        let is_read = dialect == Dialect::Bash && !behind.starts_with(['@', '_', '#']);
        let number = i64::from_str_radix(digits, base).ok().filter(|_| is_read)?;
        return Some((Token::Number(number), behind));
    }
    Some((Token::Number(plain_number(word)?), behind))
}

/// A constant as all shells read it: decimal, octal behind `0`, hexadecimal behind `0x`.
pub(super) fn plain_number(word: &str) -> Option<i64> {
    let (digits, base) = match word.as_bytes() {
        [b'0', b'x' | b'X', ..] => (word.get(2..)?, 16),
        [b'0', _, ..] => (word.get(1..)?, 8),
        _ => (word, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(digits, base).ok()
}
