//! Directives of ours as pairs of words in a container's `args`: the option, then its value. Of several the last one wins.

use serde_json::{Value, json};

use super::directive::Directive;
use crate::kubernetes::Pointer;
use crate::patch::edit::{self, TreeError};

/// Puts a directive behind all other words.
pub(crate) fn append(object: &mut Value, container: &Pointer, directive: Directive) -> Result<(), TreeError> {
    let args = container.key("args");
    let option = option(directive.name);
    if !args.find(object).is_some_and(Value::is_array) {
        return edit::set(object, &args, json!([option, directive.value])).map(drop);
    }
    edit::set(object, &args.key("-"), Value::from(option))?;
    edit::set(object, &args.key("-"), Value::from(directive.value)).map(drop)
}

/// Where the two words of a directive stand; the last of several.
pub(crate) fn position(object: &Value, container: &Pointer, directive: Directive) -> Option<usize> {
    pair(words(object, container)?, directive)
}

/// Whether there is an option of this name, whoever wrote it.
pub(crate) fn is_occupied(object: &Value, container: &Pointer, name: &str) -> bool {
    let option = option(name);
    words(object, container).is_some_and(|words| words.iter().any(|word| is_option(word, &option)))
}

/// Whether a word begins with an option, and with no longer one.
fn is_option(word: &Value, option: &str) -> bool {
    let word = word.as_str().unwrap_or_default().trim_start().to_lowercase();
    let rest = word.strip_prefix(option);
    rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter == '-' || letter.is_alphanumeric()))
}

/// Takes the two words of a directive out, and `args` where nothing is left.
pub(crate) fn take_out(object: &mut Value, container: &Pointer, directive: Directive) {
    let args = container.key("args");
    let Some(list) = object.pointer_mut(args.as_str()).and_then(Value::as_array_mut) else { return };
    let Some(index) = pair(list, directive) else { return };
    list.drain(index..index + 2);
    if list.is_empty() {
        edit::remove(object, &args);
    }
}

/// Gives a directive that stands there another value.
pub(crate) fn rewrite(object: &mut Value, container: &Pointer, directive: Directive, wanted: &str) {
    let list = object.pointer_mut(container.key("args").as_str()).and_then(Value::as_array_mut);
    if let Some(word) = list.and_then(|list| pair(list, directive).and_then(|index| list.get_mut(index + 1))) {
        *word = Value::from(wanted);
    }
}

fn option(name: &str) -> String {
    format!("--{name}")
}

fn words<'a>(object: &'a Value, container: &Pointer) -> Option<&'a [Value]> {
    Some(container.key("args").find(object)?.as_array()?.as_slice())
}

fn pair(words: &[Value], directive: Directive) -> Option<usize> {
    let wanted = option(directive.name);
    words.windows(2).rposition(|two| matches!(two, [option, value] if *option == wanted && value == directive.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_told_from_one_whose_name_is_longer() {
        let at = Pointer::new("/c");
        let object = json!({"c": {"args": ["--maxmemory-policy", "allkeys-lru"]}});
        assert!(!is_occupied(&object, &at, "maxmemory"));
        assert!(is_occupied(&object, &at, "maxmemory-policy"));
        let object = json!({"c": {"args": ["--MaxMemory 1gb"]}});
        assert!(is_occupied(&object, &at, "maxmemory"));
    }
}
