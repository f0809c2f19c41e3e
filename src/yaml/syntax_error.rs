//! Why a text is no YAML, in the words of somebody who writes it.

/// The line of a mistake, where one is known, and what is wrong.
pub(crate) fn explain(text: &str, line: Option<usize>, said: &str) -> (Option<usize>, String) {
    let is_template = |line: &str| line.contains("{{") && line.contains("}}");
    if let Some(at) = text.lines().position(is_template) {
        let what = "this looks like a template that was not rendered; render it first, as `helm template` does";
        return (Some(at + 1), what.to_owned());
    }
    let written = line.and_then(|line| text.lines().nth(line.checked_sub(1)?)).unwrap_or_default();
    let said = said.lines().next().unwrap_or_default();
    let said = said.split(" at line ").next().unwrap_or_default();
    let said = said.strip_prefix("error: ").unwrap_or(said);
    let what = if said.contains("tabs disallowed") || written.trim_start_matches(' ').starts_with('\t') {
        "YAML is indented with blanks, not with tabs".to_owned()
    } else if said.contains("non-finite float") {
        "`.nan` and `.inf` are no numbers that a field can take".to_owned()
    } else if let Some(key) = field(written) {
        of_field(key, written, said)
    } else {
        said.to_owned()
    };
    (line, what)
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

fn of_field(key: &str, line: &str, said: &str) -> String {
    let value = line.split_once(':').map_or("", |(_, value)| value.trim());
    let is_expression = matches!(key, "expression" | "messageExpression");
    if value.contains(": ") && !value.starts_with(['{', '[']) {
        return format!("YAML reads the `: ` in the text of `{key}` as the end of another key; {}", quote(key));
    }
    if is_expression || value.starts_with(['"', '\'', '*', '&', '%', '@', '`']) {
        let first = value.chars().next().unwrap_or_default();
        return format!("YAML reads a text that starts with `{first}` in its own way: {said}; {}", quote(key));
    }
    if said.starts_with("mapping values are not allowed") {
        return format!(
            "`{key}` can't stand here: the line above holds a value already; indent `{key}` as the fields beside it"
        );
    }
    said.to_owned()
}
