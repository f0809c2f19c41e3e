//! Where a value stands in the text of a YAML file, as far as its parser does not say.

/// What stands behind the colon of a key, on the key's line. Line and column from 1.
fn behind(text: &str, line: usize, column: usize) -> Option<&str> {
    let line = text.lines().nth(line.checked_sub(1)?)?;
    let start = line.char_indices().nth(column.checked_sub(1)?).map(|(at, _)| at)?;
    let rest = line.get(start..)?;
    let colon = rest.match_indices(':').map(|(at, _)| at);
    let ends =
        |at: &usize| rest.get(at + 1..).is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t', '"']));
    colon.filter(|at| ends(at)).find_map(|at| rest.get(at + 1..)).map(str::trim_start)
}

/// The line of the file on which a value goes on after `before`, the part of it that is read already.
///
/// A block of text and a text over several lines keep their words, though not the blanks between them: words are counted.
pub(crate) fn line(text: &str, line: usize, column: usize, before: &str) -> Option<usize> {
    let first = behind(text, line, column)?;
    let below = text.lines().enumerate().skip(line).map(|(index, line)| (index + 1, line));
    let is_block = first.starts_with(['|', '>']);
    let quote = first.chars().next().filter(|first| matches!(first, '"' | '\''));
    let first = first.get(quote.map_or(0, char::len_utf8)..)?;
    let lines = std::iter::once((line, if is_block { "" } else { first })).chain(below);
    let mut due = before.chars().filter(|letter| !letter.is_whitespace()).count();
    for (number, line) in lines {
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            let letter = match (quote, letter) {
                (Some('"'), '\\') => {
                    letters.next().map(|escaped| if matches!(escaped, 'n' | 't' | 'r') { ' ' } else { escaped })?
                }
                // A quote twice is one of the text.
                (Some('\''), '\'') if letters.next_if_eq(&'\'').is_some() => '\'',
                (Some(quote), letter) if letter == quote => return Some(number),
                (_, letter) => letter,
            };
            if letter.is_whitespace() {
                continue;
            }
            if due == 0 {
                return Some(number);
            }
            due -= 1;
        }
    }
    None
}

/// The value of a key where it starts with a YAML tag that is none of YAML's own.
pub(crate) fn tagged(text: &str, line: usize, column: usize) -> Option<String> {
    let value = behind(text, line, column).filter(|value| value.starts_with('!') && !value.starts_with("!!"))?;
    let is_flow = text.lines().nth(line.checked_sub(1)?)?.trim_start().trim_start_matches("- ").starts_with('{');
    let value = if is_flow { value.split([',', '}']).next().unwrap_or_default() } else { value };
    Some(value.split(" #").next().unwrap_or_default().trim().to_owned())
}
