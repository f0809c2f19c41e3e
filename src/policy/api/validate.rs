//! The check of what a user wrote against the schemas of our types: every error in one pass, each with its place.
//!
//! Only the words of JSON Schema that those schemas hold are known here.

use serde_json::{Map, Value};

use super::schema::NOUN;
use crate::yaml::{Diagnostic, Path, Segment, hint};

/// Finds every error in `value`.
pub(crate) fn check(schema: &Value, value: &Value, at: &Path, errors: &mut Vec<Diagnostic>) {
    let mut say = |what: String| errors.push(Diagnostic::new(at.clone(), what));
    if let Some(wrong) = wrong_choice(schema, value) {
        return say(wrong);
    }
    if let Some(branch) = branch(schema, value) {
        return check(branch, value, at, errors);
    }
    if let Some(expected) = schema.get("type").and_then(Value::as_str).filter(|expected| !is(value, expected)) {
        return say(format!("must be {}, found {}{}", article(expected), described(value), advice(expected, value)));
    }
    if let Some(wrong) = out_of_range(schema, value) {
        return say(wrong);
    }
    match value {
        Value::Object(fields) => object(schema, fields, at, errors),
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            for (index, item) in items.iter().enumerate() {
                check(schema, item, &at.index(index), errors);
            }
        }
        _ => {}
    }
}

fn object(schema: &Value, fields: &Map<String, Value>, at: &Path, errors: &mut Vec<Diagnostic>) {
    let known = schema.get("properties").and_then(Value::as_object);
    let others = schema.get("additionalProperties");
    for (key, value) in fields {
        let at = at.key(key);
        match known.and_then(|known| known.get(key)).or(others) {
            Some(Value::Bool(false)) => {
                let names: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                let noun = schema.get(NOUN).and_then(Value::as_str).unwrap_or("field");
                errors.push(Diagnostic::new(at, format!("there is no {noun} `{key}`{}", near(key, &names, noun))));
            }
            Some(schema) => check(schema, value, &at, errors),
            None => {}
        }
    }
    for required in strings(schema, "required").filter(|name| !fields.contains_key(*name)) {
        errors.push(Diagnostic::new(at.clone(), format!("`{required}` is required")));
    }
}

fn near(key: &str, names: &[&str], noun: &str) -> String {
    let more = if noun == "rule" { " (`plimsoll rules` lists them)" } else { "" };
    match (names, hint(key, names)) {
        ([], _) => format!("; it takes no {noun}s"),
        (_, hint) => format!("{hint}{more}"),
    }
}

/// Where `value` has to be one of a few words and is another.
fn wrong_choice(schema: &Value, value: &Value) -> Option<String> {
    let words: Vec<&str> = match alternatives(schema) {
        None => strings(schema, "enum").collect(),
        Some(branches) => {
            let words: Vec<&str> = branches.iter().flat_map(list_words).collect();
            return wrong_word(&words, has_mapping(branches), value);
        }
    };
    wrong_word(&words, false, value)
}

/// The words that a branch stands for.
fn list_words(branch: &Value) -> impl Iterator<Item = &str> {
    let one = branch.get("const").and_then(Value::as_str);
    one.into_iter().chain(strings(branch, "enum"))
}

fn wrong_word(words: &[&str], or_mapping: bool, value: &Value) -> Option<String> {
    let more = if or_mapping { " or a mapping" } else { "" };
    match value {
        _ if words.is_empty() => None,
        Value::String(word) if words.contains(&word.as_str()) => None,
        Value::Object(_) if or_mapping => None,
        Value::String(word) => {
            let hint = hint(word, words);
            let all = if hint.contains("did you mean") {
                format!(" (one of {}{more})", words.join(", "))
            } else {
                String::new()
            };
            Some(format!("`{word}` is not allowed{hint}{all}"))
        }
        _ => {
            let bare = if value.is_boolean() {
                "; YAML reads a bare on, off, yes and no so: put the word in quotes"
            } else {
                ""
            };
            Some(format!("must be one of {}{more}, found {}{bare}", words.join(", "), described(value)))
        }
    }
}

fn has_mapping(branches: &[Value]) -> bool {
    branches.iter().any(|branch| branch.get("type").and_then(Value::as_str) == Some("object"))
}

