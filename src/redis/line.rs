//! One line of redis.conf as words: quotes, escapes, and nothing else (no comments, no continuation).

/// A quote without its end, or text right behind a closing quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unbalanced quotes")]
pub struct Unbalanced;

/// What may stand right behind a closing quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// A blank or the end.
    Closed,
    /// Anything: the word goes on, as in Valkey from 9.0 on.
    Open,
}

/// Splits a line into words, as redis-server's `sdssplitargs` does: `"…"` with `\xHH \n \r \t \b \a \<c>`, `'…'` with
/// `\'` only; a quote may open in the middle of a word and must be followed by a blank or the end.
///
/// # Errors
/// On unbalanced quotes: redis-server refuses the line.
pub fn split_line(line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
    split_line_as(line, Quotes::Closed)
}

/// Splits a line into words, as servers of either kind do.
pub(crate) fn split_line_as(line: &[u8], quotes: Quotes) -> Result<Vec<Vec<u8>>, Unbalanced> {
    // The line is a C string: it ends at the first NUL.
    let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut words = Vec::with_capacity(4);
    let mut rest = line;
    loop {
        let blanks = rest.iter().take_while(|byte| is_space(**byte)).count();
        rest = rest.get(blanks..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(words);
        }
        let (word, behind) = word(rest, quotes)?;
        words.push(word);
        rest = behind;
    }
}

/// C's `isspace`, which also counts vertical tab and form feed.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// What ends an unquoted word: fewer bytes than [`is_space`].
fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn word(text: &[u8], quotes: Quotes) -> Result<(Vec<u8>, &[u8]), Unbalanced> {
    let mut word = Vec::new();
    let mut rest = text;
    loop {
        match rest {
            [] => return Ok((word, rest)),
            [b'"', behind @ ..] => {
                rest = double_quoted(&mut word, behind)?;
                if ends_behind_quote(rest, quotes)? {
                    return Ok((word, rest));
                }
            }
            [b'\'', behind @ ..] => {
                rest = single_quoted(&mut word, behind)?;
                if ends_behind_quote(rest, quotes)? {
                    return Ok((word, rest));
                }
            }
            [byte, ..] if ends_word(*byte) => return Ok((word, rest)),
            _ => {
                let end = rest.iter().position(|byte| ends_word(*byte) || matches!(byte, b'"' | b'\''));
                let (plain, behind) = rest.split_at(end.unwrap_or(rest.len()));
                word.extend_from_slice(plain);
                rest = behind;
            }
        }
    }
}

fn double_quoted<'a>(word: &mut Vec<u8>, text: &'a [u8]) -> Result<&'a [u8], Unbalanced> {
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Err(Unbalanced),
            [b'\\', b'x', high, low, behind @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                word.push(hex(*high) << 4 | hex(*low));
                behind
            }
            [b'\\', letter, behind @ ..] => {
                word.push(match letter {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => *other,
                });
                behind
            }
            [b'"', behind @ ..] => return Ok(behind),
            [byte, behind @ ..] => {
                word.push(*byte);
                behind
            }
        };
    }
}

fn single_quoted<'a>(word: &mut Vec<u8>, text: &'a [u8]) -> Result<&'a [u8], Unbalanced> {
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Err(Unbalanced),
            [b'\\', b'\'', behind @ ..] => {
                word.push(b'\'');
                behind
            }
            [b'\'', behind @ ..] => return Ok(behind),
            [byte, behind @ ..] => {
                word.push(*byte);
                behind
            }
        };
    }
}

/// Whether a word ends at its closing quote.
fn ends_behind_quote(behind: &[u8], quotes: Quotes) -> Result<bool, Unbalanced> {
    match (behind.first(), quotes) {
        (None, _) => Ok(true),
        (Some(byte), Quotes::Closed) if is_space(*byte) => Ok(true),
        (Some(_), Quotes::Closed) => Err(Unbalanced),
        (Some(_), Quotes::Open) => Ok(false),
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.saturating_sub(b'A') + 10,
    }
}

/// Writes a value so that [`split_line`] reads it back, as redis-server quotes its own arguments.
pub(crate) fn quoted(value: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in value {
        match byte {
            b'\\' | b'"' => text.extend([b'\\', *byte]),
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            b'\t' => text.extend(b"\\t"),
            0x07 => text.extend(b"\\a"),
            0x08 => text.extend(b"\\b"),
            0x20..=0x7e => text.push(*byte),
            other => text.extend(format!("\\x{other:02x}").into_bytes()),
        }
    }
    text.push(b'"');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn reads(line: &str, words: &[&str]) {
        let found = split_line(line.as_bytes()).unwrap();
        let found: Vec<String> = found.into_iter().map(|word| String::from_utf8(word).unwrap()).collect();
        assert_eq!(found, words, "{line}");
    }

    #[test]
    fn quotes_and_escapes() {
        reads(r#"requirepass a"b c""#, &["requirepass", "ab c"]);
        reads(r#"x "\x41\x4z\q" 'it\'s' ''"#, &["x", "Ax4zq", "it's", ""]);
        for refused in ["requirepass it's", r#"a "b"c"#, r#"a ""b"#, "\"", r#""\"#] {
            assert_eq!(split_line(refused.as_bytes()), Err(Unbalanced), "{refused}");
        }
    }

    #[test]
    fn text_may_follow_an_open_quote() {
        let words = split_line_as(br#"a "b"c 'd'"e"f "g" "#, Quotes::Open).unwrap();
        assert_eq!(words, [&b"a"[..], b"bc", b"def", b"g"]);
        assert_eq!(split_line_as(b"a \"b", Quotes::Open), Err(Unbalanced));
    }

    proptest! {
        #[test]
        fn never_panics(line: Vec<u8>) {
            let _ = (split_line(&line), split_line_as(&line, Quotes::Open));
        }

        #[test]
        fn reads_what_was_quoted(value: Vec<u8>) {
            prop_assert_eq!(split_line(&quoted(&value)), Ok(vec![value]));
        }
    }
}
