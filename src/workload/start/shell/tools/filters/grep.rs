//! `grep`.

use std::sync::Arc;

use super::options::{Options, is_number};
use crate::workload::start::shell::text::{Shape, Text};
use crate::workload::start::shell::tools::filtered::Filtered;
use crate::workload::start::shell::tools::lines::{Line, lines_of};
use crate::workload::start::shell::tools::regex::{Found, Regex, Syntax};
use crate::workload::start::shell::tools::unseen::{MAX_OUTPUT, unseen};

/// How many patterns are tried on a line.
const MAX_PATTERNS: usize = 64;

/// How often `-o` may look at a line, on an average.
const MAX_ROUNDS: usize = 32;

fn read(arguments: &[Text]) -> Option<(Options, Vec<Text>)> {
    let mut options = Options::read(arguments, "vEFGiqcxhsnowlLHab", "emABC", None)?;
    let mut patterns: Vec<Text> = Vec::new();
    for (letter, value) in &options.letters {
        if *letter == 'e' {
            patterns.push(value.clone());
        }
    }
    if patterns.is_empty() {
        if options.operands.is_empty() {
            return None;
        }
        patterns.push(arguments.get(options.operands.remove(0))?.clone());
    }
    Some((options, patterns))
}

pub(super) fn operands(arguments: &[Text]) -> Option<Vec<usize>> {
    Some(read(arguments)?.0.operands)
}

pub(super) fn run(name: &str, arguments: &[Text], input: &Text, needs: &Arc<str>) -> Option<Filtered> {
    let (options, patterns) = read(arguments)?;
    if !options.has_only("vEFGiqcxhsnome") {
        return None;
    }
    let mut matchers = Vec::new();
    let lines: usize = patterns.iter().map(|pattern| pattern.known_start().split('\n').count()).sum();
    if lines > MAX_PATTERNS {
        return None;
    }
    for pattern in &patterns {
        for line in pattern.known()?.split('\n') {
            matchers.push(Matcher::new(name, line, &options)?);
        }
    }
    let most = match options.value('m').map(|value| value.known().filter(|known| is_number(known))) {
        None => usize::MAX,
        Some(number) => number?.parse().ok()?,
    };
    let is_negated = options.has('v');
    let is_by_part = options.has('o') && (is_negated || matchers.len() > 1);
    if is_by_part || most == 0 || (options.has('c') && options.has('o')) {
        return None;
    }
    let mut grep = Grep {
        matchers: &matchers,
        options: &options,
        needs,
        output: Text::default(),
        size: 0,
        count: 0,
        is_lost: false,
    };
    for (index, line) in lines_of(input).iter().enumerate() {
        if grep.count >= most {
            break;
        }
        let selected = grep.selects(line).map(|matches| matches != is_negated);
        grep.print(line, index + 1, selected)?;
        if grep.size > MAX_OUTPUT || (grep.is_lost && most != usize::MAX) {
            return None;
        }
    }
    Some(grep.finish())
}

/// One pattern.
enum Matcher {
    /// The empty one.
    All,
    Regex(Regex),
}

impl Matcher {
    fn new(name: &str, pattern: &str, options: &Options) -> Option<Self> {
        let is_fixed = name == "fgrep" || options.has('F');
        let is_extended = name == "egrep" || options.has('E');
        // The last of these would count; busybox and GNU differ on it.
        if usize::from(is_fixed) + usize::from(is_extended) + usize::from(options.has('G')) > 1 {
            return None;
        }
        if pattern.is_empty() && !options.has('x') {
            return Some(Self::All);
        }
        let (mut expression, syntax) = if is_fixed {
            (escaped(pattern), Syntax::Extended)
        } else {
            (pattern.to_owned(), if is_extended { Syntax::Extended } else { Syntax::Basic })
        };
        if options.has('x') {
            expression = match (syntax, pattern.is_empty()) {
                (_, true) => "^$".to_owned(),
                (Syntax::Extended, _) => format!("^({expression})$"),
                (Syntax::Basic, _) => format!("^\\({expression}\\)$"),
            };
        }
        let build = if options.has('i') { Regex::ignoring_case } else { Regex::new };
        build(&expression, syntax).map(Self::Regex)
    }

    fn matches(&self, line: &Line) -> Option<bool> {
        match self {
            Self::All => line.is_certain().then_some(true),
            Self::Regex(regex) if line.is_certain() => regex.is_match(&line.text),
            Self::Regex(regex) => {
                if regex.may_match_within(&line.text) {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }
}

/// A regular expression for these characters.
fn escaped(literal: &str) -> String {
    let mut expression = String::new();
    for letter in literal.chars() {
        if "\\^$.[]|()*+?{}".contains(letter) {
            expression.push('\\');
        }
        expression.push(letter);
    }
    expression
}

struct Grep<'g> {
    matchers: &'g [Matcher],
    options: &'g Options,
    needs: &'g Arc<str>,
    output: Text,
    /// What the lines that are printed cost to keep.
    size: usize,
    /// Lines that are certainly selected.
    count: usize,
    /// Whether it is not certain of some line.
    is_lost: bool,
}

impl Grep<'_> {
    /// Whether a pattern matches a line.
    fn selects(&self, line: &Line) -> Option<bool> {
        let mut selected = Some(false);
        for matcher in self.matchers {
            match matcher.matches(line) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => selected = None,
            }
        }
        selected
    }

