//! `wc`.

use std::sync::Arc;

use super::options::Options;
use crate::workload::start::shell::text::{Piece, Shape, Text};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::unseen::unseen;

fn read(arguments: &[Text]) -> Option<Options> {
    Options::read(arguments, "lwcmL", "", None)
}

pub(super) fn operands(arguments: &[Text]) -> Option<Vec<usize>> {
    Some(read(arguments)?.operands)
}

pub(super) fn run(arguments: &[Text], input: &Text, needs: &Arc<str>) -> Option<Filtered> {
    let options = read(arguments)?;
    let [(letter, _)] = options.letters.as_slice() else { return None };
    let count = match letter {
        'l' => lines(input),
        'c' => input.known().map(str::len),
        'w' => input.known().filter(|known| known.is_ascii()).map(words),
        _ => return None,
    };
    let mut output = count.map_or_else(|| unseen(Shape::Word, needs), |count| count.to_string().into());
    match options.operands.as_slice() {
        [] => {}
        [file] => {
            output.push_str(" ");
            output.push(arguments.get(*file)?);
        }
        // One line a file, and their sum.
        _ => return None,
    }
    output.push_str("\n");
    Some(Filtered::success(output))
}

/// How many line breaks a text holds.
fn lines(text: &Text) -> Option<usize> {
    let mut count = 0;
    for piece in text.pieces() {
        match piece {
            Piece::Known(known) => count += known.matches('\n').count(),
            Piece::Unknown(unknown) if unknown.shape == Shape::Any => return None,
            Piece::Unknown(_) => {}
        }
    }
    Some(count)
}

fn words(text: &str) -> usize {
    text.split(|letter: char| matches!(letter, '\t'..='\r' | ' ')).filter(|word| !word.is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;
    use crate::workload::start::shell::text::{Shape, Text, Unknown};

    #[test]
    fn counts() {
        prints(&["wc", "-l"], "a\nb", "1\n", Some(true));
        prints(&["wc", "-c"], "é\n", "3\n", Some(true));
        prints(&["wc", "-w"], " a b\nc", "3\n", Some(true));
        prints(&["wc", "-l", "file"], "a\n", "1 file\n", Some(true));
        prints(&["wc"], "a\n", "<Any>", None);
        prints(&["wc", "-l"], Text::from(Unknown::new(Shape::Line, "x")), "0\n", Some(true));
        prints(&["wc", "-l"], Text::any("x"), "<Word>\n", Some(true));
    }
}
