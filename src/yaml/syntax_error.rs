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
        if let Some(conflict) = merge_conflict(text) {
            return conflict;
        }
        let number = |number: u64| usize::try_from(number).ok().filter(|number| *number > 0);
        let location = error.location();
        let line = location.and_then(|location| number(location.line()));
        let column = location.and_then(|location| number(location.column()));
        let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
        if let (Some(line), Some(column)) = (line, template_column(written)) {
            let message = "a template, not a manifest".to_owned();
            let span = Span::at(Span::of_line(text, line, column).start);
            return Self { span: Some(span), message, help: Some(RENDER.to_owned()) };
        }
        let start = line.map(|line| Span::of_line(text, line, column.unwrap_or(1)).start);
        let (message, help) = explain(written, said);
        Self { span: start.map(Span::at), message, help: help.or_else(|| suspect_template(text)) }
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

/// What to do with a template.
const RENDER: &str = "render it first: `helm template … | plimsoll check -`";

/// The marks that Git leaves where two sides changed the same lines.
fn merge_conflict(text: &str) -> Option<SyntaxError> {
    let is_mark = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") || line == "=======";
    let index = text.lines().position(is_mark)?;
    let span = Span::of_line(text, index + 1, 1);
    Some(SyntaxError { span: Some(span), message: "a merge conflict that nobody has resolved".to_owned(), help: None })
}

/// The column of an expression of a template that is no quoted text, from 1.
fn template_column(line: &str) -> Option<usize> {
    let (before, _) = line.split_once("{{")?;
    let is_open = |quote: char| before.matches(quote).count() % 2 == 1;
    (!is_open('"') && !is_open('\'') && !before.contains('#')).then(|| before.chars().count() + 1)
}

/// What to do where something else is wrong, which a template may have made.
fn suspect_template(text: &str) -> Option<String> {
    let line = text.lines().position(|line| template_column(line).is_some())?;
    Some(format!("if the `{{{{` on line {} of the document starts a template, {RENDER}", line + 1))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::yaml::parse::read_part;
    use crate::yaml::part::split_parts;

    /// The line and the message of what is wrong with a text of one document.
    fn error(text: &str) -> (usize, String) {
        let [part] = split_parts(text.as_bytes())[..] else { panic!("{text}") };
        let mut errors = read_part(&Arc::from("a.yaml"), text.as_bytes(), part).errors.into_iter();
        let error = errors.next().unwrap_or_else(|| panic!("nothing is wrong with {text}"));
        // A message may name the line of what came first.
        (error.span.map_or(0, |span| span.start.line), error.message.replace(char::is_numeric, ""))
    }

    #[test]
    fn what_is_wrong_is_said_whatever_braces_stand_elsewhere() {
        let broken =
            ["a: 1\n  b: 2\n", "a: [1\n", "a: 1\na: 2\n", "a: *none\n", "a: 'x\n", "a: x: y\n", "a:\n\tb: 1\n"];
        let around = [
            "note: \"{{ $labels.pod }} is down\"\n",
            "note: '{{ x }}'\n",
            "# {{ x }}\n",
            "text: |\n  {{ x }}\n",
            "{{ x }}: 1\n",
        ];
        for text in broken {
            let (line, message) = error(text);
            for before in around.iter().take(4) {
                let lines = before.lines().count();
                assert_eq!(error(&format!("{before}{text}")), (line + lines, message.clone()), "{before}{text}");
            }
        }
        assert_eq!(error(&format!("{}a: 1\n", around[4])), (1, "a template, not a manifest".to_owned()));
    }
}