    fn print(&mut self, line: &Line, number: usize, selected: Option<bool>) -> Option<()> {
        self.size += line.text.size() + 1;
        match selected {
            // Of a stretch of lines none or several are.
            Some(true) if !line.is_certain() => self.lose(),
            Some(true) => {
                self.count += 1;
                if self.options.has('o') {
                    return self.print_parts(line.text.known()?);
                }
                self.print_number(number);
                self.output.push(&line.text);
                self.output.push_str("\n");
            }
            Some(false) => {}
            None => self.lose(),
        }
        Some(())
    }

    fn print_number(&mut self, number: usize) {
        if self.options.has('n') {
            if self.is_lost {
                self.output.push(&unseen(Shape::Word, self.needs));
            } else {
                self.output.push_str(&number.to_string());
            }
            self.output.push_str(":");
        }
    }

    fn print_parts(&mut self, line: &str) -> Option<()> {
        let [Matcher::Regex(regex)] = self.matchers else { return None };
        if self.options.has('n') {
            return None;
        }
        let (mut from, mut steps) = (0, 0);
        while from < line.len() {
            let found = match regex.find_at(line, from) {
                Found::At(found) => found,
                Found::Nowhere => break,
                Found::Unknown => return None,
            };
            let (start, end) = found.span;
            steps += regex.cost(line, from, &found);
            if start == end || steps > MAX_ROUNDS * (line.len() + 64) {
                return None;
            }
            self.output.push_str(line.get(start..end)?);
            self.output.push_str("\n");
            from = end;
        }
        Some(())
    }

    fn lose(&mut self) {
        self.is_lost = true;
        self.output.push(&unseen(Shape::Any, self.needs));
    }

    fn finish(self) -> Filtered {
        let status = if self.count > 0 {
            Some(true)
        } else if self.is_lost {
            None
        } else {
            Some(false)
        };
        let has_names = self.options.operands.len() > 1 && !self.options.has('h');
        let output = if self.options.has('q') {
            Text::default()
        } else if has_names {
            unseen(Shape::Any, self.needs)
        } else if !self.options.has('c') {
            self.output
        } else {
            let mut count = if self.is_lost { unseen(Shape::Word, self.needs) } else { self.count.to_string().into() };
            count.push_str("\n");
            count
        };
        Filtered { output, status }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::prints;
    use super::*;
    use crate::workload::start::shell::text::Unknown;

    const CONFIG: &str = "# redis\nport 6379\nSAVE 60 1";

    #[test]
    fn selects_lines() {
        prints(&["grep", "port"], CONFIG, "port 6379\n", Some(true));
        prints(&["grep", "-v", "^#"], CONFIG, "port 6379\nSAVE 60 1\n", Some(true));
        prints(&["grep", "-Ev", "^(#|port)"], CONFIG, "SAVE 60 1\n", Some(true));
        prints(&["grep", "-i", "save"], CONFIG, "SAVE 60 1\n", Some(true));
        prints(&["grep", "-F", "."], CONFIG, "", Some(false));
        prints(&["grep", "-q", "port"], CONFIG, "", Some(true));
        prints(&["grep", "-c", "6"], CONFIG, "2\n", Some(true));
        prints(&["grep", "-x", "port .*"], CONFIG, "port 6379\n", Some(true));
        prints(&["grep", "-n", "S"], CONFIG, "3:SAVE 60 1\n", Some(true));
        prints(&["grep", "-oE", "[0-9]+"], CONFIG, "6379\n60\n1\n", Some(true));
        prints(&["grep", "-m1", "6"], CONFIG, "port 6379\n", Some(true));
        prints(&["grep", "-e", "S", "-e", "#"], CONFIG, "# redis\nSAVE 60 1\n", Some(true));
        prints(&["grep", "-w", "port"], CONFIG, "<Any>", None);
        prints(&["grep", "a", "one", "two"], CONFIG, "<Any>", Some(false));
    }

    #[test]
    fn is_certain_of_lines_that_hold_unknown_pieces() {
        let mut input = Text::from("port 1\nrequirepass ");
        input.push(&Unknown::new(Shape::Line, "x").into());
        input.push_str("\nsave 1\n");
        prints(&["grep", "port"], input.clone(), "port 1\n<Any>", Some(true));
        prints(&["grep", "^port"], input.clone(), "port 1\n", Some(true));
        prints(&["grep", "^requirepass"], input.clone(), "requirepass <Line>\n", Some(true));
        prints(&["grep", "-v", "^save"], input.clone(), "port 1\nrequirepass <Line>\n", Some(true));
        prints(&["grep", "-q", "foo"], input.clone(), "", None);
        prints(&["grep", "-c", "foo"], input, "<Word>\n", None);
        prints(&["grep", "-q", "^port"], Text::any("x"), "", None);
    }
}
