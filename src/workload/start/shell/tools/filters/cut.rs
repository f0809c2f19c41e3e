//! `cut`.

use std::sync::Arc;

use super::fields::Fields;
use super::options::Options;
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::lines::{Line, lines_of};
use crate::workload::start::shell::tools::unseen::unseen;

fn read(arguments: &[Text]) -> Option<Options> {
    Options::read(arguments, "sn", "dfcb", None)
}

pub(super) fn operands(arguments: &[Text]) -> Option<Vec<usize>> {
    Some(read(arguments)?.operands)
}

pub(super) fn run(arguments: &[Text], input: &Text, needs: &Arc<str>) -> Option<Filtered> {
    let options = read(arguments)?;
    if options.has('n') || options.letters.iter().filter(|(letter, _)| "fcb".contains(*letter)).count() != 1 {
        return None;
    }
    let mut output = Text::default();
    if let Some(list) = options.value('f') {
        let ranges = read_ranges(list.known()?)?;
        let delimiter = match options.value('d') {
            Some(delimiter) => single(delimiter.known()?)?,
            None => '\t',
        };
        for line in lines_of(input) {
            push_fields(&mut output, &line, (delimiter, &ranges, options.has('s')), needs);
        }
    } else {
        if options.has('d') || options.has('s') {
            return None;
        }
        let ranges = read_ranges(options.value('c').or(options.value('b'))?.known()?)?;
        for line in lines_of(input) {
            push_letters(&mut output, &line, &ranges, needs);
        }
    }
    Some(Filtered::success(output))
}

/// First and last of each range, in order and apart from each other.
type Ranges = Vec<(usize, usize)>;

fn read_ranges(list: &str) -> Option<Ranges> {
    let mut ranges = Vec::new();
    for part in list.split(',') {
        let number = |digits: &str| digits.parse::<usize>().ok().filter(|_| !digits.starts_with('+'));
        let (first, last) = match part.split_once('-') {
            None => (number(part)?, number(part)?),
            Some(("", "")) => return None,
            Some(("", last)) => (1, number(last)?),
            Some((first, "")) => (number(first)?, usize::MAX),
            Some((first, last)) => (number(first)?, number(last)?),
        };
        if first == 0 || first > last {
            return None;
        }
        ranges.push((first, last));
    }
    ranges.sort_unstable();
    Some(ranges)
}

fn is_selected(ranges: &Ranges, number: usize) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&number))
}

fn single(delimiter: &str) -> Option<char> {
    let mut letters = delimiter.chars();
    let letter = letters.next().filter(|letter| letter.is_ascii() && *letter != '\n')?;
    letters.next().is_none().then_some(letter)
}

fn push_fields(output: &mut Text, line: &Line, how: (char, &Ranges, bool), needs: &Arc<str>) {
    let (delimiter, ranges, is_strict) = how;
    if !line.is_certain() {
        output.push(&unseen(Shape::Any, needs));
        return;
    }
    let fields = Fields::at_each(&line.text, delimiter);
    let is_undelimited = fields.fields.len() < 2;
    let highest = ranges.iter().map(|(_, last)| *last).max().unwrap_or_default();
    if !fields.is_whole && (is_undelimited || highest > fields.fields.len()) {
        // Whether a line without a delimiter is printed hangs on it too.
        output.push(&unseen(if is_strict && is_undelimited { Shape::Any } else { Shape::Line }, needs));
        output.push_str(if is_strict && is_undelimited { "" } else { "\n" });
        return;
    }
    if is_undelimited {
        if is_strict && !line.text.is_filled() {
            // GNU drops an empty line, busybox does not.
            output.push(&unseen(Shape::Any, needs));
        } else if !is_strict {
            output.push(&line.text);
            output.push_str("\n");
        }
        return;
    }
    if ranges.len() > 1 && fields.is_whole && ranges.iter().any(|(first, _)| *first > fields.fields.len()) {
        // Busybox prints a delimiter before a field that is not there.
        output.push(&unseen(Shape::Line, needs));
        output.push_str("\n");
        return;
    }
    let mut is_first = true;
    for (index, field) in fields.fields.iter().enumerate() {
        if !is_selected(ranges, index + 1) {
            continue;
        }
        if !is_first {
            output.push_str(delimiter.encode_utf8(&mut [0; 4]));
        }
        is_first = false;
        output.push(field);
    }
    output.push_str("\n");
}

fn push_letters(output: &mut Text, line: &Line, ranges: &Ranges, needs: &Arc<str>) {
    if !line.is_certain() {
        output.push(&unseen(Shape::Any, needs));
        return;
    }
    let known = line.text.known_start();
    let highest = ranges.iter().map(|(_, last)| *last).max().unwrap_or_default();
    let is_seen = line.text.known().is_some() || highest <= known.len();
    if known.is_ascii() && is_seen {
        let selected: String = known
            .chars()
            .enumerate()
            .filter(|(index, _)| is_selected(ranges, index + 1))
            .map(|(_, letter)| letter)
            .collect();
        output.push_str(&selected);
    } else {
        output.push(&unseen(Shape::Line, needs));
    }
    output.push_str("\n");
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;
    use super::*;
    use crate::workload::start::shell::text::Unknown;

    #[test]
    fn prints_fields_and_letters() {
        prints(&["cut", "-d:", "-f1"], "a:b\nc\n:d", "a\nc\n\n", Some(true));
        prints(&["cut", "-d", ":", "-f", "2-"], "a:b:c\n", "b:c\n", Some(true));
        prints(&["cut", "-d:", "-f3,1"], "a:b:c\n", "a:c\n", Some(true));
        prints(&["cut", "-sd:", "-f1"], "a:b\nc\n", "a\n", Some(true));
        prints(&["cut", "-c2-3"], "abcd\na\n", "bc\n\n", Some(true));
        prints(&["cut", "-f2"], "a\tb\n", "b\n", Some(true));
        prints(&["cut", "-d::", "-f1"], "a\n", "<Any>", None);
    }

    #[test]
    fn keeps_unknown_fields() {
        let mut line = Text::from("requirepass ");
        line.push(&Unknown::new(Shape::Word, "x").into());
        line.push_str("\n");
        prints(&["cut", "-d ", "-f2"], line.clone(), "<Word>\n", Some(true));
        prints(&["cut", "-d ", "-f1"], line.clone(), "requirepass\n", Some(true));
        prints(&["cut", "-d:", "-f1"], line.clone(), "<Line>\n", Some(true));
        prints(&["cut", "-c1-3"], line, "req\n", Some(true));
    }
}
