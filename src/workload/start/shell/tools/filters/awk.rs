//! `awk`, for programs that print fields: `/regex/ {print $2}`.

use std::sync::Arc;

use super::fields::Fields;
use super::options::{Options, is_number};
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::lines::{Line, lines_of};
use crate::workload::start::shell::tools::regex::{Regex, Syntax};
use crate::workload::start::shell::tools::unseen::{MAX_OUTPUT, unseen};

fn read(arguments: &[Text]) -> Option<(Options, &Text)> {
    // Options stand before the program.
    let mut options = Options::read(arguments, "", "Fv", None)?;
    if options.operands.is_empty() {
        return None;
    }
    let program = options.operands.remove(0);
    Some((options, arguments.get(program)?))
}

pub(super) fn operands(arguments: &[Text]) -> Option<Vec<usize>> {
    let (options, _) = read(arguments)?;
    // `name=value` is an assignment.
    let assigns = options.operands.iter().any(|index| arguments.get(*index).is_none_or(|word| word.may_hold('=')));
    (!assigns).then_some(options.operands)
}

/// None where it may do more than print.
pub(super) fn run(arguments: &[Text], input: &Text, needs: &Arc<str>) -> Option<Filtered> {
    let (options, program) = read(arguments)?;
    let known = program.known()?;
    let is_harmless =
        !known.contains(['>', '|', '@']) && !["system", "getline", "close"].iter().any(|it| known.contains(it));
    match Program::read(known, &options).and_then(|program| program.apply(input, needs)) {
        Some(output) => Some(Filtered::success(output)),
        None => is_harmless.then(|| Filtered::unknown(needs)),
    }
}

/// For which lines something is printed, and what.
struct Program {
    guard: Guard,
    separator: Separator,
    /// What is printed, with a blank between items; without any the line.
    items: Vec<Vec<Item>>,
    exits: bool,
}

enum Guard {
    All,
    Match(Regex, bool),
    /// `NR==`
    Number(usize),
}

enum Item {
    Field(usize),
    /// `$NF`
    LastField,
    Literal(String),
}

impl Program {
    fn read(program: &str, options: &Options) -> Option<Self> {
        if !options.has_only("F") || options.letters.len() > 1 {
            return None;
        }
        let separator = match options.value('F') {
            Some(separator) => Separator::read(separator.known()?)?,
            None => Separator::Blanks,
        };
        let (guard, rest) = Guard::read(program.trim())?;
        let rest = rest.trim();
        if rest.is_empty() && !matches!(guard, Guard::All) {
            return Some(Self { guard, separator, items: Vec::new(), exits: false });
        }
        let action = rest.strip_prefix('{')?.strip_suffix('}')?.trim().trim_end_matches(';').trim();
        let (print, exits) = match action.split_once(';') {
            Some((print, more)) => (print.trim(), (more.trim() == "exit").then_some(true)?),
            None => (action, false),
        };
        let items = read_items(print.strip_prefix("print")?)?;
        Some(Self { guard, separator, items, exits })
    }

    fn apply(&self, input: &Text, needs: &Arc<str>) -> Option<Text> {
        let mut output = Text::default();
        let mut size = 0;
        for (index, line) in lines_of(input).iter().enumerate() {
            // An item may be the whole line.
            size += (line.text.size() + 1) * self.items.len().max(1);
            if size > 16 * MAX_OUTPUT {
                return None;
            }
            match self.guard.holds(line, index + 1) {
                Holds::Yes if line.is_certain() => self.print(&mut output, &line.text, needs),
                Holds::No => continue,
                Holds::Lost => return None,
                _ if self.exits => return None,
                _ => output.push(&unseen(Shape::Any, needs)),
            }
            if self.exits {
                break;
            }
        }
        Some(output)
    }

    fn print(&self, output: &mut Text, line: &Text, needs: &Arc<str>) {
        if self.items.is_empty() {
            output.push(line);
        }
        let fields = match self.separator {
            Separator::Blanks => Fields::at_blanks(line),
            Separator::Char(_) if line.is_empty() => Fields { fields: Vec::new(), is_whole: true },
            Separator::Char(separator) => Fields::at_each(line, separator),
        };
        for (index, parts) in self.items.iter().enumerate() {
            output.push_str(if index == 0 { "" } else { " " });
            for part in parts {
                let text = match part {
                    Item::Literal(literal) => Some(literal.as_str().into()),
                    Item::Field(0) => Some(line.clone()),
                    Item::Field(number) => fields.field(*number),
                    Item::LastField if fields.is_whole && fields.fields.is_empty() => Some(line.clone()),
                    Item::LastField => fields.fields.last().filter(|_| fields.is_whole).cloned(),
                };
                output.push(&text.unwrap_or_else(|| unseen(Shape::Line, needs)));
            }
        }
        output.push_str("\n");
    }
}

/// What fields are separated by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Blanks,
    Char(char),
}

impl Separator {
    /// None where it is a regular expression, or the awks read it differently.
    fn read(separator: &str) -> Option<Self> {
        let mut letters = separator.chars();
        let letter = letters.next().filter(|_| letters.next().is_none())?;
        match letter {
            ' ' => Some(Self::Blanks),
            '\\' => None,
            letter => letter.is_ascii_punctuation().then_some(Self::Char(letter)),
        }
    }
}

/// Whether a line is one to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
    Unknown,
    /// Nor is it certain of the lines that follow.
    Lost,
}

