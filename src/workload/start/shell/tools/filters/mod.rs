//! Commands that make an output of their input and arguments and touch nothing else.
//!
//! What they give as known is what coreutils, GNU's grep and mawk give and what busybox gives.

mod awk;
mod basename;
mod count;
mod cut;
mod ends;
mod envsubst;
mod expr;
mod fields;
mod grep;
mod options;
mod seq;
mod tr;

pub(crate) use envsubst::envsubst;

use std::sync::Arc;

use crate::workload::start::shell::text::Text;
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::unseen::{bounded, needs_of};

/// Whether [`run`] knows a command of this name.
pub(crate) fn is_filter(name: &str) -> bool {
    matches!(
        name,
        "grep" | "egrep" | "fgrep" | "tr" | "cut" | "head" | "tail" | "basename" | "dirname" | "seq" | "expr" | "wc"
    ) || is_awk(name)
}

fn is_awk(name: &str) -> bool {
    matches!(name, "awk" | "gawk" | "mawk")
}

/// Which of the arguments are files that a command reads one after the other instead of its standard input (`-` is the
/// standard input); none where that is not certain, or the command is no filter.
pub(crate) fn operands(name: &str, arguments: &[Text]) -> Option<Vec<usize>> {
    match name {
        "grep" | "egrep" | "fgrep" => grep::operands(arguments),
        "cut" => cut::operands(arguments),
        "head" | "tail" => ends::operands(name, arguments),
        "wc" => count::operands(arguments),
        "tr" | "basename" | "dirname" | "seq" | "expr" => Some(Vec::new()),
        _ if is_awk(name) => awk::operands(arguments),
        _ => None,
    }
}

/// What a command prints, with all its arguments, the names of files included. `input` is what those files hold one
/// behind the other, or else the standard input. None where the command is no filter or may do more than print.
pub(crate) fn run(name: &str, arguments: &[Text], input: &Text) -> Option<Filtered> {
    let needs = needs_of(arguments.iter().chain([input]), &format!("what `{name}` prints"));
    let filtered = match name {
        "grep" | "egrep" | "fgrep" => grep::run(name, arguments, input, &needs),
        "cut" => cut::run(arguments, input, &needs),
        "head" | "tail" => ends::run(name, arguments, input, &needs),
        "wc" => count::run(arguments, input, &needs),
        "tr" => tr::run(arguments, input, &needs),
        "basename" => basename::basename(arguments, &needs),
        "dirname" => basename::dirname(arguments, &needs),
        "seq" => seq::run(arguments),
        "expr" => expr::run(arguments),
        _ if is_awk(name) => Some(awk::run(arguments, input, &needs)?),
        _ => return None,
    };
    Some(filtered.map_or_else(|| Filtered::unknown(&needs), |filtered| bound(filtered, &needs)))
}

fn bound(filtered: Filtered, needs: &Arc<str>) -> Filtered {
    Filtered { output: bounded(filtered.output, needs), status: filtered.status }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::workload::start::shell::text::Piece;

    /// What a command prints, `<Word>` standing for an unknown word, and its status.
    #[track_caller]
    pub(in crate::workload::start::shell::tools) fn prints(
        words: &[&str],
        input: impl Into<Text>,
        expected: &str,
        status: Option<bool>,
    ) {
        let arguments: Vec<Text> = words[1..].iter().map(|word| Text::from(*word)).collect();
        let filtered = run(words[0], &arguments, &input.into()).unwrap();
        assert_eq!(shown(&filtered.output), expected, "{words:?}");
        assert_eq!(filtered.status, status, "{words:?}");
    }

    pub(in crate::workload::start::shell::tools) fn shown(text: &Text) -> String {
        let mut shown = String::new();
        for piece in text.pieces() {
            match piece {
                Piece::Known(known) => shown.push_str(known),
                Piece::Unknown(unknown) => shown.push_str(&["<", &format!("{:?}", unknown.shape), ">"].concat()),
            }
        }
        shown
    }

    #[test]
    fn tells_files_from_other_arguments() {
        let operands = |words: &[&str]| {
            let arguments: Vec<Text> = words[1..].iter().map(|word| Text::from(*word)).collect();
            operands(words[0], &arguments)
        };
        assert_eq!(operands(&["grep", "-v", "a", "file"]), Some(vec![2]));
        assert_eq!(operands(&["grep", "file", "-e", "a"]), Some(vec![0]));
        assert_eq!(operands(&["grep", "-r", "a", "folder"]), None);
        assert_eq!(operands(&["cut", "-d", ":", "-f1", "file"]), Some(vec![3]));
        assert_eq!(operands(&["head", "-n", "1", "file"]), Some(vec![2]));
        assert_eq!(operands(&["tail", "-5", "file"]), Some(vec![1]));
        assert_eq!(operands(&["awk", "-F", ":", "{print $1}", "file"]), Some(vec![3]));
        assert_eq!(operands(&["tr", "a", "b"]), Some(vec![]));
        assert_eq!(operands(&["redis-cli"]), None);
    }
}
