//! `seq`, for whole numbers.

use std::fmt::Write;

use super::options::is_number;
use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::unseen::MAX_OUTPUT;

pub(super) fn run(arguments: &[Text]) -> Option<Filtered> {
    let mut words = Vec::new();
    for word in arguments {
        words.push(word.known()?);
    }
    let (separator, words) = match words.as_slice() {
        ["-s", separator, rest @ ..] => (*separator, rest),
        ["--", rest @ ..] => ("\n", rest),
        [first, rest @ ..] if first.len() > 2 && first.starts_with("-s") => (first.get(2..)?, rest),
        words => ("\n", words),
    };
    // Escapes in a separator are read by some.
    if separator.contains(['\\', '%']) {
        return None;
    }
    let (first, step, last) = match words {
        [last] => (1, 1, number(last)?),
        [first, last] => (number(first)?, 1, number(last)?),
        [first, step, last] => (number(first)?, step_of(step)?, number(last)?),
        _ => return None,
    };
    numbers(first, step, last, separator).map(Filtered::success)
}

/// A number without a sign, which could be an option, and without zeros before it.
fn number(word: &str) -> Option<i64> {
    let is_plain = is_number(word) && word.len() < 16 && (word == "0" || !word.starts_with('0'));
    word.parse().ok().filter(|_| is_plain)
}

fn step_of(word: &str) -> Option<i64> {
    let step = match word.strip_prefix('-') {
        Some(digits) => -number(digits)?,
        None => number(word)?,
    };
    (step != 0).then_some(step)
}

fn numbers(first: i64, step: i64, last: i64, separator: &str) -> Option<String> {
    let mut output = String::new();
    let mut current = first;
    while (step > 0 && current <= last) || (step < 0 && current >= last) {
        if current != first {
            output.push_str(separator);
        }
        // Writing to a string never fails.
        let _ = write!(output, "{current}");
        if output.len() > MAX_OUTPUT {
            return None;
        }
        current = current.checked_add(step)?;
    }
    if !output.is_empty() {
        output.push('\n');
    }
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;

    #[test]
    fn counts() {
        prints(&["seq", "3"], "", "1\n2\n3\n", Some(true));
        prints(&["seq", "0", "2"], "", "0\n1\n2\n", Some(true));
        prints(&["seq", "5", "-2", "1"], "", "5\n3\n1\n", Some(true));
        prints(&["seq", "-s,", "3"], "", "1,2,3\n", Some(true));
        prints(&["seq", "3", "1"], "", "", Some(true));
        prints(&["seq", "1", "1.5"], "", "<Any>", None);
        prints(&["seq", "999999999"], "", "<Any>", None);
    }
}
