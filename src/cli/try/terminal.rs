//! How the story is set: headings, wrapped text, kubectl's words, diffs. Colours are left out where nobody sees them.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use similar::{Algorithm, Change, ChangeTag, DiffTag, capture_diff_slices, group_diff_ops};

use super::yaml::{self, Line};
use crate::report::redacted;
use crate::sandbox::Denial;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const NOTE: Style = AnsiColor::Yellow.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();

/// Lines of context around a change.
const CONTEXT: usize = 1;
/// How far what belongs to an object is moved in.
const INDENT: usize = 4;

/// How an object fared, as its line shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Changed,
    Bad,
}

/// Somewhere to write, so many columns wide.
pub(crate) struct Page<'a> {
    out: &'a mut dyn Write,
    width: usize,
}

impl<'a> Page<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, width: usize) -> Self {
        Self { out, width }
    }

    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{BOLD}{text}{BOLD:#}")
    }

    pub(crate) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.wrapped(0, Style::new(), "", text)
    }

    /// A command, or a file, and what it is for.
    pub(crate) fn hint(&mut self, what: &str, why: &str) -> io::Result<()> {
        writeln!(self.out, "  {BOLD}{what:<35}{BOLD:#} {why}")
    }

    /// The line of an object: its name and what became of it.
    pub(crate) fn object(&mut self, name: &str, tone: Tone, what: &str) -> io::Result<()> {
        let style = match tone {
            Tone::Good => GOOD,
            Tone::Changed => NOTE,
            Tone::Bad => BAD,
        };
        let name = plain_text(name);
        writeln!(self.out, "  {BOLD}{name}{BOLD:#} {style}{what}{style:#}")
    }

    /// A warning as kubectl prints it.
    pub(crate) fn warning(&mut self, text: &str) -> io::Result<()> {
        self.wrapped(INDENT, NOTE, "Warning:", text)
    }

    /// A refusal as kubectl prints it.
    pub(crate) fn denial(&mut self, file: &str, denial: &Denial) -> io::Result<()> {
        let Denial { webhook, message } = denial;
        let mut lines = message.lines();
        let first = lines.next().unwrap_or_default();
        let said =
            format!("error when creating \"{file}\": admission webhook \"{webhook}\" denied the request: {first}");
        self.wrapped(INDENT, BAD, "Error from server (Forbidden):", &said)?;
        lines.try_for_each(|line| self.wrapped(INDENT, BAD, "", line))
    }

    pub(crate) fn note(&mut self, text: &str) -> io::Result<()> {
        self.wrapped(INDENT, DIM, "", text)
    }

    /// What can't be read, or what went another way than it should.
    pub(crate) fn mistake(&mut self, text: &str) -> io::Result<()> {
        self.wrapped(2, BAD, "", text)
    }

    /// Sets words into lines. The lead is coloured; further lines are moved in by two more columns.
    fn wrapped(&mut self, indent: usize, style: Style, lead: &str, text: &str) -> io::Result<()> {
        let hang = if indent == 0 { 0 } else { indent + 2 };
        let mut column = indent + lead.chars().count();
        let plain = if lead.is_empty() { style } else { Style::new() };
        write!(self.out, "{}{style}{lead}{style:#}{plain}", " ".repeat(indent))?;
        let mut first = lead.is_empty();
        for word in plain_text(text).split_whitespace() {
            let length = word.chars().count();
            if !first && column + 1 + length > self.width {
                write!(self.out, "{plain:#}\n{}{plain}", " ".repeat(hang))?;
                column = hang;
            } else if !first {
                write!(self.out, " ")?;
                column += 1;
            }
            write!(self.out, "{word}")?;
            column += length;
            first = false;
        }
        writeln!(self.out, "{plain:#}")
    }

    /// What differs between two states of an object, as YAML.
    pub(crate) fn diff(&mut self, before: &Value, after: &Value) -> io::Result<()> {
        let differ = before != after;
        let (before, after) = (yaml::lines(&redacted(before)), yaml::lines(&redacted(after)));
        let text = |lines: &[Line]| lines.iter().map(|line| line.text.clone()).collect::<Vec<String>>();
        let texts = (text(&before), text(&after));
        let operations = capture_diff_slices(Algorithm::Patience, &texts.0, &texts.1);
        let groups = group_diff_ops(operations, CONTEXT);
        if differ && groups.iter().flatten().all(|operation| operation.tag() == DiffTag::Equal) {
            return self.note("(what changes stands beside a password: not shown)");
        }
        for group in groups {
            let changes = group.iter().flat_map(|operation| operation.iter_changes(&texts.0, &texts.1));
            let line = |change: Change<String>| match (change.old_index(), change.new_index()) {
                (Some(index), _) => before.get(index).map(|line| (change.tag(), line)),
                (None, index) => after.get(index?).map(|line| (change.tag(), line)),
            };
            self.hunk(&changes.filter_map(line).collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn hunk(&mut self, lines: &[(ChangeTag, &Line)]) -> io::Result<()> {
        let is_change = |(tag, _): &(ChangeTag, &Line)| *tag != ChangeTag::Equal;
        // What stands before a change says where it is; what comes after says nothing.
        let end = lines.iter().rposition(is_change).map_or(0, |last| last + 1);
        let lines = lines.get(..end).unwrap_or_default();
        let place = lines.iter().find(|line| is_change(line)).map_or("", |(_, line)| line.place.as_str());
        writeln!(self.out, "{:INDENT$}{PLACE}@@ {place} @@{PLACE:#}", "")?;
        let common = lines.iter().map(|(_, line)| indentation(&line.text)).min().unwrap_or(0);
        for (tag, line) in lines {
            let (sign, style) = match tag {
                ChangeTag::Equal => (' ', DIM),
                ChangeTag::Delete => ('-', BAD),
                ChangeTag::Insert => ('+', GOOD),
            };
            let text = self.cut(line.text.get(common..).unwrap_or_default());
            writeln!(self.out, "{:INDENT$}{style}{sign} {text}{style:#}", "")?;
        }
        Ok(())
    }

    /// A line of YAML is cut rather than wrapped: the mark is long and says nothing that the rest does not.
    fn cut(&self, text: &str) -> String {
        let text = plain_text(text);
        let room = self.width.saturating_sub(INDENT + 2).max(20);
        if text.chars().count() <= room {
            return text;
        }
        text.chars().take(room - 1).chain(['…']).collect()
    }
}

/// Without what would tell a terminal to do something.
fn plain_text(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn indentation(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(width: usize, write: impl Fn(&mut Page<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(&mut anstream::StripStream::new(&mut out), width)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn long_text_wraps_with_a_hanging_indent() {
        let text = page(30, |page| page.warning("one two three four five six"));
        assert_eq!(text, "    Warning: one two three\n      four five six\n");
    }

    #[test]
    fn a_change_beside_a_password_is_only_mentioned() {
        let text = |seconds: u8| json!({"probe": format!("REDISCLI_AUTH=hunter2 timeout {seconds} redis-cli ping")});
        let shown = page(80, |page| page.diff(&text(1), &text(5)));
        assert_eq!(shown, "    (what changes stands beside a password: not shown)\n");
        assert_eq!(page(80, |page| page.diff(&text(1), &text(1))), "");
    }

    #[test]
    fn nothing_tells_the_terminal_what_to_do() {
        let bell = "a\u{1b}]0;title\u{7}b";
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, 80);
        page.warning(bell).unwrap();
        page.object(bell, Tone::Good, "created").unwrap();
        page.diff(&json!({"text": "one\n"}), &json!({"text": format!("one\n{bell}\n"), "more": bell})).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('\u{7}') && !text.contains("\u{1b}]"), "{text:?}");
    }

    #[test]
    fn a_diff_names_the_container() {
        let object = |memory: &str| json!({"containers": [{"name": "redis", "requests": {"memory": memory}}, {"name": "other", "a": 1}]});
        let text = page(80, |page| page.diff(&object("1Mi"), &object("1Gi")));
        assert_eq!(
            text,
            "    @@ containers[redis].requests @@\n      requests:\n    -   memory: 1Mi\n    +   memory: 1Gi\n"
        );
    }
}