/// The alternative that has the type of `value`.
fn branch<'a>(schema: &'a Value, value: &Value) -> Option<&'a Value> {
    let branches = alternatives(schema)?;
    branches.iter().find(|branch| !value.is_string() && has_type(branch, value))
}

fn has_type(branch: &Value, value: &Value) -> bool {
    branch.get("type").and_then(Value::as_str).is_none_or(|expected| is(value, expected))
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array)
}

/// What the author of a value of another type may have meant.
fn advice(expected: &str, value: &Value) -> String {
    match (expected, value) {
        ("string", Value::Bool(_) | Value::Number(_)) => format!("; put it in quotes: \"{value}\""),
        ("boolean", Value::String(text)) if matches!(text.as_str(), "true" | "false") => {
            "; write it without quotes".to_owned()
        }
        ("integer" | "number", Value::String(text)) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
            "; write it without quotes".to_owned()
        }
        ("number", Value::String(text)) => {
            let percent = text.strip_suffix('%').and_then(|text| text.trim().parse::<f64>().ok());
            percent.map_or(String::new(), |percent| format!("; write {}", percent / 100.0))
        }
        ("array", Value::String(text)) => format!("; write [{text}]"),
        _ => String::new(),
    }
}

fn out_of_range(schema: &Value, value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => {
            let found = number.as_f64()?;
            let above = read_limit(schema, "maximum").filter(|most| found > *most);
            let below = read_limit(schema, "minimum").filter(|least| found < *least);
            let not_above = read_limit(schema, "exclusiveMinimum").filter(|least| found <= *least);
            above
                .map(|most| format!("must be at most {most}, found {number}"))
                .or_else(|| below.map(|least| format!("must be at least {least}, found {number}")))
                .or_else(|| not_above.map(|least| format!("must be above {least}, found {number}")))
        }
        Value::String(text) if is_shorter(schema, "minLength", text.len()) => Some("is empty".to_owned()),
        Value::Array(items) if is_shorter(schema, "minItems", items.len()) => Some("is empty".to_owned()),
        _ => None,
    }
}

/// A limit of a number: as it is written, else that of its format.
fn read_limit(schema: &Value, key: &str) -> Option<f64> {
    let is_int32 = schema.get("format").and_then(Value::as_str) == Some("int32");
    let of_format = match key {
        "minimum" if is_int32 => Some(f64::from(i32::MIN)),
        "maximum" if is_int32 => Some(f64::from(i32::MAX)),
        _ => None,
    };
    schema.get(key).and_then(Value::as_f64).or(of_format)
}

fn is_shorter(schema: &Value, key: &str, length: usize) -> bool {
    schema.get(key).and_then(Value::as_u64).is_some_and(|least| (length as u64) < least)
}

fn is(value: &Value, expected: &str) -> bool {
    match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        // What is beyond 64 bits comes as a float; its range says what is wrong with it.
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.abs() >= 18e18),
        "number" => value.is_number(),
        _ => true,
    }
}

fn article(name: &str) -> &'static str {
    match name {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "a string",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a number",
    }
}

/// A value as it is called in errors.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Object(_) => "a mapping".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("the text `{text}`"),
        scalar => format!("`{scalar}`"),
    }
}

fn strings<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Takes what is wrong out of `value`, so that the rest can still be read; of a list the whole.
pub(crate) fn without(mut value: Value, places: impl Iterator<Item = Path>) -> Value {
    for at in places {
        // What is wrong with a whole item takes its list away: the others would change their places.
        let named = at.segments().iter().rposition(|segment| matches!(segment, Segment::Key(_)));
        let Some((Segment::Key(last), above)) =
            named.and_then(|named| at.segments().get(..=named)).and_then(<[Segment]>::split_last)
        else {
            continue;
        };
        let parent = above.iter().try_fold(&mut value, |value, segment| match segment {
            Segment::Key(key) => value.get_mut(key),
            Segment::Index(index) => value.get_mut(index),
            Segment::Character(_) => None,
        });
        if let Some(fields) = parent.and_then(Value::as_object_mut) {
            fields.shift_remove(last);
        }
    }
    value
}
