//! Why a text can't be read, in the words of somebody who writes it.

use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::part::Part;
use super::span::{Position, Span};
use super::tree::TWICE;

/// A message that quotes more than this helps nobody.
const MAX_MESSAGE: usize = 200;

/// Why a text can't be read. Its span counts from the start of the text.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) span: Option<Span>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl SyntaxError {
    /// What the reader of JSON says.
    pub(crate) fn of_json(text: &str, error: &serde_json::Error) -> Self {
        let span = Span::of_line(text, error.line().max(1), error.column().max(1));
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        Self { span: Some(Span::at(span.start)), message: format!("not JSON: {said}"), help: None }
    }

    /// What the reader of YAML says.
    pub(crate) fn of_yaml(text: &str, error: &serde_saphyr::Error) -> Self {
        let said = error.without_snippet().to_string();
        let said = first_words(&said);
        if said.contains(TWICE) {
            return Self { span: None, message: said.to_owned(), help: None };
        }
        if let Some(known) = unresolved(text) {
            return known;
        }
        let number = |number: u64| usize::try_from(number).ok().filter(|number| *number > 0);
        let location = error.location();
        let line = location.and_then(|location| number(location.line()));
        let column = location.and_then(|location| number(location.column()));
        let start = line.map(|line| Span::of_line(text, line, column.unwrap_or(1)).start);
        let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
        let (message, help) = explain(written, said);
        Self { span: start.map(Span::at), message, help }
    }

    pub(crate) fn into_diagnostic(self, file: &Arc<str>, part: Part) -> Diagnostic {
        let span = self.span.unwrap_or(Span::at(Position::START)).moved_to(part.position());
        let message = shortened(self.message);
        Diagnostic { file: Some(Arc::clone(file)), span: Some(span), message, help: self.help, ..Diagnostic::default() }
    }
}

/// A text that is quoted to users, cut where it is long.
pub(crate) fn shortened(text: String) -> String {
    if text.len() > MAX_MESSAGE { text.chars().take(MAX_MESSAGE).chain(['…']).collect() } else { text }
}

/// A template that was not rendered, or a merge conflict.
fn unresolved(text: &str) -> Option<SyntaxError> {
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("<<<<<<< ") {
            let span = Span::of_line(text, index + 1, 1);
            let message = "a merge conflict that nobody has resolved".to_owned();
            return Some(SyntaxError { span: Some(span), message, help: None });
        }
    }
    for (index, line) in text.lines().enumerate() {
        if let Some((before, _)) = line.split_once("{{") {
            let span = Span::of_line(text, index + 1, before.chars().count() + 1);
            let message = "a template, not a manifest".to_owned();
            let help = Some("render it first: `helm template … | plimsoll check -`".to_owned());
            return Some(SyntaxError { span: Some(span), message, help });
        }
    }
    None
}

/// What is wrong, and what to do about it. `written` is the line at fault.
fn explain(written: &str, said: &str) -> (String, Option<String>) {
    if said.contains("tabs disallowed") || written.trim_start_matches(' ').starts_with('\t') {
        return ("YAML is indented with blanks, not with tabs".to_owned(), None);
    }
    if said.contains("recursive references") {
        return ("an alias to the value that it stands in".to_owned(), None);
    }
    let lower = written.to_ascii_lowercase();
    if said.contains("non-finite float") && !lower.contains(".nan") && !lower.contains(".inf") {
        return ("the number is too large".to_owned(), None);
    }
    if said.contains("non-finite float") {
        return ("`.nan` and `.inf` are no numbers that a field can take".to_owned(), None);
    }
    if said.contains("alias replay limit") {
        return ("its aliases expand to too much".to_owned(), None);
    }
    if said.contains("budget breached: Depth") {
        return ("it is nested too deeply".to_owned(), None);
    }
    field(written).map_or_else(|| (said.to_owned(), None), |key| explain_field(key, written, said))
}

/// What to do with a text that YAML misreads.
pub(crate) fn quote(key: &str) -> String {
    if matches!(key, "expression" | "messageExpression") {
        "put the expression in quotes, or write it as a block behind `|`".to_owned()
    } else {
        format!("put the text of `{key}` in quotes")
    }
}

/// The key that a line starts with.
fn field(line: &str) -> Option<&str> {
    let (key, value) = line.trim_start().trim_start_matches("- ").split_once(':')?;
    let is_word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    (is_word && (value.is_empty() || value.starts_with(' '))).then_some(key)
}

fn explain_field(key: &str, line: &str, said: &str) -> (String, Option<String>) {
    let value = line.split_once(':').map_or("", |(_, value)| value.trim());
    let is_expression = matches!(key, "expression" | "messageExpression");
    if value.contains(": ") && !value.starts_with(['{', '[']) {
        let message = format!("YAML reads the `: ` in the text of `{key}` as the end of another key");
        return (message, Some(quote(key)));
    }
    if is_expression || value.starts_with(['*', '&', '%', '@', '`']) {
        let first = value.chars().next().unwrap_or_default();
        let message = format!("YAML reads a text that starts with `{first}` in its own way: {said}");
        return (message, Some(quote(key)));
    }
    if said.starts_with("mapping values are not allowed") {
        let message = format!("`{key}` can't stand here: the line above holds a value already");
        return (message, Some(format!("indent `{key}` as the fields beside it")));
    }
    (said.to_owned(), None)
}

/// The first line of a parser's message, without the place that is said elsewhere and the advice to programmers.
fn first_words(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line)
}
