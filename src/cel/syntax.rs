//! What the parser did not take, in the words of somebody who writes expressions.

use super::diagnostic::{Diagnostic, Place};

/// The first thing that the parser did not take; `example` is a field that `has` may take.
pub(crate) fn explain_syntax_error(text: &str, errors: &cel::ParseErrors, example: &str) -> Diagnostic {
    let Some(error) = errors.errors.first() else { return Diagnostic::whole("it can't be read") };
    let said = error.msg.lines().next().unwrap_or_default();
    let said = said.strip_prefix("Syntax error: ").unwrap_or(said);
    // The list of all that could stand there helps nobody.
    let said = said.split(" expecting ").next().unwrap_or_default().trim();
    let number = |number: isize| usize::try_from(number).ok().filter(|number| *number > 0);
    let at = number(error.pos.0).zip(number(error.pos.1.max(1)));
    let at = at.and_then(|(line, column)| Place::of_line(text, line, column));
    let before: String = text.chars().take(at.map_or(0, |place| place.characters)).collect();
    Diagnostic { at, what: format!("not valid CEL: {}", in_words(said, &before, example)) }
}

fn in_words(said: &str, before: &str, example: &str) -> String {
    if said.contains("Recursion limit") {
        return "it is nested too deep".to_owned();
    }
    if said.contains("invalid argument to has()") {
        return format!("has() takes a field, such as has({example})");
    }
    if said.contains("unsupported syntax '.?'") {
        return "there are no optional values; ask with has(…) before".to_owned();
    }
    if let Some(rest) = said.strip_prefix("token recognition error at: '") {
        return match rest.chars().next() {
            Some('=') if rest.starts_with("=~") => {
                "no pattern is taken; write startsWith, endsWith or contains".to_owned()
            }
            Some('=') => "`=` compares nothing; write `==`".to_owned(),
            Some('&') => "for `&`, write `&&`".to_owned(),
            Some('|') => "for `|`, write `||`".to_owned(),
            Some('\'' | '"') => "the text that starts here does not end; close its quote".to_owned(),
            _ => format!("`{}` has no meaning here", rest.trim_end_matches('\'').trim()),
        };
    }
    let inputs = ["mismatched input ", "extraneous input ", "no viable alternative at input "];
    // `'x'` of "mismatched input 'x'".
    let input = inputs.iter().find_map(|prefix| said.strip_prefix(prefix)).map(|rest| rest.trim_matches('\''));
    let word_before = before.split_whitespace().last().unwrap_or_default();
    match (input, word_before) {
        (Some("and"), _) => "for `and`, write `&&`".to_owned(),
        (Some("or"), _) => "for `or`, write `||`".to_owned(),
        (Some(_), "not") => "for `not`, write `!`".to_owned(),
        (Some("<EOF>"), _) => "unexpected end of expression".to_owned(),
        (Some(input), _) => format!("`{input}` can't stand here"),
        _ => match said.strip_prefix("missing '").and_then(|rest| rest.split('\'').next()) {
            Some(missing) => format!("`{missing}` is missing here"),
            None => said.replace("<EOF>", "end"),
        },
    }
}