impl From<Option<bool>> for Holds {
    fn from(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

impl Guard {
    fn read(program: &str) -> Option<(Self, &str)> {
        if program.starts_with('{') {
            return Some((Self::All, program));
        }
        if let Some(rest) = program.strip_prefix("NR") {
            let rest = rest.trim_start().strip_prefix("==")?.trim_start();
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            let (digits, rest) = rest.split_at(end);
            return Some((Self::Number(digits.parse().ok().filter(|_| is_number(digits))?), rest));
        }
        let (is_negated, program) = program.strip_prefix('!').map_or((false, program), |rest| (true, rest));
        let (expression, rest) = read_regex(program.strip_prefix('/')?)?;
        Some((Self::Match(Regex::new(&expression, Syntax::Extended)?, is_negated), rest))
    }

    fn holds(&self, line: &Line, number: usize) -> Holds {
        match self {
            Self::All => Holds::Yes,
            Self::Number(_) if !line.is_certain() => Holds::Lost,
            Self::Number(own) => Some(*own == number).into(),
            Self::Match(regex, is_negated) if line.is_certain() => {
                regex.is_match(&line.text).map(|matches| matches != *is_negated).into()
            }
            Self::Match(regex, false) if !regex.may_match_within(&line.text) => Holds::No,
            Self::Match(..) => Holds::Unknown,
        }
    }
}

/// Reads a regular expression up to its slash. Intervals, classes by a letter and escapes in brackets are not those of
/// every awk.
fn read_regex(program: &str) -> Option<(String, &str)> {
    let mut expression = String::new();
    let mut letters = program.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '/' => return Some((expression, letters.as_str())),
            '{' | '}' => return None,
            '\\' => {
                let letter = letters.next().filter(char::is_ascii_punctuation)?;
                if letter != '/' {
                    expression.push('\\');
                }
                expression.push(letter);
            }
            '[' => {
                let (set, rest) = letters.as_str().split_once(']')?;
                if set.is_empty() || set == "^" || set.contains(['\\', '/', '[']) {
                    return None;
                }
                expression.push('[');
                expression.push_str(set);
                expression.push(']');
                letters = rest.chars();
            }
            letter => expression.push(letter),
        }
    }
    None
}

/// Reads what stands behind `print`.
fn read_items(print: &str) -> Option<Vec<Vec<Item>>> {
    let mut rest = print;
    if rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
        return None;
    }
    let mut items: Vec<Vec<Item>> = Vec::new();
    let mut parts = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(letter) = rest.chars().next() else { break };
        rest = rest.get(letter.len_utf8()..)?;
        match letter {
            ',' if !parts.is_empty() => items.push(std::mem::take(&mut parts)),
            '"' => {
                let (literal, behind) = rest.split_once('"')?;
                if literal.contains('\\') {
                    return None;
                }
                parts.push(Item::Literal(literal.to_owned()));
                rest = behind;
            }
            '$' => {
                if let Some(behind) = rest.strip_prefix("NF") {
                    parts.push(Item::LastField);
                    rest = behind;
                } else {
                    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
                    let (digits, behind) = rest.split_at(end);
                    parts.push(Item::Field(digits.parse().ok().filter(|_| is_number(digits))?));
                    rest = behind;
                }
                // `$1x`, `$NF-1`
                if !rest.is_empty() && !rest.starts_with([' ', '\t', ',', '"', '$']) {
                    return None;
                }
            }
            _ => return None,
        }
    }
    if !parts.is_empty() {
        items.push(parts);
    } else if !items.is_empty() {
        return None;
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;
    use super::*;
    use crate::workload::start::shell::text::Unknown;

    const INPUT: &str = " a  b c\nx:y z\n\n";

    #[test]
    fn prints_fields() {
        prints(&["awk", "{print $1}"], INPUT, "a\nx:y\n\n", Some(true));
        prints(&["awk", "-F:", "{print $2}"], INPUT, "\ny z\n\n", Some(true));
        prints(&["awk", "-F", ":", "{ print $1, $2 }"], "a:b\n", "a b\n", Some(true));
        prints(&["awk", "/x/ {print $NF}"], INPUT, "z\n", Some(true));
        prints(&["awk", "!/x/{print}"], "x\ny\n", "y\n", Some(true));
        prints(&["awk", "/x/"], INPUT, "x:y z\n", Some(true));
        prints(&["awk", "NR==2{print $2; exit}"], INPUT, "z\n", Some(true));
        prints(&["awk", "{print $2\":\"$3}"], "a b c\n", "b:c\n", Some(true));
        prints(&["awk", "{s += $1} END {print s}"], INPUT, "<Any>", None);
    }

    #[test]
    fn is_no_filter_where_it_may_write() {
        let run = |program: &str| super::super::run("awk", &[program.into()], &Text::default());
        assert!(run("{print > \"file\"}").is_none());
        assert!(run("BEGIN {system(\"rm x\")}").is_none());
        assert!(super::super::run("awk", &["-f".into(), "x".into()], &Text::default()).is_none());
    }

    #[test]
    fn keeps_unknown_fields() {
        let mut line = Text::from("requirepass ");
        line.push(&Unknown::new(Shape::Word, "x").into());
        prints(&["awk", "{print $2}"], line.clone(), "<Word>\n", Some(true));
        prints(&["awk", "-F:", "{print $2}"], line.clone(), "<Line>\n", Some(true));
        prints(&["awk", "/^port/{print $2}"], line, "", Some(true));
    }
}
