//! Directives of ours as the last words of an environment variable that the image's entrypoint appends to the command line.

use serde_json::{Value, json};

use super::directive::Directive;
use super::list::insert;
use super::tail::{Form, Tail};
use crate::kubernetes::Pointer;
use crate::patch::edit::{self, TreeError};

/// A variable of a container, and the directives in it that are ours.
pub(crate) struct Variable<'a> {
    pub(crate) container: &'a Pointer,
    pub(crate) name: &'a str,
    pub(crate) ours: &'a [Directive<'a>],
}

impl Variable<'_> {
    /// Puts a directive behind all other words.
    pub(crate) fn append(&self, object: &mut Value, directive: Directive) -> Result<(), TreeError> {
        let ours = Form::Words.write(directive);
        if let Some((index, before)) = self.find(object) {
            let text = before.as_str().unwrap_or_default();
            let joined = if text.is_empty() { ours } else { format!("{text} {ours}") };
            return self.write(object, index, joined);
        }
        insert(object, &self.container.key("env"), usize::MAX, json!({"name": self.name, "value": ours}))
    }

    /// Puts a directive back, into a variable that stands where it did in `stored` if it has to be made.
    pub(crate) fn put_back(&self, object: &mut Value, stored: Option<usize>, ours: Directive) -> Result<(), TreeError> {
        match self.find(object) {
            Some((index, _)) if self.comes_from_elsewhere(object, index) => Ok(()),
            Some(_) => self.append(object, ours),
            None => {
                let entry = json!({"name": self.name, "value": Form::Words.write(ours)});
                insert(object, &self.container.key("env"), stored.unwrap_or(usize::MAX), entry)
            }
        }
    }

    /// Which entry of `env` it is.
    pub(crate) fn index(&self, object: &Value) -> Option<usize> {
        self.find(object).map(|(index, _)| index)
    }

    /// Which of our directives at its end this one is.
    pub(crate) fn position(&self, object: &Value, directive: Directive) -> Option<usize> {
        let tail = self.tail(object).filter(|tail| tail.holds(directive))?;
        tail.position(directive.name)
    }

    /// Whether there is an option of this name, whoever wrote it.
    pub(crate) fn is_occupied(&self, object: &Value, name: &str) -> bool {
        let value = self.find(object).and_then(|(_, value)| value.as_str()).unwrap_or_default();
        let options = value.split_whitespace().filter_map(|word| word.strip_prefix("--"));
        options.into_iter().any(|option| option.eq_ignore_ascii_case(name))
    }

    /// What the user has in the variable beside ours; nothing where there is no such variable.
    pub(crate) fn users_word(&self, object: &Value) -> Option<Value> {
        let (_, value) = self.find(object)?;
        let Some(mut tail) = self.tail(object) else { return Some(value.clone()) };
        let ours: Vec<Directive> = self.ours.iter().copied().filter(|ours| tail.holds(*ours)).collect();
        if ours.is_empty() {
            return Some(value.clone());
        }
        for ours in ours {
            tail.remove(ours.name);
        }
        Some(Value::from(tail.text()))
    }

    /// Whether the user has in it what he had before ours was added; `was` is nothing where there was no such variable.
    pub(crate) fn is_users_as_before(&self, object: &Value, was: Option<&Value>) -> bool {
        let users = self.users_word(object);
        if !self.holds_any(object) {
            return users.as_ref() == was;
        }
        // Beside ours nobody sees a blank at the end, nor whether an empty variable was there.
        let [users, was] = [users.as_ref(), was].map(|value| value.and_then(Value::as_str).unwrap_or_default());
        users.trim_end() == was.trim_end()
    }

    /// Takes a directive out, and the variable where nothing is left that the user had.
    pub(crate) fn take_out(&self, object: &mut Value, directive: Directive, was: Option<&Value>) {
        let Some(index) = self.index(object) else { return };
        let Some(mut tail) = self.tail(object) else { return };
        tail.remove(directive.name);
        let text = tail.text();
        if text.is_empty() && was.is_none_or(|was| was != "") {
            edit::remove(object, &self.container.key("env").key(index));
        } else {
            // The entry was just found.
            let _ = self.write(object, index, text);
        }
    }

    /// Gives a directive that stands there another value.
    pub(crate) fn rewrite(&self, object: &mut Value, directive: Directive, wanted: &str) {
        let Some(index) = self.index(object) else { return };
        let Some(mut tail) = self.tail(object).filter(|tail| tail.holds(directive)) else { return };
        tail.rewrite(Directive { value: wanted, ..directive });
        let text = tail.text();
        // The entry was just found.
        let _ = self.write(object, index, text);
    }

    fn find<'o>(&self, object: &'o Value) -> Option<(usize, &'o Value)> {
        let list = self.container.key("env").find(object)?.as_array()?;
        let index = list.iter().position(|entry| entry.get("name").and_then(Value::as_str) == Some(self.name))?;
        Some((index, list.get(index)?.get("value").unwrap_or(&Value::Null)))
    }

    fn tail<'o>(&self, object: &'o Value) -> Option<Tail<'o>> {
        let (_, value) = self.find(object)?;
        Some(Tail::read(Form::Words, value.as_str()?, self.ours))
    }

    fn holds_any(&self, object: &Value) -> bool {
        self.tail(object).is_some_and(|tail| self.ours.iter().any(|ours| tail.holds(*ours)))
    }

    fn write(&self, object: &mut Value, index: usize, text: String) -> Result<(), TreeError> {
        edit::set(object, &self.container.key("env").key(index).key("value"), Value::from(text)).map(drop)
    }

    fn comes_from_elsewhere(&self, object: &Value, index: usize) -> bool {
        let from = self.container.key("env").key(index).key("valueFrom");
        from.find(object).is_some_and(|from| !from.is_null())
    }
}
