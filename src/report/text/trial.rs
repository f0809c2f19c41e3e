//! The story of `try` for people: headings, wrapped text, kubectl's words, diffs.

use std::io;

use anstyle::{AnsiColor, Style};

use super::object_diff::write_diff;
use super::wrapping::{page_width, wrap, write_wrapped};
use crate::report::format::ToText;
use crate::report::page::{BOLD, DIM, Page, printable};
use crate::report::trial::{Denial, Fate, Part, Trial, TriedObject};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const NOTE: Style = AnsiColor::Yellow.on_default();

/// How far what belongs to an object is moved in.
const INDENT: usize = 4;

impl ToText for Trial {
    fn write_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.parts.iter().try_for_each(|part| write_part(page, part))
    }
}

fn write_part(page: &mut Page<'_>, part: &Part) -> io::Result<()> {
    match part {
        Part::Heading(text) => writeln!(page.out, "\n{BOLD}{text}{BOLD:#}"),
        Part::Text(text) => write_wrapped(page, 0, Style::new(), text),
        Part::Gap => writeln!(page.out),
        Part::Hint { what, purpose } => writeln!(page.out, "  {BOLD}{what:<35}{BOLD:#} {purpose}"),
        Part::Problem(text) => write_wrapped(page, 2, BAD, text),
        Part::Object(object) => write_object(page, object),
    }
}

fn write_object(page: &mut Page<'_>, object: &TriedObject) -> io::Result<()> {
    let style = match object.fate {
        Fate::Stored => GOOD,
        Fate::Changed => NOTE,
        Fate::Refused => BAD,
    };
    writeln!(page.out, "  {BOLD}{}{BOLD:#} {style}{}{style:#}", printable(&object.name), object.result)?;
    for note in &object.notes {
        write_wrapped(page, INDENT, DIM, note)?;
    }
    for warning in &object.warnings {
        write_led(page, NOTE, "Warning:", warning)?;
    }
    if let Some(remark) = &object.remark {
        write_wrapped(page, INDENT, DIM, remark)?;
    }
    if let Some(denial) = &object.denial {
        write_denial(page, denial)?;
    }
    match &object.change {
        Some(change) => write_diff(page, change),
        None => Ok(()),
    }
}

/// A refusal as kubectl prints it.
fn write_denial(page: &mut Page<'_>, denial: &Denial) -> io::Result<()> {
    let Denial { file, webhook, message } = denial;
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    let said = format!("error when creating \"{file}\": admission webhook \"{webhook}\" denied the request: {first}");
    write_led(page, BAD, "Error from server (Forbidden):", &said)?;
    lines.try_for_each(|line| write_wrapped(page, INDENT, BAD, line))
}

/// Writes a text about an object behind a lead in a style of its own.
fn write_led(page: &mut Page<'_>, style: Style, lead: &str, text: &str) -> io::Result<()> {
    for (index, line) in wrap(&format!("{lead} {text}"), INDENT, page_width(page)).iter().enumerate() {
        match line.trim_start().strip_prefix(lead) {
            Some(rest) if index == 0 => writeln!(page.out, "{:INDENT$}{style}{lead}{style:#}{rest}", "")?,
            _ => writeln!(page.out, "{line}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::trial::ObjectChange;
    use serde_json::json;

    fn object(warnings: Vec<String>, change: Option<ObjectChange>) -> TriedObject {
        let (name, result) = ("statefulset.apps/cart".to_owned(), "created".to_owned());
        let fate = Fate::Stored;
        TriedObject { name, fate, result, notes: Vec::new(), warnings, remark: None, denial: None, change }
    }

    #[test]
    fn long_text_wraps_with_a_hanging_indent() {
        let words = ["word"; 15].join(" ");
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, Some(60));
        write_object(&mut page, &object(vec![words], None)).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        let (first, second) = (["word"; 9].join(" "), ["word"; 6].join(" "));
        assert_eq!(text, format!("  statefulset.apps/cart created\n    Warning: {first}\n      {second}\n"));
    }

    #[test]
    fn nothing_tells_the_terminal_what_to_do() {
        let bell = "a\u{1b}]0;title\u{7}b";
        let (before, after) = (json!({"text": "one\n"}), json!({"text": format!("one\n{bell}\n"), "more": bell}));
        let mut object = object(vec![bell.to_owned()], ObjectChange::between(&before, &after));
        object.name = bell.to_owned();
        let mut out = Vec::new();
        write_object(&mut Page::new(&mut out, Some(80)), &object).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('\u{7}') && !text.contains("\u{1b}]"), "{text:?}");
    }
}
