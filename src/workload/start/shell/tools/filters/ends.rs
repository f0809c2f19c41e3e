//! `head` and `tail`.

use std::sync::Arc;

use super::options::{Options, is_number};
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::lines::{Line, lines_of};
use crate::workload::start::shell::tools::unseen::unseen;

fn read(name: &str, arguments: &[Text]) -> Option<Options> {
    let flags = if name == "head" { "qv" } else { "qvfF" };
    Options::read(arguments, flags, "nc", Some('n'))
}

pub(super) fn operands(name: &str, arguments: &[Text]) -> Option<Vec<usize>> {
    Some(read(name, arguments)?.operands)
}

/// How much is printed.
enum Amount {
    /// As much from the end that the command is for.
    Count(usize),
    /// All but the rest: `head -n -1`, and `tail -n +3` with the 2 that it leaves out.
    AllBut(usize),
}

pub(super) fn run(name: &str, arguments: &[Text], input: &Text, needs: &Arc<str>) -> Option<Filtered> {
    let options = read(name, arguments)?;
    let has_headers = options.operands.len() > 1 && !options.has('q');
    if !options.has_only("ncq")
        || options.letters.iter().filter(|(letter, _)| *letter != 'q').count() > 1
        || has_headers
    {
        return None;
    }
    let is_head = name == "head";
    if let Some(amount) = options.value('c') {
        return print_bytes(is_head, &read_amount(is_head, amount.known()?)?, input);
    }
    let amount = match options.value('n') {
        Some(amount) => read_amount(is_head, amount.known()?)?,
        None => Amount::Count(10),
    };
    let lines = lines_of(input);
    Some(Filtered::success(match (is_head, amount) {
        (true, Amount::Count(count)) => first(lines.iter(), count, needs),
        (true, Amount::AllBut(count)) => without_last(&lines, count, needs),
        (false, Amount::Count(count)) => last(&lines, count, needs),
        (false, Amount::AllBut(count)) => without_first(&lines, count, needs),
    }))
}

fn read_amount(is_head: bool, amount: &str) -> Option<Amount> {
    let sign = if is_head { '-' } else { '+' };
    let (is_rest, digits) = amount.strip_prefix(sign).map_or((false, amount), |digits| (true, digits));
    // `tail -n -5` is `tail -n 5`; `+0` is read in more than one way.
    let digits = if is_head || is_rest { digits } else { digits.strip_prefix('-').unwrap_or(digits) };
    let count: usize = digits.parse().ok().filter(|_| is_number(digits))?;
    match (is_rest, is_head) {
        (false, _) => Some(Amount::Count(count)),
        (true, true) => Some(Amount::AllBut(count)),
        (true, false) => Some(Amount::AllBut(count.checked_sub(1)?)),
    }
}

fn print_bytes(is_head: bool, amount: &Amount, input: &Text) -> Option<Filtered> {
    let known = input.known()?;
    let taken = match amount {
        Amount::Count(count) => (*count).min(known.len()),
        Amount::AllBut(count) => known.len().saturating_sub(*count),
    };
    let part = if is_head { known.get(..taken)? } else { known.get(known.len() - taken..)? };
    Some(Filtered::success(part))
}

fn first<'l>(lines: impl Iterator<Item = &'l Line>, count: usize, needs: &Arc<str>) -> Text {
    let mut output = Text::default();
    for line in lines.take(count) {
        if !line.is_certain() {
            output.push(&unseen(Shape::Any, needs));
            break;
        }
        output.push(&line.whole());
    }
    output
}

fn last(lines: &[Line], count: usize, needs: &Arc<str>) -> Text {
    let start = lines.len().saturating_sub(count);
    let Some(part) = lines.get(start..) else { return Text::default() };
    match part.iter().rposition(|line| !line.is_certain()) {
        None => first(part.iter(), count, needs),
        Some(unsure) => {
            let mut output = unseen(Shape::Any, needs);
            output.push(&first(part.iter().skip(unsure + 1), count, needs));
            output
        }
    }
}

fn without_first(lines: &[Line], count: usize, needs: &Arc<str>) -> Text {
    let skipped_are_certain = lines.iter().take(count).all(Line::is_certain);
    if !skipped_are_certain {
        return unseen(Shape::Any, needs);
    }
    let mut output = Text::default();
    for line in lines.iter().skip(count) {
        output.push(&line.whole());
    }
    output
}

fn without_last(lines: &[Line], count: usize, needs: &Arc<str>) -> Text {
    let kept = lines.len().saturating_sub(count);
    let certain = lines.iter().all(Line::is_certain);
    if !certain {
        return unseen(Shape::Any, needs);
    }
    first(lines.iter(), kept, needs)
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;

    #[test]
    fn prints_the_start_or_the_end() {
        prints(&["head", "-1"], "a\nb\n", "a\n", Some(true));
        prints(&["head", "-n", "2"], "a\nb", "a\nb", Some(true));
        prints(&["head", "-n", "-1"], "a\nb\n", "a\n", Some(true));
        prints(&["head", "-c3"], "abcd", "abc", Some(true));
        prints(&["tail", "-n1"], "a\nb", "b", Some(true));
        prints(&["tail", "-n", "+2"], "a\nb\nc\n", "b\nc\n", Some(true));
        prints(&["tail", "-c", "2"], "abc", "bc", Some(true));
        prints(&["tail", "-c", "+2"], "abc", "bc", Some(true));
        prints(&["tail", "-f"], "abc", "<Any>", None);
        prints(&["head", "-n", "1k"], "abc", "<Any>", None);
    }

    #[test]
    fn counts_lines_up_to_what_may_hold_several() {
        let mut input = crate::workload::start::shell::text::Text::from("a\nb\n");
        input.push(&crate::workload::start::shell::text::Text::any("x"));
        input.push_str("\nc\n");
        prints(&["head", "-2"], input.clone(), "a\nb\n", Some(true));
        prints(&["head", "-3"], input.clone(), "a\nb\n<Any>", Some(true));
        prints(&["tail", "-1"], input.clone(), "c\n", Some(true));
        prints(&["tail", "-2"], input.clone(), "<Any>c\n", Some(true));
        prints(&["tail", "-n+2"], input, "b\n<Any>\nc\n", Some(true));
    }
}
